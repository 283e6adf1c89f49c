"""The whole state, changed only through :meth:`Store.apply`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy

from msgspec.structs import replace

from arcwatch.model.expiry import Expiries
from arcwatch.model.latency import Latency
from arcwatch.model.nats import (
    NatsClosed,
    NatsConnections,
    NatsGreetings,
    NatsJetStream,
    NatsListed,
    NatsServer,
)
from arcwatch.model.nats_buckets import NatsBucket
from arcwatch.model.nats_links import NatsLinks
from arcwatch.model.nats_reports import NatsReports
from arcwatch.model.nats_services import ServiceAnswers
from arcwatch.model.pulsar import (
    PulsarBookies,
    PulsarBroker,
    PulsarBrokers,
    PulsarFunctions,
    PulsarHealth,
    PulsarNames,
    PulsarNamespaces,
    PulsarResourceGroups,
    PulsarTenants,
    PulsarTopics,
    PulsarTransactions,
)
from arcwatch.model.pulsar_opened import (
    OpenedTopic,
    TopicAbout,
    TopicClosed,
    TopicGone,
    TopicSchemas,
)
from arcwatch.model.reading import Failure, Paused, Reading, Stage
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.scope import Scope
from arcwatch.store.events.event import Event
from arcwatch.store.events.happened import (
    Happened,
    of_alerts,
    of_causes,
    of_contact,
    of_gap,
    of_note_changes,
)
from arcwatch.store.messages.advisories import Advisories
from arcwatch.store.messages.presence import Members
from arcwatch.store.nats.kinship import Greeted
from arcwatch.store.nats.server import NatsServerState
from arcwatch.store.nats.services import Services
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.series.latency_rows import of_broker, of_connections

from .contact import Contact
from .known import Known
from .problems import CLIENT_PORTS, FIGURES, problems
from .rows import Problem

ON_DEMAND = frozenset({"connection", "closed", "interest"})
"""Parts of a NATS server that are asked for only while they are looked at.

When one of them fails, either the parts that are always asked for fail too, or what is looked
at says so.
"""
MAY_BE_UNASKED = frozenset({"transactions", "functions"})
"""Parts that answer that there are none without asking a server, where its metrics say so.

