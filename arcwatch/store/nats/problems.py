"""Problems of a NATS server."""

from __future__ import annotations

from collections.abc import Iterator

from arcwatch.model.nats_links import LinkKind
from arcwatch.store.rows import NatsClosedRow, Problem

from .server import NatsServerState

RECENT = 300.0
"""Seconds for which a slow consumer is reported after it was closed."""


def problems_of(server: NatsServerState, now: float) -> Iterator[Problem]:
    """Problems of one server and of what only it reports (``now``: Unix seconds)."""
    if server.health and server.health.healthy is False:
        answer, hint = server.health.error, "check the server's log"
        yield Problem(
            server.cluster, "nats", "unhealthy", server.name, answer, hint, server.sick_since
        )
    for row in server.streams:
        since = server.leaderless.get((row.account, row.stream))
        if since is not None:
            why = f"none of its {row.replicas} replicas is the leader: no messages in or out"
            hint = "start the servers that hold it; more than half of its replicas must run"
            where = f"js:{row.stream}"
            yield Problem(row.cluster, "nats", "stream without a leader", where, why, hint, since)
    for (kind, peer), since in server.links.missing.items():
        yield _unlinked(server, kind, peer, since)
    yield from (_slow(closed, at) for at, closed in server.closed.slow_since(now - RECENT))


def _unlinked(server: NatsServerState, kind: LinkKind, peer: str, since: float) -> Problem:
    if kind == "gateway":
        what, where, why = "no gateway", peer, f"{server.name} has no connection to that cluster"
    else:
        what, where, why = "leaf node not joined", server.name, f"{peer} are not connected"
    hint = "check that the other side is running, and this server's log"
    return Problem(server.cluster, "nats", what, where, why, hint, since)


def _slow(row: NatsClosedRow, at: float) -> Problem:
    return Problem(
        row.cluster,
        "nats",
        f"slow consumer {row.name or f'without a name, cid {row.cid},'} closed",
        f"{row.ip}:{row.port}",
        row.reason,
        "it must read faster or subscribe to less; see Closed in the NATS view",
        at,
        over=True,
    )
