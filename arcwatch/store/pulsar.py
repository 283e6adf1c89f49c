"""What the brokers of one Pulsar cluster told, topics and their backlogs summed over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from math import nan

from arcwatch.model.pulsar import (
    PulsarBroker,
    PulsarHealth,
    PulsarTopic,
    Subscription,
    SubscriptionDetail,
    Topic,
)
from arcwatch.model.pulsar_opened import OpenedTopic, TopicAbout, TopicClosed, TopicGone

from .pulsar_broker import BROKER, Part, PulsarBrokerState
from .pulsar_names import PulsarNamesState
from .pulsar_topic import OpenedTopicState
from .rows import PulsarSubscriptionRow, PulsarTopicRow
from .series import SeriesTable
from .topic_names import base_name

TOPIC = (*BROKER, "storage_size", "backlog")
SUBSCRIPTION = ("msg_rate_out", "backlog")
"""Fields of the series of a topic and of a subscription; backlogs in entries."""


class PulsarClusterState:
    """One cluster.  Fed by :class:`~arcwatch.store.store.Store`, read by screens and verbs."""

    def __init__(self) -> None:
        self.brokers: dict[str, PulsarBrokerState] = {}
        self.listed: tuple[str, ...] | None = None
        """The cluster's own list of live brokers; None before it was told."""
        self.broker_rates = SeriesTable(BROKER)
        self.topic_rates = SeriesTable(TOPIC)
        self.subscription_rates = SeriesTable(SUBSCRIPTION)
        self.names = PulsarNamesState()
        self.opened: OpenedTopicState | None = None
        """The topic that somebody looks into."""
        self._details: dict[str, PulsarTopic] = {}
        self._ratios: dict[str, float] = {}
        self._topics: tuple[PulsarTopicRow, ...] | None = None
        self._heard: set[str] = set()

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

    def still(self) -> PulsarClusterState:
        """A copy that stays as it is, whatever the brokers tell from now on."""
        still = copy(self)
        still.brokers = {broker: copy(state) for broker, state in self.brokers.items()}
        still.broker_rates = self.broker_rates.still()
        still.topic_rates = self.topic_rates.still()
        still.subscription_rates = self.subscription_rates.still()
        still.names = self.names.still()
        still.opened = self.opened and self.opened.still(still.messages)
        still._details, still._ratios = dict(self._details), dict(self._ratios)
        return still

    def saw_brokers(self, listed: Sequence[str]) -> None:
        """Take the list of live brokers; one that is no longer in it goes, and its topics."""
        self.listed = tuple(listed)
        self.broker_rates.deepen(listed)
        for broker in set(self.brokers) - set(listed):
            del self.brokers[broker]
        self._topics = None

    def saw_page(self, page: PulsarBroker, at: float, steady: float) -> None:
        """Take one broker's metrics page."""
        state = self.brokers.setdefault(page.broker, PulsarBrokerState(page.broker))
        state.saw_page(page, at, steady)
        self._topics = None
        self._hear(page.broker, at)

    def saw_health(self, health: PulsarHealth) -> None:
        """Take one broker's answer to whether it is ready."""
        self.brokers.setdefault(health.broker, PulsarBrokerState(health.broker)).health = health

    def saw_details(self, details: Iterable[PulsarTopic]) -> None:
        """Take what the admin API told of some topics and partitions."""
        told = {detail.name: detail for detail in details}
        self._details |= told
        for part in self._parts():
            if detail := told.get(part.topic.name):
                self._ratios[detail.name] = _messages_per_entry(detail, part.topic)
        self._topics = None

    def saw_opened(
        self, body: OpenedTopic | TopicAbout | TopicGone | TopicClosed, at: float, steady: float
    ) -> None:
        """Take what was told of the topic that is open, or that none is any more."""
        if isinstance(body, TopicClosed):
            self.opened = None
            return
        if self.opened is None or self.opened.topic != body.name:
            self.opened = OpenedTopicState(body.name, self.messages)
        match body:
            case OpenedTopic():
                self.opened.saw(body, at, steady)
            case TopicAbout():
                self.opened.saw_about(body)
            case TopicGone():
                self.opened.saw_gone()

    def missed(self, part: str, broker: str, at: float) -> None:
        """Draw a gap where a broker did not tell its metrics; forget that it said it is ready."""
        if part == "opened" and self.opened:
            self.opened.missed()
        state = self.brokers.get(broker)
        if state is None:
            return
        if part == "ready":
            state.health = None
        elif part == "metrics":
            state.missed()
            self._topics = None
            self._hear(broker, at)

    def parts_of(self, topic: str) -> list[Part]:
        """The loaded partitions of a topic, or the topic itself."""
        return [part for part in self._parts() if base_name(part.topic.name) == topic]

    def messages(self, partition: str, entries: int) -> float:
        """About how many messages these entries hold; ``nan`` where that is not known."""
        return entries * self._ratios.get(partition, nan) if entries else 0.0

    def _parts(self) -> list[Part]:
        """Each loaded topic or partition once: of one that moved, what was told last."""
        told = [state for state in self.brokers.values() if state.page]
        told.sort(key=lambda state: (not state.stale, state.at))
        return list({part.topic.name: part for state in told for part in state.parts}.values())

    def _sum_up(self) -> tuple[PulsarTopicRow, ...]:
        groups: dict[str, list[Part]] = defaultdict(list)
        for part in self._parts():
            groups[base_name(part.topic.name)].append(part)
        loaded = {part.topic.name for parts in groups.values() for part in parts}
        for known in (self._details, self._ratios):
            for gone in known.keys() - loaded:
                del known[gone]
        cluster = self.name
        return tuple([self._topic_row(cluster, name, parts) for name, parts in groups.items()])

    def _hear(self, broker: str, at: float) -> None:
        """Record once a beat, not once a broker: when all were heard, or one of them again."""
        again = broker in self._heard
        self._heard = {broker} if again else self._heard | {broker}
        everyone = self._heard >= set(self.listed or self.brokers)
        if again or everyone:
            self._record(at)
        if everyone:
            self._heard = set()

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
        # one part that is not known makes a sum that is not: a gap, and no dip
        rates = [sum(column) for column in zip(*(p.rates for p in parts), strict=True)]
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
            stale=any(part.stale for part in parts),
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
        details = [self._detail(part.topic.name, name) for part, _ in group]
        return PulsarSubscriptionRow(
            cluster=cluster,
            topic=topic,
            name=name,
            type=next((d.type for d in details if d and d.type), None),
            backlog_entries=sum(sub.backlog_entries for sub in subs),
            backlog_messages=sum(self._messages(part, sub) for part, sub in group),
            backlog_size=_sum(map(_backlog_size, subs, details)),
            msg_rate_out=sum(part.out_rates[name][0] for part, _ in group),
            throughput_out=sum(part.out_rates[name][1] for part, _ in group),
            unacked_messages=sum(sub.unacked_messages for sub in subs),
            consumers=sum(sub.consumers for sub in subs),
            delayed_messages=sum(sub.delayed_messages for sub in subs),
            blocked=any(sub.blocked for sub in subs),
            redeliver_rate=sum(sub.redeliver_rate for sub in subs),
            last_consumed=max((t for s in subs if (t := s.last_consumed)), default=None),
            last_acked=max((t for s in subs if (t := s.last_acked)), default=None),
            stale=any(part.stale for part, _ in group),
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

        Those with the most waiting come first, since without their messages per entry it cannot be
        told in messages; of a topic without backlog one partition is enough to know the types.
        """
        chosen = set(topics)
        waiting: list[tuple[int, str]] = []
        idle: dict[str, str] = {}
        for part in self._parts():
            name, base = part.topic.name, base_name(part.topic.name)
            if base not in chosen or part.stale:
                continue
            if entries := sum(sub.backlog_entries for sub in part.topic.subscriptions):
                waiting.append((-entries, name))
            elif part.topic.subscriptions:
                idle.setdefault(base, name)
        return [*(name for _, name in sorted(waiting)), *idle.values()]


def subscription_key(row: PulsarSubscriptionRow) -> str:
    """The key of a subscription's series within its cluster."""
    return f"{row.topic}#{row.name}"


def _messages_per_entry(detail: PulsarTopic, topic: Topic) -> float:
    """``nan`` where the counters say nothing of all that waits.

    They begin at zero whenever a broker loads the topic, with a backlog from before.
    """
    longest = max((sub.backlog_entries for sub in topic.subscriptions), default=0)
    if not detail.in_messages or detail.entries_added < max(longest, 1):
        return nan
    return detail.in_messages / detail.entries_added


def _backlog_size(sub: Subscription, detail: SubscriptionDetail | None) -> int | None:
    """Bytes that wait in one part; None where nobody told."""
    if sub.backlog_size is not None:
        return sub.backlog_size
    if sub.backlog_entries == 0:
        return 0
    return detail.backlog_size if detail else None


def _sum(values: Iterable[int | None]) -> int | None:
    """None where one of the values is not known."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
