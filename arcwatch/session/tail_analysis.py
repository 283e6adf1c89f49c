"""Analysis of tailed messages: subjects, requests, latencies, and members that are alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

from arcwatch.errors import ArcwatchError
from arcwatch.model.latency import Latency
from arcwatch.model.message import Message
from arcwatch.model.reading import System
from arcwatch.model.tail import Counts
from arcwatch.runtime.boundary import boundary, each
from arcwatch.store.messages.presence import Member, Presence, sender_of, wildcards_of
from arcwatch.store.messages.requests import Exchange, Requests
from arcwatch.store.messages.ring import MessageRing, RingReader
from arcwatch.store.messages.subject_tree import SubjectRow, SubjectTree
from arcwatch.store.series.tail_latency import TailLatency
from arcwatch.wire.jetstream_ack import ack_sample

BEAT = 1.0
"""Seconds between two looks at the rates."""
SETTLED = 1.0
"""Seconds from when replies are asked for until they come for certain."""
MEASURED = 250
"""Messages that are measured of those that came since the last look."""


class TailAnalysis:
    """Analyses the messages of a ring, each part from when it is first asked for.

    Args:
        now: Unix seconds.
    """

    def __init__(
        self,
        ring: MessageRing,
        *,
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ring, self._now, self._steady = ring, now, steady
        self._tree = SubjectTree()
        self._requests = Requests()
        self._presence = Presence()
        self._readers: dict[str, RingReader] = {}
        self._received = asyncio.Event()
        self._due = self._steady()
        self._gaps = 0
        self._has_caught_up = False
        self._lateness = TailLatency()
        self._reporter: Callable[[System, Latency], None] | None = None
        self._report_due = 0.0
        self.unread = 0
        """Messages over which counting failed; ``trouble`` is the reason of the last."""
        self.trouble: ArcwatchError | None = None
        self.pattern = ""
        """The address whose members are listened for; empty for none."""
        self.version = 0
        """Changes when there is something new to be shown; once a second at most."""

    def _unread(self, error: ArcwatchError) -> None:
        self.unread += 1
        self.trouble = error

    def _reader(self, take: Callable[[Message], object]) -> RingReader:
        """Reads the ring for an analysis of single messages, of any kind."""

        def consume(messages: Sequence[Message]) -> None:
            each(messages, take, self._unread, "the message could not be counted")

        return RingReader(self._ring, consume)

    @property
    def missed(self) -> int:
        """Messages evicted from the ring before they were counted."""
        return max((reader.missed for reader in self._readers.values()), default=0)

    def notify(self) -> None:
        """Notify it of new messages."""
        self._received.set()

    async def run(self) -> None:
        """Count until cancelled."""
        while True:
            await self._received.wait()
            self._received.clear()
            try:
                with boundary("messages could not be counted"):
                    await self._catch_up()
            except ArcwatchError as error:
                self._unread(error)

    async def _catch_up(self) -> None:
        more = True
        while more:
            steps = [reader.step() for reader in self._readers.values()]
            more = any(steps)
            await asyncio.sleep(0)
        # what was there before is no rate
        self._has_caught_up = True
        self._report()

    def beat(self) -> None:
        """Update rates and overdue requests, once a second."""
        now = self._steady()
        if now >= self._due and self._readers:
            self._due = now + BEAT
            if self._has_caught_up:
                self._tree.update_rates(now)
            self._requests.overdue(int(self._now() * 1e9))
            self.version += 1

    # -- subjects -----------------------------------------------------------------------------

    def count_subjects(self) -> None:
        """Count subjects from now on, those of the messages that are still there included."""
        if "subjects" not in self._readers:
            self._has_caught_up = False
            self._readers["subjects"] = self._reader(lambda message: self._tree.update((message,)))
            self._received.set()

    def subjects(self) -> list[SubjectRow]:
        """The tree from the top."""
        return self._tree.rows()

    @property
    def beyond(self) -> int:
        """Messages whose subjects exceed the limit."""
        return self._tree.beyond

    # -- requests -----------------------------------------------------------------------------

    def pair_requests(self, is_whole: Callable[[Message], bool]) -> None:
        """Pair requests with their replies from now on.

        Args:
            is_whole: Whether all that the message's address gets is seen; a request of any other
                may have had a reply that was not.
        """
        if "requests" not in self._readers:
            # by then the servers send us replies as well
            begun = int((self._now() + SETTLED) * 1e9)

            def consume(message: Message) -> None:
                if message.received_time > begun and is_whole(message):
                    self._lateness.exchanged(self._requests.update((message,)))

            self._readers["requests"] = self._reader(consume)
            self._received.set()

    @property
    def requests(self) -> Requests:
        """The requests that were seen."""
        return self._requests

    def exchanges(self) -> list[Exchange]:
        """Requests that wait for a reply, the oldest first; then those that are over."""
        return self._requests.open() + self._requests.recent()

    # -- latencies ----------------------------------------------------------------------------

    def measure(self, report: Callable[[System, Latency], None]) -> None:
        """Measure how long messages take until they are here, from now on.

        Samples messages that come too fast: measuring must not hold up drawing.

        Args:
            report: Takes what is known of each place, about once a second while messages come.
        """
        if "lateness" not in self._readers:

            def consume(messages: Sequence[Message]) -> None:
                measure_messages(self._lateness, messages, self._unread)

            self._readers["lateness"] = RingReader(self._ring, consume, near=MEASURED)
            self._reporter = report
            self._received.set()

    def _report(self) -> None:
        now = self._steady()
        if self._reporter is None or now < self._report_due:
            return
        self._report_due = now + BEAT
        self._lateness.passed_over = self._readers["lateness"].passed_over
        for system, latency in self._lateness.snapshot():
            if latency.spread:
                self._reporter(system, latency)

    # -- presence -----------------------------------------------------------------------------

    def listen_for(self, pattern: str, is_from: Callable[[Message], bool]) -> None:
        """Track which members are alive by the messages of one address."""
        if pattern == self.pattern:
            return
        self.pattern, self._presence, self._gaps = pattern, Presence(), 0
        presence, wildcards = self._presence, wildcards_of(pattern)

        def consume(message: Message) -> None:
            if is_from(message):
                presence.update(sender_of(message, wildcards), message.received_time / 1e9)

        self._readers["presence"] = self._reader(consume)
        self._received.set()

    def note(self, counts: Sequence[Counts]) -> None:
        """Do not count time in which the tail was disconnected as silence."""
        gaps = next((each.gaps for each in counts if each.address == self.pattern), 0)
        if gaps > self._gaps:
            self._gaps = gaps
            self._presence.exclude_until(self._now())

    def members(self) -> list[Member]:
        """All members: the lost first, then the late, then by name."""
        return self._presence.members(self._now())


def measure_messages(
    lateness: TailLatency, messages: Sequence[Message], failed: Callable[[ArcwatchError], object]
) -> None:
    """Measure messages with a publish time, and acknowledgement samples.

    Args:
        failed: Takes the reason for each that cannot be measured.
    """
    each(messages, partial(_measure, lateness), failed, "the message could not be measured")


def _measure(lateness: TailLatency, message: Message) -> None:
    lateness.update((message,))
    if message.source == "nats" and (sample := ack_sample(message.subject, message.body)):
        lateness.acknowledged(*sample)
