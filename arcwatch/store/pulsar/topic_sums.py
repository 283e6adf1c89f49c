"""Topics summed over their partitions, recomputed only where something has changed.

A broker reports thousands of topics at once, most of them idle: comparing its answer with
the previous one costs a twentieth of summing it up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from math import nan
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from arcwatch.model.pulsar import Member, PulsarTopic, Subscription, SubscriptionDetail, Topic
from arcwatch.model.pulsar_opened import Quota
from arcwatch.notation.topic_names import base_name, topics_of
from arcwatch.store.rows import PulsarSubscriptionRow, PulsarTopicRow

from .broker import Part

_STALE, _BLOCKED = attrgetter("stale"), attrgetter("blocked")


class TopicSums:
    """The topics of one cluster, from the parts its brokers have loaded."""

    def __init__(self) -> None:
        self.version = 0
        """Grows whenever a row may have changed."""
        self._cluster = ""
        self._parts: dict[str, list[Part]] = {}
        self._topics: dict[str, str] = {}
        self.unsure: set[str] = set()
        """Namespaces in which a topic may only have the name of a partition."""
        self._details: dict[str, PulsarTopic] = {}
        self._detailed_at: dict[str, float] = {}
        self._ratios: dict[str, float] = {}
        self._rows: dict[str, PulsarTopicRow] = {}
        self._all: tuple[PulsarTopicRow, ...] | None = None

    def freeze(self) -> TopicSums:
        """An independent copy."""
        frozen = copy(self)
        frozen._details, frozen._ratios = dict(self._details), dict(self._ratios)
        frozen._rows, frozen._detailed_at = dict(self._rows), dict(self._detailed_at)
        return frozen

    def update_parts(
        self,
        cluster: str,
        parts: Sequence[Part],
        partitioned: Callable[[str], bool | None] = lambda topic: None,
    ) -> None:
        """Apply the loaded parts of all brokers, each once."""
        before, groups = self._parts, defaultdict[str, list[Part]](list)
        self._topics, self.unsure = topics_of((part.topic.name for part in parts), partitioned)
        for part in parts:
            groups[self._topics[part.topic.name]].append(part)
        if cluster != self._cluster:
            self._rows = {}
        self._cluster, self._parts = cluster, dict(groups)
        self._rows = {
            name: row for name, row in self._rows.items() if groups.get(name) == before.get(name)
        }
        if not len(self._rows) == len(groups) == len(before):
            self._changed()
        loaded = {part.topic.name for group in groups.values() for part in group}
        names: tuple[dict[str, Any], ...] = (self._details, self._ratios, self._detailed_at)
        for known in names:
            for gone in known.keys() - loaded:
                del known[gone]

    def update_details(self, details: Iterable[PulsarTopic], at: float) -> None:
        """Apply the admin API's answers about topics and partitions at ``at``, Unix seconds."""
        for detail in details:
            name, base = detail.name, self.topic_of(detail.name)
            part = next((p for p in self.parts_of(base) if p.topic.name == name), None)
            if part is None:
                continue
            detail = _dated(detail, self._details.get(name), at)
            ratio = _messages_per_entry(detail, part.topic)
            self._detailed_at[name] = at
            known = self._details.get(name), self._ratios.get(name)
            if known != (detail, ratio):
                self._details[name], self._ratios[name] = detail, ratio
                self._rows.pop(base, None)
                self._changed()

    def rows(self) -> tuple[PulsarTopicRow, ...]:
        """A row per topic, unordered; the same object while nothing has changed."""
        if self._all is None:
            for name, parts in self._parts.items():
                if name not in self._rows:
                    self._rows[name] = self._topic_row(self._cluster, name, parts)
            self._all = tuple(self._rows.values())
        return self._all

    def parts_of(self, topic: str) -> list[Part]:
        """The loaded partitions of a topic, or the topic itself."""
        return self._parts.get(topic, [])

    def topic_of(self, partition: str) -> str:
        """The topic that a loaded topic or partition belongs to."""
        return self._topics.get(partition) or base_name(partition)

    def is_detailed(self, partition: str) -> bool:
        """Whether the admin API has answered about this topic or partition."""
        return partition in self._details

    def limits(self, topic: str) -> tuple[int | None, tuple[Quota, ...]]:
        """The TTL and quotas of a topic, from its first polled partition."""
        details = (self._details.get(part.topic.name) for part in self.parts_of(topic))
        detail = next((d for d in details if d), None)
        return (detail.ttl, detail.quotas) if detail else (None, ())

    def members(self, topic: str, subscription: str) -> tuple[Member, ...]:
        """The consumers of a subscription, each once, from the polled partitions."""
        found: dict[tuple[str, str], Member] = {}
        for part in self.parts_of(topic):
            detail = self._detail(part.topic.name, subscription)
            for member in detail.consumers if detail else ():
                key = (member.name, member.address)
                found[key] = _joined(found[key], member) if key in found else member
        return tuple(found.values())

    def transactions(self, topic: str) -> int:
        """Open transactions that have published to a topic; 0 where that is not known."""
        details = (self._details.get(part.topic.name) for part in self.parts_of(topic))
        return sum(detail.transactions for detail in details if detail)

    def last_offloaded(self, topic: str) -> float | None:
        """Unix seconds when a ledger of it was last offloaded, where that is known."""
        details = (self._details.get(part.topic.name) for part in self.parts_of(topic))
        known = (detail.last_offloaded for detail in details if detail)
        return max((at for at in known if at), default=None)

    def detailed_at(self, topic: str) -> float:
        """Unix seconds of the oldest answer about a topic's partitions; ``nan`` without any."""
        names = (part.topic.name for part in self.parts_of(topic))
        return min((at for name in names if (at := self._detailed_at.get(name))), default=nan)

    def messages(self, partition: str, entries: float) -> float:
        """The estimated messages in these entries; ``nan`` if unknown."""
        return entries * self._ratios.get(partition, nan) if entries else 0.0

    def _changed(self) -> None:
        self.version += 1
        self._all = None

    def _topic_row(self, cluster: str, name: str, parts: list[Part]) -> PulsarTopicRow:
        # one part that is not known makes a sum that is not: a gap, and no dip
        rates = _sums([part.rates for part in parts])
        subscriptions = self._subscription_rows(cluster, name, parts)
        topics = [part.topic for part in parts]
        counts = _sums(
            [(t.storage_size, t.offloaded_size, t.producers, t.consumers) for t in topics]
        )
        return PulsarTopicRow(
            cluster=cluster,
            topic=name,
            partitions=0 if topics[0].name == name else len(parts),
            msg_rate_in=rates[0],
            msg_rate_out=rates[1],
            throughput_in=rates[2],
            throughput_out=rates[3],
            storage_size=counts[0],
            offloaded_size=counts[1],
            backlog_entries=sum([sub.backlog_entries for sub in subscriptions]),
            backlog_messages=sum([sub.backlog_messages for sub in subscriptions]),
            producers=counts[2],
            consumers=counts[3],
            subscriptions=subscriptions,
            stale=any(map(_STALE, parts)),
            throttled=any(("", "publish") in part.limited for part in parts),
            offload_failed=self._offload_failed(parts),
        )

    def _offload_failed(self, parts: Iterable[Part]) -> float | None:
        found = (self._details.get(part.topic.name) for part in parts)
        failed = [
            detail.last_offload_failed
            for detail in found
            if detail and (detail.last_offload_failed or 0.0) > (detail.last_offloaded or 0.0)
        ]
        return max((at for at in failed if at), default=None)

    def _subscription_rows(
        self, cluster: str, topic: str, parts: list[Part]
    ) -> tuple[PulsarSubscriptionRow, ...]:
        groups: dict[str, list[tuple[Part, Subscription]]] = defaultdict(list)
        for part in parts:
            for sub in part.topic.subscriptions:
                groups[sub.name].append((part, sub))
        return tuple([self._subscription_row(cluster, topic, group) for group in groups.values()])

    def _subscription_row(
        self, cluster: str, topic: str, group: list[tuple[Part, Subscription]]
    ) -> PulsarSubscriptionRow:
        if len(group) == 1:
            return self._only_row(cluster, topic, *group[0])
        parts, subs = [part for part, _ in group], [sub for _, sub in group]
        name = subs[0].name
        details = [self._detail(part.topic.name, name) for part in parts]
        rates = _sums([part.out_rates[name] for part in parts])
        counts = _sums(
            [
                (sub.backlog_entries, sub.unacked_messages, sub.consumers, sub.delayed_messages)
                for sub in subs
            ]
        )
        waiting = [self.messages(part.topic.name, sub.backlog_entries) for part, sub in group]
        consumed = [sub.last_consumed for sub in subs if sub.last_consumed]
        acked = [sub.last_acked for sub in subs if sub.last_acked]
        return PulsarSubscriptionRow(
            cluster=cluster,
            topic=topic,
            name=name,
            type=next((d.type for d in details if d and d.type), None),
            backlog_entries=counts[0],
            backlog_messages=sum(waiting),
            backlog_size=_sum(map(_backlog_size, subs, details)),
            msg_rate_out=rates[0],
            throughput_out=rates[1],
            unacked_messages=counts[1],
            consumers=counts[2],
            delayed_messages=counts[3],
            blocked=any(map(_BLOCKED, subs)),
            redeliver_rate=sum([sub.redeliver_rate for sub in subs]),
            last_consumed=max(consumed, default=None),
            last_acked=max(acked, default=None),
            stale=any(map(_STALE, parts)),
            holes=sum([d.holes for d in details if d]),
            held_since=min([d.moved for d in details if d and d.holes and d.moved], default=None),
            drop_rate=sum([sub.drop_rate for sub in subs]),
            throttled_by=_throttled_by(parts, name),
        )

    def _only_row(
        self, cluster: str, topic: str, part: Part, sub: Subscription
    ) -> PulsarSubscriptionRow:
        """The same for a topic that is one part, as most of thousands are: a third of the time."""
        detail = self._detail(part.topic.name, sub.name)
        msg_rate_out, throughput_out = part.out_rates[sub.name]
        return PulsarSubscriptionRow(
            cluster=cluster,
            topic=topic,
            name=sub.name,
            type=detail.type if detail else None,
            backlog_entries=sub.backlog_entries,
            backlog_messages=self.messages(part.topic.name, sub.backlog_entries),
            backlog_size=_backlog_size(sub, detail),
            msg_rate_out=msg_rate_out,
            throughput_out=throughput_out,
            unacked_messages=sub.unacked_messages,
            consumers=sub.consumers,
            delayed_messages=sub.delayed_messages,
            blocked=_BLOCKED(sub),
            redeliver_rate=sub.redeliver_rate,
            last_consumed=sub.last_consumed or None,
            last_acked=sub.last_acked or None,
            stale=_STALE(part),
            holes=detail.holes if detail else 0,
            held_since=detail.moved if detail and detail.holes else None,
            drop_rate=sub.drop_rate,
            throttled_by=_throttled_by([part], sub.name),
        )

    def _detail(self, topic: str, subscription: str) -> SubscriptionDetail | None:
        detail = self._details.get(topic)
        if detail is None:
            return None
        return next((s for s in detail.subscriptions if s.name == subscription), None)


