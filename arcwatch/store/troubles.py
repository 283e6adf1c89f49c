"""Problems without a backlog: of servers, connections, links, topics and streams."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from math import inf
from typing import NamedTuple

from arcwatch.notation.topic_names import is_internal

from .backlog.pace import Pace
from .causes.facts import (
    BrokerFacts,
    ConnectionFacts,
    Facts,
    LinkFacts,
    ServerFacts,
    StreamFacts,
    TopicFacts,
)
from .causes.find import causes_of, silent
from .causes.of_servers import FULL, STALLS
from .causes.steady import Look
from .nats.link_rows import NatsLinkRow
from .nats.server import NatsServerState, stream_key
from .pulsar.broker import PulsarBrokerState
from .pulsar.cluster import PulsarClusterState
from .rows import (
    NatsClosedRow,
    NatsConnectionRow,
    NatsServerRow,
    NatsStreamRow,
    PulsarBrokerRow,
    PulsarTopicRow,
)

SERVERS = (ServerFacts, BrokerFacts)
"""Of these there are few, and each is looked at every time."""


class Trouble(NamedTuple):
    """A place, and what its causes are found from."""

    look: Look
    facts: Facts


def connection_address(row: NatsConnectionRow | NatsClosedRow) -> str:
    """How alerts call a connection, too."""
    return f"client:{row.name or row.ip}#{row.cid}"


def link_address(row: NatsLinkRow) -> str:
    """The address of a link; of a leaf node with its account."""
    account = f"#{row.account}" if row.account else ""
    return f"link:{row.server_name}/{row.kind}/{row.peer}{account}"


def server_address(row: NatsServerRow | PulsarBrokerRow) -> str:
    """The address of a NATS server or Pulsar broker, as in alerts."""
    return f"server:{row.server_name if isinstance(row, NatsServerRow) else row.broker}"


def troubles(
    servers: Iterable[NatsServerState],
    clusters: Iterable[PulsarClusterState],
    now: float,
    shown: Mapping[str, str],
    mute: Collection[str],
) -> list[Trouble]:
    """Every server, each place with something wrong, and those whose cause is still shown.

    Args:
        servers: Of NATS.
        clusters: Of Pulsar.
        now: Unix seconds.
        shown: The kind of cause that is shown, by the key of its look.
        mute: Sources that do not answer, of several clusters with its prefix.
    """
    found = [*_of_nats(servers, now, shown, mute), *_of_pulsar(clusters, now, shown, mute)]
    return [
        one
        for one in found
        # that a server was well is what makes a cause that it has from then on a new one
        if one.look.found or one.look.key in shown or isinstance(one.facts, SERVERS)
    ]


def troubles_at(
    servers: Iterable[NatsServerState],
    clusters: Iterable[PulsarClusterState],
    now: float,
    shown: Mapping[str, str],
    mute: Collection[str],
    address: str,
) -> list[Trouble]:
    """Servers, connections and links at an address, whether anything is wrong or not."""
    found: list[Trouble] = []
    if address.startswith("server:"):
        known = (*_servers(servers, now, mute), *_brokers(clusters, now, shown, mute))
        return [one for one in known if one.look.address == address]
    for server in servers:
        for row in server.connections:
            host = f"[{row.ip}]" if ":" in row.ip else row.ip
            if address in (connection_address(row), f"{host}:{row.port}"):
                found.append(_connection(server, row, now))
        found += [_link(server, r, now) for r in server.links.rows if link_address(r) == address]
    return found


def _of_nats(
    servers: Iterable[NatsServerState], now: float, shown: Mapping[str, str], mute: Collection[str]
) -> Iterator[Trouble]:
    yield from _servers(servers, now, mute)
    # most of thousands are well: no more than this is asked of those
    is_any = any(key.startswith("client ") for key in shown)
    for server in servers:
        near = FULL * _cut_at(server) or inf
        for row in server.connections:
            ill = row.pending_bytes >= near or row.stalls_rate > STALLS
            if ill or (is_any and _connection_key(row) in shown):
                yield _connection(server, row, now)
        yield from (_link(server, row, now) for row in server.links.rows)
        lost = (row for row in server.streams if row.leaderless and not row.origins)
        yield from (_stream(server, row, now) for row in lost)


def _of_pulsar(
    clusters: Iterable[PulsarClusterState],
    now: float,
    shown: Mapping[str, str],
    mute: Collection[str],
) -> Iterator[Trouble]:
    yield from _brokers(clusters, now, shown, mute)
    is_any = any(key.startswith("topic ") for key in shown)
    for cluster in clusters:
        for row in cluster.topics:
            ill = row.throttled or any([sub.drop_rate > 0 for sub in row.subscriptions])  # noqa: C419 - twice as fast
            if (ill or (is_any and _topic_key(row) in shown)) and not is_internal(row.topic):
                yield _topic(cluster, row, now)


def _servers(
    servers: Iterable[NatsServerState], now: float, mute: Collection[str]
) -> Iterator[Trouble]:
    for server in servers:
        if row := server.row(stale=server.prefix + server.url in mute):
            yield _server(server, row, now)


def _brokers(
    clusters: Iterable[PulsarClusterState],
    now: float,
    shown: Mapping[str, str],
    mute: Collection[str],
) -> Iterator[Trouble]:
    for cluster in clusters:
        for broker in cluster.brokers.values():
            stale = cluster.prefix + broker.broker in mute
            if row := broker.row(stale=stale, until=None):
                yield _broker(broker, row, now, shown)


def _server(server: NatsServerState, row: NatsServerRow, now: float) -> Trouble:
    at, info = server.answered_at, server.server
    near = FULL * _cut_at(server) or inf
    facts = ServerFacts(
        row,
        server.health.error if server.health and not server.health.healthy else "",
        server.sick_since,
        tuple(link.peer for link in server.links.rows if not link.connected),
        bool(info and info.meta_size and not info.meta_leader),
        any([one.pending_bytes >= near for one in server.connections]),  # noqa: C419 - twice as fast
        {
            "varz": at,
            "healthz": at,
            "jsz": server.jetstream_at,
            "routez, gatewayz and leafz": server.links.traffic.last,
            "arcwatch": at,
        },
        now,
    )
    key = f"server {row.cluster} {row.url}"
    return _trouble(facts, key, f"{server.url} varz", at, "nats", server_address(row))


def _broker(
    broker: PulsarBrokerState, row: PulsarBrokerRow, now: float, shown: Mapping[str, str]
) -> Trouble:
    key, read = f"server {row.cluster} {row.broker}", dict.fromkeys(_OF_BROKER, broker.at)
    facts = BrokerFacts(row, broker.unready_since, read, now, shown.get(key, ""))
    address = server_address(row)
    return _trouble(facts, key, f"{broker.broker} metrics", broker.at, "pulsar", address)


_OF_BROKER = ("metrics", "brokers/ready", "arcwatch")
"""The answers of a broker that its figures are from."""


def _connection_key(row: NatsConnectionRow) -> str:
    return f"client {row.cluster} {row.server_name} {row.cid}"


def _topic_key(row: PulsarTopicRow) -> str:
    return f"topic {row.cluster} {row.topic}"


def _connection(server: NatsServerState, row: NatsConnectionRow, now: float) -> Trouble:
    at = server.connection_traffic.last
    facts = ConnectionFacts(row, _cut_at(server), {"connz": at, "varz": server.answered_at}, now)
    return _trouble(
        facts, _connection_key(row), f"{server.url} connz", at, "nats", connection_address(row)
    )


def _cut_at(server: NatsServerState) -> int:
    return server.server.max_pending if server.server else 0


def _link(server: NatsServerState, row: NatsLinkRow, now: float) -> Trouble:
    at = server.links.traffic.last
    since = None if row.connected else server.links.missing.get((row.kind, row.peer))
    read = {"routez, gatewayz and leafz": at, "varz": server.answered_at, "arcwatch": at}
    facts = LinkFacts(row, since, _cut_at(server), read, now)
    key = f"{row.cluster} {link_address(row)}"
    return _trouble(facts, key, f"{server.url} links", at, "nats", link_address(row))


def _stream(server: NatsServerState, row: NatsStreamRow, now: float) -> Trouble:
    at = server.jetstream_at
    facts = StreamFacts(row, 0.0, row.consumers, Pace(), {"jsz": at, "arcwatch": at}, now)
    key = f"{row.cluster} {server.url} {stream_key(row)}"
    return _trouble(facts, key, server.url, at, "nats", server.address(row.stream))


def _topic(cluster: PulsarClusterState, row: PulsarTopicRow, now: float) -> Trouble:
    at, _ = cluster.read_at(row.topic)
    facts = TopicFacts(row, {"metrics": at}, now)
    last = cluster.subscription_rates.last
    return _trouble(facts, _topic_key(row), row.cluster, last, "pulsar", cluster.address(row.topic))


def _trouble(facts: Facts, key: str, source: str, at: float, system: str, address: str) -> Trouble:
    row = facts.row
    is_mute = row.stale and isinstance(facts, SERVERS)
    found = (silent(at),) if is_mute else causes_of(facts)
    return Trouble(Look(key, source, at, found, row.stale, system, row.cluster, address), facts)
