"""View 2: NATS connections, JetStream streams and consumers, and the servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from arcwatch import units
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
)
from arcwatch.ui.showing import Showing
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .tables import Sheet, TablesView


class NatsView(TablesView):
    """Who is connected and how much they say; what JetStream keeps, and who lags behind."""

    NAME: ClassVar[str] = "NATS"

    def __init__(self, showing: Showing) -> None:
        super().__init__(
            showing,
            [
                Sheet("connections", "Connections", self._connections()),
                Sheet("streams", "Streams", self._streams()),
                Sheet("consumers", "Consumers", self._consumers()),
                Sheet("servers", "Servers", self._servers()),
            ],
        )

    def fill(self, sheet: Sheet) -> None:
        """See :meth:`TablesView.fill`."""
        store = self.showing.store
        rows: Mapping[str, Callable[[], Sequence[Any]]] = {
            "connections": store.nats_connections,
            "streams": store.nats_streams,
            "consumers": store.nats_consumers,
            "servers": store.nats_servers,
        }
        sheet.table.show(rows[sheet.id](), version=self.showing.version)

    def counts(self) -> dict[str, str]:
        """See :meth:`TablesView.counts`."""
        store = self.showing.store
        have = len(store.nats_connections())
        total = sum(state.total_connections or 0 for state in store.nats)
        return {
            "connections": f"{have:,}" if have >= total else f"{have:,} of {total:,}",
            "streams": f"{len(store.nats_streams()):,}",
            "consumers": f"{len(store.nats_consumers()):,}",
            "servers": f"{len(store.nats_servers()):,}",
        }

    def go_to(self, place: str, member: str) -> None:
        """Put the cursor on a consumer."""
        self.turn_to("consumers")
        for row in self.table.items:
            if (row.stream, row.name) == (place, member):
                self.table.select(_consumer_key(row))

    # -- connections ----------------------------------------------------------------------------

    def _connections(self) -> RowTable[NatsConnectionRow]:
        return RowTable(
            [
                Column("name", "NAME", 16, flex=2),
                Column("host", "HOST", 18, flex=1, drop=2),
                Column("cid", "CID", 7, "right", drop=3),
                Column("subs", "SUBS", 6, "right"),
                Column("pending", "PENDING", 9, "right"),
                Column("in_msgs", "IN/s", 8, "right"),
                Column("out_msgs", "OUT/s", 8, "right"),
                Column("in_bytes", "IN B/s", 10, "right", drop=1),
                Column("out_bytes", "OUT B/s", 10, "right", drop=1),
                Column("rtt", "last RTT", 9, "right", drop=4),
                Column("lang", "LANG", 14, drop=6),
                Column("uptime", "UPTIME", 8, "right", drop=5),
                Column("idle", "IDLE", 8, "right", drop=5),
                Column("server", "SERVER", 10, drop=7),
            ],
            key=lambda row: f"{row.cluster} {row.server_name} {row.cid}",
            cells=self._connection_cells,
            sort_values={
                "name": lambda row: row.name or None,
                "host": lambda row: f"{row.ip}:{row.port}",
                "cid": lambda row: row.cid,
                "subs": lambda row: row.subscriptions,
                "pending": lambda row: row.pending_bytes,
                "in_msgs": lambda row: self._told(row.in_msgs_rate, row.in_msgs),
                "out_msgs": lambda row: self._told(row.out_msgs_rate, row.out_msgs),
                "in_bytes": lambda row: self._told(row.in_bytes_rate, row.in_bytes),
                "out_bytes": lambda row: self._told(row.out_bytes_rate, row.out_bytes),
                "rtt": lambda row: row.rtt,
                "lang": lambda row: f"{row.lang} {row.version}",
                "uptime": lambda row: row.uptime,
                "idle": lambda row: row.idle,
                "server": lambda row: row.server_name,
            },
            haystack=lambda row: f"{row.name} {row.ip}:{row.port} {row.lang} {row.account}",
            dim=lambda row: row.stale,
            sort=Sort("in_msgs", reverse=True),
            empty="No client is connected.",
            id="connections",
        )

    def _connection_cells(self, row: NatsConnectionRow) -> list[Cell]:
        return [
            row.name or ("(no name)", "dim"),
            f"{row.ip}:{row.port}",
            str(row.cid),
            units.whole(row.subscriptions),
            (units.size(row.pending_bytes), "warn" if row.pending_bytes > 1_000_000 else ""),
            self._count(row.in_msgs_rate, row.in_msgs),
            self._count(row.out_msgs_rate, row.out_msgs),
            units.size(self._told(row.in_bytes_rate, row.in_bytes)),
            units.size(self._told(row.out_bytes_rate, row.out_bytes)),
            units.duration(row.rtt),
            f"{row.lang} {row.version}",
            units.duration(row.uptime),
            units.duration(row.idle),
            row.server_name,
        ]

    def _told(self, rate: float, total: int) -> float:
        return total if self.showing.totals else rate

    def _count(self, rate: float, total: int) -> str:
        return units.count(total) if self.showing.totals else units.rate(rate)

    # -- JetStream ------------------------------------------------------------------------------

    def _streams(self) -> RowTable[NatsStreamRow]:
        return RowTable(
            [
                Column("stream", "STREAM", 16, flex=1),
                Column("subjects", "SUBJECTS", 18, flex=1, drop=2),
                Column("messages", "MESSAGES", 12, "right"),
                Column("bytes", "BYTES", 10, "right"),
                Column("used", "LIMIT", 7, "right", drop=1),
                Column("in", "IN/s", 8, "right"),
                Column("consumers", "CONS", 5, "right"),
                Column("last", "LAST", 9, "right", drop=3),
                Column("retention", "RETENTION", 10, drop=4),
                Column("storage", "STORAGE", 7, drop=5),
                Column("leader", "LEADER", 10, drop=6),
                Column("account", "ACCOUNT", 8, drop=7),
            ],
            key=lambda row: f"{row.cluster} {row.account} {row.stream}",
            cells=self._stream_cells,
            sort_values={
                "stream": lambda row: row.stream,
                "subjects": lambda row: " ".join(row.subjects),
                "messages": lambda row: row.messages,
                "bytes": lambda row: row.bytes,
                "used": lambda row: row.limit_used,
                "in": lambda row: row.in_msgs_rate,
                "consumers": lambda row: row.consumers,
                "last": lambda row: row.last_time,
                "retention": lambda row: row.retention,
                "storage": lambda row: row.storage,
                "leader": lambda row: row.leader,
                "account": lambda row: row.account,
            },
            haystack=lambda row: f"{row.stream} {' '.join(row.subjects)} {row.account}",
            dim=lambda row: row.stale,
            sort=Sort("stream"),
            empty="No stream: JetStream is off, or nothing has been created yet.",
            id="streams",
        )

    def _stream_cells(self, row: NatsStreamRow) -> list[Cell]:
        used = row.limit_used
        full: Cell = units.UNKNOWN if used is None else f"{used:.0%}"
        return [
            row.stream,
            " ".join(row.subjects),
            units.whole(row.messages),
            units.size(row.bytes),
            (f"{used:.0%} !", "warn") if used is not None and used > 0.8 else full,
            units.rate(row.in_msgs_rate),
            units.whole(row.consumers),
            (row.last_time or units.UNKNOWN)[11:19] or units.UNKNOWN,
            row.retention,
            row.storage,
            row.leader,
            row.account,
        ]

    def _consumers(self) -> RowTable[NatsConsumerRow]:
        return RowTable(
            [
                Column("stream", "STREAM", 14, flex=1),
                Column("name", "CONSUMER", 14, flex=1),
                Column("pending", "PENDING", 11, "right"),
                Column("unacked", "ACK PEND", 9, "right"),
                Column("redelivered", "REDELIV", 8, "right", drop=1),
                Column("waiting", "PULLS", 6, "right", drop=2),
                Column("delivered", "DELIV/s", 8, "right"),
                Column("acked", "ACK/s", 8, "right"),
                Column("account", "ACCOUNT", 8, drop=4),
                Column("state", "STATE", 8, drop=3),
            ],
            key=_consumer_key,
            cells=self._consumer_cells,
            sort_values={
                "stream": lambda row: row.stream,
                "name": lambda row: row.name,
                "pending": lambda row: row.num_pending,
                "unacked": lambda row: row.num_ack_pending,
                "redelivered": lambda row: row.num_redelivered,
                "waiting": lambda row: row.num_waiting,
                "delivered": lambda row: row.delivered_rate,
                "acked": lambda row: row.ack_rate,
                "account": lambda row: row.account,
            },
            haystack=lambda row: f"{row.stream} {row.name} {row.account}",
            dim=lambda row: row.stale,
            sort=Sort("pending", reverse=True),
            empty="No consumer: nobody reads a stream yet.",
            id="consumers",
        )

    def _consumer_cells(self, row: NatsConsumerRow) -> list[Cell]:
        return [
            row.stream,
            row.name,
            units.whole(row.num_pending),
            units.whole(row.num_ack_pending),
            (units.whole(row.num_redelivered), "warn" if row.num_redelivered else ""),
            units.whole(row.num_waiting),
            units.rate(row.delivered_rate),
            units.rate(row.ack_rate),
            row.account,
            ("paused", "warn") if row.paused else "",
        ]

    # -- servers --------------------------------------------------------------------------------

    def _servers(self) -> RowTable[NatsServerRow]:
        return RowTable(
            [
                Column("name", "SERVER", 14, flex=1),
                Column("cluster", "CLUSTER", 12, drop=4),
                Column("version", "VERSION", 8, drop=2),
                Column("health", "HEALTH", 6),
                Column("conns", "CONNS", 7, "right"),
                Column("subs", "SUBS", 7, "right", drop=1),
                Column("slow", "SLOW", 6, "right"),
                Column("in_msgs", "IN/s", 8, "right"),
                Column("out_msgs", "OUT/s", 8, "right"),
                Column("in_bytes", "IN B/s", 10, "right", drop=3),
                Column("out_bytes", "OUT B/s", 10, "right", drop=3),
                Column("cpu", "CPU %", 6, "right", drop=5),
                Column("mem", "MEM", 9, "right", drop=5),
                Column("uptime", "UPTIME", 8, "right", drop=6),
            ],
            key=lambda row: row.url,
            cells=self._server_cells,
            sort_values={
                "name": lambda row: row.server_name,
                "cluster": lambda row: row.cluster,
                "version": lambda row: row.version,
                "conns": lambda row: row.connections,
                "subs": lambda row: row.subscriptions,
                "slow": lambda row: row.slow_consumers,
                "in_msgs": lambda row: self._told(row.in_msgs_rate, row.in_msgs),
                "out_msgs": lambda row: self._told(row.out_msgs_rate, row.out_msgs),
                "in_bytes": lambda row: self._told(row.in_bytes_rate, row.in_bytes),
                "out_bytes": lambda row: self._told(row.out_bytes_rate, row.out_bytes),
                "cpu": lambda row: row.cpu,
                "mem": lambda row: row.mem,
                "uptime": lambda row: row.uptime,
            },
            haystack=lambda row: f"{row.server_name} {row.cluster} {row.url}",
            dim=lambda row: row.stale,
            sort=Sort("name"),
            empty="No server has answered yet; the overview says why.",
            id="servers",
        )

    def _server_cells(self, row: NatsServerRow) -> list[Cell]:
        return [
            row.server_name,
            row.cluster,
            row.version,
            _health(row.healthy, stale=row.stale),
            units.whole(row.connections),
            units.whole(row.subscriptions),
            (units.whole(row.slow_consumers), "warn" if row.slow_consumers else ""),
            self._count(row.in_msgs_rate, row.in_msgs),
            self._count(row.out_msgs_rate, row.out_msgs),
            units.size(self._told(row.in_bytes_rate, row.in_bytes)),
            units.size(self._told(row.out_bytes_rate, row.out_bytes)),
            f"{row.cpu:.0f}",
            units.size(row.mem),
            units.duration(row.uptime),
        ]


def _consumer_key(row: NatsConsumerRow) -> str:
    return f"{row.cluster} {row.account} {row.stream} {row.name}"


def _health(healthy: bool | None, *, stale: bool) -> Cell:
    if stale:
        return ("DOWN", "bad")
    if healthy is None:
        return (units.UNKNOWN, "dim")
    return ("OK", "good") if healthy else ("SICK", "bad")
