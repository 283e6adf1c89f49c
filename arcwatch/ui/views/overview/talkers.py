"""Who moves most: connections of NATS and topics of Pulsar, in one ranking."""

from __future__ import annotations

import heapq
from typing import NamedTuple

from arcwatch.notation.address import topic_address
from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.series.rates import known_sum
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.things import Thing, thing_at
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

MOST = 20
"""Rows, at most."""


class Talker(NamedTuple):
    """A connection or a topic."""

    system: str
    name: str
    messages: float
    """In and out, per second."""
    size: float
    """Bytes, the same."""
    place: str
    member: str
    stale: bool


def talkers(showing: ViewContext) -> list[Talker]:
    """Those that move most messages, of both systems."""
    store = showing.store
    found = [
        Talker(
            "nats",
            row.name or f"{row.ip}:{row.port}",
            known_sum([row.in_msgs_rate, row.out_msgs_rate]),
            known_sum([row.in_bytes_rate, row.out_bytes_rate]),
            row.server_name,
            str(row.cid),
            row.stale,
        )
        for row in store.nats_connections()
    ]
    found += [
        Talker(
            "pulsar",
            short_topic(row.topic),
            known_sum([row.msg_rate_in, row.msg_rate_out]),
            known_sum([row.throughput_in, row.throughput_out]),
            row.topic,
            "",
            row.stale,
        )
        for row in store.pulsar_topics()
    ]
    moving = (row for row in found if row.messages > 0 and not row.stale)
    return heapq.nlargest(MOST, moving, key=lambda row: row.messages)


def talkers_table() -> RowTable[Talker]:
    """The ranking."""
    return RowTable(
        (
            Column("system", "", 6, drop=1),
            Column("name", "CONNECTION OR TOPIC", 10, flex=1, elide="middle"),
            Column("messages", "MSG/S", 7, "right"),
            Column("size", "B/S", 9, "right", drop=2),
        ),
        key=lambda row: f"{row.system} {row.place} {row.member}",
        cells=_cells,
        sort_values={
            "name": lambda row: row.name,
            "messages": lambda row: row.messages,
            "size": lambda row: row.size,
        },
        sort=Sort("messages", reverse=True),
        empty="Nobody sends or receives.",
        quiet=True,
        id="talkers",
    )


def _cells(row: Talker) -> list[Cell]:
    return [
        (row.system, "pulsar" if row.system == "pulsar" else "nats"),
        row.name,
        units.rate(row.messages),
        units.size(row.size),
    ]


def thing_of_talker(showing: ViewContext, row: Talker) -> Thing | None:
    """The connection, or the topic."""
    if row.system == "pulsar":
        return thing_at(showing.store, topic_address(row.place))
    clients = showing.store.nats_connections()
    found = (c for c in clients if (c.server_name, str(c.cid)) == (row.place, row.member))
    return next((Thing("nats", client) for client in found), None)
