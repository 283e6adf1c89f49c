"""State of one Pulsar cluster, topics and backlogs summed over its brokers."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from math import inf, nan

from arcwatch.model.pulsar import (
    Bookie,
    Member,
    PulsarBroker,
    PulsarBrokers,
    PulsarFunction,
    PulsarFunctions,
    PulsarHealth,
    PulsarResourceGroups,
    PulsarTopic,
    PulsarTransactions,
)
from arcwatch.model.pulsar_opened import (
    OpenedTopic,
    Quota,
    TopicAbout,
    TopicClosed,
    TopicGone,
    TopicSchemas,
)
from arcwatch.notation.address import topic_address
from arcwatch.notation.topic_names import is_internal, namespace_of
from arcwatch.store.messages.dead_letters import DeadLetterRow, DeadTopics, pulsar_row
from arcwatch.store.rows import PulsarSubscriptionRow, PulsarTopicRow
from arcwatch.store.series.rates import known_sum
from arcwatch.store.series.samples import BacklogSamples
from arcwatch.store.series.series import SeriesTable

from .broker import BROKER, Part, PulsarBrokerState
from .names import PulsarNamesState
from .open_topic import OpenedTopicState
from .replicator_rows import PulsarReplicatorRow, ReplicatorStates
from .topic_sums import TopicSums

TOPIC = (*BROKER, "storage_size", "backlog")
SUBSCRIPTION = ("msg_rate_in", "msg_rate_out", "backlog")
"""Fields of the series of a topic and of a subscription; backlogs in entries.  What comes in is the
topic's, and of a subscription only what waits for a consumer is backlog."""


