"""What the brokers of one Pulsar cluster told, and the rates and backlogs that follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import nan
from typing import NamedTuple

from arcwatch.model.pulsar import (
    PulsarBroker,
    PulsarHealth,
    PulsarTopic,
    Subscription,
    SubscriptionDetail,
    Topic,
)

from .rates import Counted, known_sum, rates_between
from .rows import PulsarBrokerRow, PulsarSubscriptionRow, PulsarTopicRow
from .series import SeriesTable

BROKER = ("msg_rate_in", "msg_rate_out", "throughput_in", "throughput_out")
TOPIC = (*BROKER, "storage_size", "backlog")
SUBSCRIPTION = ("msg_rate_out", "backlog")
"""Fields of the series of a broker, a topic and a subscription; backlogs in entries."""

_PARTITION = "-partition-"


class Part(NamedTuple):
    """One topic or one partition on one broker, with what it grew by per second."""

    topic: Topic
    rates: tuple[float, ...]
    """As :data:`BROKER`."""
    out_rates: dict[str, tuple[float, ...]]
    """Messages and bytes dispatched per second, by subscription."""
    stale: bool


class PulsarBrokerState:
    """One broker and the topics it has loaded.

    Args:
        broker: ``host:port`` as in the cluster's broker list.
    """

    def __init__(self, broker: str) -> None:
        self.broker = broker
        self.page: PulsarBroker | None = None
        self.health: PulsarHealth | None = None
        self.at = nan
        self.parts: tuple[Part, ...] = ()
        self._counted: Counted[str] | None = None
        self._counted_out: Counted[tuple[str, str]] | None = None

    def saw_page(self, page: PulsarBroker, at: float, steady: float) -> None:
        """Take one metrics page, whose middle was at ``at`` (shown) and ``steady`` (divided by).

        The broker's own clock is divided by instead, where the page tells it.
        """
        epoch = f"{page.started} {page.clock is None}"
        counted_at = steady if page.clock is None else page.clock
        counted = Counted(
            epoch,
            counted_at,
            {t.name: (t.in_messages, t.out_messages, t.in_bytes, t.out_bytes) for t in page.topics},
        )
        counted_out = Counted(
            epoch,
            counted_at,
            {
                (topic.name, sub.name): (sub.out_messages, sub.out_bytes)
                for topic in page.topics
                for sub in topic.subscriptions
            },
        )
        # a topic that this broker had not loaded when it was asked before counts from zero
        rates = rates_between(self._counted, counted, fresh=lambda key: True)
        out = rates_between(self._counted_out, counted_out, fresh=lambda key: True)
        self._counted, self._counted_out = counted, counted_out
        self.page, self.at = page, at
        self.parts = tuple(
            [
                Part(
                    topic,
                    rates[topic.name],
                    {s.name: out[topic.name, s.name] for s in topic.subscriptions},
                    False,
                )
                for topic in page.topics
            ]
        )

    def missed(self) -> None:
        """Mark what the broker told before as stale, and its rates as unknown."""
        unknown = (nan,) * len(BROKER)
        self.parts = tuple(
            part._replace(
                rates=unknown, out_rates=dict.fromkeys(part.out_rates, (nan, nan)), stale=True
            )
            for part in self.parts
        )

    def totals(self) -> tuple[float, ...]:
        """:data:`BROKER`, summed over the topics whose rate is known."""
        if not self.parts:
            return (0.0,) * len(BROKER) if self.page else (nan,) * len(BROKER)
        return tuple(
            known_sum(column) for column in zip(*(p.rates for p in self.parts), strict=True)
        )

    def row(self, *, stale: bool) -> PulsarBrokerRow | None:
        """The broker's own row; None before its first page."""
        page = self.page
        if page is None:
            return None
        rate_in, rate_out, throughput_in, throughput_out = self.totals()
        return PulsarBrokerRow(
            cluster=page.cluster,
            broker=self.broker,
            version=page.version,
            healthy=None if self.health is None else self.health.healthy and not stale,
            topics=len(self.parts),
            msg_rate_in=rate_in,
            msg_rate_out=rate_out,
            throughput_in=throughput_in,
            throughput_out=throughput_out,
            uptime=self.at - page.started if page.started else nan,
            heap_used=page.heap_used,
            heap_max=page.heap_max,
            direct_used=page.direct_used,
            direct_max=page.direct_max,
            stale=stale,
        )


