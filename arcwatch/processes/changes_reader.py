"""What the screen asks for when something is to be changed, and of whom: a process that does it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from arcwatch.errors import UsageError
from arcwatch.model.browse import Looked
from arcwatch.model.replay import Replayed, ReplayWish
from arcwatch.model.rewind import Moved, PartRewind, Rewind

if TYPE_CHECKING:
    from arcwatch.config.settings import Settings


class Changer(Protocol):
    """One rewind, or one replay, at a time.

    :class:`~arcwatch.processes.changes_client.ChangesProcess` does them.
    """

    async def start(self) -> None:
        """Begin: what is asked then is answered sooner."""

    async def preview(self, address: str, at: str) -> Rewind:
        """What moving a subscription does, to a time as ``moment_text`` writes it."""

    def count(self) -> AsyncGenerator[Looked | Rewind, None]:
        """How far the counting of its messages is, and at last the preview with what it found."""

    async def move(self, parts: tuple[PartRewind, ...]) -> tuple[Moved, ...]:
        """Move the subscription of the last preview."""

    def plan(self, wish: ReplayWish) -> AsyncGenerator[Replayed, None]:
        """How far the planning of a replay is, until its plan is there."""

    def publish(self) -> AsyncGenerator[Replayed, None]:
        """Carry out the last plan; how far that is, until it is over."""

    def hold(self, held: bool) -> None:
        """Let what is published pause, or go on."""

    def leave(self) -> None:
        """Let nothing more be published."""

    async def close(self) -> None:
        """Do nothing any more."""


OpenChanger: TypeAlias = Callable[[], Changer]


def changer_of(settings: Settings, *, allowed: bool) -> OpenChanger:
    """Changes things, where that is allowed, in a process of its own."""

    def opened() -> Changer:
        # imported when something is to be changed for the first time: most starts never get there
        from .changes_client import ChangesProcess

        return ChangesProcess(settings, allowed=allowed)

    return opened


def no_changer() -> Changer:
    """For a screen that has none."""
    raise UsageError("nothing can be changed here")
