"""NATS on the overview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from arcwatch.model.reading import System
from arcwatch.store.rows import NatsServerRow, NatsStreamRow
from arcwatch.store.series.rates import known_sum
from arcwatch.text import units

from .system_lane import Direction, Figures, SystemLane


class NatsLane(SystemLane):
    """Traffic, connections and JetStream of all servers together."""

    SYSTEM: ClassVar[System] = "nats"
    TITLE: ClassVar[str] = "NATS"

    def figures(self) -> Figures | None:
        servers = self.showing.store.nats_servers()
        if not servers:
            return None
        answering = [server for server in servers if not server.stale]
        clusters = len({s.cluster for s in servers}) if self.showing.store.called else 1
        facts = [
            f"{clusters} clusters" if clusters > 1 else "",
            f"{len(answering)} of {len(servers)} servers" if len(servers) > 1 else "",
            " ".join(sorted({server.version for server in servers})[:3]),
            f"up {units.duration(max(s.uptime for s in answering))}" if answering else "",
        ]
        accounts = sorted({s.seen_as for s in servers} - {""})
        limits = [
            ", ".join(f"account {name} only" for name in accounts),
            "includes routes" if any(s.counts_neighbours for s in servers) else "",
        ]
        more = [*filter(None, limits), *_connections(answering or servers), *self._jetstream()]
        return Figures(facts, *self._flows(servers), more)

    def _flows(self, servers: list[NatsServerRow]) -> tuple[Direction, Direction]:
        tables = [(state.traffic, state.url) for state in self.showing.store.nats]
        into = Direction(
            "in",
            known_sum([s.in_msgs_rate for s in servers]),
            known_sum([s.in_bytes_rate for s in servers]),
            tables,
            "in_msgs",
        )
        out = Direction(
            "out",
            known_sum([s.out_msgs_rate for s in servers]),
            known_sum([s.out_bytes_rate for s in servers]),
            tables,
            "out_msgs",
            self.showing.tailing.rate_of("nats"),
        )
        return into, out

    def _jetstream(self) -> list[str]:
        store = self.showing.store
        if not any(server.jetstream for server in store.nats_servers()):
            return ["JetStream is off"]
        streams, consumers = store.nats_streams(), store.nats_consumers()
        limit = sum(s.js_max_storage or 0 for s in store.nats_servers())
        used = units.size(sum(stream.bytes for stream in streams if stream.storage == "file"))
        return [
            f"streams {len(streams):,}{_copies(streams) if store.called else ''}",
            f"stored {used} of {units.size(limit)}" if limit else f"stored {used}",
            f"pending {units.whole(sum(c.num_pending for c in consumers))}",
            f"unacked {units.whole(sum(c.num_ack_pending for c in consumers))}",
        ]


def _copies(streams: Sequence[NatsStreamRow]) -> str:
    """How many are mirrors of or sourced from other streams, perhaps of another cluster."""
    copies = sum(bool(stream.origins) for stream in streams)
    return f" ({copies:,} of them copies)" if copies else ""


def _connections(servers: list[NatsServerRow]) -> list[str]:
    stalls = [s.stalled_clients for s in servers if s.stalled_clients is not None]
    return [
        f"conns {units.whole(sum(s.connections for s in servers))}",
        f"subs {units.whole(sum(s.subscriptions for s in servers))}",
        f"slow {units.whole(sum(s.slow_consumers for s in servers))}",
        f"stalls {units.whole(sum(stalls)) if stalls else units.UNKNOWN}",
    ]
