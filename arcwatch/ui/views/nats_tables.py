"""The tables of view 2: what stands in which column, and how it is sorted."""

from __future__ import annotations

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

from .fields import Field, figure, table_of, word

PENDING = 1_000_000
"""Bytes unread by a client from which on it is worth a look; the server's limit is 64 MiB."""

NEARLY_FULL = 0.8


def connections(showing: Showing) -> RowTable[NatsConnectionRow]:
    """One row a client connection; nats-top's columns."""
    fields: list[Field[NatsConnectionRow]] = [
        Field(Column("name", "NAME", 16, flex=2), _name, lambda r: r.name or None),
        word("host", "HOST", 18, _host, flex=1, drop=2),
        Field(Column("cid", "CID", 7, "right", drop=3), lambda r: str(r.cid), lambda r: r.cid),
        figure("subs", "SUBS", 6, lambda r: r.subscriptions, units.whole),
        Field(Column("pending", "PENDING", 9, "right"), _pending, lambda r: r.pending_bytes),
        *_traffic(showing, drop=1),
        figure("rtt", "last RTT", 9, lambda r: r.rtt, units.duration, drop=4),
        word("lang", "LANG", 14, _client, drop=6),
        figure("uptime", "UPTIME", 8, lambda r: r.uptime, units.duration, drop=5),
        figure("idle", "IDLE", 8, lambda r: r.idle, units.duration, drop=5),
        figure("stalls", "STALLS", 6, lambda r: r.stalls, units.whole, drop=7),
        word("server", "SERVER", 10, lambda r: r.server_name, drop=8),
    ]
    return table_of(
        "connections",
        fields,
        key=lambda r: f"{r.cluster} {r.server_name} {r.cid}",
        haystack=lambda r: f"{r.name} {_host(r)} {_client(r)} {r.account}",
        sort=Sort("in_msgs", reverse=True),
    )


def streams() -> RowTable[NatsStreamRow]:
    """One row a JetStream stream."""
    fields: list[Field[NatsStreamRow]] = [
        word("stream", "STREAM", 16, lambda r: r.stream, flex=1),
        word("subjects", "SUBJECTS", 18, _subjects, flex=1, drop=2),
        figure("messages", "MESSAGES", 12, lambda r: r.messages, units.whole),
        figure("bytes", "BYTES", 10, lambda r: r.bytes, units.size),
        Field(Column("used", "LIMIT", 7, "right", drop=1), _used, lambda r: r.limit_used),
        figure("in", "IN/s", 8, lambda r: r.in_msgs_rate, units.rate),
        figure("consumers", "CONS", 5, lambda r: r.consumers, units.whole),
        Field(Column("last", "LAST UTC", 9, "right", drop=3), _last, lambda r: r.last_time),
        word("retention", "RETENTION", 10, lambda r: r.retention, drop=4),
        word("storage", "STORAGE", 7, lambda r: r.storage, drop=5),
        word("leader", "LEADER", 10, lambda r: r.leader, drop=6),
        word("account", "ACCOUNT", 8, lambda r: r.account, drop=7),
    ]
    return table_of(
        "streams",
        fields,
        key=lambda r: f"{r.cluster} {r.account} {r.stream}",
        haystack=lambda r: f"{r.stream} {_subjects(r)} {r.account}",
        sort=Sort("stream"),
    )


def consumers() -> RowTable[NatsConsumerRow]:
    """One row a JetStream consumer."""
    fields: list[Field[NatsConsumerRow]] = [
        word("stream", "STREAM", 14, lambda r: r.stream, flex=1),
        word("name", "CONSUMER", 14, lambda r: r.name, flex=1),
        figure("pending", "PENDING", 11, lambda r: r.num_pending, units.whole),
        figure("unacked", "ACK PEND", 9, lambda r: r.num_ack_pending, units.whole),
        Field(
            Column("redelivered", "REDELIV", 8, "right", drop=1),
            _redelivered,
            lambda r: r.num_redelivered,
        ),
        figure("waiting", "PULLS", 6, lambda r: r.num_waiting, units.whole, drop=2),
        Field(Column("delivered", "DELIV/s", 8, "right"), _delivered, lambda r: r.delivered_rate),
        figure("acked", "ACK/s", 8, lambda r: r.ack_rate, units.rate),
        word("account", "ACCOUNT", 8, lambda r: r.account, drop=4),
    ]
    return table_of(
        "consumers",
        fields,
        key=lambda r: f"{r.cluster} {r.account} {r.stream} {r.name}",
        haystack=lambda r: f"{r.stream} {r.name} {r.account}",
        sort=Sort("pending", reverse=True),
    )


