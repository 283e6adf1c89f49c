"""RAFT groups of JetStream: leaders of the cluster, streams and consumers, and peers that lag.

Only the leader of a group knows how its peers are, so that each group is reported by its leader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from arcwatch.model.nats import JsReplica, NatsServer
from arcwatch.notation.places import Stream
from arcwatch.store.rows import NatsConsumerRow, NatsStreamRow, Problem

LAGS = 10.0
"""Seconds for which a peer may be behind: recent writes are still on their way."""
NAMED = 3
"""Groups that a problem names, and peers that each have one."""

Trouble = tuple[str, str]
"""A peer, and ``offline`` or ``behind``."""

Reports: TypeAlias = "Iterable[tuple[str, Mapping[tuple[str, Trouble], float]]]"
"""Of each server its cluster, and since when (Unix seconds) groups that it leads lack a peer."""


class NatsRaftRow(Struct, frozen=True, gc=False):
    """One RAFT group, as its leader sees it."""

    cluster: str
    kind: str
    """``meta``, which elects who places streams, ``stream`` or ``consumer``."""
    group: str
    """``meta``, or the address of the stream or consumer."""
    account: str
    leader: str
    """Empty where there is none."""
    members: int
    """Servers of the group, the leader included."""
    current: int | None
    """Peers that have all that the leader has; None where its leader is not asked."""
    offline: int | None
    lag: float | None
    """Operations that the furthest behind lacks."""
    peers: tuple[JsReplica, ...]
    """But for the leader."""
    stale: bool


def raft_rows(
    servers: Iterable[NatsServer],
    streams: Iterable[NatsStreamRow],
    consumers: Iterable[NatsConsumerRow],
) -> Iterator[NatsRaftRow]:
    """Every group of more than one server, the meta group of each cluster first."""
    yield from meta_rows(servers)
    for stream in streams:
        if stream.replicas > 1:
            yield _row(stream, "stream", str(Stream(stream.stream)), stream.peers, stream.replicas)
    for consumer in consumers:
        if consumer.peers:
            address = str(Stream(consumer.stream, consumer=consumer.name))
            yield _row(consumer, "consumer", address, consumer.peers, 1 + len(consumer.peers))


def count_groups(
    servers: Iterable[NatsServer],
    streams: Iterable[NatsStreamRow],
    consumers: Iterable[NatsConsumerRow],
) -> int:
    """How many rows :func:`raft_rows` has, without making them."""
    metas = len({server.cluster for server in servers if server.meta_size is not None})
    replicated = sum(row.replicas > 1 for row in streams)
    return metas + replicated + sum(bool(row.peers) for row in consumers)


def meta_rows(servers: Iterable[NatsServer]) -> Iterator[NatsRaftRow]:
    """The meta group of each cluster, from its leader if that is asked."""
    found: dict[str, NatsServer] = {}
    for server in servers:
        if server.meta_size is not None and (server.cluster not in found or leads_meta(server)):
            found[server.cluster] = server
    for cluster, server in found.items():
        peers = server.meta_peers if leads_meta(server) else None
        leader, size = server.meta_leader or "", server.meta_size or 0
        yield _group((cluster, "meta", "meta", ""), leader, size, peers, stale=False)


def leads_meta(server: NatsServer | None) -> bool:
    """Whether a server is its cluster's meta leader."""
    return server is not None and server.meta_leader == server.server_name


def lacks_peers(peers: tuple[JsReplica, ...]) -> bool:
    """Whether one of some replicas is not with its group."""
    return any(peer.offline or not peer.current for peer in peers)


def troubles(row: NatsRaftRow) -> Iterator[Trouble]:
    """The peers of a group that are not with it."""
    for peer in row.peers:
        if peer.offline:
            yield peer.name, "offline"
        elif not peer.current:
            yield peer.name, "behind"


class OfflinePeer(NamedTuple):
    """A RAFT peer that is offline."""

    cluster: str
    server_name: str
    offline_for: float
    """Seconds."""


def offline_peers(reports: Reports, now: float) -> Iterator[OfflinePeer]:
    """Each peer that is offline, for as long as any group misses it (``now``: Unix seconds)."""
    since: dict[tuple[str, str], float] = {}
    for cluster, lacking in reports:
        for (_, (peer, how)), at in lacking.items():
            if how == "offline":
                since[cluster, peer] = min(at, since.get((cluster, peer), at))
    yield from (OfflinePeer(cluster, peer, now - at) for (cluster, peer), at in since.items())


def problems_of_peers(reports: Reports, now: float) -> Iterator[Problem]:
    """A problem for each peer that is offline, or behind for longer than a moment.

    Args:
        now: Unix seconds.
    """
    by_peer: dict[tuple[str, str, str], list[tuple[float, str]]] = {}
    for cluster, lacking in reports:
        for (group, (peer, how)), at in lacking.items():
            if how == "offline" or now - at > LAGS:
                by_peer.setdefault((cluster, peer, how), []).append((at, group))
    alike: dict[tuple[str, str], dict[str, list[tuple[float, str]]]] = {}
    for (cluster, peer, how), found in by_peer.items():
        alike.setdefault((cluster, how), {})[peer] = found
    for (cluster, how), peers in alike.items():
        if len(peers) > NAMED:
            groups = {group for found in peers.values() for _, group in found}
            since = min(at for found in peers.values() for at, _ in found)
            yield _lost(cluster, how, some(peers), groups, since, count=len(peers))
            continue
        for peer, found in peers.items():
            yield _lost(cluster, how, peer, {g for _, g in found}, min(at for at, _ in found))


def _lost(
    cluster: str, how: str, where: str, groups: Iterable[str], since: float, count: int = 1
) -> Problem:
    what, lacks = "RAFT peer offline", "missing from"
    hint = f"start {'those servers' if count > 1 else 'that server'}, or remove peers that are gone"
    if how == "behind":
        what, lacks = "RAFT peer lags", "behind in"
        hint = "check its disk, CPU and routes: `arcwatch nats raft`"
    if count > 1:
        what = f"{count:,} RAFT peers {'lag' if how == 'behind' else 'offline'}"
    return Problem(cluster, "nats", what, where, f"{lacks} {some(groups)}", hint, since)


def some(names: Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    found = sorted(names)
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return f"{', '.join(found[:NAMED])}{more}"


def _row(
    row: NatsStreamRow | NatsConsumerRow,
    kind: str,
    group: str,
    peers: tuple[JsReplica, ...],
    size: int,
) -> NatsRaftRow:
    seen = peers if row.leader else None
    place = (row.cluster, kind, group, row.account)
    return _group(place, row.leader, size, seen, stale=row.stale)


def _group(
    place: tuple[str, str, str, str],
    leader: str,
    size: int,
    peers: tuple[JsReplica, ...] | None,
    *,
    stale: bool,
) -> NatsRaftRow:
    """A group; its peers are None if its leader does not report them."""
    seen = peers or ()
    is_known = peers is not None
    return NatsRaftRow(
        *place,
        leader=leader,
        members=size,
        current=1 + sum(p.current and not p.offline for p in seen) if is_known else None,
        offline=sum(p.offline for p in seen) if is_known else None,
        lag=max((p.lag for p in seen), default=0) if is_known else None,
        peers=seen,
        stale=stale,
    )
