"""Everything known about all systems, as rows: the read side of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from math import nan
from typing import Any

from msgspec.structs import replace

from arcwatch.model.expiry import Expiries
from arcwatch.model.nats import NatsGreeting, NatsServer
from arcwatch.model.pulsar_opened import TopicSchemas
from arcwatch.model.reading import Failure, Stage, System
from arcwatch.notation.address import Address, AddressError, Stream, Subject, parse_address
from arcwatch.notation.places import escaped
from arcwatch.notation.topic_names import is_internal
from arcwatch.store.backlog.past import Past
from arcwatch.store.backlog.ranking import Ranked, backlogs, named
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.backlog.usual import compared_with_earlier
from arcwatch.store.causes.cause import Cause, Evidence, Why
from arcwatch.store.causes.find import why
from arcwatch.store.causes.places import Place, Row, causes_by_place, places_of
from arcwatch.store.causes.steady import SteadyCauses
from arcwatch.store.events.event import EventLog
from arcwatch.store.messages.advisories import Advisories
from arcwatch.store.messages.dead_letters import DeadLetterRow, jetstream_rows, stranded_row
from arcwatch.store.messages.presence import Members
from arcwatch.store.nats.buckets import NatsBucketRow, OpenedBucket, bucket_rows
from arcwatch.store.nats.kinship import Greeted, foreign
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.nats.raft import NatsRaftRow, count_groups, raft_rows
from arcwatch.store.nats.server import NatsServerState, all_links, leading, stranded, streams_of
from arcwatch.store.nats.services import Services, together
from arcwatch.store.pulsar.bookie_rows import PulsarBookieRow, bookie_rows
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.pulsar.function_rows import PulsarFunctionRow, function_rows
from arcwatch.store.pulsar.offload_rows import PulsarOffloadRow, offload_rows
from arcwatch.store.pulsar.replicated import with_positions
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.resource_group_rows import PulsarResourceGroupRow, resource_group_rows
from arcwatch.store.pulsar.topic_rows import TopicRow
from arcwatch.store.pulsar.transaction_rows import (
    PulsarCoordinatorRow,
    PulsarTransactionRow,
    coordinator_rows,
    transaction_rows,
)
from arcwatch.store.pulsar.tree import PulsarTreeRow, tree
from arcwatch.store.series.latency_history import LatencyHistory
from arcwatch.store.series.series import SeriesTable

from .contact import Contact, Half, half_of
from .expiry_rows import ExpiryRow, certificate_of, expiry_rows
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
from .troubles import Trouble, troubles, troubles_at

PLACES = ("client:", "link:", "server:")
"""What addresses of connections, links and servers begin with."""
RANKED = 50
"""Backlogs whose past is kept at full depth."""


class Known:
    """The latest state of every source, for readers.  No IO and no clock.

    A caller that shows it compares :attr:`version` with the one last shown, and then reads rows.
    """

    def __init__(self) -> None:
        self.version = 0
        """Grows with every reading."""
        self.versions: dict[System, int] = {"nats": 0, "pulsar": 0}
        """The same for the readings of each system."""
        self.now = 0.0
        """Unix seconds of the newest reading."""
        self.called: dict[str, str] = {}
        """What a cluster is called, by its context, where several are watched."""
        self.contacts: dict[tuple[str, System, str, str], Contact] = {}
        self.stages: dict[System, Stage] = {}
        """Why a half is not to be expected to answer: left out, or still being started."""
        self.staged_at: dict[System, float] = {}
        self.expiries: dict[tuple[str, System], Expiries] = {}
        self.latencies = LatencyHistory()
        """Latencies that servers report, and those that were measured."""
        self.advisories: dict[str, Advisories] = {}
        """Messages JetStream gave up on since advisories were first received, by context."""
        self.members: dict[str, Members] = {}
        """Who sends heartbeats, where the settings say on which subjects, by context."""
        self.bucket = OpenedBucket()
        """The keys or objects of the bucket that is looked into."""
        self._services: dict[str, Services] = {}
        self._servers: dict[tuple[str, str], NatsServerState] = {}
        self._greeted: dict[str, Greeted] = {}
        self._clusters: dict[str, PulsarClusterState] = {}
        self.events = EventLog()
        """What happened, the newest :data:`~arcwatch.store.events.event.MOST` of it."""
        self._clients_reported: dict[str, bool] = {}
        self.causes = SteadyCauses()
        """The cause of each ranked backlog, which changes only when another has held."""
        self.past = Past()
        """Past backlogs, as far as they were saved."""
        self._ranked: tuple[int, list[Ranked]] = (-1, [])
        self._troubled: list[Trouble] | None = None
        self._placed: dict[Place, Cause] = {}
        self._is_placed = False

    def contact(self, system: System, source: str, part: str) -> Contact | None:
        """The contact with one part of one source, in any context."""
        key = (system, source, part)
        return next((c for place, c in self.contacts.items() if place[1:] == key), None)

    def reports(self, context: str, cluster: str) -> bool:
        """Whether a cluster belongs to a context; an unknown cluster may belong to any."""
        called = self.called.get(context, "")
        return called == cluster or not (called and cluster)

    def prefix_of(self, system: System, cluster: str) -> str:
        """The prefix of a cluster's addresses; empty if it is the only one of its system."""
        have = self._clusters if system == "pulsar" else {of for of, _ in self._servers}
        found = (of for of, name in self.called.items() if name == cluster and of in have)
        return next((f"{context}::" for context in found), "")

    @property
    def services(self) -> Services:
        """The NATS micro services, while they are on screen."""
        return together(self._services)

    @property
    def clients_reported(self) -> bool | None:
        """Whether NATS reports who connects and why they leave, rather than that being compared.

        None before that is known, or where nobody wants to know; of several clusters all of them.
        """
        return all(self._clients_reported.values()) if self._clients_reported else None

    def nats_of(self, context: str) -> list[NatsServerState]:
        """The polled NATS servers of a context."""
        return [state for (of, _), state in self._servers.items() if of == context]

    def pulsar_of(self, context: str) -> list[PulsarClusterState]:
        """The Pulsar cluster of a context, if it was ever polled."""
        return [self._clusters[context]] if context in self._clusters else []

    def failure(self, system: System, part: str, cluster: str = "") -> Failure | None:
        """Why one part of a system is unavailable; None if it is available or not polled.

        Args:
            cluster: Only of this one; empty is any.
        """
        contacts = [
            c
            for c in self.contacts.values()
            if (c.system, c.part) == (system, part) and self.reports(c.context, cluster)
        ]
        return next((c.failure for c in contacts if c.failure), None)

    def half(self, system: System, context: str | None = None) -> Half:
        """The state of one system in a word; of all clusters, or that of a context."""
        stage = self.stages.get(system)
        contacts = [
            c for c in self.contacts.values() if c.system == system and context in (None, c.context)
        ]
        return "off" if stage and stage.off else half_of(contacts)

    @property
    def nats(self) -> list[NatsServerState]:
        """Every polled NATS server, in the order of the settings."""
        return list(self._servers.values())

    @property
    def pulsar(self) -> list[PulsarClusterState]:
        """Every polled Pulsar cluster."""
        return list(self._clusters.values())

    def nats_servers(self) -> list[NatsServerRow]:
        """A row for each server that has ever answered."""
        rows = (
            state.row(stale=self._stale(context, "nats", state.url, "varz"))
            for (context, _), state in self._servers.items()
        )
        return [row for row in rows if row]

    def nats_connections(self) -> list[NatsConnectionRow]:
        """A row for each open connection of all servers."""
        return [row for state in self.nats for row in state.connections]

    def nats_closed(self) -> list[NatsClosedRow]:
        """A row for each recently closed connection of the polled servers."""
        return [row for state in self.nats for row in state.closed.rows]

    def nats_accounts(self) -> list[NatsAccountRow]:
        """A row for each account on each server."""
        return [row for state in self.nats for row in state.accounts.rows]

    def nats_links(self) -> list[NatsLinkRow]:
        """A row for each neighbour of each server, as reported by that server."""
        return all_links(self.nats)

    def nats_streams(self) -> list[NatsStreamRow]:
        """A row for each stream, from its leader."""
        return streams_of(self.nats)

    def nats_buckets(self) -> list[NatsBucketRow]:
        """A row for each key-value and object store."""
        return list(bucket_rows(self.nats_streams()))

    def nats_raft(self) -> list[NatsRaftRow]:
        """A row for each RAFT group of more than one server."""
        return list(raft_rows(self._nats_reports, self.nats_streams(), self.nats_consumers()))

    def count_raft(self) -> int:
        """How many RAFT groups there are, without a row for each."""
        return count_groups(self._nats_reports, self.nats_streams(), self.nats_consumers())

    @property
    def _nats_reports(self) -> list[NatsServer]:
        return [state.server for state in self.nats if state.server]

    def nats_consumers(self) -> list[NatsConsumerRow]:
        """A row for each JetStream consumer, from its leader."""
        return [row for _, row in leading(self.nats)]

    def endings(self) -> list[ExpiryRow]:
        """A row for each certificate, JWT and token with an expiry, earliest first."""
        return expiry_rows(self.expiries, self.nats, self.called, self.now)

    def has_new_servers(self, context: str) -> bool:
        """Whether a NATS server was not yet compared with those at the client port."""
        greeted = self._greeted.get(context)
        return any(
            greeted is None or state.identified_at >= greeted.at for state in self.nats_of(context)
        )

    @property
    def greeted(self) -> list[NatsGreeting]:
        """The greeting of each NATS server at the client port."""
        return [one for found in self._greeted.values() for one in found.answer.servers]

    def foreign_servers(self) -> list[Problem]:
        """A problem for each NATS server that is not reachable from the client port."""
        found: list[Problem] = []
        for context, greeted in self._greeted.items():
            found += foreign(greeted, self.nats_of(context))
        return found

    def pulsar_brokers(self) -> list[PulsarBrokerRow]:
        """A row for each broker that has ever reported metrics."""
        rows = (
            broker.row(
                stale=self._stale(context, "pulsar", broker.broker, "metrics"),
                until=certificate_of(
                    self.expiries.get((context, "pulsar")),
                    broker.broker,
                    is_only=len(cluster.brokers) == 1,
                ),
            )
            for context, cluster in self._clusters.items()
            for broker in cluster.brokers.values()
        )
        return [row for row in rows if row]

    def pulsar_bookies(self) -> list[PulsarBookieRow]:
        """A row for each registered bookie."""
        return [row for cluster in self.pulsar for row in bookie_rows(cluster)]

    def pulsar_replicators(self, *, internal: bool = False) -> list[PulsarReplicatorRow]:
        """A row for each topic and remote cluster."""
        rows = (row for cluster in self.pulsar for row in cluster.replicators)
        return [row for row in rows if internal or not is_internal(row.topic)]

    @property
    def replicated_twice(self) -> float | None:
        """Messages per second that a sum over clusters counts twice, as averaged by the brokers.

        None where no topic is replicated between two clusters that are watched; ``nan`` where a
        broker does not answer.
        """
        watched = {state.calls_itself or state.name for state in self.pulsar}
        rows = [row for state in self.pulsar for row in state.replicators]
        rates = [nan if row.stale else row.msg_rate_in for row in rows if row.remote in watched]
        return sum(rates) if rates else None

    def pulsar_resource_groups(self) -> list[PulsarResourceGroupRow]:
        """A row for each resource group."""
        return [row for cluster in self.pulsar for row in resource_group_rows(cluster)]

    def pulsar_functions(self) -> list[PulsarFunctionRow]:
        """A row for each function, source and sink."""
        return [row for cluster in self.pulsar for row in function_rows(cluster)]

    def pulsar_transactions(self) -> list[PulsarTransactionRow]:
        """A row for each open transaction, the oldest of each cluster first."""
        return [row for cluster in self.pulsar for row in transaction_rows(cluster, self.now)]

    def pulsar_coordinators(self) -> list[PulsarCoordinatorRow]:
        """A row for each transaction coordinator."""
        return [row for cluster in self.pulsar for row in coordinator_rows(cluster)]

    def pulsar_offloads(self) -> list[PulsarOffloadRow]:
        """A row for each topic that uses tiered storage."""
        return [row for cluster in self.pulsar for row in offload_rows(cluster)]

    def pulsar_topics(self, *, internal: bool = False) -> list[PulsarTopicRow]:
        """A row for each topic that a broker has loaded, partitions summed."""
        rows = (row for cluster in self.pulsar for row in cluster.topics)
        return [row for row in rows if internal or not is_internal(row.topic)]

    def pulsar_tree(
        self, *, internal: bool = False, opened: Collection[str] = ()
    ) -> list[PulsarTreeRow]:
        """The tree of every cluster; see :func:`~arcwatch.store.pulsar.tree.tree`."""
        return [
            row
            for cluster in self.pulsar
            for row in tree(cluster, internal=internal, opened=opened)
        ]

    def opened_schemas(self, topic: str, cluster: str = "") -> TopicSchemas | None:
        """The versions of the open topic's schema; None while they are not on screen."""
        states = (state.opened for state in self.pulsar if cluster in ("", state.name))
        return next((one.schemas for one in states if one and one.topic == topic), None)

    def opened_topic(self, topic: str, cluster: str = "") -> TopicRow | None:
        """The open topic; None before its first answer.

        Args:
            cluster: Which it is open in, where several may have it.
        """
        states = (state for state in self.pulsar if cluster in ("", state.name))
        found = ((c.opened, c.name) for c in states if c.opened and c.opened.topic == topic)
        row = next((opened.row(name) for opened, name in found), None)
        here = next((state for state in self.pulsar if row and state.name == row.cluster), None)
        if row is None or here is None:
            return None
        others = (state for state in self.pulsar if state is not here)
        placed = with_positions(row.subscriptions, here, others, self.now)
        return replace(
            row,
            subscriptions=tuple(self.caused(placed)),
            parts=tuple(self.caused(row.parts)),
            replication=tuple(self.caused(row.replication)),
        )

    def dead_letters(self) -> list[DeadLetterRow]:
        """Undeliverable messages; of JetStream, those since advisories are followed."""
        rows = [row for cluster in self.pulsar for row in cluster.dead_letter_rows(self.now)]
        rows += [
            stranded_row(row, count, at.address(row.stream))
            for at, row, count in stranded(self.nats)
        ]
        for context, heard in self.advisories.items():
            if counts := heard.counts(self.now):
                streams = streams_of(self.nats_of(context))
                rows += jetstream_rows(counts, streams, self._prefix(context))
        return rows

    def backlogs(self, *, internal: bool = False) -> list[BacklogRow]:
        """The backlogs of both systems, worst first."""
        if internal:
            ranked = backlogs(self.nats, self.pulsar, self.now, self.causes.kinds, internal=True)
            return [self._steady(one) for one in ranked]
        return [self._steady(one) for one in self._ranking()]

    def backlogs_of(self, address: str) -> list[BacklogRow]:
        """Every backlog at an address, whether anything waits or not; see :meth:`why`."""
        return [self._steady(one) for one in self._at(address)]

    def why(self, address: str) -> list[Why]:
        """Problems at an address: the cause, its evidence and what to try, worst first.

        Of a topic or stream it is itself, where something is wrong with it, and all of its own.

        Returns:
            One element a place, also where nothing is wrong; none where there is no such place.

        Raises:
            AddressError: It is none of these.
        """
        found = troubles_at(
            self.nats, self.pulsar, self.now, self.causes.kinds, self._mute, address
        )
        if found or address.startswith(PLACES):
            return [self._explained(one) for one in found]
        rows = [(self._steady(one), one.facts) for one in self._at(address)]
        rows.sort(key=lambda one: one[0].waiting if one[0].waiting >= 0 else 0.0, reverse=True)
        place = parse_address(address)
        own = {str(replace(place, context=of)) for of in self._contexts_of(place)}
        return [
            *(self._explained(one) for one in self._troubles() if one.look.address in own),
            *(
                self._with_past(why(facts, row.address, row.messages_at, row.cause), row)
                for row, facts in rows
            ),
        ]

    def _with_past(self, found: Why, row: BacklogRow) -> Why:
        """The same, with a comparison of the backlog with earlier days."""
        text = compared_with_earlier(self.past, row, self.now)
        if not text:
            return found
        usual = Evidence("as usual?", text, 0.0, "arcwatch")
        return replace(found, evidence=(*found.evidence, usual))

    def _explained(self, one: Trouble) -> Why:
        return why(one.facts, one.look.address, one.look.address, self._cause_of(one))

    def _cause_of(self, one: Trouble) -> Cause | None:
        """The cause to show; at once for a server that does not answer."""
        look = one.look
        return look.found[0] if look.frozen and look.found else self.causes.shown(look)

    def _troubles(self) -> list[Trouble]:
        return troubles(self.nats, self.pulsar, self.now, self.causes.kinds, self._mute)

    @property
    def _mute(self) -> set[str]:
        """Sources that do not report their own figures, with the prefix of their cluster if any."""
        parts = ("varz", "metrics")
        contacts = (one for one in self.contacts.values() if one.part in parts and one.failing)
        return {self._prefix(one.context) + one.source for one in contacts}

    def _prefix(self, context: str) -> str:
        return f"{context}::" if context in self.called else ""

    @property
    def placed_causes(self) -> Mapping[Place, Cause]:
        """The strongest cause at each place with one; the same object while it is the same."""
        if not self._is_placed:
            ranked = [(one.facts, self._steady(one).cause) for one in self._ranked[1]]
            if self._troubled is None:
                self._troubled = self._troubles()
            ranked += [(one.facts, self._cause_of(one)) for one in self._troubled]
            found, self._is_placed = causes_by_place(ranked), True
            self._placed = self._placed if found == self._placed else found
        return self._placed

    def caused(self, rows: Iterable[Row]) -> list[Row]:
        """Rows with the cause of the problem at each, as far as that has been examined."""
        listed = list(rows)
        if self.placed_causes:
            for nth, row in enumerate(listed):
                if cause := self.cause_of(row):
                    with_cause: Any = row
                    listed[nth] = replace(with_cause, cause=cause)
        return listed

    def cause_of(self, row: object) -> Cause | None:
        """The cause of the problem at a row of any kind; None where there is none."""
        places = places_of(row)
        return self.placed_causes.get(places[0]) if places else None

    def _contexts_of(self, place: Address) -> list[str]:
        """Contexts in which rows of a place are looked up: its own, or all."""
        return [place.context] if place.context in self.called else ["", *self.called]

    def _at(self, address: str) -> list[Ranked]:
        place = parse_address(address)
        if isinstance(place, Subject):
            raise AddressError(address, 0, "a subject keeps no messages", "name a stream: js:NAME")
        if isinstance(place, Stream):
            name, member = place.stream, place.consumer
        else:
            name, member = replace(place, partition=None).full_name, place.subscription
        found = named(self.nats, self.pulsar, self.now, self.causes.kinds, name)
        end = f"#{escaped(member)}" if member else ""
        of = self._contexts_of(place)
        return [
            one
            for one in found
            if one.row.address.endswith(end) and parse_address(one.row.address).context in of
        ]

    def _steady(self, one: Ranked) -> BacklogRow:
        cause = one.row.cause if one.row.stale else self.causes.shown(one.look)
        return one.row.with_causes(cause, one.row.says)

    def _ranking(self) -> list[Ranked]:
        version, ranked = self._ranked
        if version != self.version:
            ranked = backlogs(self.nats, self.pulsar, self.now, self.causes.kinds)
            self._ranked = (self.version, ranked)
            deep = {one.row.series for one in ranked[:RANKED]}
            for table, prefix in self._backlog_series():
                keys = (key.removeprefix(prefix) for key in deep if key.startswith(prefix))
                table.deepen(keys, claim="ranking")
        return ranked

    def backlog_window(self, row: BacklogRow, seconds: float, buckets: int) -> list[float]:
        """How a ranked backlog moved over the last ``seconds``; see :meth:`SeriesTable.window`."""
        found = self.backlog_series(row)
        if found is None:
            return [nan] * buckets
        table, key = found
        return table.window(key, "backlog", table.last - seconds, table.last, buckets)

    def backlog_series(self, row: BacklogRow) -> tuple[SeriesTable, str] | None:
        """The series of a ranked backlog and its key."""
        for table, prefix in self._backlog_series():
            key = row.series.removeprefix(prefix)
            if row.series.startswith(prefix) and key in table:
                return table, key
        return None

    def _backlog_series(self) -> Iterator[tuple[SeriesTable, str]]:
        for cluster in self.pulsar:
            yield cluster.subscription_rates, cluster.prefix
        for server in self.nats:
            yield server.consumer_rates, f"{server.prefix}{server.url} "

    def _stale(self, context: str, system: System, source: str, part: str) -> bool:
        contact = self.contacts.get((context, system, source, part))
        return contact is not None and contact.failing
