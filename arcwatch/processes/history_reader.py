"""What whoever looks through histories asks, and of whom: a process that reads them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from arcwatch.errors import UsageError
from arcwatch.model.browse import Looked, Opened
from arcwatch.model.history import Extent, Page, Positions
from arcwatch.model.message import Message

if TYPE_CHECKING:
    from arcwatch.config.settings import Settings


class Task(Protocol):
    """A search, or the writing of a file, which takes a while."""

    def steps(self) -> AsyncGenerator[Looked, None]:
        """How far it is, and what was found, until it is over."""

    def hold(self, held: bool) -> None:
        """Let it pause, or go on."""


class Reader(Protocol):
    """Answers questions about one history at a time.

    :class:`~arcwatch.processes.history_client.HistoryProcess` does.
    """

    async def open(self, address: str) -> Opened:
        """Open the history of an address, and close the one that was open."""

    async def stand(self, at: str, *, after: bool = False) -> Positions:
        """Where a time is, as :func:`arcwatch.notation.times.moment_text` writes it."""

    async def doubt(self, at: str) -> str:
        """Which messages next to a time that :meth:`stand` has found are dated otherwise."""

    async def due(self, message: Message) -> int | None:
        """When a delayed message is due, nanoseconds since the epoch."""

    async def turn(
        self,
        positions: Positions,
        limit: int,
        *,
        until: Positions | None = None,
        back: bool = False,
    ) -> Page:
        """The next page after, or before, some positions."""

    def find(
        self,
        start: Positions | None,
        end: Positions | None,
        filters: tuple[str, ...],
        limit: int | None,
    ) -> Task:
        """Look for messages between two positions; None is either end of what is stored."""

    def write(self, start: Positions, end: Positions, path: Path, *, replace: bool = False) -> Task:
        """Write the messages between two positions to a file."""

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
        """Find the last message of each key, or what became of each since another position.

        With a path all of them are written there.
        """

    async def survey(self, window: tuple[int, int] | None = None) -> Extent:
        """How much is stored when; see :meth:`arcwatch.sources.history.History.extent`."""

    async def close(self) -> None:
        """Read nothing any more."""


OpenReader: TypeAlias = Callable[[], Reader]


def reader_of(settings: Settings) -> OpenReader:
    """Reads in a process of its own, on what these settings name."""

    def opened() -> Reader:
        # imported when a history is wanted for the first time: most starts never get there
        from .history_client import HistoryProcess

        return HistoryProcess(settings)

    return opened


def no_reader() -> Reader:
    """For a screen that has none."""
    raise UsageError("no history can be read here")
