"""A bounded queue of messages between the sources and one consumer."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Literal

from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.model.tail import Counts, Mode, Resumed, State, time_of

MOST_BYTES = 32 << 20
"""Bytes of their bodies, at most."""
WINDOW = 100_000_000
"""Nanoseconds within which messages of several lanes are put into the order of their arrival."""
LONGEST = 2_000_000_000
"""Nanoseconds that a batch that is being gathered holds up messages of other lanes, at most."""
AT_ONCE = 20_000
"""Messages taken in one go, at most, so that they are encoded in tens of milliseconds."""


class Lane:
    """The state of one address: written by its source, read into :class:`Counts`."""

    def __init__(
        self, intake: Intake, address: str, origin: int, resumed: Resumed | None = None
    ) -> None:
        self.address, self.origin = address, origin
        self.state: State = "connecting"
        self.mode: Mode = "full"
        self.seen = self.seen_bytes = self.dropped_here = self.gaps = self.places = 0
        self.sampled_away, self.ratio = 0.0, 1.0
        self.since: int | None = None
        self.text = self.hint = ""
        self.waiting = 0
        self.resumed = resumed
        """Where to go on, where a process that followed it before has ended."""
        self.was_followed = resumed is not None
        """Whether it was connected at some time."""
        self._begun: list[tuple[int, str, str]] = []
        self._intake = intake
        # from now on, since what it brings first may have been received before what others have
        intake.lanes[origin] = self

    def begin_batch(self, reader: object, since: int) -> None:
        """Record since when a reader has been gathering messages; thread-safe."""
        self._intake.gathering[reader] = since

    def end_batch(self, reader: object) -> None:
        """Record that these have been taken."""
        self._intake.gathering.pop(reader, None)

    @property
    def is_alone(self) -> bool:
        """Whether there is no other lane."""
        return self._intake.has_one_lane

    def take(self, messages: list[Message], size: int) -> None:
        """Enqueue messages in order; thread-safe (``size``: bytes of their bodies together)."""
        self._intake.hold(self, messages, size)

    def begins_after(self, place: str, last: str) -> None:
        """Record the id of a place's last message before those still to come; empty for none."""
        self._begun.append((self.origin, place, last))
        self._intake.wake()

    def begun(self) -> list[tuple[int, str, str]]:
        """Return what :meth:`begins_after` recorded, once."""
        begun, self._begun = self._begun, []
        return begun

    async def room(self) -> None:
        """Wait until more messages would not evict others."""
        await self._intake.room()

    def room_in_thread(self, timeout: float) -> bool:
        """The same in a thread: return whether there is room within ``timeout`` seconds."""
        return self._intake.room_in_thread(timeout)

    def set_state(self, state: State, text: str = "", hint: str = "") -> None:
        """Set the state."""
        self.was_followed |= state == "following"
        self.state, self.text, self.hint = state, text, hint
        self._intake.wake()

    def set_disconnected(self, text: str, hint: str = "") -> None:
        """Record why it is disconnected: ``connecting`` until the first connection."""
        self.set_state("reconnecting" if self.was_followed else "connecting", text, hint)

    def fail(self, error: ArcwatchError) -> None:
        """Record that it cannot be followed."""
        self.set_state("failed", error.headline, error.hint)

    def counts(self) -> Counts:
        """A snapshot of the state."""
        return Counts(
            address=self.address,
            origin=self.origin,
            state=self.state,
            mode=self.mode,
            seen=self.seen,
            seen_bytes=self.seen_bytes,
            dropped_here=self.dropped_here,
            sampled_away=self.sampled_away,
            ratio=self.ratio,
            gaps=self.gaps,
            places=self.places,
            since=self.since,
            text=self.text,
            hint=self.hint,
            waiting=self.waiting,
        )