class PulsarClusterState:
    """One cluster.  Fed by :class:`~arcwatch.store.store.Store`, read by screens and verbs."""

    def __init__(self) -> None:
        self.brokers: dict[str, PulsarBrokerState] = {}
        self.listed: tuple[str, ...] | None = None
        """The cluster's own list of live brokers; None before it was told."""
        self.broker_rates = SeriesTable(BROKER)
        self.topic_rates = SeriesTable(TOPIC)
        self.subscription_rates = SeriesTable(SUBSCRIPTION)
        self._details: dict[str, PulsarTopic] = {}
        self._ratios: dict[str, float] = {}
        self._topics: tuple[PulsarTopicRow, ...] | None = None

    @property
    def topics(self) -> tuple[PulsarTopicRow, ...]:
        """A row per topic, in no order; summed up once after each answer, when first wanted."""
        if self._topics is None:
            self._topics = self._sum_up()
        return self._topics

    @property
    def name(self) -> str:
        """The cluster's name; empty before the first page."""
        return next((state.page.cluster for state in self.brokers.values() if state.page), "")

    def saw_brokers(self, listed: Sequence[str]) -> None:
        """Take the list of live brokers; one that is no longer in it goes, and its topics."""
        self.listed = tuple(listed)
        for broker in set(self.brokers) - set(listed):
            del self.brokers[broker]
        self._topics = None

    def saw_page(self, page: PulsarBroker, at: float, steady: float) -> None:
        """Take one broker's metrics page."""
        state = self.brokers.setdefault(page.broker, PulsarBrokerState(page.broker))
        state.saw_page(page, at, steady)
        self._topics = None
        self._record(at)

    def saw_health(self, health: PulsarHealth) -> None:
        """Take one broker's answer to whether it is ready."""
        self.brokers.setdefault(health.broker, PulsarBrokerState(health.broker)).health = health

    def saw_details(self, details: Iterable[PulsarTopic]) -> None:
        """Take what the admin API told of some topics and partitions."""
        for detail in details:
            self._details[detail.name] = detail
            if detail.entries_added > 0 and detail.in_messages > 0:
                self._ratios[detail.name] = detail.in_messages / detail.entries_added
        self._topics = None

    def missed(self, broker: str, at: float) -> None:
        """Draw a gap where a broker did not answer."""
        if state := self.brokers.get(broker):
            state.missed()
        self._topics = None
        self._record(at)

    def partitions(self, topic: str) -> list[str]:
        """The loaded partitions of a topic, or the topic itself."""
        return [
            part.topic.name
            for state in self.brokers.values()
            for part in state.parts
            if base_name(part.topic.name) == topic
        ]

    def _sum_up(self) -> tuple[PulsarTopicRow, ...]:
        groups: dict[str, list[Part]] = defaultdict(list)
        for state in self.brokers.values():
            for part in state.parts:
                groups[base_name(part.topic.name)].append(part)
        loaded = {part.topic.name for parts in groups.values() for part in parts}
        for known in (self._details, self._ratios):
            for gone in known.keys() - loaded:
                del known[gone]
        cluster = self.name
        return tuple([self._topic_row(cluster, name, parts) for name, parts in groups.items()])

    def _record(self, at: float) -> None:
        self.broker_rates.push(
            at, {state.broker: state.totals() for state in self.brokers.values() if state.page}
        )
        fresh = [topic for topic in self.topics if not topic.stale]
        self.topic_rates.push(
            at,
            {
                t.topic: (
                    t.msg_rate_in,
                    t.msg_rate_out,
                    t.throughput_in,
                    t.throughput_out,
                    t.storage_size,
                    t.backlog_entries,
                )
                for t in fresh
            },
        )  # fmt: skip - the order of TOPIC, at a glance
        self.subscription_rates.push(
            at,
            {
                subscription_key(sub): (sub.msg_rate_out, sub.backlog_entries)
                for topic in fresh
                for sub in topic.subscriptions
            },
        )

    def _topic_row(self, cluster: str, name: str, parts: list[Part]) -> PulsarTopicRow:
        rates = [known_sum(column) for column in zip(*(p.rates for p in parts), strict=True)]
        subscriptions = self._subscription_rows(cluster, name, parts)
        topics = [part.topic for part in parts]
        return PulsarTopicRow(
            cluster=cluster,
            topic=name,
            partitions=0 if topics[0].name == name else len(parts),
            msg_rate_in=rates[0],
            msg_rate_out=rates[1],
            throughput_in=rates[2],
            throughput_out=rates[3],
            storage_size=sum(t.storage_size for t in topics),
            offloaded_size=sum(t.offloaded_size for t in topics),
            backlog_entries=sum(sub.backlog_entries for sub in subscriptions),
            backlog_messages=sum(sub.backlog_messages for sub in subscriptions),
            producers=sum(t.producers for t in topics),
            consumers=sum(t.consumers for t in topics),
            subscriptions=subscriptions,
            stale=all(part.stale for part in parts),
        )

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
        name = group[0][1].name
        subs = [sub for _, sub in group]
        details = [d for part, _ in group if (d := self._detail(part.topic.name, name))]
        return PulsarSubscriptionRow(
            cluster=cluster,
            topic=topic,
            name=name,
            type=next((d.type for d in details if d.type), None),
            backlog_entries=sum(sub.backlog_entries for sub in subs),
            backlog_messages=sum(self._messages(part, sub) for part, sub in group),
            backlog_size=_backlog_size(subs, details),
            msg_rate_out=known_sum([part.out_rates[name][0] for part, _ in group]),
            throughput_out=known_sum([part.out_rates[name][1] for part, _ in group]),
            unacked_messages=sum(sub.unacked_messages for sub in subs),
            consumers=sum(sub.consumers for sub in subs),
            delayed_messages=sum(sub.delayed_messages for sub in subs),
            blocked=any(sub.blocked for sub in subs),
            redeliver_rate=known_sum([sub.redeliver_rate for sub in subs]),
            last_consumed=max((t for s in subs if (t := s.last_consumed)), default=None),
            last_acked=max((t for s in subs if (t := s.last_acked)), default=None),
            stale=all(part.stale for part, _ in group),
        )

    def _detail(self, topic: str, subscription: str) -> SubscriptionDetail | None:
        detail = self._details.get(topic)
        if detail is None:
            return None
        return next((s for s in detail.subscriptions if s.name == subscription), None)

    def _messages(self, part: Part, sub: Subscription) -> float:
        if sub.backlog_entries == 0:
            return 0.0
        return sub.backlog_entries * self._ratios.get(part.topic.name, nan)

    def wanted_details(self, topics: Iterable[str]) -> list[str]:
        """The loaded partitions of ``topics`` that the admin API should be asked about.

        Those with a backlog come first, since without their messages per entry it cannot be
        told in messages; of a topic without backlog one partition is enough to know the types.
        """
        chosen = set(topics)
        waiting: list[str] = []
        idle: dict[str, str] = {}
        for state in self.brokers.values():
            for part in state.parts:
                name, base = part.topic.name, base_name(part.topic.name)
                if base not in chosen or part.stale:
                    continue
                if any(sub.backlog_entries for sub in part.topic.subscriptions):
                    waiting.append(name)
                elif part.topic.subscriptions:
                    idle.setdefault(base, name)
        return [*waiting, *idle.values()]


def base_name(topic: str) -> str:
    """The topic that a partition belongs to, or the topic itself.

    >>> base_name("persistent://a/b/c-partition-12"), base_name("persistent://a/b/c-partition-x")
    ('persistent://a/b/c', 'persistent://a/b/c-partition-x')
    """
    base, mark, number = topic.rpartition(_PARTITION)
    return base if mark and number.isascii() and number.isdigit() else topic


def subscription_key(row: PulsarSubscriptionRow) -> str:
    """The key of a subscription's series within its cluster."""
    return f"{row.topic}#{row.name}"


def _backlog_size(subs: list[Subscription], details: list[SubscriptionDetail]) -> int | None:
    told = [sub.backlog_size for sub in subs if sub.backlog_size is not None]
    if len(told) == len(subs):
        return sum(told)
    if not any(sub.backlog_entries for sub in subs):
        return 0
    asked = [d.backlog_size for d in details if d.backlog_size is not None]
    return sum(asked) if len(asked) == len(subs) else None
