"""``scalable/{tenant}/{namespace}/{topic}/stats`` of Pulsar 5.0 -> model: a topic in segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import nan

import msgspec
from msgspec import Struct, field

from arcwatch.model.pulsar_opened import (
    Consumer,
    Layout,
    LayoutChange,
    OpenedPart,
    OpenedSubscription,
    OpenedTopic,
)
from arcwatch.notation.own_names import is_ours
from arcwatch.text.control_characters import printable

from .numbers import Count, Int64, Real, known, known_or_none
from .pulsar_admin import decode
from .pulsar_opened import Client, Publisher, address_of, producer, since


class _Consumer(Client, frozen=True, rename="camel"):
    consumer_name: str | None = None
    segment_ids: list[Int64] = field(default_factory=list)
    unacked_messages: Count = 0
    available_permits: Int64 = 0
    msg_rate_redeliver: Real = 0.0


class _Producer(Publisher, frozen=True, rename="camel"):
    msg_throughput_in: Real = field(default=0.0, name="byteRateIn")


class _OfSegment(Struct, frozen=True, rename="camel"):
    """One subscription in one segment."""

    msg_backlog: Count = -1
    backlog_size: Count = -1
    unacked_messages: Count = -1
    blocked: bool = False


class _Subscription(Struct, frozen=True, rename="camel"):
    type: str | None = None
    msg_rate_redeliver: Real = 0.0
    segments: dict[Int64, _OfSegment] = {}
    consumers: list[_Consumer] = []


class _Segment(Struct, frozen=True, rename="camel"):
    name: str
    child_ids: list[Int64] = []
    created_at: str | None = None
    sealed_at: str | None = None
    owner_broker: str | None = None


class _Operation(Struct, frozen=True, rename="camel"):
    operation: str = ""
    segment_ids: list[Int64] = []
    status: str = ""


class _Layout(Struct, frozen=True, rename="camel"):
    segments: dict[Int64, _Segment]
    last_operation: _Operation | None = None


class _Stats(Struct, frozen=True, rename="camel"):
    layout: _Layout
    storage_size: Count = -1
    producers: list[_Producer] = []
    subscriptions: dict[str, _Subscription] = {}


_stats = msgspec.json.Decoder(_Stats)


def parse_scalable(name: str, stats: bytes, where: str) -> OpenedTopic:
    """Its segments as parts, sealed ones included; none of the figures is a counter."""
    report = decode(_stats, stats, where)
    segments = report.layout.segments
    subscriptions = _by_segment(report)
    parts = [_part(one, subscriptions[number]) for number, one in segments.items()]
    parts.sort(key=lambda part: (part.sealed is not None, part.name))
    sealed = sum(part.sealed is not None for part in parts)
    layout = Layout(
        active=len(parts) - sealed,
        sealed=sealed,
        storage_size=known_or_none(report.storage_size),
        producers=tuple(map(producer, report.producers)),
        changes=tuple(_changes(segments)),
        failed=_failed(report.layout.last_operation),
    )
    return OpenedTopic(name, len(parts), tuple(parts), layout)


def _by_segment(report: _Stats) -> dict[int, list[OpenedSubscription]]:
    found: dict[int, list[OpenedSubscription]] = defaultdict(list)
    for name, one in report.subscriptions.items():
        if is_ours(name):
            continue
        consumers: dict[int, list[Consumer]] = defaultdict(list)
        for consumer in one.consumers:
            for place, number in enumerate(dict.fromkeys(consumer.segment_ids)):
                consumers[number].append(_consumer(consumer, is_first=place == 0))
        for key in one.segments:
            found[key].append(_subscription(name, one, key, consumers[key]))
    return found


def _part(segment: _Segment, subscriptions: Sequence[OpenedSubscription]) -> OpenedPart:
    return OpenedPart(
        name=segment.name,
        in_messages=nan,
        in_bytes=nan,
        out_messages=nan,
        out_bytes=nan,
        storage_size=nan,
        offloaded_size=nan,
        last_offloaded=None,
        last_offload_failed=None,
        owner=segment.owner_broker or "",
        producers=(),
        subscriptions=tuple(subscriptions),
        replication=(),
        created=since(segment.created_at),
        sealed=since(segment.sealed_at),
    )


def _subscription(
    name: str, report: _Subscription, number: int, consumers: Sequence[Consumer]
) -> OpenedSubscription:
    here = report.segments[number]
    return OpenedSubscription(
        name=name,
        type=report.type,
        durable=True,
        backlog_entries=known(here.msg_backlog),
        backlog_size=known_or_none(here.backlog_size),
        out_messages=nan,
        out_bytes=nan,
        unacked_messages=known(here.unacked_messages),
        delayed_messages=nan,
        redeliver_rate=report.msg_rate_redeliver / len(report.segments),
        blocked=here.blocked,
        active_consumer="",
        last_consumed=None,
        last_acked=None,
        consumers=tuple(consumers),
    )


def _consumer(report: _Consumer, *, is_first: bool) -> Consumer:
    """Its total over all segments is reported once, and counted at the first segment."""
    return Consumer(
        name=report.consumer_name or "",
        address=address_of(report.address),
        since=since(report.connected_since),
        version=report.client_version or "",
        out_messages=nan,
        out_bytes=nan,
        unacked_messages=known(report.unacked_messages) if is_first else 0,
        permits=report.available_permits if is_first else 0,
        blocked=False,
        redeliver_rate=report.msg_rate_redeliver if is_first else 0.0,
        last_consumed=None,
        last_acked=None,
    )


def _changes(segments: Mapping[int, _Segment]) -> Iterator[LayoutChange]:
    """Oldest first; segments with the same children became one."""
    found: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, segment in segments.items():
        if segment.child_ids:
            found[tuple(segment.child_ids)].append(number)
    changes = [
        LayoutChange(
            at=max(since(segments[n].sealed_at) or 0.0 for n in numbers) or None,
            kind="merge" if len(numbers) > 1 else "split",
            before=tuple(sorted(numbers)),
            after=children,
        )
        for children, numbers in found.items()
    ]
    yield from sorted(changes, key=lambda change: change.at or 0.0)


def _failed(last: _Operation | None) -> str:
    if last is None or last.status in ("", "success"):
        return ""
    numbers = ", ".join(map(str, last.segment_ids[:8]))
    return printable(f"{last.operation} of {numbers}: {last.status}", limit=80)