Such an answer does not show that the server is there.
"""
OURSELVES = "arcwatch"
"""The source of readings about what asks, rather than about a server."""
LOOKS = (NatsJetStream, PulsarBroker)
"""The answers that backlogs are counted from: each is one more look at their causes."""
SET = 60.0
"""Seconds by which a reading may be older than the newest: half of what the longest takes."""


class Store(Known):
    """Applies readings and evaluates the alert rules.  Readings bring their own time."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts = Alerts()
        """What rules found; nothing before rules are set and time passes."""
        self.scope = Scope()
        """The places that rules look at."""
        self._happened = Happened()

    def call(self, context: str, name: str) -> None:
        """Name one of several clusters, by which its rows are distinguished.

        Args:
            context: Of its readings; its addresses begin with it.
        """
        self.called = self.called | {context: name}

    def apply(self, reading: Reading) -> None:
        """Apply one reading."""
        self.version += 1
        self.versions[reading.system] += 1
        # slow answers arrive after those to later requests; more is a clock that was set
        if not self.now - SET < reading.at < self.now:
            self.now = reading.at
        take = _TAKEN.get(type(reading.body)) or _TAKEN_OF_PART.get(reading.part)
        if take is not None:
            take(self, reading)
            return
        if reading.source != OURSELVES:
            (self._apply_nats if reading.system == "nats" else self._apply_pulsar)(reading)
            if isinstance(reading.body, LOOKS):
                self._look_at_causes()
        # after that, since what could not be taken in was no answer
        if reading.source == OURSELVES or reading.part not in ON_DEMAND:
            self._note(reading)
        if isinstance(reading.body, NatsConnections | NatsLinks | Failure):
            self._troubled, self._is_placed = None, False

    def note_failure(self, reading: Reading) -> None:
        """Record a failure and nothing else."""
        self.version += 1
        self.versions[reading.system] += 1
        self._note(reading)

    def restore_events(self, before: Sequence[Event], now: Sequence[Event]) -> int:
        """Put events of earlier runs in front, and add others.

        Returns:
            The version up to which events were restored: what is after it is new.
        """
        new = self.events.version
        self.events.restore(before)
        done = self.events.version - new
        self.add_events(now)
        return done

    def add_events(self, events: Iterable[Event]) -> None:
        """Add what others than servers report."""
        self.events.add(events)
        self.version += 1

    def _look_at_causes(self) -> None:
        looks = [one.look for one in self._ranking()]
        # what a cause that is shown from now on changes is only whether it is shown
        self._troubled = self._troubles()
        looks += [one.look for one in self._troubled]
        self.events.add(of_causes(self.causes.update(looks)))
        self._is_placed = False

    def _take_pause(self, reading: Reading) -> None:
        if isinstance(reading.body, Paused):
            self.events.add([of_gap(reading.body, reading.at)])
        for server in self._servers.values():
            server.paused(reading.at)
        for cluster in self._clusters.values():
            cluster.paused(reading.at)

    def _take_stage(self, reading: Reading) -> None:
        assert isinstance(reading.body, Stage)
        self.stages[reading.system] = reading.body
        self.staged_at[reading.system] = reading.at

    def _take_list(self, reading: Reading) -> None:
        assert isinstance(reading.body, NatsListed)
        of, listed = reading.context, reading.body.servers
        self._forget(of, lambda c: c.system == "nats" and c.source not in listed)
        for place in [p for p in self._servers if p[0] == of and p[1] not in listed]:
            del self._servers[place]

    def _take_latency(self, reading: Reading) -> None:
        assert isinstance(reading.body, Latency)
        self.latencies.update(reading.system, reading.context, reading.body, reading.at)

    def _take_greetings(self, reading: Reading) -> None:
        assert isinstance(reading.body, NatsGreetings)
        self._greeted = self._greeted | {reading.context: Greeted(reading.body, reading.at)}
        self._note(reading)

    def _take_expiries(self, reading: Reading) -> None:
        assert isinstance(reading.body, Expiries)
        self.expiries = self.expiries | {(reading.context, reading.system): reading.body}

    def _take_bucket(self, reading: Reading) -> None:
        body, stream = reading.body, reading.source.removeprefix("js:")
        if isinstance(body, NatsBucket | Failure):
            called = self.called.get(reading.context, "")
            self.bucket = self.bucket.updated(body, stream, reading.at, called)

    def _take_services(self, reading: Reading) -> None:
        if isinstance(reading.body, ServiceAnswers | Failure):
            of, called = reading.context, self.called.get(reading.context, "")
            known = self._services.get(of, Services())
            now = known.updated(reading.body, reading.at, reading.steady, called)
            self._services = self._services | {of: now}

    def _take_advisories(self, reading: Reading) -> None:
        heard = self.advisories.setdefault(reading.context, Advisories())
        heard.update(reading.body, reading.at)

    def _take_reports(self, reading: Reading) -> None:
        of, body = reading.context, reading.body
        found = self._happened.nats(of)
        # until it reports again, what can be compared is
        reported = found.clients_reported = isinstance(body, NatsReports) and body.of_clients
        self._clients_reported = self._clients_reported | {of: reported}
        if isinstance(body, NatsReports):
            if called := self.called.get(of):
                of_it = [replace(one, cluster=called) for one in body.reports]
                body = replace(body, reports=tuple(of_it))
            events = found.of_reports(body, reading.at)
            self.events.add(one.within(self._prefix(of)) for one in events)

    def _take_heartbeats(self, reading: Reading) -> None:
        self.members.setdefault(reading.context, Members()).update(reading.body, reading.at)

    def _note(self, reading: Reading) -> None:
        key = (reading.context, reading.system, reading.source, reading.part)
        contact = self.contacts.get(key)
        if contact is None:
            if reading.part in MAY_BE_UNASKED and not isinstance(reading.body, Failure):
                return
            contact = self.contacts[key] = Contact(*key)
        was = contact.failure, contact.failing_since
        contact.note(reading)
        if reading.part in FIGURES:
            state = self._servers.get((reading.context, reading.source))
            name = state.name if state else contact.source
            called = self.called.get(reading.context, "")
            self.events.add(of_contact(contact, called, name, *was, reading.at))

    def _apply_nats(self, reading: Reading) -> None:
        state = self._state_of(reading)
        if isinstance(reading.body, NatsServer):
            state.calls_itself = reading.body.cluster
            if called := self.called.get(reading.context):
                reading = replace(reading, body=replace(reading.body, cluster=called))
        server = state.server
        state.apply(reading)
        events = self._nats_events(state, server, reading)
        self.events.add(one.within(state.prefix) for one in events)
        match reading.body:
            case NatsConnections() if state.server:
                rtts = of_connections(state.name, reading.body)
                self._update_latencies(reading, state.cluster, state.name, rtts)
            case Failure() if reading.part == "connz":
                self.latencies.missed(state.cluster, state.name, reading.at)

    def _state_of(self, reading: Reading) -> NatsServerState:
        of, called = reading.context, self.called.get(reading.context, "")
        state = self._servers.get((of, reading.source))
        if state is None:
            state = NatsServerState(reading.source, of if called else "", called)
            found = [*self._servers.items(), ((of, reading.source), state)]
            # in the order of the settings, whoever answers first
            order = list(self.called)
            found.sort(key=lambda one: order.index(one[0][0]) if one[0][0] in order else -1)
            self._servers = dict(found)
        return state

    def _nats_events(
        self, state: NatsServerState, before: NatsServer | None, reading: Reading
    ) -> Iterable[Event]:
        """Events of the answer; none before the server's own figures are known."""
        found, at = self._happened.nats(reading.context), reading.at
        match reading.body:
            case NatsServer() if before is None and state.jetstream_at == state.jetstream_at:
                # what it listed before its own figures was there before them
                return found.of_jetstream(state.url, self.nats_of(reading.context), at)
            case NatsServer():
                return found.of_server(before, reading.body, at)
            case NatsConnections():
                # who was there before the server's own figures did not come after them
                clients = tuple(found.of_connections(state.url, state.connections, at))
                return clients if before else ()
            case NatsJetStream() if before:
                return found.of_jetstream(state.url, self.nats_of(reading.context), at)
            case NatsLinks() if before:
                return found.of_servers(state.url, state.links.rows, at)
            case NatsClosed() if before:
                return found.of_closed(state.closed.rows, at)
        return ()

    def _pulsar_events(
        self, cluster: PulsarClusterState, before: PulsarBroker | None, reading: Reading
    ) -> Iterable[Event]:
        found, at = self._happened.pulsar(reading.context), reading.at
        match reading.body:
            case PulsarBroker():
                yield from found.of_page(before, reading.body, at)
                if cluster.is_round_complete:
                    yield from found.of_topics(
                        cluster.topics, cluster.replicators, at, cluster.parts_of
                    )
                    yield from found.of_replicators(cluster.replicators, at)
            case PulsarBrokers():
                yield from found.of_brokers(cluster.name, reading.body.brokers, at)
            case TopicAbout():
                yield from found.of_about(cluster.name, reading.body, at)
            case PulsarBookies():
                yield from found.of_bookies(cluster.name, reading.body.bookies or (), at)

    def _apply_pulsar(self, reading: Reading) -> None:
        of, called = reading.context, self.called.get(reading.context, "")
        if of not in self._clusters:
            self._clusters[of] = PulsarClusterState(of if called else "", called)
            # in the order of the settings, whoever answers first
            order = dict.fromkeys([*self.called, *self._clusters])
            self._clusters = {c: self._clusters[c] for c in order if c in self._clusters}
        cluster = self._clusters[of]
        if called and isinstance(reading.body, PulsarBroker):
            cluster.calls_itself = reading.body.cluster
            reading = replace(reading, body=replace(reading.body, cluster=called))
        known = cluster.brokers.get(reading.source)
        page = known.page if known else None
        self._update_pulsar(cluster, reading)
        events = self._pulsar_events(cluster, page, reading)
        self.events.add(one.within(cluster.prefix) for one in events)

    def _update_pulsar(self, cluster: PulsarClusterState, reading: Reading) -> None:
        match reading.body:
            case PulsarBrokers():
                cluster.update_brokers(reading.body, reading.at)
                listed, parts = reading.body.brokers, ("metrics", "ready")
                self._forget(reading.context, lambda c: c.part in parts and c.source not in listed)
            case PulsarBroker():
                cluster.update_page(reading.body, reading.at, reading.steady)
                report = of_broker(reading.body)
                self._update_latencies(reading, cluster.name, reading.source, report)
            case PulsarBookies():
                cluster.bookies = reading.body.bookies
                cluster.underreplicated = reading.body.underreplicated
            case PulsarHealth():
                cluster.update_health(reading.body, reading.at)
            case PulsarTopics():
                cluster.update_details(reading.body.topics, reading.at)
            case PulsarFunctions():
                cluster.update_functions(reading.body)
            case PulsarResourceGroups():
                cluster.resource_groups = reading.body
            case PulsarTransactions():
                cluster.update_transactions(reading.body, reading.at)
            case PulsarTenants():
                cluster.names.update_tenants(reading.body)
            case PulsarNamespaces():
                cluster.names.update_namespaces(reading.body)
            case PulsarNames():
                cluster.names.update_names(reading.body)
            case OpenedTopic() | TopicAbout() | TopicSchemas() | TopicGone() | TopicClosed():
                cluster.update_opened(reading.body, reading.at, reading.steady)
            case Failure():
                cluster.missed(reading.part, reading.source, reading.at)
                if reading.part == "metrics":
                    self.latencies.missed(cluster.name, reading.source, reading.at)

    def _update_latencies(
        self, reading: Reading, cluster: str, place: str, report: Sequence[Latency]
    ) -> None:
        for one in report:
            self.latencies.update(reading.system, cluster, one, reading.at)
        self.latencies.missed(cluster, place, reading.at, but=[one.name for one in report])

    def _forget(self, context: str, gone: Callable[[Contact], bool]) -> None:
        held = self.contacts.items()
        self.contacts = {key: c for key, c in held if key[0] != context or not gone(c)}

    def judge(self, at: float, steady: float) -> list[AlertRow]:
        """Evaluate the alert rules now; call once a second or so.

        Args:
            at: Unix seconds.

        Returns:
            What began to fire, and what is over.
        """
        self.scope.update(self, steady)
        before = self.alerts.version
        changed = self.alerts.judge(self.scope.places, at, steady, self.scope.is_in_doubt)
        self.version += self.alerts.version != before
        self.events.add([*of_alerts(changed), *of_note_changes(self.alerts.note_changes)])
        self.alerts.note_changes.clear()
        return changed

    def freeze(self) -> Store:
        """An independent copy.

        Costs about 3 µs a topic, subscription and connection; what never changes is shared.
        """
        frozen = copy(self)
        frozen.latencies = self.latencies.freeze()
        frozen.alerts, frozen.causes = self.alerts.freeze(), self.causes.freeze()
        frozen.advisories = {of: heard.freeze() for of, heard in self.advisories.items()}
        frozen.members = {of: members.freeze() for of, members in self.members.items()}
        frozen.events = self.events.freeze()
        frozen.versions, frozen.stages = dict(self.versions), dict(self.stages)
        frozen.staged_at = dict(self.staged_at)
        frozen.contacts = {key: copy(contact) for key, contact in self.contacts.items()}
        frozen._servers = {key: state.freeze() for key, state in self._servers.items()}
        frozen._clusters = {key: state.freeze() for key, state in self._clusters.items()}
        return frozen

    def problems(self) -> list[Problem]:
        """Problems that need attention now; see :func:`~arcwatch.store.problems.problems`."""
        return problems(self, self.alerts.problems())


_TAKEN: Mapping[type, Callable[[Store, Reading], None]] = {
    Paused: Store._take_pause,
    Stage: Store._take_stage,
    NatsListed: Store._take_list,
    Latency: Store._take_latency,
    NatsGreetings: Store._take_greetings,
    Expiries: Store._take_expiries,
}
"""How readings are taken that are of no server, by the type of their body."""

_TAKEN_OF_PART: Mapping[str, Callable[[Store, Reading], None]] = {
    "advisories": Store._take_advisories,
    "heartbeats": Store._take_heartbeats,
    "bucket": Store._take_bucket,
    "services": Store._take_services,
    "reports": Store._take_reports,
    **dict.fromkeys(CLIENT_PORTS, Store._note),
}
"""The same by part, whatever the body: a failure to listen is one of them."""
