"""All that is known, with one entrance: :meth:`Store.apply`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from math import nan

from arcwatch.model.expiry import Expiries
from arcwatch.model.latency import Latency
from arcwatch.model.nats import NatsConnections, NatsListed
from arcwatch.model.nats_greeting import NatsGreetings
from arcwatch.model.pulsar import PulsarBroker, PulsarBrokers, PulsarHealth, PulsarTopics
from arcwatch.model.pulsar_bookies import PulsarBookies
from arcwatch.model.pulsar_names import PulsarNames, PulsarNamespaces, PulsarTenants
from arcwatch.model.pulsar_opened import OpenedTopic, TopicAbout, TopicClosed, TopicGone
from arcwatch.model.reading import Failure, Paused, Reading, Stage, System

from .advisories import Advisories
from .alert_row import AlertRow
from .alert_scope import Scope
from .alerts import Alerts
from .backlog_rows import BacklogRow
from .bookie_rows import PulsarBookieRow, bookie_rows
from .contact import Contact, Half, half_of
from .dead_letters import DeadLetterRow, jetstream_rows
from .expiry_rows import ExpiryRow, certificate_of, expiry_rows
from .latency_past import LatencyPast
from .latency_rows import of_broker, of_connections
from .link_rows import NatsLinkRow
from .members import Members
from .nats import NatsServerState, all_links, leading
from .nats_kin import Greeted, foreign
from .problems import CLIENT_PORTS, problems
from .pulsar import PulsarClusterState
from .pulsar_tree import tree
from .ranking import backlogs
from .rows import (
    NatsAccountRow,
    NatsClosedRow,
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    Problem,
    PulsarBrokerRow,
    PulsarTopicRow,
)
from .series import SeriesTable
from .topic_names import is_internal
from .topic_rows import TopicRow
from .tree_rows import PulsarTreeRow
from .trend import slope

ON_DEMAND = frozenset({"connection", "closed"})
"""Parts of a NATS server that are asked for only while they are looked at.

