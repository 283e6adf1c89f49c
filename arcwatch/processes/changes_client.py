"""Rewinds and replays in a process of their own, so that none reaches whoever draws the screen."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from arcwatch.config.settings import Settings
from arcwatch.model.browse import Looked
from arcwatch.model.replay import Replayed, ReplayWish
from arcwatch.model.rewind import Moved, PartRewind, Rewind

from .changes_protocol import (
    Answer,
    Count,
    Leave,
    Move,
    Prepare,
    Preview,
    Publish,
    Use,
    decode_answer,
)
from .client import AskedChild
from .history_protocol import Hold


class ChangesProcess(AskedChild[Answer]):
    """One rewind, or one replay, at a time; by one :class:`.child.Child`.

    Args:
        settings: Where.
        allowed: Whether anything may be changed there.
    """

    def __init__(self, settings: Settings, *, allowed: bool) -> None:
        super().__init__(
            "arcwatch.processes.changes_server", "change's", Use(settings, allowed), decode_answer
        )
        self._publishing = 0

    async def preview(self, address: str, at: str) -> Rewind:
        """What moving a subscription does; see :class:`.changes_wire.Preview`.

        Raises:
            ArcwatchError: There is none, or it cannot be known.
        """
        answer = await self._ask(Preview(self._next(), address, at))
        assert answer.rewind is not None, "what was asked for"
        return answer.rewind

    async def count(self) -> AsyncGenerator[Looked | Rewind, None]:
        """How far the counting of its messages is, and at last the preview with what it found.

        Raises:
            ArcwatchError: They cannot be read.
        """
        async with aclosing(self.answers(Count(self._next()))) as answers:
            async for answer in answers:
                if answer.rewind is not None:
                    yield answer.rewind
                    return
                assert answer.looked is not None, "what was asked for"
                yield answer.looked

    async def move(self, parts: tuple[PartRewind, ...]) -> tuple[Moved, ...]:
        """Move the subscription of the last preview.

        Raises:
            ArcwatchError: Nothing may be changed.
        """
        answer = await self._ask(Move(self._next(), parts))
        assert answer.moved is not None, "what was asked for"
        return answer.moved

    def plan(self, wish: ReplayWish) -> AsyncGenerator[Replayed, None]:
        """How far the planning of a replay is, until its plan is there.

        Raises:
            ArcwatchError: It is none, or cannot be known.
        """
        return self._replayed(Prepare(self._next(), wish))

    def publish(self) -> AsyncGenerator[Replayed, None]:
        """Carry out the last plan; how far that is, until it is over.

        Raises:
            ArcwatchError: Nothing may be changed, or the servers are lost.
        """
        self._publishing = self._next()
        return self._replayed(Publish(self._publishing))

    def hold(self, held: bool) -> None:
        """Let what is published pause, or go on."""
        self.tell(Hold(self._publishing, held))

    def leave(self) -> None:
        """Let nothing more be published: what is told next is the last."""
        self.tell(Leave(self._publishing))

    async def _replayed(self, question: Prepare | Publish) -> AsyncGenerator[Replayed, None]:
        async with aclosing(self.answers(question)) as answers:
            async for answer in answers:
                assert answer.replayed is not None, "what was asked for"
                yield answer.replayed
                if answer.replayed.is_over:
                    return
