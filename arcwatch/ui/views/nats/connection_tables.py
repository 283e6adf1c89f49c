"""The connection and server tables of view 2: columns and sort keys."""

from __future__ import annotations

from typing import TypeAlias

from arcwatch.store.nats.build_rows import kind_of
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.rows import (
    NatsAccountRow,
    NatsClosedRow,
    NatsConnectionRow,
    NatsServerRow,
    NatsSubscriptionRow,
)
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, cause, figure, moment, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import SHAPES, Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

PENDING = 1_000_000
"""Bytes unread by a client from which on it is worth a look; the server's limit is 64 MiB."""


GOODBYE = "Client Closed"
"""The reason of a connection that its client ended, as it should."""

NATS_TOP = {
    "msgs_from": "in_msgs",
    "msgs_to": "out_msgs",
    "bytes_from": "in_bytes",
    "bytes_to": "out_bytes",
}
"""What nats-top calls the columns that have other names here."""


def connections(showing: ViewContext, id: str = "connections") -> RowTable[NatsConnectionRow]:
    """One row a client connection; nats-top's columns."""
    fields: list[Field[NatsConnectionRow]] = [
        Field(Column("name", "NAME", 16, flex=2), _name, lambda r: r.name or None),
        *of_cluster(showing),
        word("host", "HOST", 18, _host, flex=1, drop=2),
        Field(Column("cid", "CID", 7, "right", drop=4), lambda r: str(r.cid), lambda r: r.cid),
        figure("subs", "SUBS", 6, lambda r: r.subscriptions, units.whole),
        Field(Column("pending", "PENDING", 10, "right"), _pending, lambda r: r.pending_bytes),
        *traffic(showing, drop=1),
        Field(Column("stalls", "STALLS", 7, "right", drop=3), _stalls, lambda r: r.stalls),
        Field(
            Column("stalls_rate", "STALLS/S", 8, "right", drop=3),
            _stalling,
            lambda r: r.stalls_rate,
        ),
        figure("rtt", "LAST RTT", 9, lambda r: r.rtt, units.duration, drop=5),
        figure("idle", "IDLE", 8, lambda r: r.idle, units.duration, drop=6),
        figure("uptime", "UPTIME", 8, lambda r: r.uptime, units.duration, drop=6),
        word("kind", "KIND", 9, kind_of, drop=7),
        word("lang", "LANG", 14, _client, drop=7),
        word("server", "SERVER", 8, lambda r: r.server_name, drop=8),
        moment(showing, "last", "LAST", lambda r: r.last_activity, drop=9),
        moment(showing, "start", "SINCE", lambda r: r.start, drop=10),
        cause(),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.server_name} {r.cid} {r.start}",
        haystack=_haystack,
        sort=Sort("in_msgs", reverse=True),
    )


def closed(showing: ViewContext, id: str = "closed") -> RowTable[NatsClosedRow]:
    """One row a connection that is gone."""
    fields: list[Field[NatsClosedRow]] = [
        moment(showing, "stop", "CLOSED", lambda r: r.stop),
        Field(Column("reason", "REASON", 32, flex=1), _reason, lambda r: r.reason),
        Field(Column("name", "NAME", 12, flex=2), _name, lambda r: r.name or None),
        *of_cluster(showing),
        word("host", "HOST", 16, _host, flex=1, drop=3),
        figure("lived", "LIFETIME", 8, lambda r: r.lived, units.duration, drop=1),
        Field(
            Column("pending", "PENDING", 10, "right", drop=1), _pending, lambda r: r.pending_bytes
        ),
        Field(Column("stalls", "STALLS", 7, "right", drop=2), _stalls, lambda r: r.stalls),
        figure("in_msgs", "IN", 8, lambda r: r.in_msgs, units.count, drop=4),
        figure("out_msgs", "OUT", 8, lambda r: r.out_msgs, units.count, drop=4),
        figure("in_bytes", "IN B", 10, lambda r: r.in_bytes, units.size, drop=5),
        figure("out_bytes", "OUT B", 10, lambda r: r.out_bytes, units.size, drop=5),
        Field(Column("cid", "CID", 7, "right", drop=6), lambda r: str(r.cid), lambda r: r.cid),
        word("kind", "KIND", 9, kind_of, drop=7),
        word("lang", "LANG", 14, _client, drop=7),
        word("server", "SERVER", 8, lambda r: r.server_name, drop=8),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.server_name} {r.cid} {r.stop}",
        haystack=lambda r: (
            f"{r.reason} {r.name} {kind_of(r)} {_host(r)} {_client(r)} {r.server_name}"
        ),
        sort=Sort("stop", reverse=True),
    )


def subscriptions() -> RowTable[NatsSubscriptionRow]:
    """One row a subscription of the connection that is open."""
    fields: list[Field[NatsSubscriptionRow]] = [
        word("subject", "SUBJECT", 24, lambda r: r.subject, flex=3, elide="middle"),
        word("queue", "QUEUE GROUP", 14, lambda r: r.queue, flex=1),
        figure("msgs", "MESSAGES", 12, lambda r: r.msgs, units.whole),
        figure("rate", "MSG/S", 8, lambda r: r.msgs_rate, units.rate),
        Field(Column("max", "MAX MSGS", 9, "right", drop=1), _ends_at, lambda r: r.max),
        Field(Column("sid", "SID", 6, "right", drop=2), lambda r: r.sid, lambda r: _number(r.sid)),
    ]
    return table_of(
        "connection-subscriptions",
        fields,
        key=lambda r: f"{r.cluster} {r.server_name} {r.cid} {r.sid}",
        haystack=lambda r: f"{r.subject} {r.queue}",
        sort=Sort("rate", reverse=True),
    )


