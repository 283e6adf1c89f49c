"""Backlogs of the last days, saved across restarts: one file for each context."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from arcwatch.files.private import replace_file, state_folder
from arcwatch.files.reading import read_bounded
from arcwatch.store.backlog.past import MOST, SLOT, Past, PastFigures, Track, figures_now, mean_of
from arcwatch.store.store import Store

from .event_file import file_name
from .schedule import Clock

LARGEST = 8 << 20
"""Most bytes of a file: arcwatch writes no larger one."""
BEAT = 60.0
"""Seconds between two samples; a figure is the mean of the samples of its slot."""


class PastFile:
    """The file ``past/CONTEXT.msgpack`` in the state folder: names and figures, nothing else."""

    def __init__(self, context: str, path: Path | None = None) -> None:
        self._path = path or state_folder() / "past" / f"{file_name(context)}.msgpack"

    def load(self, now: float) -> Past:
        """Its figures; none if it cannot be read, or was not written by arcwatch.

        Args:
            now: Unix seconds; later figures are not believed.
        """
        with suppress(OSError, msgspec.MsgspecError, RecursionError, ValueError):
            content = read_bounded(self._path, LARGEST)
            return Past(msgspec.msgpack.decode(content, type=dict[str, Track]), now)
        return Past()

    def add(self, slot: int, figures: Mapping[str, PastFigures], now: float) -> Past:
        """Add figures to those it holds now: another arcwatch may have written to it.

        On a full or read-only disk nothing is saved; an event reports it.
        """
        past = self.load(now)
        past.put(slot, figures)
        with suppress(OSError):
            replace_file(self._path, msgspec.msgpack.encode(past.tracks))
        return past


class PastKeeper:
    """Loads past backlogs into a store; saves current ones every ten minutes and at the end."""

    def __init__(
        self,
        store: Store,
        context: str,
        *,
        file: PastFile | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._store, self._file = store, file or PastFile(context)
        self._clock, self._slot = clock or Clock(), 0
        self._seen: dict[str, list[PastFigures]] = {}

    async def run(self) -> None:
        """Restore, and then save until cancelled."""
        self._store.past = await asyncio.to_thread(self._file.load, self._clock.now())
        try:
            while True:
                if self.is_over:
                    self._store.past = await asyncio.to_thread(self.save)
                self.sample()
                await asyncio.sleep(BEAT)
        finally:
            if not self._seen:
                self.sample()
            self.save()

    @property
    def is_over(self) -> bool:
        """Whether a slot with samples has ended."""
        return bool(self._seen) and int(self._clock.now() // SLOT) != self._slot

    def sample(self) -> None:
        """Sample what is waiting now."""
        self._slot = int(self._clock.now() // SLOT)
        found = figures_now(self._store.nats, self._store.pulsar)
        most = heapq.nlargest(MOST, found, key=lambda key: found[key].waiting)
        for key in found.keys() & {*self._store.past.tracks, *most}:
            self._seen.setdefault(key, []).append(found[key])

    def save(self) -> Past:
        """Add the means of the samples to the file."""
        seen, self._seen = self._seen, {}
        figures = {key: mean_of(each) for key, each in seen.items()}
        now = self._clock.now()
        return self._file.add(self._slot, figures, now) if figures else self._store.past