class PulsarClusterState:
    """One cluster.  Fed by :class:`~arcwatch.store.store.Store`, read by screens and verbs."""

    def __init__(self, context: str = "", called: str = "") -> None:
        self.context = context
        """The cluster that its addresses name if there are several, else empty."""
        self._called = called
        self.calls_itself = ""
        """The name that its remotes know it by; empty before the first page."""
        self.brokers: dict[str, PulsarBrokerState] = {}
        self.unreached: dict[str, float] = {}
        """Brokers that never reported their figures, and since when, Unix seconds."""
        self.listed: tuple[str, ...] | None = None
        """The cluster's own list of live brokers; None before it was reported."""
        self.refused_since: float | None = None
        """Whether the list may not be read, so that there may be brokers besides."""
        self.broker_rates = SeriesTable(BROKER)
        self.topic_rates = SeriesTable(TOPIC)
        self.subscription_rates = SeriesTable(SUBSCRIPTION)
        self.past = BacklogSamples()
        """By full name of a topic, and by :func:`subscription_key`; backlogs in entries."""
        self.bookies: tuple[Bookie, ...] | None = None
        self.underreplicated: int | None = None
        """None where they were not reported."""
        self.names = PulsarNamesState()
        self._replicator_states = ReplicatorStates()
        self._replicators: list[PulsarReplicatorRow] | None = []
        self.resource_groups = PulsarResourceGroups(())
        self.functions: tuple[PulsarFunction, ...] | None = None
        """As their workers report them; None while they are not polled."""
        self.functions_not_asked = 0
        """How many more there are."""
        self.functions_stale = False
        self.transactions: PulsarTransactions | None = None
        """The open ones; None before they were reported."""
        self.transactions_at = nan
        self.transactions_stale = False
        self.opened: OpenedTopicState | None = None
        """The topic that is open on the screen."""
        self._sums = TopicSums()
        self._summed = True
        self._listed_at = 0
        self._round: set[str] = set()
        self._reported: dict[str, float] = {}
        self._dead = DeadTopics(())

    @property
    def topics(self) -> tuple[PulsarTopicRow, ...]:
        """A row per topic, unordered; the same object while nothing has changed."""
        return self._summed_up().rows()

    @property
    def tree_version(self) -> object:
        """Changes whenever the tree may have changed."""
        return self._summed_up().version, self.names.version

    @property
    def name(self) -> str:
        """The cluster's name; empty before the first page of one that is watched alone."""
        pages = (state.page for state in self.brokers.values() if state.page)
        return self._called or next((page.cluster for page in pages), "")

    @property
    def prefix(self) -> str:
        """The prefix of its addresses and series keys: its context if there are several."""
        return f"{self.context}::" if self.context else ""

    def address(self, topic: str, subscription: str = "") -> str:
        """The address of one of its topics, or of a subscription."""
        return self.prefix + topic_address(topic, subscription)

    def freeze(self) -> PulsarClusterState:
        """An independent copy."""
        frozen = copy(self)
        frozen.brokers = {broker: copy(state) for broker, state in self.brokers.items()}
        frozen.unreached = dict(self.unreached)
        frozen.broker_rates = self.broker_rates.freeze()
        frozen.topic_rates = self.topic_rates.freeze()
        frozen.subscription_rates = self.subscription_rates.freeze()
        frozen.past = self.past.freeze()
        frozen.names = self.names.freeze()
        frozen.opened = self.opened and self.opened.freeze(frozen.messages)
        frozen._sums = self._sums.freeze()
        return frozen

    def update_brokers(self, report: PulsarBrokers, at: float) -> None:
        """Apply the list of live brokers; drop the others and their topics."""
        self.listed = listed = report.brokers
        self.refused_since = (self.refused_since or at) if report.refused else None
        self.broker_rates.deepen(listed)
        self.unreached = {b: since for b, since in self.unreached.items() if b in listed}
        for broker in set(self.brokers) - set(listed):
            del self.brokers[broker]
            self._summed = False
            self._replicators = None

    def update_page(self, page: PulsarBroker, at: float, steady: float) -> None:
        """Apply one broker's metrics page."""
        state = self.brokers.setdefault(page.broker, PulsarBrokerState(page.broker))
        state.update_page(page, at, steady)
        self.calls_itself = self.calls_itself or page.cluster
        self._replicator_states.update(page, at)
        self.unreached.pop(page.broker, None)
        self._summed = False
        self._replicators = None
        self._record_round(page.broker, at)
        if self.past.is_due(steady):
            self._sample(steady)

    def update_health(self, health: PulsarHealth, at: float) -> None:
        """Apply one broker's readiness."""
        state = self.brokers.setdefault(health.broker, PulsarBrokerState(health.broker))
        state.update_health(health, at)

    def update_details(self, details: Iterable[PulsarTopic], at: float) -> None:
        """Apply the admin API's answers about topics and partitions at ``at``, Unix seconds."""
        self._summed_up().update_details(details, at)

    @property
    def has_functions(self) -> bool:
        """Whether its brokers or workers report a function, source or sink, running or not."""
        if self.functions:
            return True
        pages = (state.page for state in self.brokers.values() if state.page)
        return any(page.functions or page.functions_known > 0 for page in pages)

    def update_functions(self, answer: PulsarFunctions) -> None:
        """Apply the workers' reports of functions, sources and sinks."""
        self.functions, self.functions_stale = answer.functions, False
        self.functions_not_asked = answer.not_asked

    def update_transactions(self, answer: PulsarTransactions, at: float) -> None:
        """Apply the list of open transactions at ``at``, Unix seconds."""
        self.transactions, self.transactions_at = answer, at
        self.transactions_stale = False

    def update_opened(
        self,
        body: OpenedTopic | TopicAbout | TopicSchemas | TopicGone | TopicClosed,
        at: float,
        steady: float,
    ) -> None:
        """Apply an answer about the open topic, or that none is open."""
        if isinstance(body, TopicClosed):
            self.opened = None
            return
        if self.opened is None or self.opened.topic != body.name:
            self.opened = OpenedTopicState(body.name, self.messages)
        match body:
            case OpenedTopic():
                self.opened.update(body, at, steady)
            case TopicAbout():
                self.opened.about = body
            case TopicSchemas():
                self.opened.schemas = body
            case TopicGone():
                self.opened.update_gone()

    def paused(self, at: float) -> None:
        """Discard counters from before ``at``, Unix seconds, and add a gap."""
        for broker in self.brokers.values():
            broker.paused()
        if self.opened:
            self.opened.paused()
        for table in (self.broker_rates, self.topic_rates, self.subscription_rates):
            table.gap(at)

    def missed(self, part: str, broker: str, at: float) -> None:
        """Add a gap where a broker reported no metrics, and drop its readiness."""
        if part == "opened" and self.opened:
            self.opened.missed()
        if part == "functions":
            self.functions_stale = True
        if part == "transactions":
            self.transactions_stale = True
        state = self.brokers.get(broker)
        if part == "metrics" and (state is None or state.page is None):
            self.unreached.setdefault(broker, at)
        if state is None:
            return
        if part == "ready":
            state.health = state.unready_since = None
        elif part == "metrics":
            state.missed()
            self._summed = False
            self._replicators = None
            self._record_round(broker, at)

    def topic_of(self, partition: str) -> str:
        """The topic of a topic or partition: itself, or the name without the number."""
        return self._summed_up().topic_of(partition)

    def unsure_namespaces(self) -> set[str]:
        """Namespaces where a loaded topic may only be named like a partition."""
        return self._summed_up().unsure

    def parts_of(self, topic: str) -> list[Part]:
        """The loaded partitions of a topic, or the topic itself."""
        return self._summed_up().parts_of(topic)

    @property
    def is_round_complete(self) -> bool:
        """Whether every broker has reported since each did before."""
        return not self._round

    @property
    def replicators(self) -> list[PulsarReplicatorRow]:
        """A row for each topic and remote cluster; the same object while nothing has changed."""
        if self._replicators is None:
            self._replicators = [
                row
                for topic in {self.topic_of(name): None for name in self._replicated()}
                for row in self._replicator_states.rows(self.name, topic, self.parts_of(topic))
            ]
        return self._replicators

    def _replicated_rates(self, row: PulsarReplicatorRow) -> tuple[float, ...]:
        """What is sent to its topic, goes out, and waits: as :data:`SUBSCRIPTION`."""
        if row.stale:
            return (nan,) * len(SUBSCRIPTION)
        into = sum(part.rates[0] for part in self.parts_of(row.topic))
        return into, row.msg_rate_out, row.backlog_entries

    def _replicated(self) -> list[str]:
        parts = (part.topic for state in self.brokers.values() for part in state.parts)
        return [topic.name for topic in parts if topic.replicators]

    def tenants(self) -> tuple[str, ...]:
        """Every tenant, or those of loaded topics if they were not listed."""
        if self.names.tenants is not None:
            return self.names.tenants
        named = (namespace_of(row.topic).partition("/")[0] for row in self.topics)
        return tuple(sorted({*named, *self.names.namespaces}))

    def namespaces(self) -> set[str]:
        """Every namespace that was listed, or has a loaded topic."""
        listed = (name for names in self.names.namespaces.values() for name in names)
        return {*listed, *(namespace_of(row.topic) for row in self.topics)}

    def messages(self, partition: str, entries: float) -> float:
        """The estimated messages in these entries; ``nan`` if unknown."""
        return self._sums.messages(partition, entries)

    def limits(self, topic: str) -> tuple[int | None, tuple[Quota, ...]]:
        """The TTL and quotas of a topic, if polled."""
        return self._sums.limits(topic)

    def members(self, topic: str, subscription: str) -> tuple[Member, ...]:
        """The consumers of a subscription, each once, where the admin API was asked."""
        return self._sums.members(topic, subscription)

    def open_transactions(self, topic: str) -> int:
        """Open transactions of a topic, as far as known."""
        return self._sums.transactions(topic)

    def last_offloaded(self, topic: str) -> float | None:
        """Unix seconds when a ledger of a topic was last offloaded, where that is known."""
        return self._sums.last_offloaded(topic)

    def read_at(self, topic: str) -> tuple[float, float]:
        """Unix seconds when a topic's metrics and its statistics were read; ``nan`` is never."""
        report = [self._reported.get(part.topic.name, nan) for part in self.parts_of(topic)]
        return min(report, default=nan), self._sums.detailed_at(topic)

    def dead_letters(self, topic: str, subscription: str) -> tuple[float | None, float]:
        """Dead letters and their rate per second.

        They are in the topic that Pulsar's clients name after both where nobody names another;
        counted since a broker loaded that.  None where there is no such topic.
        """
        found = self._dead_topics().of_subscription(topic, subscription)
        names = [dead.topic for dead in found if dead.what == "dead letters"]
        parts = [part for name in names for part in self.parts_of(name)]
        if not parts:
            return None, nan
        return sum(part.topic.in_messages for part in parts), sum(part.rates[0] for part in parts)

    def dead_letter_rows(self, now: float) -> list[DeadLetterRow]:
        """A row for each dead letter or retry topic; ``now`` in Unix seconds."""
        found = self._dead_topics().found
        rows = {row.topic: row for row in self.topics} if found else {}
        report = []
        for dead in found:
            count = sum(part.topic.in_messages for part in self.parts_of(dead.topic))
            last = self._newest(dead.topic, now)
            report.append(pulsar_row(dead, rows[dead.topic], count, last, self.prefix))
        return report

    def _newest(self, topic: str, now: float) -> float | None:
        """Unix seconds when a topic last had a new message, if known."""
        points = self.topic_rates.points(topic, "msg_rate_in", -inf)
        growing = (at for at, rate in reversed(points) if rate > 0)
        quiet = self.past.quiet(topic)
        # samples are farther apart than looks, and reach back farther
        return next(growing, now - quiet if quiet == quiet else None)

    def _dead_topics(self) -> DeadTopics:
        if self._dead.of is not self.topics:
            self._dead = DeadTopics(self.topics)
        return self._dead

    def _summed_up(self) -> TopicSums:
        if not self._summed or self._listed_at != self.names.version:
            self._sums.update_parts(self.name, self._parts(), self.names.is_partitioned)
            self._summed, self._listed_at = True, self.names.version
        return self._sums

    def _parts(self) -> list[Part]:
        """Each loaded topic or partition once; of one that moved, the latest report."""
        report = [state for state in self.brokers.values() if state.page]
        report.sort(key=lambda state: (not state.stale, state.at))
        self._replicator_states.keep(part.topic.name for state in report for part in state.parts)
        self._reported = {part.topic.name: state.at for state in report for part in state.parts}
        return list({part.topic.name: part for state in report for part in state.parts}.values())

    def _record_round(self, broker: str, at: float) -> None:
        """Record once a round, when every broker has reported or one reports again."""
        again = broker in self._round
        self._round = {broker} if again else self._round | {broker}
        everyone = self._round >= set(self.listed or self.brokers)
        if again or everyone:
            self._record(at)
        if everyone:
            self._round = set()

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
                subscription_key(sub): (topic.msg_rate_in, sub.msg_rate_out, sub.waiting_entries)
                for topic in fresh
                for sub in topic.subscriptions
            }
            | {replicator_key(row): self._replicated_rates(row) for row in self.replicators},
        )

    def _sample(self, steady: float) -> None:
        fresh = [topic for topic in self.topics if not topic.stale]
        self.past.update(
            steady,
            {t.topic: sum([p.topic.in_messages for p in self.parts_of(t.topic)]) for t in fresh},
            {subscription_key(sub): sub.waiting_entries for t in fresh for sub in t.subscriptions},
            [topic.topic for topic in fresh if topic.backlog_entries > 0],
        )

    def details_due(self, topics: Iterable[str]) -> list[str]:
        """The loaded partitions of ``topics`` to poll through the admin API.

        Those with the most waiting come first, since without their messages per entry it cannot be
        told in messages; of a topic without backlog one partition is enough to know the types.
        """
        waiting: list[tuple[float, str]] = []
        idle: dict[str, str] = {}
        for base in dict.fromkeys(topics):
            for part in self.parts_of(base):
                name, subscriptions = part.topic.name, part.topic.subscriptions
                # the admin API tells of a segment only with its topic
                if part.stale or name.startswith("segment://"):
                    continue
                entries = known_sum([sub.backlog_entries for sub in subscriptions])
                if entries > 0:
                    waiting.append((-entries, name))
                elif subscriptions or part.topic.offloaded_size > 0:
                    idle.setdefault(base, name)
        return [*(name for _, name in sorted(waiting)), *idle.values()]

    def not_asked(self) -> int:
        """How many loaded topics and partitions were not polled through the admin API."""
        shown = (row.topic for row in self.topics if not is_internal(row.topic))
        due = self.details_due(shown)
        return sum(not self._sums.is_detailed(name) for name in due)


def replicator_key(row: PulsarReplicatorRow) -> str:
    """The key of a replicator's series, which is among those of subscriptions."""
    return f"{row.topic}#{row.cursor}"


def subscription_key(row: PulsarSubscriptionRow) -> str:
    """The key of a subscription's series within its cluster."""
    return f"{row.topic}#{row.name}"