def _throttled_by(parts: Iterable[Part], subscription: str) -> tuple[str, ...]:
    found = {whose for part in parts for sub, whose in part.limited if sub == subscription}
    return tuple(sorted(found)) if found else ()


def _joined(one: Member, other: Member) -> Member:
    return Member(
        one.name,
        one.address,
        one.unacked + other.unacked,
        one.permits + other.permits,
        max(one.last_consumed or 0.0, other.last_consumed or 0.0) or None,
        max(one.last_acked or 0.0, other.last_acked or 0.0) or None,
    )


def _messages_per_entry(detail: PulsarTopic, topic: Topic) -> float:
    """Messages per entry; ``nan`` if the counters do not cover the backlog.

    They begin at zero whenever a broker loads the topic, with a backlog from before.
    """
    known = [sub.backlog_entries for sub in topic.subscriptions if sub.backlog_entries >= 0]
    if not detail.in_messages or not detail.entries_added >= max(known, default=1):
        return nan
    return detail.in_messages / detail.entries_added if detail.entries_added else nan


def _backlog_size(sub: Subscription, detail: SubscriptionDetail | None) -> int | None:
    """Bytes in the backlog of one part; None if unreported."""
    if sub.backlog_size is not None:
        return sub.backlog_size
    return 0 if sub.backlog_entries == 0 else detail.backlog_size if detail else None


def _sums(rows: list[tuple[float, ...]]) -> Sequence[float]:
    """The sum of each column.  Most topics have one part, whose figures are the sums already."""
    return rows[0] if len(rows) == 1 else [sum(column) for column in zip(*rows, strict=True)]


def _sum(values: Iterable[int | None]) -> int | None:
    """The sum; None if one of the values is unknown."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _dated(answer: PulsarTopic, known: PulsarTopic | None, at: float) -> PulsarTopic:
    """The same rows, with the time since when each cursor with holes has not moved.

    A broker knows of the last step only if it was taken since it has loaded the topic: of others
    it is when they were first seen to stand.
    """
    if all(sub.moved or not sub.holes for sub in answer.subscriptions):
        return answer
    before = {sub.name: sub.moved for sub in known.subscriptions if sub.holes} if known else {}
    subs = [
        replace(sub, moved=before.get(sub.name) or at) if sub.holes and not sub.moved else sub
        for sub in answer.subscriptions
    ]
    return replace(answer, subscriptions=tuple(subs))