def servers(showing: ViewContext) -> RowTable[NatsServerRow]:
    """One row a server."""
    fields: list[Field[NatsServerRow]] = [
        word("name", "SERVER", 14, lambda r: r.server_name, flex=1),
        *(of_cluster(showing) or [word("cluster", "CLUSTER", 12, lambda r: r.cluster, drop=4)]),
        word("version", "VERSION", 8, lambda r: r.version, drop=2),
        Field(Column("health", "HEALTH", 6), lambda r: health(r.healthy, stale=r.stale)),
        figure("conns", "CONNS", 7, lambda r: r.connections, units.whole),
        figure("subs", "SUBS", 7, lambda r: r.subscriptions, units.whole, drop=1),
        Field(Column("slow", "SLOW", 6, "right"), _slow, lambda r: r.slow_consumers),
        *traffic(showing, drop=3),
        Field(
            Column("cpu", "CPU %", 6, "right", drop=5), lambda r: f"{r.cpu:.0f}", lambda r: r.cpu
        ),
        figure("mem", "MEM", 9, lambda r: r.mem, units.size, drop=5),
        figure("uptime", "UPTIME", 8, lambda r: r.uptime, units.duration, drop=6),
        word("links", "LINKS", 10, _links, drop=7),
        word("leads", "LEADS", 16, _leads, drop=7),
        cause(),
    ]
    return table_of(
        "servers",
        fields,
        key=lambda r: f"{r.cluster} {r.url}",
        haystack=lambda r: f"{r.server_name} {r.cluster} {r.url}",
        sort=Sort("name"),
    )


def health(healthy: bool | None, *, stale: bool) -> Cell:
    """A server's health, in a word that its colour only repeats."""
    if stale:
        # the whole row is grey, so that only the shape is left to say it
        return (f"{SHAPES['bad']} DOWN", "bad")
    if healthy is None:
        return (units.UNKNOWN, "dim")
    return ("OK", "good") if healthy else ("SICK", "bad")


Counting: TypeAlias = NatsConnectionRow | NatsServerRow | NatsAccountRow | NatsLinkRow
"""A row of something whose messages are counted in both directions."""


def traffic(showing: ViewContext, *, drop: int) -> list[Field[Counting]]:
    """Messages and bytes in both directions, as rates or totals."""

    def reported(rate: float, total: float | None) -> float | None:
        return total if showing.totals else rate

    def cell(rate: float, total: float | None) -> str:
        return units.count(total) if showing.totals else units.rate(rate)

    return [
        Field(
            Column("in_msgs", "IN/S", 8, "right"),
            lambda r: cell(r.in_msgs_rate, r.in_msgs),
            lambda r: reported(r.in_msgs_rate, r.in_msgs),
        ),
        Field(
            Column("out_msgs", "OUT/S", 8, "right"),
            lambda r: cell(r.out_msgs_rate, r.out_msgs),
            lambda r: reported(r.out_msgs_rate, r.out_msgs),
        ),
        Field(
            Column("in_bytes", "IN B/S", 10, "right", drop=drop),
            lambda r: units.size(reported(r.in_bytes_rate, r.in_bytes)),
            lambda r: reported(r.in_bytes_rate, r.in_bytes),
        ),
        Field(
            Column("out_bytes", "OUT B/S", 10, "right", drop=drop),
            lambda r: units.size(reported(r.out_bytes_rate, r.out_bytes)),
            lambda r: reported(r.out_bytes_rate, r.out_bytes),
        ),
    ]  # fmt: skip - the same four lines for the same four figures


def _haystack(row: NatsConnectionRow) -> str:
    words = (row.name, _host(row), kind_of(row), _client(row), row.account, row.server_name)
    return " ".join(words)


def _name(row: NatsConnectionRow | NatsClosedRow) -> Cell:
    return row.name or ("(no name)", "dim")


def _host(row: NatsConnectionRow | NatsClosedRow) -> str:
    return f"{row.ip}:{row.port}"


def _client(row: NatsConnectionRow | NatsClosedRow) -> str:
    return f"{row.lang} {row.version}"


def _pending(row: NatsConnectionRow | NatsClosedRow) -> Cell:
    pending = units.size(row.pending_bytes)
    return (pending, "warn") if row.pending_bytes > PENDING else pending


def _stalls(row: NatsConnectionRow | NatsClosedRow) -> Cell:
    return (units.whole(row.stalls), "warn" if row.stalls else "")


def _stalling(row: NatsConnectionRow) -> Cell:
    return (units.rate(row.stalls_rate), "bad" if row.stalls_rate > 0 else "")


def _reason(row: NatsClosedRow) -> Cell:
    if row.slow:
        return (f"! {row.reason}", "bad")
    return row.reason if row.reason == GOODBYE else (row.reason, "warn")


def _slow(row: NatsServerRow) -> Cell:
    return (units.whole(row.slow_consumers), "warn" if row.slow_consumers > 0 else "")


def _links(row: NatsServerRow) -> str:
    """The number of each kind as text: ``4r 1g 2l``."""
    kinds = ((row.routes, "r"), (row.gateways, "g"), (row.leafnodes, "l"))
    return " ".join(f"{count}{kind}" for count, kind in kinds if count)


def _leads(row: NatsServerRow) -> str:
    meta = "meta" if row.meta_leader == row.server_name else ""
    streams = units.things(row.streams_led, "stream") if row.streams_led else ""
    return ", ".join(filter(None, (meta, streams)))


def _ends_at(row: NatsSubscriptionRow) -> str:
    return units.whole(row.max) if row.max else ""


def _number(sid: str) -> int:
    """Clients number their subscriptions, though any text would do."""
    return int(sid) if sid.isascii() and sid.isdigit() and len(sid) < 19 else 0
