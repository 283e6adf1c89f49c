"""The history of a Pulsar topic, its partitions merged, in both directions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from msgspec.structs import replace

from arcwatch.errors import NotThereError, SourceError, UsageError
from arcwatch.filters.haystack import Prefilter
from arcwatch.model.history import Extent, Missing, Page, Position, Positions, Scanned
from arcwatch.model.message import Message
from arcwatch.notation.address import Topic, parse_address
from arcwatch.notation.times import (
    Earliest,
    Instant,
    Latest,
    Moment,
    PulsarPosition,
    StreamSequence,
    format_message_time,
)
from arcwatch.sources.connections import Servers

from .clocks import placed
from .cluster import PulsarCluster
from .due_times import DeliveryTimes
from .extent import KEPT_FOR_EVER, extent, needed, retention_of
from .merged_read import Reach, together
from .reader import Watch, bound_of
from .scan import PlaceScan, scan
from .stored_topic import EARLIEST, Found, StoredTopic
from .topics import ensure_there, last_readable, open_transaction, places, quota, unsent, wholes_of

MOST_PLACES = 100
"""Topics and partitions of one history."""
MS = 1_000_000
"""Nanoseconds."""


class PulsarHistory:
    """The stored messages of an address of topics.

    Attributes:
        cluster: Where they are.
        topics: What each of them stores.
        places: Addresses of the topics and partitions.
        notes: What a user should know of it.
    """

    def __init__(
        self, cluster: PulsarCluster, client: Any, watch: Watch, names: Sequence[str], context: str
    ) -> None:
        self.cluster = cluster
        self.topics = [StoredTopic(cluster, client, watch, name, context) for name in names]
        self.places = tuple(topic.address for topic in self.topics)
        self.notes: list[str] = []
        self._delivery_times = DeliveryTimes(cluster)
        self._doubts: dict[Moment, str] = {}
        self.gaps = ""
        self._aborted: dict[str, int] = {}
        """How many aborted transactions a topic has messages of, by its name."""
        self._left_out = ""
        self._held: dict[str, Position] = {}
        """Where open transactions begin to keep readers from the end of a topic, by its name."""

    async def earliest(self) -> Positions:
        """The position before everything stored."""
        return tuple(EARLIEST for _ in self.topics)

    async def latest(self) -> Positions:
        """The position after the last message of each place."""
        return tuple(await together(topic.latest() for topic in self.topics))

    async def note_replication(self) -> None:
        """Note that other clusters publish there, too, where they do."""
        wholes = sorted(await wholes_of(self.cluster, [topic.name for topic in self.topics]))
        found = await together(unsent(self.cluster, name) for name in wholes)
        notes = [(name, why) for name, why in zip(wholes, found, strict=True) if why]
        if not notes:
            return
        for topic in self.topics:
            topic.is_replicated = True
        more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
        self.gaps = (
            f"{Topic.of(notes[0][0])}{more} {notes[0][1]}: what has not arrived yet is missing;"
            " only those clusters know how much"
        )
        self.notes.append(self.gaps)

    async def renew_notes(self) -> None:
        """Note how many stored messages transactions hide from readers."""
        self._held.clear()
        for note in filter(None, (self._doubts.pop(Latest(), ""), self._left_out)):
            self.notes.remove(note)
        self._left_out = ""
        # a broker that cannot report one cannot report any
        if await last_readable(self.cluster, self.topics[0].name) is None:
            return
        held = sum(await together(self._find_held(topic) for topic in self.topics))
        if held:
            first = next(topic for topic in self.topics if topic.name in self._held)
            more = f" and {len(self._held) - 1} more" if len(self._held) > 1 else ""
            entries = "1 entry" if held == 1 else f"{held:,} entries"
            where = f"at the end of {first.address}{more}"
            why = await open_transaction(self.cluster, first.name)
            self._doubts[Latest()] = f"{entries} {where} cannot be read yet: {why}"
            self.notes.append(self._doubts[Latest()])
        if aborted := max(self._aborted.values(), default=0):
            many = f"{aborted:,} aborted transactions" if aborted > 1 else "1 aborted transaction"
            # one may have published to several
            least = "at least " if len(self.topics) > 1 else ""
            self._left_out = f"messages of {least}{many} are left out"
            self.notes.append(self._left_out)

    async def _find_held(self, topic: StoredTopic) -> int:
        """Entries of a topic after the first one of an open transaction."""
        last = await last_readable(self.cluster, topic.name)
        if last is None:
            return 0
        self._aborted[topic.name] = last.aborted
        await topic.ledgers()
        begin = (last[0], last[1] + 1, 0)
        count = topic.passed(begin, await topic.latest())
        if count:
            self._held[topic.name] = begin
        return count

    async def at(self, moment: Moment) -> Positions:
        """The position before the first message at or after a moment."""
        match moment:
            case Earliest():
                return await self.earliest()
            case Latest():
                return await self.latest()
            case Instant():
                return await self._placed(moment)
            case PulsarPosition():
                return await self._beside(moment)
            case StreamSequence():
                hint = "write id:LEDGER:ENTRY, or a time"
                raise UsageError("not a place in a topic", where=f"#{moment.seq}", hint=hint)

    async def _placed(self, moment: Instant) -> Positions:
        ms, now = -(-moment.ns // MS), time.time_ns() // MS
        found = await together(placed(topic, ms, now) for topic in self.topics)
        doubts = [
            f"{p}: {each.doubt}" for p, each in zip(self.places, found, strict=True) if each.doubt
        ]
        more = f" (and of {len(doubts) - 1} more)" if len(doubts) > 1 else ""
        notes = [doubts[0] + more] if doubts else []
        if any(
            each.position > self._held.get(topic.name, each.position)
            for topic, each in zip(self.topics, found, strict=True)
        ):
            notes.append(self._doubts[Latest()])
        self._doubts[moment] = "; ".join(notes)
        return tuple(each.position for each in found)

    def doubt(self, moment: Moment) -> str:
        """Which times near a moment are wrong; see :meth:`.history.History.doubt`."""
        return self._doubts.get(moment, "")

    async def page_at(self, moment: Moment, limit: int) -> Page:
        """The first messages at or after a moment."""
        return await self.page_after(await self.at(moment), limit)

    async def page_after(
        self, positions: Positions, limit: int, until: Positions | None = None
    ) -> Page:
        """The next messages; see :class:`.history.History`."""
        self._ensure_fit(positions, until)
        await self._ensure_there()
        reach = Reach(self.topics, positions, until, forward=True)
        taken = await reach.some(limit)
        end = list(positions)
        for place, found in taken:
            end[place] = found.end
        first = all(position <= EARLIEST for position in positions)
        return self._page(taken, positions, tuple(end), first=first, last=reach.is_all(taken))

    async def page_before(
        self, positions: Positions, limit: int, until: Positions | None = None
    ) -> Page:
        """The messages before; see :class:`.history.History`."""
        self._ensure_fit(positions, until)
        await self._ensure_there()
        reach = Reach(self.topics, positions, until, forward=False)
        taken = await reach.some(limit)
        start = list(positions)
        for place, found in reversed(taken):
            start[place] = found.start
        return self._page(taken, tuple(start), positions, first=reach.is_all(taken), last=False)

    async def scan(
        self, start: Positions, end: Positions, words: Sequence[str] = ()
    ) -> AsyncGenerator[Scanned, None]:
        """All messages between two positions; see :class:`.history.History`."""
        self._ensure_fit(start, end)
        await self._ensure_there()
        ends = [min(pair) for pair in zip(end, await self.latest(), strict=True)]
        async with aclosing(self._scan(start, ends, words)) as steps:
            async for step in steps:
                yield step

    async def with_due_times(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The same messages with their delivery times; see :class:`.history.History`."""
        names = {topic.address: topic.name for topic in self.topics}
        return await self._delivery_times.with_due_times(messages, names)

    async def missing(self, positions: Positions) -> Missing | None:
        """What retention may have removed; see :class:`.history.History`.

        Brokers do not say whether anything ever was before the first message that is stored.
        Compaction keeps the last message of each key, whatever retention does.
        """
        pairs = list(zip(await self._horizons(), positions, strict=True))
        if any(horizon > at for horizon, at in pairs):
            why = (
                "compacted after that time: keys changed since may be missing or have older values"
            )
            return Missing(why, leaves_doubt=await self._are_replaced_gone(positions))
        is_compacted = all(horizon > EARLIEST for horizon, _ in pairs)
        kept = await retention_of(self.cluster, self.topics[0].name)
        if kept == KEPT_FOR_EVER:
            return Missing("read as compacted") if is_compacted else await self._before(positions)
        if is_compacted:
            note = f"read as compacted ({kept}): keys removed before that began are not known"
            return Missing(note, leaves_doubt=None)
        first = (await self.page_after(await self.earliest(), 1)).messages
        if not first or first[0].publish_time is None:
            nothing = "nothing can be read" if self.doubt(Latest()) else "nothing is stored"
            return Missing(f"{nothing} ({kept})", leaves_doubt=None)
        since = format_message_time(first[0].publish_time, 3)
        note = f"stored since {since} ({kept}): keys last set before that are unknown"
        return Missing(note, leaves_doubt=None)

    async def _before(self, positions: Positions) -> Missing | None:
        """That nothing is stored before a time that was asked for, which truncation may have done.

        So may the deletion of the topic, before it was created again.
        """
        if any(at <= EARLIEST for at in positions):
            return None
        runs = await together(topic.after(EARLIEST, 1) for topic in self.topics)
        firsts = [run.messages[0] if run.messages else None for run in runs]
        if any(first and first.start < at for first, at in zip(firsts, positions, strict=True)):
            return None
        return Missing(f"nothing is stored before that time ({KEPT_FOR_EVER}, unless truncated)")

    async def _are_replaced_gone(self, positions: Positions) -> bool | None:
        """Whether what compaction has replaced since was removed; None: maybe."""
        if any(await together(map(_begins_compacted, self.topics, positions))):
            return True
        kept = await retention_of(self.cluster, self.topics[0].name)
        return False if kept == KEPT_FOR_EVER else None

    async def extent(self, window: tuple[int, int] | None = None) -> Extent:
        """What is stored; see :class:`.history.History`."""
        await self._ensure_there()
        found = await extent(self.cluster, self.topics, window)
        if window is None and any(stretch.offloaded for stretch in found.stretches):
            self.notes.append(
                "part of it is in tiered storage: reading it is slow and may cost money"
            )
        return found

    async def tiered(
        self, start: Positions, end: Positions, most: int | None = None, *, back: bool = False
    ) -> tuple[int, int]:
        """What lies in tiered storage; see :class:`.history.History`."""
        lists = await together(topic.ledgers() for topic in self.topics)
        found = [
            ledger
            for topic, ledgers, *part in zip(self.topics, lists, start, end, strict=True)
            for ledger in needed(ledgers, topic.known(part[1]), (part[0], part[1]), most, back=back)
            if ledger.offloaded
        ]
        return len(found), sum(ledger.size or 0 for ledger in found)

    def last(self, end: Positions, start: Positions | None = None) -> AsyncGenerator[Scanned, None]:
        """All messages between the positions; of compacted ones, the last of each key."""
        return self._last(end, start or tuple(EARLIEST for _ in self.topics))

    async def _last(self, end: Positions, start: Positions) -> AsyncGenerator[Scanned, None]:
        """Compacted messages, then what follows.

        Before a moment that compaction has passed, what is stored beside the compacted ledger
        follows from its beginning: some of it was replaced only later.  So does what follows an
        earlier state: compaction leaves out what removes a key.
        """
        await self._ensure_there()
        horizons = await self._horizons()
        begin = tuple(
            horizon if first <= EARLIEST and horizon <= stop else first
            for horizon, first, stop in zip(horizons, start, end, strict=True)
        )
        if any(horizon > first for horizon, first in zip(horizons, start, strict=True)):
            stops = [
                max(first, min(horizon, stop))
                for horizon, first, stop in zip(horizons, start, end, strict=True)
            ]
            async with aclosing(self._scan(start, stops, compacted=True)) as steps:
                async for step in steps:
                    yield replace(step, done=0.0)
        async with aclosing(self.scan(begin, end)) as steps:
            async for step in steps:
                yield step

    async def _horizons(self) -> list[Position]:
        """The end of each topic's compacted part; :data:`EARLIEST` if there is none."""
        found = await together(topic.compacted() for topic in self.topics)
        return [each.end if each else EARLIEST for each in found]

    async def _scan(
        self,
        start: Positions,
        ends: Sequence[Position],
        words: Sequence[str] = (),
        *,
        compacted: bool = False,
    ) -> AsyncGenerator[Scanned, None]:
        sieve = Prefilter(words)
        scans = [
            PlaceScan(
                topic,
                position,
                stop,
                sieve,
                bound_of(await quota(self.cluster, topic.name)),
                partial(ensure_there, self.cluster, topic.name),
                compacted=compacted,
            )
            for topic, position, stop in zip(self.topics, start, ends, strict=True)
        ]
        async with aclosing(scan(scans)) as steps:
            async for step in steps:
                yield step

    async def close(self) -> None:
        """Do nothing: no connection stays open between calls."""

    def _page(
        self,
        taken: Sequence[tuple[int, Found]],
        start: Positions,
        end: Positions,
        *,
        first: bool,
        last: bool,
    ) -> Page:
        messages = tuple(self.topics[place].message(found.raw) for place, found in taken)
        return Page(messages, start, end, first=first, last=last)

    async def _beside(self, moment: PulsarPosition) -> Positions:
        """The position before one message, including later ones of the merged order."""
        place = await self._place_of(moment)
        position: Position = (moment.ledger, moment.entry, max(moment.batch, 0))
        if moment.batch < 0:
            position = await self.topics[place].start_of(position)
        if len(self.topics) == 1:
            return (position,)
        await self._ensure_there()
        run = await self.topics[place].after(position, 1)
        if not run.messages:
            return await self.latest()
        time = run.messages[0].time
        found = await together(
            # those before it come first at the same time
            topic.at(time + (number < place))
            for number, topic in enumerate(self.topics)
        )
        return (*found[:place], position, *found[place + 1 :])

    async def _place_of(self, moment: PulsarPosition) -> int:
        lists = await together(topic.ledgers() for topic in self.topics)
        for place, ledgers in enumerate(lists):
            if any(ledger.id == moment.ledger for ledger in ledgers):
                return place
        where = f"id:{moment.ledger}:{moment.entry}"
        why = "its ledger is not stored: it was removed, or belongs to another topic"
        raise NotThereError("no such message", where=where, why=why, hint="`earliest` begins")

    def _ensure_fit(self, *given: Positions | None) -> None:
        """Raise unless there is a position for each place."""
        for positions in given:
            if positions is not None and len(positions) != len(self.topics):
                why = f"{len(positions)} positions for {len(self.topics)} topics and partitions"
                raise UsageError("the topic list has changed", why=why, hint="open it again")

    async def _ensure_there(self) -> None:
        """Raise unless all topics exist: a reader would create a missing one."""
        wholes: dict[tuple[str, str, str], str] = {}
        for stored in self.topics:
            topic = Topic.of(stored.name)
            # of a topic's partitions the last: if that is there, so are the others
            wholes[topic.tenant, topic.namespace, topic.name] = stored.name
        await together(ensure_there(self.cluster, name) for name in wholes.values())


