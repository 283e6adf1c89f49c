"""The account and link tables of view 2."""

from __future__ import annotations

from arcwatch.store.causes.of_servers import BEHIND
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.rows import NatsAccountRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, cause, figure, moment, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .connection_tables import traffic
from .stream_tables import used


def accounts(showing: ViewContext, id: str = "accounts") -> RowTable[NatsAccountRow]:
    """One row an account on a server: what its clients send, and what it keeps in JetStream."""
    fields: list[Field[NatsAccountRow]] = [
        word("account", "ACCOUNT", 12, lambda r: r.account, flex=1, elide="middle"),
        *of_cluster(showing),
        word("server", "SERVER", 10, lambda r: r.server_name, drop=2),
        figure("conns", "CONNS", 6, lambda r: r.connections, units.whole),
        figure("leafs", "LEAFS", 5, lambda r: r.leafnodes, units.whole, drop=6),
        figure("subs", "SUBS", 6, lambda r: r.subscriptions, units.whole, drop=5),
        *traffic(showing, drop=4),
        figure("slow", "SLOW", 5, lambda r: r.slow_consumers, units.whole, drop=7),
        figure("storage", "STORAGE", 9, lambda r: r.storage, units.size),
        Field(
            Column("max_storage", "OF", 9, "right"),
            lambda r: _limit(r, r.max_storage),
            lambda r: r.max_storage,
        ),
        figure("memory", "MEMORY", 9, lambda r: r.memory, units.size, drop=3),
        Field(
            Column("max_memory", "OF", 9, "right", drop=3),
            lambda r: _limit(r, r.max_memory),
            lambda r: r.max_memory,
        ),
        Field(Column("used", "LIMIT", 6, "right"), used, lambda r: r.limit_used),
        figure("streams", "STREAMS", 7, lambda r: r.streams, units.whole, drop=5),
        figure("consumers", "CONS", 6, lambda r: r.consumers, units.whole, drop=5),
        figure("api", "API/S", 7, lambda r: r.api_rate, units.rate, drop=6),
        figure("api_total", "API", 8, lambda r: r.api_total, units.count, drop=8),
        Field(
            Column("api_errors", "API ERR", 8, "right", drop=6),
            lambda r: (units.count(r.api_errors), "warn" if r.api_errors else ""),
            lambda r: r.api_errors,
        ),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.server_name} {r.account}",
        haystack=lambda r: f"{r.account} {r.server_name}",
        sort=Sort("storage", reverse=True),
    )


def links(showing: ViewContext, id: str = "links") -> RowTable[NatsLinkRow]:
    """One row for each neighbour of a server, as reported by that server."""
    fields: list[Field[NatsLinkRow]] = [
        word("server", "SERVER", 10, lambda r: r.server_name, flex=1),
        *of_cluster(showing),
        word("kind", "KIND", 7, lambda r: r.kind),
        Field(Column("peer", "NEIGHBOUR", 12, flex=2), _peer, lambda r: r.peer),
        Field(Column("rtt", "LAST RTT", 8, "right"), _rtt, lambda r: r.rtt),
        Field(Column("pending", "PENDING", 10, "right"), _pending, lambda r: r.pending_bytes),
        *traffic(showing, drop=2),
        figure("conns", "CONNS", 5, lambda r: r.connections, units.whole, drop=5),
        figure("subs", "SUBS", 7, lambda r: r.subscriptions, units.whole, drop=5),
        moment(showing, "start", "SINCE", lambda r: r.start, drop=4),
        word("host", "HOST", 20, lambda r: r.host, drop=7),
        *([] if showing.store.called else [word("cluster", "CLUSTER", 12, _cluster, drop=6)]),
        cause(),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.server_name} {r.kind} {r.peer} {r.account}",
        haystack=lambda r: f"{r.server_name} {r.kind} {r.peer} {r.via} {r.account} {r.cluster}",
        sort=Sort("server"),
    )


def _limit(row: NatsAccountRow, limit: int | None) -> Cell:
    if not row.jetstream:
        return (units.UNKNOWN, "dim")
    return ("no limit", "dim") if limit is None else units.size(limit)


def _cluster(row: NatsLinkRow) -> str:
    return row.cluster


def _peer(row: NatsLinkRow) -> Cell:
    if not row.connected:
        return (row.peer, "bad")
    more = f" via {row.via}" if row.via else f" for {row.account}" if row.account else ""
    return row.peer + more


def _rtt(row: NatsLinkRow) -> Cell:
    return units.duration(row.rtt) if row.connected else ("down", "bad")


def _pending(row: NatsLinkRow) -> Cell:
    pending = units.size(row.pending_bytes)
    return (pending, "warn") if (row.pending_bytes or 0) > BEHIND else pending
