"""Histories in a process of their own, so that no scan reaches whoever draws the screen."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from arcwatch.config.settings import Settings
from arcwatch.model.browse import Looked, Opened
from arcwatch.model.history import Extent, Page, Positions
from arcwatch.model.message import Message

from .client import AskedChild, Asking
from .history_protocol import (
    Answer,
    Doubt,
    Due,
    Find,
    Hold,
    Open,
    Rebuild,
    Stand,
    Survey,
    Turn,
    Use,
    Write,
    decode_answer,
)


class HistoryProcess(AskedChild[Answer]):
    """Answers questions about one history at a time, by one :class:`.child.Child`.

    One that has ended, and is started again, opens what was open.

    Args:
        settings: Where to look.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            "arcwatch.processes.history_server", "history's", Use(settings), decode_answer
        )
        self._address = ""
        self._places: tuple[str, ...] = ()

    async def open(self, address: str) -> Opened:
        """Open the history of an address, and close the one that was open.

        Raises:
            ArcwatchError: It cannot be opened.
        """
        self._address, self._places = address, ()
        answer = await self._ask(Open(self._next(), address))
        assert answer.opened is not None, "what was asked for"
        if self._address == address:
            self._places = answer.opened.places
        return answer.opened

    async def stand(self, at: str, *, after: bool = False) -> Positions:
        """Where a time is; see :class:`.history_wire.Stand`.

        Raises:
            ArcwatchError: It names what is not stored, or the server is lost.
        """
        answer = await self._ask(Stand(self._next(), at, after))
        assert answer.positions is not None, "what was asked for"
        return answer.positions

    async def doubt(self, at: str) -> str:
        """Which messages next to a time that was found are dated otherwise; mostly empty.

        Raises:
            ArcwatchError: The server is lost.
        """
        return (await self._ask(Doubt(self._next(), at))).doubt or ""

    async def due(self, message: Message) -> int | None:
        """When a delayed message is due; see :class:`.history_protocol.Due`.

        Raises:
            ArcwatchError: The server is lost.
        """
        return (await self._ask(Due(self._next(), message))).due

    async def turn(
        self,
        positions: Positions,
        limit: int,
        *,
        until: Positions | None = None,
        back: bool = False,
    ) -> Page:
        """The next page after, or before, some positions; see :class:`.history.History`.

        It may have fewer messages where they are large.

        Raises:
            ArcwatchError: The server does not answer.
        """
        answer = await self._ask(Turn(self._next(), positions, limit, until, back))
        assert answer.paged is not None, "what was asked for"
        return answer.paged.page

    def find(
        self,
        start: Positions | None,
        end: Positions | None,
        filters: tuple[str, ...],
        limit: int | None,
    ) -> Task:
        """Look for messages; see :class:`.history_wire.Find`."""
        return Task(self, Find(self._next(), start, end, filters, limit))

    def write(self, start: Positions, end: Positions, path: Path, *, replace: bool = False) -> Task:
        """Write messages to a file; see :class:`.history_wire.Write`."""
        return Task(self, Write(self._next(), start, end, str(path.absolute()), replace))

    def rebuild(
        self,
        at: Positions,
        since: Positions | None,
        filters: tuple[str, ...],
        limit: int | None,
        path: Path | None = None,
        *,
        replace: bool = False,
    ) -> Task:
        """Find a state, or what changed; see :class:`.history_wire.Rebuild`."""
        name = str(path.absolute()) if path else ""
        asked = Rebuild(self._next(), at, since, filters, limit, name, replace)
        return Task(self, asked)

    async def survey(self, window: tuple[int, int] | None = None) -> Extent:
        """How much is stored when; see :meth:`.history.History.extent`.

        Raises:
            ArcwatchError: The server does not answer.
        """
        answer = await self._ask(Survey(self._next(), window))
        assert answer.extent is not None, "what was asked for"
        return answer.extent

    async def begun(self, question: Asking) -> None:
        """See :meth:`AskedChild.begun`: open what was open."""
        if self._address and not isinstance(question, Open):
            # the same places: positions are by their order
            await self._ask(Open(self._next(), self._address, self._places))


class Task:
    """A search, or the writing of a file, which takes a while.

    Args:
        process: Where it is done.
        question: What is done.
    """

    def __init__(self, process: HistoryProcess, question: Find | Write | Rebuild) -> None:
        self._process, self._question = process, question

    async def steps(self) -> AsyncGenerator[Looked, None]:
        """How far it is, and what was found, until it is over.

        Raises:
            ArcwatchError: It cannot be done, or not any more.
        """
        async with aclosing(self._process.answers(self._question)) as answers:
            async for answer in answers:
                assert answer.looked is not None, "what was asked for"
                yield answer.looked
                if answer.looked.is_over:
                    return

    def hold(self, held: bool) -> None:
        """Let it pause, or go on."""
        self._process.tell(Hold(self._question.number, held))
