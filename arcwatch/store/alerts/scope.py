"""The targets of rules in a store, rebuilt only where something has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from math import nan

from arcwatch.notation.topic_names import is_internal, namespace_of
from arcwatch.store.contact import Contact
from arcwatch.store.known import Known
from arcwatch.store.nats.problems import RECENT
from arcwatch.store.nats.raft import offline_peers
from arcwatch.store.nats.server import copies, leading, work_queues
from arcwatch.store.problems import FIGURES, host_of, is_starting
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.rows import PulsarTopicRow
from arcwatch.store.series.samples import BacklogSamples

from .metrics import Kind
from .places import (
    RuleTarget,
    account_place,
    broker_place,
    closed_place,
    connection_place,
    consumer_place,
    copy_place,
    expiry_place,
    function_place,
    latency_place,
    member_place,
    mirror_place,
    peer_place,
    replicator_place,
    server_place,
    source_place,
    stream_place,
    subscription_place,
    topic_place,
    transaction_place,
)

SOURCES = (*FIGURES, "brokers")
"""The parts of a source that say whether it answers."""
FORGOTTEN = 3600.0
"""Seconds after which a broker that left the cluster is missed no more."""


class Scope:
    """Every target of a store by kind, as of the last update."""

    def __init__(self) -> None:
        self._store: Known | None = None
        self._steady = nan
        self._silent: dict[tuple[str, str, str], float] = {}
        self._brokers: dict[tuple[str, str], float] = {}
        # by cluster, of which a store never forgets one
        self._subscriptions = defaultdict[int, _PlaceCache](
            lambda: _PlaceCache(_subscriptions_of, _renew_subs)
        )
        self._loaded = defaultdict[int, _PlaceCache](lambda: _PlaceCache(_topic_of, _renew_topic))
        self.unloaded = UnloadedTopics()
        self._made: dict[Kind, list[RuleTarget]] = {}
        self._answering: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
        self._makers: dict[Kind, Callable[[Known], list[RuleTarget]]] = {
            "backlog": self._backlogs,
            "topic": self._topics,
            "server": _servers,
            "client": _clients,
            "latency": _latencies,
            "member": _members,
            "mirror": lambda store: [mirror_place(row) for _, row in copies(store.nats)],
            "replicator": _replicators,
            "function": lambda store: [function_place(row) for row in store.pulsar_functions()],
            "peer": _peers,
            "transaction": lambda store: [
                transaction_place(row) for row in store.pulsar_transactions()
            ],
            "expiry": lambda store: [expiry_place(row) for row in store.endings()],
            "source": self._sources,
        }

    def update(self, store: Known, steady: float) -> None:
        """Take the targets of a store at ``steady``, seconds of a clock that never jumps."""
        self._store, self._steady = store, steady
        self._made = {}
        self._answering = {}
        self.unloaded.forget_unasked()

    def places(self, kind: Kind) -> Sequence[RuleTarget]:
        """All targets of a kind."""
        if self._store is None:
            return ()
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = self._makers[kind](self._store)
        return made

    def is_in_doubt(self, place: RuleTarget, *, gone: bool) -> bool:
        """Whether it is unknown what happened to a target since it was last reported."""
        if place.source is None or self._store is None:
            return False
        unloaded = [self.unloaded.misses_part(place, cluster) for cluster in self._store.pulsar]
        silent = self.is_silent(place.system, place.source, gone=gone, cluster=place.cluster)
        return any(unloaded) or silent

    def is_silent(self, system: str, source: str = "", *, gone: bool, cluster: str = "") -> bool:
        """Whether the source of a target does not answer, so that its absence proves nothing.

        Args:
            system: ``nats`` or ``pulsar``.
            source: The server that reports the place; empty where any of the system may.
            gone: Whether no server reports it now.  One that does not answer may still have it.
            cluster: The place's; others have no say in it.
        """
        known = self._answering.get((system, cluster))
        if known is None:
            known = self._answering[system, cluster] = self._ask(system, cluster)
        reporting, silent = known
        if source:
            return source in silent
        return bool(silent) and (gone or silent >= reporting)

    @property
    def anyone_silent(self) -> bool:
        """Whether any server of either system does not answer."""
        return any(self.is_silent(system, gone=True) for system in ("nats", "pulsar"))

    def _ask(self, system: str, cluster: str) -> tuple[set[str], set[str]]:
        """The servers of one system that report metrics, and those that do not answer now."""
        if self._store is None:
            return set(), set()
        contacts = [
            c
            for c in self._store.contacts.values()
            if c.system == system and c.part in SOURCES and self._store.reports(c.context, cluster)
        ]
        reporting = {c.source for c in contacts if c.part in FIGURES}
        silent = {c.source for c in contacts if c.failing or c.is_overdue(self._steady)}
        if system == "pulsar":
            # a topic of a broker that left is reported again once another broker loads it
            gone = self._gone(self._store)
            silent |= {place.address for place in gone if cluster in ("", place.cluster)}
        return reporting, silent

    def _backlogs(self, store: Known) -> list[RuleTarget]:
        places = [consumer_place(state, row) for state, row in leading(store.nats)]
        places += [copy_place(row, state.past) for state, row in copies(store.nats)]
        for cluster in store.pulsar:
            places += self._subscriptions[id(cluster)].of(cluster.topics, cluster.past)
        return places

    def _topics(self, store: Known) -> list[RuleTarget]:
        pasts = {id(row): state.past for state in store.nats for row in state.streams}
        left = {id(row): count for _, row, count in work_queues(store.nats)}
        places = [
            stream_place(row, pasts[id(row)], left.get(id(row))) for row in store.nats_streams()
        ]
        for cluster in store.pulsar:
            places += self._loaded[id(cluster)].of(cluster.topics, cluster.past)
        return places

    def _sources(self, store: Known) -> list[RuleTarget]:
        # of a local stack that is being started nobody expects an answer
        starting = {system for system in store.stages if is_starting(store, system)}
        contacts = [
            c for c in store.contacts.values() if c.part in SOURCES and c.system not in starting
        ]
        names = _names_of(store, contacts)
        ends = [(c, (c.context, c.system, names[c.context, c.source])) for c in contacts]
        failing = {end for contact, end in ends if contact.failing}
        self._silent = {key: self._silent.get(key, self._steady) for key in failing}
        places = [
            source_place(*end[1:], self._steady - self._silent.get(end, self._steady), called)
            for end in dict.fromkeys(end for _, end in ends)
            for called in [store.called.get(end[0], "")]
        ]
        return places + self._gone(store)

    def _gone(self, store: Known) -> list[RuleTarget]:
        listed = {
            (called, broker)
            for cluster in store.pulsar
            for called in [store.called.get(cluster.context, "")]
            for broker in cluster.listed or ()
        }
        self._brokers |= dict.fromkeys(listed, self._steady)
        gone = {b: self._steady - at for b, at in self._brokers.items() if b not in listed}
        for broker in [b for b, since in gone.items() if since > FORGOTTEN]:
            del self._brokers[broker], gone[broker]
        return [source_place("pulsar", b, since, called) for (called, b), since in gone.items()]


def _names_of(store: Known, contacts: Sequence[Contact]) -> dict[tuple[str, str], str]:
    """One name for each source, by its context and its name in polls.

    A broker polled at the cluster's address has that name.
    """
    names = {(contact.context, contact.source): contact.source for contact in contacts}
    for context, url in [(c.context, c.source) for c in contacts if c.part == "brokers"]:
        clusters = store.pulsar_of(context)
        single = {c.listed[0] for c in clusters if c.listed and len(c.listed) == 1}
        for of, source in names:
            if of == context and source != url and (host_of(url) == source or source in single):
                names[of, source] = url
    return names


def _servers(store: Known) -> list[RuleTarget]:
    return [
        *(server_place(row) for row in store.nats_servers()),
        *(account_place(row, state.url) for state in store.nats for row in state.accounts.rows),
        *(broker_place(row) for row in store.pulsar_brokers()),
    ]


def _peers(store: Known) -> list[RuleTarget]:
    reports = ((server.cluster, server.peers_since) for server in store.nats)
    return [peer_place(row) for row in offline_peers(reports, store.now)]


def _members(store: Known) -> list[RuleTarget]:
    # by the newest reading, so that a store without readings blames nobody
    now = store.now
    return [
        member_place(member, now, deaf=members.deaf, cluster=store.called.get(context, ""))
        for context, members in store.members.items()
        for member in members.known(now)
    ]


def _replicators(store: Known) -> list[RuleTarget]:
    rows = (row for cluster in store.pulsar for row in cluster.replicators)
    return [replicator_place(row) for row in rows if not is_internal(row.topic)]


def _clients(store: Known) -> list[RuleTarget]:
    since = store.now - RECENT
    return [
        *(connection_place(row, state.url) for state in store.nats for row in state.connections),
        *(
            closed_place(row, state.url)
            for state in store.nats
            for _, row in state.closed.slow_since(since)
        ),
    ]


def _latencies(store: Known) -> list[RuleTarget]:
    latencies = store.latencies
    return [latency_place(row, latencies.newest(row)) for row in latencies.rows(store.now)]


class UnloadedTopics:
    """Distinguishes unloaded Pulsar topics from deleted ones.

    Metrics pages have loaded topics alone: after a restart, or once its bundle was unloaded, a
    topic is on none until a client connects to it.  The list of its namespace has it all the same.

    Attributes:
        namespaces: Those whose lists are needed.
    """

    def __init__(self) -> None:
        self.namespaces: set[str] = set()
        self._missing: dict[tuple[str, str], dict[str, int | None]] = {}
        self._before = self._missing

    def forget_unasked(self) -> None:
        """Forget the topics that were not looked up since the last call."""
        self._before, self._missing, self.namespaces = self._missing, {}, set()

    def misses_part(self, place: RuleTarget, cluster: PulsarClusterState) -> bool:
        """Whether a topic, or one of its partitions, was unloaded but not deleted.

        Args:
            place: A topic or subscription; of any other place the answer is False.
        """
        topic = getattr(place.row, "topic", "")
        if not topic.startswith("persistent://") or cluster.name not in ("", place.cluster):
            return False
        key = (place.cluster, topic)
        known = self._missing.setdefault(key, self._before.get(key, {}))
        loaded = {part.topic.name for part in cluster.parts_of(topic)}
        listed = cluster.names.listed.get(namespace_of(topic), 0)
        for name in known.keys() - loaded:
            # only a list from after it went missing says what became of it
            since = known[name]
            if since is None:
                known[name] = listed
            elif listed > since and cluster.names.exists(name) is False:
                del known[name]
        known |= dict.fromkeys(loaded)
        if len(known) > len(loaded):
            self.namespaces.add(namespace_of(topic))
        return len(known) > len(loaded)


class _PlaceCache:
    """Targets of Pulsar topics, rebuilt only where a topic's row has changed."""

    def __init__(
        self,
        make: Callable[[PulsarTopicRow, BacklogSamples], list[RuleTarget]],
        renew: Callable[[list[RuleTarget], PulsarTopicRow], bool],
    ) -> None:
        self._make, self._renew = make, renew
        self._made: dict[str, tuple[PulsarTopicRow, list[RuleTarget]]] = {}
        self._of: object = None
        self._all: list[RuleTarget] = []

    def of(self, topics: tuple[PulsarTopicRow, ...], past: BacklogSamples) -> list[RuleTarget]:
        """All targets of these topics."""
        if topics is self._of:
            return self._all
        before, made = self._made, {}
        for row in topics:
            known = before.get(row.topic)
            if known is None or known[0].cluster != row.cluster:
                known = (row, self._make(row, past))
            elif known[0] is not row:
                places = known[1]
                known = (row, places if self._renew(places, row) else self._make(row, past))
            made[row.topic] = known
        self._of, self._made = topics, made
        self._all = [place for _, places in made.values() for place in places]
        return self._all


def _subscriptions_of(topic: PulsarTopicRow, past: BacklogSamples) -> list[RuleTarget]:
    if is_internal(topic.topic):
        return []
    return [subscription_place(topic, row, past) for row in topic.subscriptions]


def _renew_subs(places: list[RuleTarget], topic: PulsarTopicRow) -> bool:
    """Update the targets with new rows; False if the subscriptions have changed."""
    rows = topic.subscriptions
    if len(places) != len(rows):
        return False
    for place, row in zip(places, rows, strict=True):
        if place.row.name != row.name:
            return False
        place.row, place.beside, place.stale = row, topic, row.stale
    return True


def _topic_of(topic: PulsarTopicRow, past: BacklogSamples) -> list[RuleTarget]:
    return [] if is_internal(topic.topic) else [topic_place(topic, past)]


def _renew_topic(places: list[RuleTarget], topic: PulsarTopicRow) -> bool:
    for place in places:
        place.row, place.stale = topic, topic.stale
    return True
