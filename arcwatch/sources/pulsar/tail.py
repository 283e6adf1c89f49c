"""Follow Pulsar topics, with one reader for each partition.

Readers are non-durable: a broker forgets them when they close, and no cursor moves.  A reader of a
topic that does not exist would create it, so the admin API is asked first, each time.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence

from msgspec.structs import replace

from arcwatch.errors import NotThereError, SourceError, UsageError
from arcwatch.model.message import Message
from arcwatch.model.tail import Mode, TailOptions
from arcwatch.notation.address import Topic
from arcwatch.notation.times import format_time
from arcwatch.runtime.boundary import boundary
from arcwatch.sources.connections import Servers
from arcwatch.sources.intake import Lane
from arcwatch.sources.tail_start import NEW, Start
from arcwatch.wire.pulsar_reading import Readable

from .cluster import PulsarCluster
from .due_times import PacedDeliveryTimes
from .reader import Bound, Ended, PartitionReader, bound_of
from .stored_topic import StoredTopic
from .topics import (
    ensure_there,
    last_message,
    last_readable,
    open_transaction,
    places,
    quota,
    replication_clusters,
)

MOST_PLACES = 100
"""Topics and partitions that one address is followed in; each takes a thread."""

UNKEPT = "non-persistent: the broker may drop messages silently"

KEPT_ALIVE = 60_000_000_000
"""Nanoseconds in which the client library notices a broker that hangs: it pings every 30 s."""
RELIST = 15.0
"""Seconds between two looks for topics that have appeared."""
RETRY = 2.0
"""Seconds before another attempt after a broker was lost or refused."""

EARLIEST = Start(earliest=True)


class TopicTail:
    """Follows one address into a lane.

    Args:
        max_rate: Messages a second at most, of all its topics; None leaves it to their quotas.
    """

    def __init__(
        self,
        servers: Servers,
        cluster: PulsarCluster,
        lane: Lane,
        address: Topic,
        start: Start,
        *,
        max_rate: float | None,
    ) -> None:
        self._servers, self._cluster = servers, cluster
        self._lane, self._address = lane, address
        self._start, self._max_rate = start, max_rate
        self._followed: dict[str, asyncio.Task[None]] = {}
        self._opened: set[str] = set()
        """Topics that were read at some time."""
        self._replicated: set[str] = set()
        """Those that other clusters publish to, too."""
        self._refused: dict[str, tuple[str, str]] = {}
        """Why the others are not read, as far as that was tried, and what to try."""
        self._lost: dict[str, int] = {}
        """Those of them that are not read now, and since when, nanoseconds since the epoch."""
        self._read_at: dict[str, int] = {}
        """When something of each was last read, or began to be."""
        self._notes: dict[str, str] = {}
        self._due_times = PacedDeliveryTimes(cluster)
        self._readable: dict[str, Readable | None] = {}
        """The last message of each that readers got at the last look at it."""

    async def follow(self) -> None:
        """Follow the topics until cancelled."""
        first = True
        self._note_missing()
        if not self._address.persistent:
            self._notes["unkept"] = UNKEPT
        try:
            while True:
                try:
                    with boundary("the topics could not be listed", self._lane.address):
                        await self._find(first=first)
                    first = False
                    with boundary("transactions could not be looked for", self._lane.address):
                        await self._find_held()
                    await asyncio.sleep(RELIST)
                except NotThereError:
                    if first and self._lane.resumed is None:
                        raise
                    self._notes["gone"] = (
                        "the topic was deleted; the tail resumes when it is created again"
                    )
                    self._publish_notes()
                    await asyncio.sleep(RELIST)
                except SourceError as error:
                    if first:
                        self._lane.set_disconnected(error.headline, error.hint)
                    await asyncio.sleep(RETRY)
        finally:
            tasks = tuple(self._followed.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Do nothing: reading a topic costs publishers nothing."""

    async def _find(self, *, first: bool) -> None:
        """Start following existing topics that are not followed yet."""
        if first:
            await self._servers.pulsar()
        found = await places(self._cluster, self._address)
        self._notes.pop("gone", None)
        for name in found[:MOST_PLACES]:
            task = self._followed.get(name)
            if task is None or task.done():
                # all of a topic that appears later is new
                start = self._start_of(name) if first else EARLIEST
                self._followed[name] = asyncio.create_task(self._follow_place(name, start))
        if len(found) > MOST_PLACES:
            rest = f"only the first {MOST_PLACES} of {len(found):,} topics are tailed"
            self._notes["most"] = f"{rest}: use a narrower pattern"
        if not found:
            self._notes["none"] = "nothing matches yet"
        elif self._notes.pop("none", None):
            first = False
        self._lane.places = min(len(found), MOST_PLACES)
        self._lane.since = self._lane.since or time.time_ns()
        self._publish_notes()

    async def _find_held(self) -> None:
        """Report an open transaction that has kept readers from the end of a topic, if any."""
        held, read = "", sorted(self._opened & self._followed.keys())
        for name in read if self._address.persistent else ():
            before = self._readable.get(name)
            last = self._readable[name] = await last_readable(self._cluster, name)
            if last is None:
                # a broker that cannot report one cannot report any
                break
            if last == before and await last_message(self._cluster, name) > last[:2]:
                why = await open_transaction(self._cluster, name)
                held = f"the end of {Topic.of(name)} cannot be read yet: {why}"
                break
        self._notes["held"] = held
        self._publish_notes()

    def _note_missing(self) -> None:
        """Record lost messages: a non-persistent topic stores none for absent readers."""
        if (resumed := self._lane.resumed) and not self._address.persistent:
            self._lane.gaps += 1
            self._notes["lost"] = self._missing(resumed.at)

    def _missing(self, since: int) -> str:
        """What may be missing after no read since a time, nanoseconds since the epoch."""
        if self._address.persistent:
            return "continues after the last message read"
        # format_time() cuts
        begin, end = format_time(since, 3), format_time(time.time_ns() + 1_000_000, 3)
        return f"messages sent between {begin} and {end} may be missing"

    def _start_of(self, name: str) -> Start:
        """Where to start with the topics that exist when following starts or continues."""
        resumed = self._lane.resumed
        if resumed and self._address.persistent:
            last = resumed.places.get(str(Topic.of(name)))
            if last is not None:
                return _after(last)
            if self._start.is_new:
                return Start(time=resumed.at)
        return _start_in(name, self._start)

    async def _follow_place(self, name: str, start: Start) -> None:
        """Read one topic across reconnects until it is gone."""
        skips = start.is_new and not self._start.earliest
        is_asked_for = start.message_id is not None and not start.after
        while True:
            try:
                with boundary("the topic could not be read", name):
                    await ensure_there(self._cluster, name)
                    if is_asked_for:
                        start, is_asked_for = await self._first_chunk(name, start), False
                    bound = await self._bound(name)
                    if len(await replication_clusters(self._cluster, name)) > 1:
                        self._replicated.add(name)
                    fallback = await self._now(name) if start.is_new else start
                    if start.is_new:
                        self._lane.begins_after(str(Topic.of(name)), _id_of(fallback))
                    ended = await self._read(name, start, bound, skips=skips)
            except NotThereError:
                self._leave(name)
                return
            except SourceError as error:
                self._lose(name, error.headline, error.hint)
                await asyncio.sleep(RETRY)
                continue
            if ended.why == "behind":
                self._skipped(bound)
                continue
            # where nothing was seen yet, what came since the beginning still is to be
            start = fallback if ended.next.is_new else ended.next
            self._lose(name, ended.why)
            await asyncio.sleep(RETRY)

    async def _read(self, name: str, start: Start, bound: Bound, *, skips: bool) -> Ended:
        # what listens there may be another program than before
        await self._servers.check_pulsar()
        client, watch = await self._servers.pulsar()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Ended] = loop.create_future()

        def report_end(how: Ended) -> None:
            loop.call_soon_threadsafe(lambda: None if ended.done() else ended.set_result(how))

        def opened() -> None:
            loop.call_soon_threadsafe(self._back, name)

        reader = PartitionReader(
            client,
            watch,
            self._lane,
            name,
            start,
            bound,
            skips=skips and bound.messages is not None,
            context=self._servers.context,
            opened=opened,
            dated=lambda messages: self._dated(messages, name),
            report=report_end,
        )
        reader.start()
        try:
            return await ended
        finally:
            self._read_at[name] = reader.read_at
            reader.stop()

    def _dated(self, messages: Sequence[Message], name: str) -> Sequence[Message]:
        """The same messages with their delivery times; called by readers, on their threads."""
        if not self._address.persistent:
            return messages
        if name in self._replicated:
            messages = [replace(message, replicated_from=None) for message in messages]
        names = {str(Topic.of(name)): name}
        is_alone = self._lane.is_alone and len(self._followed) == 1
        return self._due_times.with_due_times_in_thread(messages, names, is_alone=is_alone)

    async def _first_chunk(self, name: str, start: Start) -> Start:
        """Where to start with the message of an id, which of one in chunks is that of its last."""
        ledger, entry, partition, batch = start.message_id or (-1, -1, -1, -1)
        client, watch = await self._servers.pulsar()
        stored = StoredTopic(self._cluster, client, watch, name, self._servers.context)
        if batch >= 0 or all(each.id != ledger for each in await stored.ledgers()):
            return start
        ledger, entry, _ = await stored.start_of((ledger, entry, 0))
        return Start(message_id=(ledger, entry, partition, -1))

    async def _now(self, name: str) -> Start:
        if not self._address.persistent:
            return Start()
        ledger, entry = await last_message(self._cluster, name)
        last = (ledger, entry, -1, -1)
        return Start(message_id=last, after=True) if ledger >= 0 else EARLIEST

    async def _bound(self, name: str) -> Bound:
        if self._max_rate is not None:
            return Bound(self._max_rate / max(self._lane.places, 1))
        found = await quota(self._cluster, name)
        if found.messages is None and found.bytes is None:
            return Bound()
        self._notes["quota"] = "at most 10 % of the topic's dispatch quota is taken"
        self._publish_notes()
        return bound_of(found)

    def _skipped(self, bound: Bound) -> None:
        lane = self._lane
        lane.mode, lane.sampled_away, lane.ratio = "sampled", math.nan, math.nan
        self._notes["skips"] = f"sampled: more than {bound.messages or 0:,.0f} msg/s"
        self._publish_notes()

    def _lose(self, name: str, why: str, hint: str = "") -> None:
        if name not in self._opened:
            self._refused[name] = (why, hint)
        elif name not in self._lost:
            # a broker that hangs is noticed that much later
            self._lost[name] = max(self._read_at.get(name, 0), time.time_ns() - KEPT_ALIVE)
            self._lane.gaps += 1
        self._notes["lost"] = why
        self._publish_notes()

    def _back(self, name: str) -> None:
        self._opened.add(name)
        self._refused.pop(name, None)
        if since := self._lost.pop(name, None):
            self._notes["lost"] = f"reconnected: {self._missing(since)}"
        elif not self._lost and not self._refused:
            self._notes.pop("lost", None)
        self._publish_notes()

    def _leave(self, name: str) -> None:
        """Forget a deleted topic; if recreated, it is new.

        One that is not persistent is also gone when its broker starts again, and what is sent
        before it is found again nobody keeps.
        """
        if self._address.persistent:
            self._lost.pop(name, None)
        self._refused.pop(name, None)
        self._followed.pop(name, None)
        self._publish_notes()

    def _publish_notes(self) -> None:
        if self._followed and not self._opened:
            # of several topics, one that is refused is no reason to give up the others
            all_refused = len(self._refused) == len(self._followed)
            why, hint = next(iter(self._refused.values())) if all_refused else ("", "")
            self._lane.set_disconnected(why, hint)
            return
        self._notes["due"] = self._due_times.note
        # what comes last may be cut off
        notes = sorted(self._notes.items(), key=lambda note: note[0] != "lost")
        text = "; ".join(text for _, text in notes if text)
        if self._lost or "gone" in self._notes:
            self._lane.set_disconnected(text)
        else:
            self._lane.set_state("following", text)