async def _begins_compacted(topic: StoredTopic, at: Position) -> bool:
    """Whether before a position a topic has nothing left but what compaction has kept."""
    if at <= EARLIEST:
        return False
    first = (await topic.after(EARLIEST, 1)).messages
    kept = (await topic.after(EARLIEST, 1, compacted=True)).messages
    is_empty = not first or first[0].start >= at
    return is_empty and bool(kept) and (not first or kept[0].start < first[0].start)


async def pulsar_history(
    servers: Servers, address: Topic, known: Sequence[str] = ()
) -> PulsarHistory:
    """Open the history of an address of topics.

    Args:
        known: The addresses of what it stood for before, in the order of positions from then.

    Raises:
        UsageError: Pulsar is left out, the address is a subscription's or of what is not stored.
    """
    if not address.persistent:
        why = "a non-persistent topic stores nothing"
        raise UsageError("no history", where=str(address), why=why, hint=f"arcwatch tail {address}")
    if address.subscription:
        hint = f"write {str(address).partition('#')[0]}"
        raise UsageError("a history has no subscription", where=str(address), hint=hint)
    cluster = servers.pulsar_admin()
    client, watch = await servers.pulsar()
    with contextlib.suppress(SourceError):
        # those that an answer may send us on to
        await cluster.brokers()
    names = _full_names(known) or await places(cluster, address)
    if not names:
        raise NotThereError("no topic matches", where=str(address))
    history = PulsarHistory(cluster, client, watch, names[:MOST_PLACES], servers.context)
    if len(names) > MOST_PLACES:
        history.notes.append(f"the first {MOST_PLACES} of {len(names):,} topics are read")
    await history.note_replication()
    await history.renew_notes()
    return history


def _full_names(addresses: Sequence[str]) -> tuple[str, ...]:
    topics = (parse_address(address) for address in addresses)
    return tuple(topic.full_name for topic in topics if isinstance(topic, Topic))