When one of them fails, either the parts that are always asked for fail too, or what is looked
at says so.
"""

OURSELVES = "arcwatch"
"""The source of readings about what asks, rather than about a server."""

SET = 60.0
"""Seconds by which a reading may be older than the newest: half of what the longest takes."""

RANKED = 50
"""Backlogs whose past is kept at full depth."""


class Store:
    """What every source told.  No IO and no clock: readings bring their own time.

    Whoever shows it compares :attr:`version` with the one last shown, and then reads rows.
    """

    def __init__(self) -> None:
        self.version = 0
        """Grows with every reading."""
        self.versions: dict[System, int] = {"nats": 0, "pulsar": 0}
        """The same for the readings of each system."""
        self.now = 0.0
        """Unix seconds of the newest reading."""
        self.contacts: dict[tuple[str, System, str, str], Contact] = {}
        self.stages: dict[System, Stage] = {}
        """Why a half is not to be expected to answer: left out, or still being started."""
        self.staged_at: dict[System, float] = {}
        self.alerts = Alerts()
        """What rules found; nothing before somebody sets rules and time passes."""
        self.scope = Scope()
        """The places that rules look at."""
        self.expiries: dict[tuple[str, System], Expiries] = {}
        self.latencies = LatencyPast()
        """What servers tell of how long things take, and what was measured."""
        self.advisories = Advisories()
        """What JetStream gave up on, since somebody wanted to know."""
        self.members = Members()
        """Who sends heartbeats, where the settings say on which subjects."""
        self._servers: dict[tuple[str, str], NatsServerState] = {}
        self._greeted: dict[str, Greeted] = {}
        self._clusters: dict[str, PulsarClusterState] = {}
        self._backlogs: tuple[int, list[BacklogRow]] = (-1, [])

    # -- the one entrance ----------------------------------------------------------------------

    def apply(self, reading: Reading) -> None:
        """Take one reading."""
        self.version += 1
        self.versions[reading.system] += 1
        # what took long is told later than what was asked after it; more is a clock that was set
        if not self.now - SET < reading.at < self.now:
            self.now = reading.at
        if isinstance(reading.body, Paused):
            self._paused(reading.at)
            return
        if isinstance(reading.body, Stage):
            self.stages[reading.system] = reading.body
            self.staged_at[reading.system] = reading.at
            return
        if isinstance(reading.body, NatsListed):
            of, listed = reading.context, reading.body.servers
            self._forget(of, lambda c: c.system == "nats" and c.source not in listed)
            for place in [p for p in self._servers if p[0] == of and p[1] not in listed]:
                del self._servers[place]
            return
        if isinstance(reading.body, Latency):
            self.latencies.saw(reading.system, reading.context, reading.body, reading.at)
            return
        if reading.part in ("advisories", "heartbeats"):
            heard = self.advisories if reading.part == "advisories" else self.members
            heard.saw(reading.body, reading.at)
            return
        if isinstance(reading.body, NatsGreetings):
            told = Greeted(reading.body, reading.at)
            self._greeted = self._greeted | {reading.context: told}
        if reading.part in CLIENT_PORTS:
            self._note(reading)
            return
        if isinstance(reading.body, Expiries):
            self.expiries = self.expiries | {(reading.context, reading.system): reading.body}
            return
        if reading.source == OURSELVES:
            self._note(reading)
            return
        if reading.system == "nats":
            self._apply_nats(reading)
        else:
            self._apply_pulsar(reading)
        # last, since what could not be taken in was no answer
        if reading.part not in ON_DEMAND:
            self._note(reading)

    def note_failure(self, reading: Reading) -> None:
        """Take down that there was no answer, and nothing else."""
        self.version += 1
        self.versions[reading.system] += 1
        self._note(reading)

    def _paused(self, at: float) -> None:
        """Begin to count anew, and draw a gap until then."""
        for server in self._servers.values():
            server.paused(at)
        for cluster in self._clusters.values():
            cluster.paused(at)

    def _note(self, reading: Reading) -> None:
        key = (reading.context, reading.system, reading.source, reading.part)
        contact = self.contacts.get(key)
        if contact is None:
            contact = self.contacts[key] = Contact(reading.system, reading.source, reading.part)
        contact.note(reading)

    def _apply_nats(self, reading: Reading) -> None:
        place = (reading.context, reading.source)
        state = self._servers.get(place)
        if state is None:
            state = self._servers[place] = NatsServerState(reading.source)
        state.apply(reading)
        match reading.body:
            case NatsConnections() if state.server:
                rtts = of_connections(state.name, reading.body)
                self._saw_latencies(reading, state.cluster, state.name, rtts)
            case Failure() if reading.part == "connz":
                self.latencies.missed(state.name, reading.at)

    def _apply_pulsar(self, reading: Reading) -> None:
        cluster = self._clusters.setdefault(reading.context, PulsarClusterState())
        match reading.body:
            case PulsarBrokers():
                cluster.saw_brokers(reading.body, reading.at)
                listed, parts = reading.body.brokers, ("metrics", "ready")
                self._forget(reading.context, lambda c: c.part in parts and c.source not in listed)
            case PulsarBroker():
                cluster.saw_page(reading.body, reading.at, reading.steady)
                told = of_broker(reading.body)
                self._saw_latencies(reading, cluster.name, reading.source, told)
            case PulsarBookies():
                cluster.bookies = reading.body.bookies
            case PulsarHealth():
                cluster.saw_health(reading.body, reading.at)
            case PulsarTopics():
                cluster.saw_details(reading.body.topics, reading.at)
            case PulsarTenants():
                cluster.names.saw_tenants(reading.body)
            case PulsarNamespaces():
                cluster.names.saw_namespaces(reading.body)
            case PulsarNames():
                cluster.names.saw_names(reading.body)
            case OpenedTopic() | TopicAbout() | TopicGone() | TopicClosed():
                cluster.saw_opened(reading.body, reading.at, reading.steady)
            case Failure():
                cluster.missed(reading.part, reading.source, reading.at)
                if reading.part == "metrics":
                    self.latencies.missed(reading.source, reading.at)

    def _saw_latencies(
        self, reading: Reading, cluster: str, place: str, told: Sequence[Latency]
    ) -> None:
        for one in told:
            self.latencies.saw(reading.system, cluster, one, reading.at)
        self.latencies.missed(place, reading.at, but=[one.name for one in told])

    def _forget(self, context: str, gone: Callable[[Contact], bool]) -> None:
        held = self.contacts.items()
        self.contacts = {key: c for key, c in held if key[0] != context or not gone(c)}

    def judge(self, at: float, steady: float) -> list[AlertRow]:
        """Let the rules judge what is known now, once a second or so.

        Args:
            at: Unix seconds.
            steady: Seconds of a clock that never jumps.

        Returns:
            What began to fire, and what is over.
        """
        self.scope.look(self, steady)
        before = self.alerts.version
        changed = self.alerts.beat(self.scope.places, at, steady, self.scope.is_in_doubt)
        self.version += self.alerts.version != before
        return changed

    def still(self) -> Store:
        """A copy that stays as it is, whatever this one is told from now on.

        Costs about 3 µs a topic, subscription and connection; what never changes is shared.
        """
        still = copy(self)
        still.latencies = self.latencies.still()
        still.alerts, still.advisories = self.alerts.still(), self.advisories.still()
        still.members = self.members.still()
        still.versions, still.stages = dict(self.versions), dict(self.stages)
        still.staged_at = dict(self.staged_at)
        still.contacts = {key: copy(contact) for key, contact in self.contacts.items()}
        still._servers = {key: state.still() for key, state in self._servers.items()}
        still._clusters = {key: state.still() for key, state in self._clusters.items()}
        return still

    # -- who answers ---------------------------------------------------------------------------

    def contact(self, system: System, source: str, part: str) -> Contact | None:
        """The contact with one part of one source, in any context."""
        wanted = (system, source, part)
        return next((c for place, c in self.contacts.items() if place[1:] == wanted), None)

    def failure(self, system: System, part: str) -> Failure | None:
        """Why nobody tells one part of a system; None where it is told, or not asked for."""
        contacts = [c for c in self.contacts.values() if (c.system, c.part) == (system, part)]
        return next((c.failure for c in contacts if c.failure), None)

    def half(self, system: System) -> Half:
        """How one of the two systems is, in a word."""
        stage = self.stages.get(system)
        contacts = [c for c in self.contacts.values() if c.system == system]
        return "off" if stage and stage.off else half_of(contacts)

    def problems(self) -> list[Problem]:
        """What needs attention now; see :func:`~arcwatch.store.problems.problems`."""
        return problems(self)

    # -- what is known -------------------------------------------------------------------------

    @property
    def nats(self) -> list[NatsServerState]:
        """Every NATS server that was asked, in the order of the settings."""
        return list(self._servers.values())

    @property
    def pulsar(self) -> list[PulsarClusterState]:
        """Every Pulsar cluster that was asked."""
        return list(self._clusters.values())

    def nats_servers(self) -> list[NatsServerRow]:
        """A row for each server that has ever answered."""
        rows = (state.row(stale=self._stale("nats", state.url, "varz")) for state in self.nats)
        return [row for row in rows if row]

    def nats_connections(self) -> list[NatsConnectionRow]:
        """A row for each open connection of all servers."""
        return [row for state in self.nats for row in state.connections]

    def nats_closed(self) -> list[NatsClosedRow]:
        """A row for each connection that closed lately, of the servers that were asked."""
        return [row for state in self.nats for row in state.closed.rows]

    def nats_accounts(self) -> list[NatsAccountRow]:
        """A row for each account on each server."""
        return [row for state in self.nats for row in state.accounts.rows]

    def nats_links(self) -> list[NatsLinkRow]:
        """A row for each neighbour of each server, as that server tells it."""
        return all_links(self.nats)

    def nats_streams(self) -> list[NatsStreamRow]:
        """A row for each stream, from its leader."""
        found: dict[tuple[str, str, str], NatsStreamRow] = {}
        for row in (row for state in self.nats for row in state.streams):
            key = (row.cluster, row.account, row.stream)
            # what a server told before it went silent counts until another leads
            if key not in found or found[key].stale:
                found[key] = row
        return list(found.values())

    def nats_consumers(self) -> list[NatsConsumerRow]:
        """A row for each JetStream consumer, from its leader."""
        return [row for _, row in leading(self.nats)]

    def endings(self) -> list[ExpiryRow]:
        """A row for each certificate, JWT and token that ends, the first to end first."""
        return expiry_rows(self.expiries, self.nats, self.now)

    @property
    def has_new_servers(self) -> bool:
        """Whether a NATS server was never compared with who is at the client port."""
        return any(
            context not in self._greeted or state.identified_at >= self._greeted[context].at
            for (context, _), state in self._servers.items()
        )

    def foreign_servers(self) -> list[Problem]:
        """A problem for each NATS server that is none of those that the client port leads to."""
        found: list[Problem] = []
        for context, greeted in self._greeted.items():
            servers = [state for place, state in self._servers.items() if place[0] == context]
            found += foreign(greeted, servers)
        return found

    def pulsar_brokers(self) -> list[PulsarBrokerRow]:
        """A row for each broker that has ever told its metrics."""
        told = [one for (_, system), one in self.expiries.items() if system == "pulsar"]
        rows = (
            broker.row(
                stale=self._stale("pulsar", broker.broker, "metrics"),
                until=certificate_of(told, broker.broker, alone=len(cluster.brokers) == 1),
            )
            for cluster in self.pulsar
            for broker in cluster.brokers.values()
        )
        return [row for row in rows if row]

    def pulsar_bookies(self) -> list[PulsarBookieRow]:
        """A row for each bookie that the clusters know."""
        return [row for cluster in self.pulsar for row in bookie_rows(cluster)]

    def pulsar_topics(self, *, internal: bool = False) -> list[PulsarTopicRow]:
        """A row for each topic that a broker has loaded, partitions summed.

        Args:
            internal: Whether Pulsar's own topics are among them.
        """
        rows = (row for cluster in self.pulsar for row in cluster.topics)
        return [row for row in rows if internal or not is_internal(row.topic)]

    def pulsar_tree(
        self, *, internal: bool = False, opened: Collection[str] = ()
    ) -> list[PulsarTreeRow]:
        """The tree of every cluster; see :func:`~arcwatch.store.pulsar_tree.tree`."""
        return [
            row
            for cluster in self.pulsar
            for row in tree(cluster, internal=internal, opened=opened)
        ]

    def opened_topic(self, topic: str) -> TopicRow | None:
        """All that is known of the topic that is open; None before anything is, or of another."""
        found = ((c.opened, c.name) for c in self.pulsar if c.opened and c.opened.topic == topic)
        return next((opened.row(cluster) for opened, cluster in found), None)

    def dead_letters(self) -> list[DeadLetterRow]:
        """What could not be consumed; of JetStream what was heard since somebody listens."""
        rows = [row for cluster in self.pulsar for row in cluster.dead_letter_rows(self.now)]
        heard = self.advisories.heard(self.now)
        return [*rows, *jetstream_rows(heard, self.nats_streams() if heard else ())]

    def backlogs(self, *, internal: bool = False) -> list[BacklogRow]:
        """What waits in both systems, the worst first.

        Args:
            internal: Whether what waits in Pulsar's own topics is among it.
        """
        if internal:
            return backlogs(self.nats, self.pulsar, self.now, internal=True)
        version, rows = self._backlogs
        if version != self.version:
            rows = backlogs(self.nats, self.pulsar, self.now)
            self._backlogs = (self.version, rows)
            ranked = {row.series for row in rows[:RANKED]}
            for table, prefix in self._backlog_series():
                keys = (key.removeprefix(prefix) for key in ranked if key.startswith(prefix))
                table.deepen(keys, claim="ranking")
        return rows

    def backlog_window(self, row: BacklogRow, seconds: float, buckets: int) -> list[float]:
        """How a ranked backlog moved over the last ``seconds``; see :meth:`SeriesTable.window`."""
        found = self.backlog_series(row)
        if found is None:
            return [nan] * buckets
        table, key = found
        return table.window(key, "backlog", table.last - seconds, table.last, buckets)

    def backlog_growth(self, row: BacklogRow, seconds: float) -> float:
        """What a ranked backlog grew by per second over so long; ``nan`` before that has passed."""
        found = self.backlog_series(row)
        if found is None:
            return nan
        table, key = found
        points = table.points(key, "backlog", table.last - seconds)
        if not points or points[-1][0] - points[0][0] < 0.9 * seconds:
            return nan
        scale = row.messages / row.entries if row.entries and row.messages else 1.0
        return slope(points) * scale

    def backlog_series(self, row: BacklogRow) -> tuple[SeriesTable, str] | None:
        """Where the past of a ranked backlog is, and by which key."""
        for table, prefix in self._backlog_series():
            key = row.series.removeprefix(prefix)
            if row.series.startswith(prefix) and key in table:
                return table, key
        return None

    def _backlog_series(self) -> Iterator[tuple[SeriesTable, str]]:
        for cluster in self.pulsar:
            yield cluster.subscription_rates, ""
        for server in self.nats:
            yield server.consumer_rates, f"{server.url} "

    def _stale(self, system: System, source: str, part: str) -> bool:
        contact = self.contact(system, source, part)
        return contact is not None and contact.failing
