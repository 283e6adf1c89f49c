"""NATS on the overview."""

from __future__ import annotations

from typing import ClassVar

from arcwatch.model.reading import System
from arcwatch.store.rows import NatsServerRow
from arcwatch.store.series.rates import known_sum
from arcwatch.text import units
from arcwatch.ui.widgets.panel import Line

from .system_panel import Flow, SystemPanel, figures_line


class NatsPanel(SystemPanel):
    """Traffic, connections and JetStream of all servers together."""

    SYSTEM: ClassVar[System] = "nats"
    TITLE: ClassVar[str] = "NATS"

    def figures(self) -> tuple[list[str], list[Line]] | None:
        """See :meth:`SystemPanel.figures`."""
        servers = self.showing.store.nats_servers()
        if not servers:
            return None
        answering = [server for server in servers if not server.stale]
        facts = [
            f"{len(answering)} of {len(servers)} servers" if len(servers) > 1 else "",
            ", ".join(
                f"account {name} only" for name in sorted({s.seen_as for s in servers} - {""})
            ),
            "includes routes" if any(s.counts_neighbours for s in servers) else "",
            " ".join(sorted({server.version for server in servers})[:3]),
            f"up {units.duration(max(s.uptime for s in answering))}" if answering else "",
        ]
        return facts, [
            *self._flows(servers),
            self._connections(answering or servers),
            self._jetstream(),
        ]

    def _flows(self, servers: list[NatsServerRow]) -> list[Line]:
        tables = [(state.traffic, state.url) for state in self.showing.store.nats]
        into = Flow(
            "in",
            known_sum([s.in_msgs_rate for s in servers]),
            known_sum([s.in_bytes_rate for s in servers]),
            *self.window(tables, "in_msgs"),
        )
        out = Flow(
            "out",
            known_sum([s.out_msgs_rate for s in servers]),
            known_sum([s.out_bytes_rate for s in servers]),
            *self.window(tables, "out_msgs"),
        )
        return self.both_flows(into, out)

    def _connections(self, servers: list[NatsServerRow]) -> Line:
        stalls = [s.stalled_clients for s in servers if s.stalled_clients is not None]
        return figures_line(
            ("conns", units.whole(sum(s.connections for s in servers))),
            ("subs", units.whole(sum(s.subscriptions for s in servers))),
            ("slow", units.whole(sum(s.slow_consumers for s in servers))),
            ("stalls", units.whole(sum(stalls)) if stalls else units.UNKNOWN),
        )

    def _jetstream(self) -> Line:
        store = self.showing.store
        servers, streams, consumers = (
            store.nats_servers(),
            store.nats_streams(),
            store.nats_consumers(),
        )
        if not any(server.jetstream for server in servers):
            return [("JetStream is off", "dim")]
        limit = sum(s.js_max_storage or 0 for s in servers)
        used = sum(stream.bytes for stream in streams if stream.storage == "file")
        return figures_line(
            ("JetStream", f"{len(streams)} stream{'s' * (len(streams) != 1)}"),
            ("stored", f"{units.size(used)} of {units.size(limit)}" if limit else units.size(used)),
            ("pending", units.whole(sum(c.num_pending for c in consumers))),
            ("unacked", units.whole(sum(c.num_ack_pending for c in consumers))),
        )
