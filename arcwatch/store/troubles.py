"""Problems without a backlog: of connections, links, topics and streams."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from math import inf
from typing import NamedTuple

from arcwatch.notation.address import Stream, topic_address
from arcwatch.notation.topic_names import is_internal

from .backlog.pace import Pace
from .causes.facts import ConnectionFacts, Facts, LinkFacts, StreamFacts, TopicFacts
from .causes.find import causes_of
from .causes.of_links import FULL, STALLS
from .causes.steady import Look
from .nats.link_rows import NatsLinkRow
from .nats.server import NatsServerState, stream_key
from .pulsar.cluster import PulsarClusterState
from .rows import NatsClosedRow, NatsConnectionRow, NatsStreamRow, PulsarTopicRow


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


def troubles(
    servers: Iterable[NatsServerState],
    clusters: Iterable[PulsarClusterState],
    now: float,
    shown: Collection[str],
) -> list[Trouble]:
    """Every place with something wrong, and those whose cause is still shown.

    Args:
        servers: Of NATS.
        clusters: Of Pulsar.
        now: Unix seconds.
        shown: Keys of looks whose cause is shown.
    """
    found = [*_of_nats(servers, now, shown), *_of_pulsar(clusters, now, shown)]
    return [one for one in found if one.look.found or one.look.key in shown]


def troubles_at(servers: Iterable[NatsServerState], now: float, address: str) -> list[Trouble]:
    """The connections and links at an address, whether anything is wrong or not."""
    found = []
    for server in servers:
        for row in server.connections:
            host = f"[{row.ip}]" if ":" in row.ip else row.ip
            if address in (connection_address(row), f"{host}:{row.port}"):
                found.append(_connection(server, row, now))
        found += [_link(server, r, now) for r in server.links.rows if link_address(r) == address]
    return found


def _of_nats(
    servers: Iterable[NatsServerState], now: float, shown: Collection[str]
) -> Iterator[Trouble]:
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
    clusters: Iterable[PulsarClusterState], now: float, shown: Collection[str]
) -> Iterator[Trouble]:
    is_any = any(key.startswith("topic ") for key in shown)
    for cluster in clusters:
        for row in cluster.topics:
            ill = row.throttled or any([sub.drop_rate > 0 for sub in row.subscriptions])  # noqa: C419 - twice as fast
            if (ill or (is_any and _topic_key(row) in shown)) and not is_internal(row.topic):
                yield _topic(cluster, row, now)


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
    return _trouble(facts, key, server.url, at, "nats", str(Stream(row.stream)))


def _topic(cluster: PulsarClusterState, row: PulsarTopicRow, now: float) -> Trouble:
    at, _ = cluster.read_at(row.topic)
    facts = TopicFacts(row, {"metrics": at}, now)
    last = cluster.subscription_rates.last
    return _trouble(facts, _topic_key(row), row.cluster, last, "pulsar", topic_address(row.topic))


def _trouble(facts: Facts, key: str, source: str, at: float, system: str, address: str) -> Trouble:
    row = facts.row
    look = Look(key, source, at, causes_of(facts), row.stale, system, row.cluster, address)
    return Trouble(look, facts)
