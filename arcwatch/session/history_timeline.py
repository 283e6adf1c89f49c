"""The timeline of a history on the screen: how much is stored when, of all of it or of a part."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from arcwatch.errors import ArcwatchError
from arcwatch.model.history import Extent, Stretch
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import FindExtent

from .background_query import PAUSE

AGAIN_AFTER = 30.0
"""Seconds until messages that are newer than the timeline have it asked for again."""
BEFORE = 40
"""Of what is shown whole, one part in so many lies before the first message: it is gone."""
CLOSEST = 1_000_000_000
"""Nanoseconds that are shown at least."""
FINER = 4
"""A part of the whole that is shorter than one in so many is asked about by itself."""


class Shown(NamedTuple):
    """The part of time that is shown, in nanoseconds since the epoch."""

    start: int
    end: int


class TimelineQuery:
    """Fetches how much is stored when, and holds which part of it is shown.

    Args:
        now: Nanoseconds since the epoch.
        pause: Seconds to wait for another zoom.
    """

    def __init__(
        self,
        reader: Callable[[], HistoryProcess],
        *,
        now: Callable[[], int] = time.time_ns,
        pause: float = PAUSE,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader, self._now, self._pause, self._steady = reader, now, pause, steady
        self.extent: Extent | None = None
        """Of everything."""
        self.at = 0
        """When that was asked for, nanoseconds since the epoch."""
        self.took = 0.0
        """Seconds until it was answered, or the last part of it."""
        self.failure: ArcwatchError | None = None
        self.cursor: int | None = None
        """The moment that is pointed at."""
        self.may_read_tiered = False
        """Whether the user wants what lies in tiered storage, whatever it costs."""
        self._zoomed: Shown | None = None
        self._part: tuple[Shown, Extent] | None = None
        self._is_begun = self._is_stale = False
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._changes = 0

    @property
    def version(self) -> object:
        """Changes whenever anything visible changes."""
        return self._changes

    @property
    def shown(self) -> Shown | None:
        """The part shown; None while nothing is known, or nothing stored."""
        return self._zoomed or self.whole

    @property
    def is_busy(self) -> bool:
        """Whether a request is running or about to."""
        return self._wake.is_set() or not self._is_idle

    @property
    def is_zoomed(self) -> bool:
        """Whether a part is shown."""
        return self._zoomed is not None

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The most precise stretches for the part shown."""
        part, shown = self._part, self.shown
        if part and shown and part[0].start <= shown.start and shown.end <= part[0].end:
            return part[1].stretches
        return self.extent.stretches if self.extent else ()

    def announces(self, at: int) -> bool:
        """Whether reading from a moment on needs confirmation, because tiered storage costs."""
        return not self.may_read_tiered and bool(self.tiered_from(at))

    def tiered_from(self, at: int) -> list[Stretch]:
        """Ledgers in tiered storage that end at or after a time."""
        stretches = self.extent.stretches if self.extent else ()
        return [each for each in stretches if each.offloaded and at <= each.end]

    @property
    def looks(self) -> int:
        """Messages that were read for it."""
        extents = [self.extent, self._part[1] if self._part else None]
        return sum(extent.looks for extent in extents if extent)

    # -- requests -----------------------------------------------------------------------------

    def begin(self) -> None:
        """Fetch it, unless that was done."""
        if not self._is_begun:
            self.again()

    def again(self) -> None:
        """Fetch it again."""
        self._is_begun = self._is_stale = True
        self._wake.set()

    def renew(self, newest: int) -> None:
        """Fetch it again if it is old and a message is newer."""
        last = self.extent.last_time if self.extent else None
        is_old = self._is_idle and self._now() - self.at > AGAIN_AFTER * 1e9
        if is_old and last is not None and newest > last:
            self.again()

    def end(self) -> None:
        """Cancel and clear everything."""
        if self._task:
            self._task.cancel()
        self.extent = self.failure = self.cursor = self._zoomed = self._part = None
        self._is_begun = self._is_stale = self.may_read_tiered = False
        self._wake.clear()
        self._changes += 1

    def point(self, at: int | None) -> None:
        """Point at a moment that is shown, or at none."""
        shown = self.shown
        if at is not None and shown:
            at = max(shown.start, min(at, shown.end - 1))
        self.cursor = at
        self._changes += 1

    def zoom(self, factor: float, around: int) -> None:
        """Show a longer part of time, or a shorter one, in which a moment keeps its place.

        Args:
            around: The moment, nanoseconds since the epoch.
        """
        shown, whole = self.shown, self.whole
        if shown is None or whole is None:
            return
        length = max(round((shown.end - shown.start) * factor), CLOSEST)
        around = max(shown.start, min(around, shown.end))
        start = around - round((around - shown.start) * factor)
        start = max(whole.start, min(start, whole.end - length))
        self._zoomed = Shown(start, start + length) if length < whole.end - whole.start else None
        self._wake.set()
        self._changes += 1

    def reveal(self, at: int) -> None:
        """Move what is shown to where a moment lies, if it is not among it."""
        shown, whole = self._zoomed, self.whole
        if shown is None or whole is None or shown.start <= at < shown.end:
            return
        length = shown.end - shown.start
        start = max(whole.start, min(at - length // 2, whole.end - length))
        if start != shown.start:
            self._zoomed = Shown(start, start + length)
            self._wake.set()
            self._changes += 1

    # -- doing it -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Fetch what is shown until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._task = asyncio.create_task(self._ask())
            try:
                await asyncio.wait({self._task})
            finally:
                self._task.cancel()
            if not self._task.cancelled():
                self._task.result()

    async def _ask(self) -> None:
        try:
            if self._is_stale:
                begun, self.at = self._steady(), self._now()
                self.extent = await self._reader().ask(FindExtent())
                self.took, self._is_stale = self._steady() - begun, False
                self._changes += 1
            if self._needs_detail:
                await asyncio.sleep(self._pause)
                await self._ask_part()
        except ArcwatchError as error:
            self.failure, self._is_begun = error, False
        else:
            self.failure = None
        self._changes += 1

    async def _ask_part(self) -> None:
        begun = self._steady()
        while (zoomed := self._zoomed) and self._needs_detail:
            # some on either side, so that a step aside asks for nothing
            length = zoomed.end - zoomed.start
            asked = Shown(zoomed.start - length, zoomed.end + length)
            self._part = (asked, await self._reader().ask(FindExtent(asked)))
            self.took = self._steady() - begun

    @property
    def _needs_detail(self) -> bool:
        shown, whole, part = self._zoomed, self.whole, self._part
        if shown is None or whole is None:
            return False
        length = shown.end - shown.start
        if length * FINER > whole.end - whole.start:
            return False
        if part is None or not (part[0].start <= shown.start and shown.end <= part[0].end):
            return True
        return length * 3 * FINER <= part[0].end - part[0].start

    @property
    def _is_idle(self) -> bool:
        return self._task is None or self._task.done()

    @property
    def whole(self) -> Shown | None:
        """All of it; None while nothing is known, or nothing stored."""
        extent = self.extent
        if extent is None or extent.first_time is None or extent.last_time is None:
            return None
        length = max(extent.last_time + 1 - extent.first_time, CLOSEST)
        return Shown(extent.first_time - length // BEFORE, extent.first_time + length)
