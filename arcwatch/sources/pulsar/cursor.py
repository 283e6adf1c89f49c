"""The position of one subscription, and what moving it would redeliver or skip.

``internalStats`` costs a broker more than most questions, so that it is asked once for each
partition, when a user wants to move a subscription.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from arcwatch.errors import NotThereError, UsageError
from arcwatch.model.history import Position
from arcwatch.model.pulsar_opened import Consumer
from arcwatch.model.rewind import Amount, Direction, PartRewind
from arcwatch.sources.paging import entries_between
from arcwatch.wire.pulsar_cursors import Held, Ranges, Spot, parse_acknowledged, parse_cursors
from arcwatch.wire.pulsar_opened import parse_opened

from .cluster import PulsarCluster, topic_path
from .extent import counted
from .stored_topic import StoredTopic


class Cursor(NamedTuple):
    """One subscription of one topic or partition."""

    next: Spot
    """Behind what is acknowledged without a gap."""
    end: Spot
    """Behind the last entry of all."""
    acknowledged: Acknowledged
    """What is acknowledged between the two."""
    consumers: tuple[Consumer, ...]
    is_replicated: bool = False
    """Whether its position is replicated to other clusters."""

    @property
    def backlog(self) -> int:
        """Unacknowledged entries."""
        whole = self.acknowledged.ledgers.amount(self.next, self.end).entries
        return whole - self.acknowledged.within(self.next, self.end).entries


async def cursor(cluster: PulsarCluster, name: str, subscription: str) -> Cursor:
    """Read the position of a subscription.

    Raises:
        NotThereError: There is no such subscription; the error names those there are.
        UsageError: It is a reader's, which nobody moves.
    """
    path = topic_path(name)
    stats = f"{path}/stats"
    opened = parse_opened(name, await cluster.ask(stats, about=name), cluster.place(stats))
    found = {one.name: one for one in opened.parts[0].subscriptions}
    if subscription not in found:
        names = ", ".join(sorted(name for name, one in found.items() if one.durable)[:5])
        hint = f"there are {names}" if names else "it has none"
        raise NotThereError("no such subscription", where=f"{name}#{subscription}", hint=hint)
    if not found[subscription].durable:
        why = "it is a reader's, and ends with it"
        raise UsageError("not a durable subscription", where=f"{name}#{subscription}", why=why)
    internal = f"{path}/internalStats"
    report = parse_cursors(await cluster.ask(internal, about=name), cluster.place(internal))
    if subscription not in report.marks:
        why = "it was removed meanwhile"
        raise NotThereError("no such subscription", where=f"{name}#{subscription}", why=why)
    ledger, entry = report.marks[subscription]
    ranges = parse_acknowledged(report.acknowledged[subscription], cluster.place(internal))
    acknowledged = Acknowledged(Stored(report.ledgers), ranges)
    one = found[subscription]
    return Cursor((ledger, entry + 1), report.end, acknowledged, one.consumers, one.is_replicated)


async def part_rewind(topic: StoredTopic, at: Cursor, to: Position) -> PartRewind:
    """What moving a subscription within one topic or partition would do.

    Args:
        at: Where the subscription stands.
    """
    held = at.acknowledged.ledgers
    # all that is stored, on request
    spot: Spot = (to[0], to[1]) if to[0] >= 0 else held.first or at.end
    # after the last message of a batch is after its entry
    then: Spot = at.end if to >= await topic.latest() else min(spot, at.end)
    back, forth = held.amount(then, at.next), held.amount(at.next, then)
    direction: Direction = "back" if back.entries else "forward" if forth.entries else "none"
    passed = back if back.entries else forth
    beyond = at.acknowledged.within(max(at.next, then), at.end)
    known = at.acknowledged.within(at.next, then)
    part = PartRewind(
        address=topic.address,
        name=topic.name,
        now=at.next,
        then=then,
        direction=direction,
        passed=passed,
        redelivered=_sum(back, beyond),
        skipped=Amount(forth.entries - known.entries, 0.0, forth.size - known.size),
        exact=False,
        backlog=at.backlog,
        backlog_then=held.amount(then, at.end).entries,
        consumers=at.consumers,
    )
    return await _estimated(topic, part, at.acknowledged, beyond)


async def _estimated(
    topic: StoredTopic, part: PartRewind, acknowledged: Acknowledged, beyond: Amount
) -> PartRewind:
    """The same in messages, estimated from some entries' batch sizes."""
    await topic.ledgers()
    latest = await topic.latest()
    low, high = sorted((ledger, entry) for ledger, entry, *_ in (part.now, part.then))
    messages, exact = await counted(topic, (*low, 0), (*high, 0), latest)
    passed = replace(part.passed, messages=messages)
    others, others_exact = 0.0, True
    if beyond.entries:
        until = acknowledged.end
        others, others_exact = await counted(topic, (*high, 0), (*until, 0), latest)
        stretch = acknowledged.ledgers.amount(high, until).entries
        others_exact = others_exact and stretch == beyond.entries
        others = others * beyond.entries / max(stretch, 1)
    back = messages if part.direction == "back" else 0.0
    share = part.skipped.entries / max(part.passed.entries, 1)
    return replace(
        part,
        passed=passed,
        redelivered=replace(part.redelivered, messages=back + others),
        skipped=replace(part.skipped, messages=messages * share),
        exact=exact and others_exact and (part.direction != "forward" or share in (0.0, 1.0)),
    )


def _sum(one: Amount, other: Amount) -> Amount:
    return Amount(one.entries + other.entries, 0.0, one.size + other.size)


class Stored:
    """The ledgers of one topic or partition, with the entries and the bytes of each."""

    def __init__(self, held: Sequence[Held]) -> None:
        self._held = {each.ledger: each for each in held}

    @property
    def first(self) -> Spot | None:
        """The position before everything; None without a ledger."""
        return next(((ledger, 0) for ledger in self._held), None)

    def amount(self, start: Spot, end: Spot) -> Amount:
        """What is stored between two positions, assuming entries of equal size in a ledger."""
        if start[0] == end[0]:
            # of a million gaps each lies within a ledger
            those: Iterable[Held] = filter(None, [self._held.get(start[0])])
        else:
            those = self._held.values()
        entries, size = 0, 0.0
        for each in those:
            count = entries_between([(each.ledger, each.entries)], start, end)
            entries += count
            size += count * each.size / max(each.entries, 1)
        return Amount(entries, 0.0, round(size))


class Acknowledged:
    """What a subscription acknowledged after a gap, in one topic or partition.

    Args:
        ranges: In order, none of which overlap.
    """

    def __init__(self, ledgers: Stored, ranges: Ranges) -> None:
        self.ledgers, self._ranges = ledgers, ranges

    @property
    def end(self) -> Spot:
        """The position after the last of it; before everything if there is none."""
        return self._ranges[-1][1] if self._ranges else (-1, 0)

    def __contains__(self, place: Spot) -> bool:
        at = bisect_right(self._ranges, place, key=lambda pair: pair[0])
        return at > 0 and place < self._ranges[at - 1][1]

    def within(self, start: Spot, end: Spot) -> Amount:
        """How much of it is between two positions."""
        entries = size = 0
        for first, behind in self._ranges:
            if max(first, start) < min(behind, end):
                found = self.ledgers.amount(max(first, start), min(behind, end))
                entries, size = entries + found.entries, size + found.size
        return Amount(entries, 0.0, size)
