"""A background query that can be paused, cancelled and restarted."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import aclosing
from typing import Literal

from arcwatch.errors import ArcwatchError
from arcwatch.filters.highlight import Found, Kind, found_by, kind_of
from arcwatch.model.history import ScanUpdate
from arcwatch.processes.client import Task

QUIET = 3.0
"""Seconds from which on it is worth a word: a server is away, or slow."""
PAUSE = 0.5
"""Seconds without another key after which what was typed is looked for."""


class IdleTimer:
    """Measures how long nothing has arrived."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._last_arrival = steady()

    def reset(self) -> None:
        """Start over: something arrived."""
        self._last_arrival = self._steady()

    @property
    def seconds(self) -> int:
        """Whole seconds since then; 0 while that is too short to mention."""
        passed = self._steady() - self._last_arrival
        return int(passed) if passed >= QUIET else 0


State = Literal[
    "", "announced", "waiting", "looking", "paused", "done", "limited", "stopped", "failed"
]


class BackgroundQuery(ABC):
    """Runs one query at a time, and starts over when another is asked for.

    Args:
        pause: Seconds to wait for another key of what is typed.
    """

    def __init__(self, pause: float = PAUSE, steady: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self.text = ""
        """The filter, as it was written."""
        self.state: State = ""
        self.progress = ScanUpdate()
        self.failure: ArcwatchError | None = None
        self._idle = IdleTimer(steady)
        self._task: Task[ScanUpdate] | None = None
        self._running: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._changes = 0

    @property
    def version(self) -> object:
        """Changes whenever anything visible changes."""
        return self._changes, self.silence

    @property
    def silence(self) -> int:
        """Seconds without a response, once worth mentioning; 0 while paused."""
        return self._idle.seconds if self.state == "looking" else 0

    @property
    def kind(self) -> Kind:
        """What kind of filter it is, finished or not."""
        return kind_of(self.text)

    @property
    def found(self) -> Found | None:
        """Finds in a shown text what the filter looks for; None without a filter."""
        return found_by(self.text) if self.text.strip() else None

    @property
    def is_running(self) -> bool:
        """Whether it is running, waiting to start, or paused."""
        return self.state in ("waiting", "looking", "paused")

    def look_for(self, text: str) -> None:
        """Use another filter; none where it is empty."""
        self.text = text
        self.again()

    def again(self) -> None:
        """Run again, if there is anything to look for."""
        self._leave()
        self.progress, self.failure = ScanUpdate(), None
        self.state = self._begun()
        self._wake.set()
        self._changes += 1

    def hold(self) -> None:
        """Pause or continue."""
        if self._task and self.state in ("looking", "paused"):
            held = self.state == "looking"
            self._task.hold(held)
            self._idle.reset()
            self.state = "paused" if held else "looking"
            self._changes += 1

    async def run(self) -> None:
        """Run queries as they are asked for, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self.state != "waiting":
                continue
            self._running = asyncio.create_task(self._look())
            try:
                await asyncio.wait({self._running})
            finally:
                self._running.cancel()
            if not self._running.cancelled():
                self._running.result()

    @abstractmethod
    def _begun(self) -> State:
        """Clear the results and return the state to start in: ``waiting`` if there is a query."""

    @abstractmethod
    async def _asked(self) -> Task[ScanUpdate]:
        """Build the request."""

    @abstractmethod
    def _take(self, progress: ScanUpdate) -> bool:
        """Add results; return whether the limit is reached."""

    @property
    def _filters(self) -> tuple[str, ...]:
        text = self.text.strip()
        return (text,) if text else ()

    def _leave(self) -> None:
        if self._running:
            self._running.cancel()
        self._task = None

    async def _look(self) -> None:
        await asyncio.sleep(self._pause if self.text else 0)
        is_full = False
        try:
            task = await self._asked()
            self._task, self.state = task, "looking"
            self._idle.reset()
            async with aclosing(task.steps()) as steps:
                async for progress in steps:
                    self._idle.reset()
                    self.progress, is_full = progress, self._take(progress)
                    self._changes += 1
                    if is_full:
                        break
        except ArcwatchError as error:
            self.failure, self.state = error, "failed"
        else:
            self.state = "limited" if self.progress.is_limited or is_full else "done"
        self._changes += 1
