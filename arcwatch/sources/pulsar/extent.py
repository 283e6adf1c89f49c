"""Estimate what a topic stores from its ledgers' metadata and a few entries.

Pulsar counts entries, each of which may be a batch, and dates ledgers only when it closes them.  So
some entries, evenly spaced, are looked at: when each was published, and how many messages it has.
Of ledgers in tiered storage, whose reading is slow and is billed, the metadata must do.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from arcwatch.errors import SourceError
from arcwatch.model.history import Extent, Position, Stretch
from arcwatch.model.pulsar_opened import TopicGone
from arcwatch.sources.net.in_thread import in_thread
from arcwatch.sources.paging import Ledgers, step_back
from arcwatch.text.units import duration, size
from arcwatch.wire.pulsar_ledgers import Ledger
from arcwatch.wire.pulsar_policies import parse_retention

from .clocks import disagreement, too_early
from .cluster import PulsarCluster, topic_path
from .merged_read import together
from .open_topic import opened
from .stored_topic import EARLIEST, PATIENCE, StoredTopic, batch_size
from .topics import whole_of, wholes_of

PROBES = 48
"""Entries that are looked at, of all topics together."""
LEAST = 4
"""Of each at least."""
SAMPLE = 8
"""Entries that are looked at for the size of batches."""
AT_ONCE = 4
"""Readers that are open at a time: more would be felt by the broker."""
MS = 1_000_000
"""Nanoseconds."""
KEPT_FOR_EVER = "kept forever"
"""What :func:`retention_of` says of a topic that loses nothing."""


class Probe(NamedTuple):
    """One sampled entry."""

    entry: int
    """Its number, counted over all ledgers that are stored."""
    time: int
    """Nanoseconds since the epoch."""
    messages: int


class Part(NamedTuple):
    """The stored extent of one topic."""

    stretches: list[Stretch]
    looks: int = 0
    """Entries that were looked at."""
    doubt: str = ""
    """What is odd about their dates, a line; mostly empty."""


async def extent(
    cluster: PulsarCluster, topics: list[StoredTopic], window: tuple[int, int] | None = None
) -> Extent:
    """What some topics store, or the part near a window.

    Args:
        window: Between which moments entries are looked at, nanoseconds since the epoch.
    """
    share = max(PROBES // len(topics), LEAST)
    gate = asyncio.Semaphore(AT_ONCE)
    found = await together(_of_topic(topic, share, gate, window) for topic in topics)
    stretches = tuple(stretch for each in found for stretch in each.stretches)
    first = min(stretches, key=lambda stretch: stretch.start, default=None)
    return Extent(
        stretches,
        sum(stretch.messages for stretch in stretches),
        None if window else await _size(cluster, topics),
        exact=all(stretch.exact for stretch in stretches),
        first_time=first.start if first else None,
        last_time=max((stretch.end for stretch in stretches), default=None),
        edge="" if window else await _edge(cluster, topics),
        looks=sum(each.looks for each in found),
        is_first_read=not (first and first.offloaded),
        doubt=_doubt(topics, found),
    )


def _doubt(topics: Sequence[StoredTopic], found: Sequence[Part]) -> str:
    """What is implausible in the times of the first topic with any such."""
    odd = [(topic, each) for topic, each in zip(topics, found, strict=True) if each.doubt]
    if not odd:
        return ""
    more = f" (and of {len(odd) - 1} more)" if len(odd) > 1 else ""
    return f"{odd[0][0].address}: {odd[0][1].doubt}{more}"


async def counted(
    topic: StoredTopic, start: Position, stop: Position, end: Position
) -> tuple[float, bool]:
    """The number of messages between two positions, and whether it is exact."""
    total = topic.passed(start, stop)
    if not total:
        return 0, True
    numbers = sorted({round(n * (total - 1) / (SAMPLE - 1)) for n in range(SAMPLE)})
    known = topic.known(end)
    looks = (_probe(topic, known, stop, total - number) for number in numbers)
    probes = await together(looks)
    mean = sum(probe.messages for probe in probes if probe) / len(probes)
    return mean * total, len(probes) == total


async def _of_topic(
    topic: StoredTopic, count: int, gate: asyncio.Semaphore, window: tuple[int, int] | None
) -> Part:
    async with gate:
        ledgers = await topic.ledgers()
        end = await topic.latest()
        start, stop = await _between(topic, _online(ledgers), end, window)
    known, total = topic.known(end), topic.passed(start, stop)
    probes, reaches_end = await _probed(topic, known, stop, total, count, gate)
    if not reaches_end:
        # readers get nothing of its end: transactions that were aborted, or that are open
        async with gate:
            last = (await topic.before(stop, 1)).messages
        stop = max(start, last[-1].end) if last else start
        total = topic.passed(start, stop)
        probes, _ = await _probed(topic, known, stop, total, count, gate)
    mean = sum(probe.messages for probe in probes) / len(probes) if probes else topic.batch
    times, now = [probe.time // MS for probe in probes], time.time_ns() // MS
    doubts = [disagreement(times, now)]
    if total and not window:
        async with gate:
            doubts.append(await too_early(topic, ledgers[-1].id))
    stretches = [*archived(ledgers, mean), *_stretches(probes)]
    return Part(stretches, len(probes), "; ".join(filter(None, doubts)))


async def _probed(
    topic: StoredTopic,
    known: Ledgers,
    stop: Position,
    total: int,
    count: int,
    gate: asyncio.Semaphore,
) -> tuple[list[Probe], bool]:
    """Some of the last entries before a position, and whether anything is read of the last."""
    numbers = sorted({round(n * (total - 1) / max(count - 1, 1)) for n in range(count)})

    async def probed(number: int) -> Probe | None:
        async with gate:
            found = await _probe(topic, known, stop, total - number)
            return None if found is None else found._replace(entry=number)

    probes = await together(map(probed, numbers if total else []))
    return [probe for probe in probes if probe is not None], not probes or probes[-1] is not None


def _online(ledgers: tuple[Ledger, ...]) -> Position:
    """The position before the first ledger after those in tiered storage, the oldest."""
    last = max((at for at, each in enumerate(ledgers) if each.offloaded), default=-1)
    return (ledgers[last + 1].id, 0, 0) if 0 <= last < len(ledgers) - 1 else EARLIEST


async def _between(
    topic: StoredTopic, start: Position, end: Position, window: tuple[int, int] | None
) -> tuple[Position, Position]:
    # to find a moment the broker reads some entries, which are not to be those in tiered storage
    if window is None or start > EARLIEST:
        return start, end
    first = await topic.at(-(-window[0] // MS))
    return first, min(end, await topic.at(-(-window[1] // MS)))


def archived(ledgers: tuple[Ledger, ...], mean: float) -> list[Stretch]:
    """What is in tiered storage, from the closing times of ledgers, without reading it."""
    found, begun = [], None
    for each in ledgers:
        if each.offloaded and each.entries and each.closed:
            start = min(begun or each.closed, each.closed)
            messages = each.entries * mean
            found.append(Stretch(start, each.closed, messages, offloaded=True, size=each.size))
        begun = each.closed or begun
    return found


def needed(
    ledgers: Sequence[Ledger],
    known: Ledgers,
    part: tuple[Position, Position],
    most: int | None,
    *,
    back: bool,
) -> Iterator[Ledger]:
    """Those that hold the first messages between two positions, or the last.

    Args:
        known: The entries of each.
        most: How many messages are read; None is all.
        back: Whether those are the last.
    """
    (start, end), entries, passed = part, dict(known), 0
    within = [each for each in ledgers if start[0] <= each.id <= end[0]]
    for each in reversed(within) if back else within:
        if most is not None and passed >= most:
            return
        yield each
        begins = start[1] if each.id == start[0] else 0
        # an entry holds one message or more
        passed += max(0, entries[each.id] - begins)


async def _probe(topic: StoredTopic, known: Ledgers, before: Position, back: int) -> Probe | None:
    """The entry a number of entries before a position; None if nothing is read from there on."""
    at = step_back(known, (before[0], before[1] + (before[2] > 0)), back)
    found = await in_thread(
        lambda unwanted: _look(topic, (*at, 0), unwanted), timeout=2 * PATIENCE, where=topic.address
    )
    return None if found is None else Probe(0, found[0] * MS, found[1])


def _look(
    topic: StoredTopic, position: Position, unwanted: threading.Event
) -> tuple[int, int] | None:
    """An entry's publish time in milliseconds and its number of messages; blocks."""
    reader = topic.open(position, 1)
    try:
        raw = topic.next(reader, unwanted)
        if raw is None:
            return None
        found = topic.found(raw)
        # readers pass over what ends a transaction, what an aborted one sent, and later chunks
        is_there = found.start[:2] == position[:2]
        return found.time, batch_size(raw) if is_there else 0
    finally:
        topic.close(reader)


