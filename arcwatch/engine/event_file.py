"""Events saved across restarts: one file for each context in the state folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from errno import ENOSPC
from hashlib import sha256
from math import nan
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from arcwatch.files.lock import exclusive, is_held
from arcwatch.files.private import private, private_folder, replace_file, state_folder
from arcwatch.files.reading import parsed, read_bounded
from arcwatch.store.events.event import Event
from arcwatch.store.events.happened import of_absence, of_unkept
from arcwatch.store.store import Store

from .schedule import Clock

MOST = 5_000
"""Events that are kept of a context, the newest."""
LARGEST = 1 << 20
"""Bytes of a file beyond which the older half goes."""
LONGEST = 1 << 14
"""Bytes of a line: an event that arcwatch wrote has less."""
AHEAD = 60.0
"""Seconds that an event may lie in the future: beyond, a clock was wrong."""
ALIVE = 10.0
"""Seconds after which the file records again that arcwatch is still running."""
ABSENT = 30.0
"""Seconds without a running arcwatch after which that is an event."""
BEAT = 1.0
"""Seconds between two checks for new events."""


class Kept(NamedTuple):
    """What a file holds."""

    events: list[Event]
    """The oldest first."""
    until: float
    """Unix seconds until which arcwatch ran; ``nan`` where it never did."""


class EventFile:
    """The file ``events/CONTEXT.ndjson`` in the state folder.

    Of several arcwatches that look at one context one writes, the first: all see the same.

    Attributes:
        trouble: Why the newest events could not be kept, or none be read; empty when they could.
    """

    def __init__(self, context: str, path: Path | None = None) -> None:
        self._path = path or state_folder() / "events" / f"{file_name(context)}.ndjson"
        self._lock: ExitStack | None = None
        self._written_at = nan
        self.trouble = ""

    def load(self, now: float) -> Kept:
        """Saved events, but for lines that arcwatch cannot have written by ``now``, Unix seconds.

        A file that cannot be read holds nothing; see :attr:`trouble`.
        """
        self.trouble = ""
        try:
            until = self._path.stat().st_mtime
            lines = read_bounded(self._path, 2 * LARGEST, last=True).split(b"\n")
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self.trouble = _reason(error)
            return Kept([], nan)
        found = (_event(line, now + AHEAD) for line in lines[-MOST - 1 :])
        events = [event for event in found if event is not None]
        return Kept(sorted(events, key=lambda event: event.at), until)

    @property
    def is_written_elsewhere(self) -> bool:
        """Whether another process records this context now."""
        with suppress(OSError):
            return self._lock is None and is_held(self._path.with_suffix(".lock"))
        return False

    def append(self, events: Sequence[Event], now: float) -> None:
        """Append events, and that arcwatch ran until ``now``, unless another process does so.

        A disk that is full or read-only costs what is kept, and nothing else.
        """
        if not events and now - self._written_at < ALIVE:
            return
        try:
            private_folder(self._path.parent)
            if self._is_ours():
                self._append(events, now)
            self._written_at, self.trouble = now, ""
        except OSError as error:
            self.trouble = _reason(error)

    def close(self) -> None:
        """Release the file to other processes."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def _append(self, events: Sequence[Event], now: float) -> None:
        lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
        kept = None
        with open(self._path, "a+b", buffering=0, opener=private) as file:
            size = file.seek(0, os.SEEK_END)
            # a line that a full disk cut short must not spoil the next
            if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
                lines = b"\n" + lines
            if file.write(lines) < len(lines):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            # what several wrote, or another program, is not more than one has read
            if size + len(lines) > LARGEST:
                file.seek(-LARGEST // 2, os.SEEK_END)
                kept = file.read().partition(b"\n")[2]
        if kept is not None:
            replace_file(self._path, kept)
        os.utime(self._path, (now, now))

    def _is_ours(self) -> bool:
        if self._lock is None:
            with ExitStack() as held:
                try:
                    held.enter_context(exclusive(self._path.with_suffix(".lock"), _give_up))
                except BlockingIOError:
                    return False
                self._lock = held.pop_all()
        return True


class EventKeeper:
    """Loads saved events into a store, and saves the events that it adds."""

    def __init__(
        self,
        store: Store,
        context: str,
        *,
        file: EventFile | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._store, self._file = store, file or EventFile(context)
        self._clock, self._done, self._trouble = clock or Clock(), 0, ""
        self._restored = False

    async def run(self) -> None:
        """Restore, and then keep until cancelled."""
        if not self._restored:
            self.restore(await asyncio.to_thread(self.load))
        try:
            while True:
                await asyncio.sleep(BEAT)
                await asyncio.to_thread(self._file.append, self._new(), self._clock.now())
                self._note_trouble()
        finally:
            self._file.append(self._new(), self._clock.now())
            self._file.close()

    def load(self) -> Kept:
        """The saved events; from now on this process saves new ones, unless another does."""
        kept = self._file.load(self._clock.now())
        self._file.append((), self._clock.now())
        return kept

    def restore(self, kept: Kept) -> None:
        """Add saved events to the store, and a gap since arcwatch last ran."""
        now, self._restored = self._clock.now(), True
        absence = [of_absence(kept.until, now)] if now - kept.until > ABSENT else []
        self._done = self._store.restore_events(kept.events, absence)

    def _new(self) -> list[Event]:
        log = self._store.events
        new = log.newest(log.version - self._done)[::-1] if log.version > self._done else []
        self._done = log.version
        return new

    def _note_trouble(self) -> None:
        """Record when events can no longer be saved, and when they can again."""
        if self._trouble != self._file.trouble:
            self._trouble = self._file.trouble
            self._store.add_events([of_unkept(self._trouble, self._clock.now())])


def _event(line: bytes, latest: float) -> Event | None:
    """An event; None of a line that is none, was cut, or is of another version."""
    if len(line) > LONGEST:
        return None
    try:
        event = parsed(line, Event)
    except ValueError:
        return None
    return event if 0 < event.at < latest else None


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def file_name(context: str) -> str:
    """A distinct name for each context, short enough for any file system."""
    name = quote(context, safe="@+ ")
    return name if len(name) <= 100 else f"{name[:60]}-{sha256(context.encode()).hexdigest()[:32]}"


def _give_up() -> None:
    raise BlockingIOError
