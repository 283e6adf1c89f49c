"""State of the open topic, with rates derived from its counters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from math import nan
from typing import TypeVar

from arcwatch.model.pulsar_opened import (
    Compaction,
    Consumer,
    Draining,
    Layout,
    OpenedPart,
    OpenedSubscription,
    OpenedTopic,
    TopicAbout,
    TopicSchemas,
)
from arcwatch.store.series.rates import Counted, rates_between
from arcwatch.store.series.series import SeriesTable
from arcwatch.store.series.trend import TREND, slope

from .topic_rows import (
    TopicConsumerRow,
    TopicPartitionRow,
    TopicProducerRow,
    TopicReplicationRow,
    TopicRow,
    TopicSubscriptionRow,
    is_hot,
)

PARTITION = ("msg_rate_in", "msg_rate_out", "backlog")
REPLICATION = ("backlog", "msg_rate_out")
"""Fields of the series of a partition and of a remote cluster; backlogs in entries."""

T = TypeVar("T")


class OpenedTopicState:
    """One topic while it is open."""

    def __init__(self, topic: str, messages: Callable[[str, float], float]) -> None:
        self.topic = topic
        self.answer: OpenedTopic | None = None
        self.about: TopicAbout | None = None
        self.schemas: TopicSchemas | None = None
        self.gone = False
        self.stale = False
        self.partition_rates = SeriesTable(PARTITION)
        self.replication_rates = SeriesTable(REPLICATION)
        self._messages = messages
        self._counted: Counted[tuple[str, ...]] | None = None
        self._rates: dict[tuple[str, ...], tuple[float, ...]] = {}

    def freeze(self, messages: Callable[[str, float], float]) -> OpenedTopicState:
        """An independent copy."""
        frozen = copy(self)
        frozen._messages = messages
        frozen.partition_rates = self.partition_rates.freeze()
        frozen.replication_rates = self.replication_rates.freeze()
        return frozen

    def update(self, answer: OpenedTopic, at: float, steady: float) -> None:
        """Apply its statistics, counted at ``at`` (shown) and ``steady`` (divided by)."""
        counted = Counted("", steady, dict(_counters(answer)))
        self._rates = rates_between(self._counted, counted)
        self._counted, self.answer = counted, answer
        self.gone = self.stale = False
        self._record(answer, at)

    def paused(self) -> None:
        """Discard the previous counters, so that no rate spans a pause."""
        self._counted = None

    def missed(self) -> None:
        """Mark its figures as stale and its rates as unknown."""
        self.stale, self._rates, self._counted = True, {}, None

    def update_gone(self) -> None:
        """Record that it was deleted; earlier figures stay."""
        self.missed()
        self.gone = True

    def row(self, cluster: str) -> TopicRow:
        """Everything known about it."""
        parts = self.answer.parts if self.answer else ()
        rates = [sum(column) for column in zip(*(self._of(p.name) for p in parts), strict=True)]
        rates = rates or [nan] * 4
        about, layout = self.about, self._layout
        stored = layout.storage_size if layout else sum(p.storage_size for p in parts)
        return TopicRow(
            cluster=cluster,
            topic=self.topic,
            partitions=self.answer.partitions if self.answer else 0,
            gone=self.gone,
            msg_rate_in=rates[0],
            msg_rate_out=rates[1],
            throughput_in=rates[2],
            throughput_out=rates[3],
            storage_size=stored if parts else None,
            offloaded_size=sum(p.offloaded_size for p in parts) if parts else None,
            last_offloaded=_latest(p.last_offloaded for p in parts),
            last_offload_failed=_latest(p.last_offload_failed for p in parts),
            backlog_entries=sum(map(_backlog, parts)) if parts else None,
            about=about,
            subscriptions=tuple(self.subscriptions(cluster)),
            consumers=tuple(self.consumers(cluster)),
            producers=tuple(self.producers(cluster)),
            parts=tuple(self.parts(cluster)),
            replication=tuple(self.replication(cluster)),
            stale=self.stale,
            deduplication=" ".join(sorted({part.deduplication for part in parts} - {""})),
            open_transactions=sum(part.open_transactions for part in parts),
            committed_transactions=sum(part.committed_transactions for part in parts),
            aborted_transactions=sum(part.aborted_transactions for part in parts),
            created=_earliest(part.created for part in parts),
            last_published=_latest(part.last_published for part in parts),
            lacks={} if layout else dict(_lacks(parts)),
            layout=layout,
            compaction=_compacted(parts),
        )

    def subscriptions(self, cluster: str) -> Iterable[TopicSubscriptionRow]:
        """A row for each subscription, summed over partitions."""
        for (name,), group in self._groups(
            (part, (sub.name,), sub) for part in self._parts for sub in part.subscriptions
        ):
            subs = [sub for _, sub in group]
            sizes = [sub.backlog_size for sub in subs if sub.backlog_size is not None]
            rates = self._sum("out", name, [part.name for part, _ in group])
            yield TopicSubscriptionRow(
                cluster=cluster,
                topic=self.topic,
                name=name,
                type=next((sub.type for sub in subs if sub.type), None),
                durable=subs[0].durable,
                backlog_entries=sum([sub.backlog_entries for sub in subs]),
                backlog_messages=sum(
                    self._messages(part.name, sub.backlog_entries) for part, sub in group
                ),
                backlog_size=sum(sizes) if len(sizes) == len(subs) else None,
                msg_rate_out=rates[0],
                throughput_out=rates[1],
                unacked_messages=sum(sub.unacked_messages for sub in subs),
                delayed_messages=sum(sub.delayed_messages for sub in subs),
                redeliver_rate=sum(sub.redeliver_rate for sub in subs),
                blocked=any(sub.blocked for sub in subs),
                # as metrics count them: one that reads four partitions is a consumer of each
                consumers=sum(len(sub.consumers) for sub in subs),
                active_consumer=next((s.active_consumer for s in subs if s.active_consumer), ""),
                last_consumed=_latest(sub.last_consumed for sub in subs),
                last_acked=_latest(sub.last_acked for sub in subs),
                stale=self.stale,
                oldest=_earliest(sub.oldest for sub in subs),
                holes=sum(sub.holes for sub in subs),
                replicated=any(sub.is_replicated for sub in subs),
                draining=_drained(subs),
                throttled=_throttled(subs),
            )

    def oldest(self, subscription: str) -> float | None:
        """Publish time of the oldest message in a backlog; None if unknown."""
        parts = [s for part in self._parts for s in part.subscriptions if s.name == subscription]
        waiting = [sub.oldest for sub in parts if sub.backlog_entries]
        return None if self.stale or None in waiting else _earliest(waiting)

    def consumers(self, cluster: str) -> Iterable[TopicConsumerRow]:
        """A row for each consumer of each subscription, summed over partitions."""
        for (subscription, name, address), group in self._groups(
            (part, (sub.name, one.name, one.address), one)
            for part in self._parts
            for sub in part.subscriptions
            for one in sub.consumers
        ):
            found = [one for _, one in group]
            keys = [part.name for part, _ in group]
            rates = self._sum("consumer", subscription, keys, name, address)
            yield TopicConsumerRow(
                cluster=cluster,
                topic=self.topic,
                subscription=subscription,
                name=name,
                address=address,
                version=found[0].version,
                since=_earliest(one.since for one in found),
                partitions=len(found),
                msg_rate_out=rates[0],
                throughput_out=rates[1],
                unacked_messages=sum(one.unacked_messages for one in found),
                permits=sum(one.permits for one in found),
                redeliver_rate=sum(one.redeliver_rate for one in found),
                blocked=any(one.blocked for one in found),
                last_consumed=_latest(one.last_consumed for one in found),
                last_acked=_latest(one.last_acked for one in found),
                stale=self.stale,
                draining=_drained(found),
            )

    def producers(self, cluster: str) -> Iterable[TopicProducerRow]:
        """A row for each producer, summed over partitions."""
        pairs = ((part, one) for part in self._parts for one in part.producers)
        if self._layout and self._parts:
            pairs = ((self._parts[0], one) for one in self._layout.producers)
        for (name, address), group in self._groups(
            (part, (one.name, one.address), one) for part, one in pairs
        ):
            found = [one for _, one in group]
            yield TopicProducerRow(
                cluster=cluster,
                topic=self.topic,
                name=name,
                address=address,
                version=found[0].version,
                since=_earliest(one.since for one in found),
                access=found[0].access,
                partitions=len(found),
                msg_rate_in=nan if self.stale else sum(one.in_rate for one in found),
                throughput_in=nan if self.stale else sum(one.throughput_in for one in found),
                stale=self.stale,
            )

    def parts(self, cluster: str) -> Iterable[TopicPartitionRow]:
        """A row for each partition, or the topic itself."""
        rates = {part.name: self._of(part.name) for part in self._parts}
        all_in = [rate[0] for rate in rates.values()]
        for part in self._parts:
            rate = rates[part.name]
            subs = part.subscriptions
            yield TopicPartitionRow(
                cluster=cluster,
                topic=self.topic,
                name=part.name,
                owner=part.owner,
                hot=is_hot(rate[0], all_in),
                msg_rate_in=rate[0],
                msg_rate_out=rate[1],
                throughput_in=rate[2],
                throughput_out=rate[3],
                backlog_entries=_backlog(part),
                backlog_messages=self._messages(part.name, _backlog(part)),
                storage_size=part.storage_size,
                offloaded_size=part.offloaded_size,
                # who writes to which segment is not reported
                producers=nan if self._layout else len(part.producers),
                consumers=sum(len(sub.consumers) for sub in subs),
                stale=self.stale,
                sealed=part.sealed,
            )

    def replication(self, cluster: str) -> Iterable[TopicReplicationRow]:
        """A row for each remote cluster, summed over partitions."""
        series = self.replication_rates
        for (remote,), group in self._groups(
            (part, (one.cluster,), one) for part in self._parts for one in part.replication
        ):
            found = [one for _, one in group]
            rates = self._sum("replication", remote, [part.name for part, _ in group])
            yield TopicReplicationRow(
                cluster=cluster,
                topic=self.topic,
                remote=remote,
                connected=sum(one.connected for one in found),
                partitions=len(found),
                backlog_entries=sum(one.backlog_entries for one in found),
                growth=slope(series.points(remote, "backlog", series.last - TREND)),
                delay=max(one.delay for one in found),
                msg_rate_in=rates[0],
                msg_rate_out=rates[1],
                outbound=next((one.outbound for one in found if one.outbound), ""),
                stale=self.stale,
            )

    @property
    def _layout(self) -> Layout | None:
        return self.answer.layout if self.answer else None

    @property
    def _parts(self) -> Sequence[OpenedPart]:
        return self.answer.parts if self.answer else ()

    def _of(self, part: str) -> tuple[float, ...]:
        return self._rates.get(("part", part), (nan,) * 4)

    def _sum(self, kind: str, name: str, parts: Iterable[str], *more: str) -> list[float]:
        """Two rates summed over partitions; unknown if one of them is unknown."""
        unknown = (nan, nan)
        found = [self._rates.get((kind, part, name, *more), unknown) for part in parts]
        return [sum(column) for column in zip(*found, strict=True)]

    def _groups(
        self, members: Iterable[tuple[OpenedPart, tuple[str, ...], T]]
    ) -> Iterable[tuple[tuple[str, ...], list[tuple[OpenedPart, T]]]]:
        groups: dict[tuple[str, ...], list[tuple[OpenedPart, T]]] = defaultdict(list)
        for part, key, member in members:
            groups[key].append((part, member))
        return groups.items()

    def _record(self, answer: OpenedTopic, at: float) -> None:
        self.partition_rates.push(
            at, {p.name: (*self._of(p.name)[:2], float(_backlog(p))) for p in answer.parts}
        )
        backlogs: dict[str, float] = defaultdict(float)
        for part in answer.parts:
            for one in part.replication:
                backlogs[one.cluster] += one.backlog_entries
        keys = [part.name for part in answer.parts]
        self.replication_rates.push(
            at,
            {
                remote: (backlog, self._sum("replication", remote, keys)[1])
                for remote, backlog in backlogs.items()
            },
        )


def _counters(answer: OpenedTopic) -> Iterable[tuple[tuple[str, ...], Sequence[float]]]:
    for part in answer.parts:
        counters = (part.in_messages, part.out_messages, part.in_bytes, part.out_bytes)
        yield ("part", part.name), counters
        for sub in part.subscriptions:
            yield ("out", part.name, sub.name), (sub.out_messages, sub.out_bytes)
            for one in sub.consumers:
                place = ("consumer", part.name, sub.name, one.name, one.address)
                yield place, (one.out_messages, one.out_bytes)
        for remote in part.replication:
            if remote.in_messages is not None and remote.out_messages is not None:
                yield (
                    ("replication", part.name, remote.cluster),
                    (remote.in_messages, remote.out_messages),
                )


def _backlog(part: OpenedPart) -> float:
    return sum([sub.backlog_entries for sub in part.subscriptions])


def _compacted(parts: Iterable[OpenedPart]) -> Compaction | None:
    known = [part.compaction for part in parts if part.compaction]
    removed = [one.removed for one in known if one.removed is not None]
    if not known:
        return None
    return Compaction(
        last=_latest(one.last for one in known),
        failed_at=_latest(one.failed_at for one in known),
        removed=sum(removed) if removed else None,
        seconds=_latest(one.seconds for one in known),
    )


def _drained(reports: Iterable[Consumer] | Iterable[OpenedSubscription]) -> Draining | None:
    known = [report.draining for report in reports if report.draining]
    return sum(known[1:], known[0]) if known else None


def _throttled(subs: Iterable[OpenedSubscription]) -> dict[str, int] | None:
    known = [sub.throttled for sub in subs if sub.throttled is not None]
    counts: Counter[str] = Counter()
    for each in known:
        counts.update(dict(each))
    return dict(counts) if known else None


def _lacks(parts: Sequence[OpenedPart]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Fields the broker left out, by the version that has them; it does not report its own."""
    subs = [sub for part in parts for sub in part.subscriptions]
    if subs and all(sub.throttled is None for sub in subs):
        yield "4.0", ("throttling", "draining keys")
    if parts and all(part.created is None for part in parts):
        yield "4.2", ("created", "last published")


def _latest(moments: Iterable[float | None]) -> float | None:
    return max((at for at in moments if at is not None), default=None)


def _earliest(moments: Iterable[float | None]) -> float | None:
    return min((at for at in moments if at is not None), default=None)