def _stretches(probes: list[Probe]) -> list[Stretch]:
    """The intervals between each two sampled entries, including both ends."""
    if len(probes) == 1:
        return [Stretch(probes[0].time, probes[0].time, probes[0].messages, exact=True)]
    found = []
    for one, other in pairwise(probes):
        between = max(other.entry - one.entry - 1, 0)
        # by itself the last entry would stand out of what is spread evenly
        last = other.messages if other is probes[-1] else 0
        found.append(
            Stretch(
                one.time,
                # clocks of producers may disagree
                max(one.time, other.time),
                one.messages + last + between * (one.messages + other.messages) / 2,
                exact=not between,
            )
        )
    return found


async def _size(cluster: PulsarCluster, topics: list[StoredTopic]) -> int | None:
    """Bytes in total, tiered storage included; None if not permitted."""
    names = {topic.name for topic in topics}
    total = 0.0
    try:
        for whole in await wholes_of(cluster, names):
            report = await opened(cluster, whole)
            parts = () if isinstance(report, TopicGone) else report.parts
            total += sum(part.storage_size for part in parts if part.name in names)
    except SourceError:
        return None
    # one part that is not known makes a sum that is not
    return int(total) if total == total else None


async def _edge(cluster: PulsarCluster, topics: list[StoredTopic]) -> str:
    kept = await retention_of(cluster, topics[0].name)
    try:
        compacted = await together(topic.compacted() for topic in topics)
    except SourceError:
        return kept
    entries = sum(each.entries for each in compacted if each)
    if not entries:
        return kept
    return f"{kept}; plus {entries:,} compacted entries, which states are read from"


async def retention_of(cluster: PulsarCluster, name: str) -> str:
    """A topic's retention of acknowledged messages as text."""
    # brokers know it of a topic, and of none of its partitions
    try:
        path = f"{topic_path(await whole_of(cluster, name))}/retention?applied=true"
        report = parse_retention(
            await cluster.ask(path, about=name, nothing=b""), cluster.place(path)
        )
    except SourceError:
        return "retention not known"
    return retention_words(report)


def retention_words(report: tuple[int, int] | None) -> str:
    """A retention of seconds and bytes as text.

    >>> retention_words((604800, -1)), retention_words((0, 0)), retention_words((-1, -1))
    ('retention 7d 00h', 'no retention: acknowledged messages are removed', 'kept forever')
    """
    seconds, limit = report or (0, 0)
    if seconds == 0 or limit == 0:
        return "no retention: acknowledged messages are removed"
    parts = [duration(seconds)] if seconds > 0 else []
    parts += [size(limit)] if limit > 0 else []
    return f"retention {' or '.join(parts)}" if parts else KEPT_FOR_EVER