def servers(showing: Showing) -> RowTable[NatsServerRow]:
    """One row a server."""
    fields: list[Field[NatsServerRow]] = [
        word("name", "SERVER", 14, lambda r: r.server_name, flex=1),
        word("cluster", "CLUSTER", 12, lambda r: r.cluster, drop=4),
        word("version", "VERSION", 8, lambda r: r.version, drop=2),
        Field(Column("health", "HEALTH", 6), lambda r: health(r.healthy, stale=r.stale)),
        figure("conns", "CONNS", 7, lambda r: r.connections, units.whole),
        figure("subs", "SUBS", 7, lambda r: r.subscriptions, units.whole, drop=1),
        Field(Column("slow", "SLOW", 6, "right"), _slow, lambda r: r.slow_consumers),
        *_traffic(showing, drop=3),
        Field(
            Column("cpu", "CPU %", 6, "right", drop=5), lambda r: f"{r.cpu:.0f}", lambda r: r.cpu
        ),
        figure("mem", "MEM", 9, lambda r: r.mem, units.size, drop=5),
        figure("uptime", "UPTIME", 8, lambda r: r.uptime, units.duration, drop=6),
    ]
    return table_of(
        "servers",
        fields,
        key=lambda r: r.url,
        haystack=lambda r: f"{r.server_name} {r.cluster} {r.url}",
        sort=Sort("name"),
    )


def health(healthy: bool | None, *, stale: bool) -> Cell:
    """A server's health, in a word that its colour only repeats."""
    if stale:
        return ("DOWN", "bad")
    if healthy is None:
        return (units.UNKNOWN, "dim")
    return ("OK", "good") if healthy else ("SICK", "bad")


def _traffic(showing: Showing, *, drop: int) -> list[Field[NatsConnectionRow | NatsServerRow]]:
    """Messages and bytes in both directions: rates, or totals while those are wanted."""

    def told(rate: float, total: int) -> float:
        return total if showing.totals else rate

    def tell(rate: float, total: int) -> str:
        return units.count(total) if showing.totals else units.rate(rate)

    return [
        Field(
            Column("in_msgs", "IN/s", 8, "right"),
            lambda r: tell(r.in_msgs_rate, r.in_msgs),
            lambda r: told(r.in_msgs_rate, r.in_msgs),
        ),
        Field(
            Column("out_msgs", "OUT/s", 8, "right"),
            lambda r: tell(r.out_msgs_rate, r.out_msgs),
            lambda r: told(r.out_msgs_rate, r.out_msgs),
        ),
        Field(
            Column("in_bytes", "IN B/s", 10, "right", drop=drop),
            lambda r: units.size(told(r.in_bytes_rate, r.in_bytes)),
            lambda r: told(r.in_bytes_rate, r.in_bytes),
        ),
        Field(
            Column("out_bytes", "OUT B/s", 10, "right", drop=drop),
            lambda r: units.size(told(r.out_bytes_rate, r.out_bytes)),
            lambda r: told(r.out_bytes_rate, r.out_bytes),
        ),
    ]  # fmt: skip - the same four lines for the same four figures


def _name(row: NatsConnectionRow) -> Cell:
    return row.name or ("(no name)", "dim")


def _host(row: NatsConnectionRow) -> str:
    return f"{row.ip}:{row.port}"


def _client(row: NatsConnectionRow) -> str:
    return f"{row.lang} {row.version}"


def _pending(row: NatsConnectionRow) -> Cell:
    return (units.size(row.pending_bytes), "warn" if row.pending_bytes > PENDING else "")


def _slow(row: NatsServerRow) -> Cell:
    return (units.whole(row.slow_consumers), "warn" if row.slow_consumers else "")


def _delivered(row: NatsConsumerRow) -> Cell:
    return ("paused", "warn") if row.paused else units.rate(row.delivered_rate)


def _redelivered(row: NatsConsumerRow) -> Cell:
    return (units.whole(row.num_redelivered), "warn" if row.num_redelivered else "")


def _subjects(row: NatsStreamRow) -> str:
    return " ".join(row.subjects)


def _used(row: NatsStreamRow) -> Cell:
    if row.limit_used is None:
        return (units.UNKNOWN, "dim")
    nearly = row.limit_used > NEARLY_FULL
    return (f"{row.limit_used:.0%} !", "warn") if nearly else f"{row.limit_used:.0%}"


def _last(row: NatsStreamRow) -> str:
    return (row.last_time or "")[11:19] or units.UNKNOWN
