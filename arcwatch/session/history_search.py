"""A search through a history on the screen: its filter, progress and results."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from arcwatch.model.history import Positions, ScanUpdate
from arcwatch.processes.client import Task
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import Find
from arcwatch.store.messages.search_hits import Hits

from .background_query import PAUSE, BackgroundQuery, State

MOST = 10_000
"""Messages that a search finds at most."""


class HistoryWindow(NamedTuple):
    """A window: the messages between two positions, and the words that gave it."""

    start: Positions
    end: Positions
    words: str


class HistorySearch(BackgroundQuery):
    """Searches the window, or all stored messages, in the background.

    Args:
        window: Where to look; None is everywhere.
        pause: Seconds to wait for another key.
    """

    def __init__(
        self,
        reader: Callable[[], HistoryProcess],
        window: Callable[[], HistoryWindow | None],
        *,
        announces: Callable[[], bool] = lambda: False,
        pause: float = PAUSE,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(pause, steady)
        self._reader, self._window, self._announces = reader, window, announces
        self.by_event_time = False
        """Whether what is found is ordered by the application's time."""
        self.hits: Hits | None = None

    @property
    def lists_hits(self) -> bool:
        """Whether hits are listed rather than pages."""
        return bool(self.text.strip()) or self.by_event_time

    def order(self, *, by_event_time: bool) -> None:
        """Sort results by event time, or in stored order."""
        self.by_event_time = by_event_time
        self.again()

    def end(self) -> None:
        """Clear the search."""
        self.text, self.by_event_time = "", False
        self.again()

    def stop(self) -> bool:
        """Stop and keep the results; return whether it was running."""
        if not self.is_running:
            return False
        self._leave()
        self.state = "stopped"
        self._changes += 1
        return True

    def _begun(self) -> State:
        self.hits = Hits(MOST, by_event_time=self.by_event_time) if self.lists_hits else None
        return "" if self.hits is None else "announced" if self._announces() else "waiting"

    async def _asked(self) -> Task[ScanUpdate]:
        window = self._window()
        start, end = (window.start, window.end) if window else (None, None)
        return self._reader().task(Find(start, end, self._filters, MOST))

    def _take(self, progress: ScanUpdate) -> bool:
        assert self.hits is not None, "a query is open"
        self.hits.add(progress.messages, progress.count)
        return self.hits.is_full
