"""The state of keys at a moment on the screen, or what changed between two."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from arcwatch.model.history import Positions, ScanUpdate
from arcwatch.processes.client import Task
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import FindState
from arcwatch.store.messages.key_states import KeyStateRows

from .background_query import PAUSE, BackgroundQuery, State

MOST = 10_000
"""Keys that are listed at most."""

Find = Callable[[], Awaitable[tuple[Positions | None, Positions]]]
"""Finds where the earlier state is, if two are compared, and where the state is."""


class Asked(NamedTuple):
    """The state asked for."""

    words: str
    is_compared: bool
    find: Find


class StateQuery(BackgroundQuery):
    """Finds a state, and what a filter keeps of it, in the background.

    Args:
        pause: Seconds to wait for another key of a filter.
    """

    def __init__(self, reader: Callable[[], HistoryProcess], *, pause: float = PAUSE) -> None:
        super().__init__(pause)
        self._reader = reader
        self.asked: Asked | None = None
        self.rows: KeyStateRows | None = None
        self._places: tuple[Positions | None, Positions] | None = None

    def ask(self, words: str, find: Find, *, is_compared: bool) -> None:
        """Find a state (``find``: finds where it is)."""
        self.asked, self.text, self._places = Asked(words, is_compared, find), "", None
        self.again()

    def end(self) -> bool:
        """Clear it; return whether there was one."""
        was, self.asked, self.text = self.asked is not None, None, ""
        self.again()
        return was

    def write(self, path: Path, *, replace: bool = False) -> AsyncGenerator[ScanUpdate, None]:
        """Write all that the filter keeps to a file, and yield the progress."""
        assert self._places is not None, "what is written"
        since, at = self._places
        asked = FindState(at, since, self._filters, None, str(path.absolute()), replace)
        return self._reader().task(asked).steps()

    def _begun(self) -> State:
        self.rows = KeyStateRows(is_compared=self.asked.is_compared) if self.asked else None
        return "waiting" if self.asked else ""

    async def _asked(self) -> Task[ScanUpdate]:
        assert self.asked is not None, "a query is open"
        if self._places is None:
            self._places = await self.asked.find()
        since, at = self._places
        return self._reader().task(FindState(at, since, self._filters, MOST))

    def _take(self, progress: ScanUpdate) -> bool:
        assert self.rows is not None, "a query is open"
        self.rows.add(progress.messages, progress.kinds)
        return False