class Intake:
    """Batches of messages in order of arrival.

    What nobody takes in time makes room, the oldest first, and is counted on its lane.  Sources
    whose servers keep the messages wait for room instead, and so lose nothing.

    Args:
        most: Messages that wait, at most.
        clock: What they are ordered by.
    """

    def __init__(self, most: int = 50_000, clock: Literal["sent", "received"] = "sent") -> None:
        self._most = max(1, most)
        self._time_of = time_of if clock == "sent" else received_time_of
        self._batches: deque[tuple[Lane, list[Message], int]] = deque()
        self._count = self._size = 0
        self.lanes: dict[int, Lane] = {}
        """All there were, by their origins."""
        self._kept_back: list[Message] = []
        self.gathering: dict[object, int] = {}
        """When the first message was received of each batch that is not here yet."""
        self._lock = threading.Lock()
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._roomy = threading.Event()
        self._roomy.set()
        self._room.set()
        self._loop = asyncio.get_running_loop()

    def hold(self, lane: Lane, messages: list[Message], size: int) -> None:
        """Enqueue messages; thread-safe."""
        with self._lock:
            self._batches.append((lane, messages, size))
            self._count += len(messages)
            self._size += size
            lane.seen += len(messages)
            lane.seen_bytes += size
            lane.waiting += len(messages)
            while len(self._batches) > 1 and self._is_beyond(1):
                oldest, dropped, freed = self._batches.popleft()
                oldest.dropped_here += len(dropped)
                oldest.waiting -= len(dropped)
                self._count -= len(dropped)
                self._size -= freed
            if self._is_beyond(0.5):
                self._roomy.clear()
        self.wake()

    @property
    def has_one_lane(self) -> bool:
        """Whether there was one lane at most."""
        return len(self.lanes) <= 1

    @property
    def is_empty(self) -> bool:
        """Whether the queue is empty."""
        return not self._batches and not self._kept_back

    def wake(self) -> None:
        """Wake the consumer; thread-safe."""
        if not self._news.is_set():
            self._loop.call_soon_threadsafe(self._news.set)

    async def wait(self, seconds: float) -> bool:
        """Wait for something new or a timeout; return whether there is something."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def room(self) -> None:
        """Wait until more messages would not evict others."""
        while not self._roomy.is_set():
            self._room.clear()
            await self._room.wait()

    def room_in_thread(self, timeout: float) -> bool:
        """The same in a thread: return whether there is room within ``timeout`` seconds."""
        return self._roomy.wait(timeout)

    def take(self) -> list[Message]:
        """Dequeue at most :data:`AT_ONCE` messages, oldest first; across lanes in order of time.

        By the time of arrival those of the last :data:`WINDOW` are kept back, and those behind a
        batch that is being gathered: what was received before them may be yet to come.
        """
        merged = self._popped()
        if len(self.lanes) > 1 or _has_places(merged):
            merged = in_order(merged, self._time_of)
            if self._time_of is received_time_of:
                merged, self._kept_back = _settled(merged, self._gathered_since())
                if self._kept_back:
                    self._loop.call_later(WINDOW / 1e9, self._news.set)
        for origin, count in Counter(message.origin for message in merged).items():
            self.lanes[origin].waiting -= count
        return merged

    def _gathered_since(self) -> int:
        """The earliest time at which a batch still to arrive may have begun."""
        now = time.time_ns()
        return max(min([now - WINDOW, *list(self.gathering.values())]), now - LONGEST)

    def _popped(self) -> list[Message]:
        merged, self._kept_back = self._kept_back, []
        with self._lock:
            while self._batches and len(merged) < AT_ONCE:
                _, messages, size = self._batches.popleft()
                merged += messages
                self._count -= len(messages)
                self._size -= size
            if not self._is_beyond(0.5):
                self._roomy.set()
                self._room.set()
            if self._batches:
                self._news.set()
        return merged

    def _is_beyond(self, part: float) -> bool:
        return self._count > self._most * part or self._size > MOST_BYTES * part


def _has_places(messages: Sequence[Message]) -> bool:
    """Whether messages arrived over several paths, each with its own order."""
    return bool(messages) and messages[0].source == "pulsar"


def _settled(messages: list[Message], since: int) -> tuple[list[Message], list[Message]]:
    """Messages received until some time, before which no other is to be expected, and the rest.

    Where the clock was set back, nothing waits until it is where it was.
    """
    if messages and messages[-1].received_time > time.time_ns() + WINDOW:
        return messages, []
    at = bisect_right(messages, since, key=received_time_of)
    return messages[:at], messages[at:]


def received_time_of(message: Message) -> int:
    """When a message was here, by our clock."""
    return message.received_time


def in_order(
    messages: Sequence[Message], time_of: Callable[[Message], int] = time_of
) -> list[Message]:
    """Messages by time; those of one place keep their order.

    Clocks of producers differ: a message dated before its predecessor stays behind it.
    """
    latest: dict[str, int] = {}
    times = []
    for message in messages:
        at = max(latest.get(message.address, -math.inf), time_of(message))
        latest[message.address] = int(at)
        times.append(at)
    # stable, so that equal times keep the order of arrival
    order = sorted(range(len(messages)), key=times.__getitem__)
    return [messages[index] for index in order]