def _start_in(name: str, start: Start) -> Start:
    """Where to start in one partition: message ids are specific to a partition."""
    partition = Topic.of(name).partition
    if start.message_id is None or start.message_id[2] in (-1, partition) or partition is None:
        return start
    return NEW


def _id_of(start: Start) -> str:
    """A position as a message id; empty for the beginning."""
    if start.message_id is None:
        return ""
    ledger, entry, partition, batch = start.message_id
    return f"{ledger}:{entry}:{partition}:{batch}"


def _after(last: str) -> Start:
    """The position after a message id, ``LEDGER:ENTRY:PARTITION[:BATCH]``."""
    if not last:
        return EARLIEST
    ledger, entry, partition, batch = ([int(part) for part in last.split(":")] + [-1])[:4]
    return Start(message_id=(ledger, entry, partition, batch), after=True)


def topic_tail(
    servers: Servers, lane: Lane, address: Topic, start: Start, options: TailOptions
) -> TopicTail:
    """The follower of a topic, or of all that match.

    Raises:
        UsageError: Pulsar is left out, or ``start`` is a place in a stream.
    """
    if start.sequence is not None:
        hint = "write id:LEDGER:ENTRY, or a time"
        raise UsageError("not a place in a topic", where=lane.address, hint=hint)
    return TopicTail(
        servers, servers.pulsar_admin(), lane, address, start, max_rate=options.max_rate
    )
