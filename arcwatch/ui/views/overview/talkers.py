"""Who moves most: connections of NATS and topics of Pulsar, in one ranking."""

from __future__ import annotations

import heapq
from functools import partial
from typing import NamedTuple

from arcwatch.notation.address import topic_address
from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.rows import NatsConnectionRow, PulsarTopicRow
from arcwatch.text import units
from arcwatch.ui.problems import of_cluster
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.things import Thing, thing_at
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

MOST = 20
"""Rows, at most."""

AGAIN = 2.0
"""Seconds after which it is worth looking again."""


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
    cluster: str = ""


class TopTalkers(NamedTuple):
    """The ranking, and of how many it is."""

    rows: list[Talker]
    of: int
    at: float
    """Unix seconds of the newest reading that it is about."""


NOBODY = TopTalkers([], 0, 0.0)


def top_talkers(showing: ViewContext, before: TopTalkers) -> TopTalkers:
    """Those that move most messages, of both systems; asked again too soon, the same as before."""
    store = showing.store
    if 0 <= store.now - before.at < AGAIN:
        return before
    connections = [row for row in store.nats_connections() if not row.stale]
    topics = [row for row in store.pulsar_topics() if not row.stale]
    # rows are made of the largest alone: there may be thousands
    named = partial(of_cluster, showing)
    found = [
        _connection(row, named(row.cluster))
        for row in heapq.nlargest(MOST, connections, key=_moved_by_client)
    ]
    found += [
        _topic(row, named(row.cluster)) for row in heapq.nlargest(MOST, topics, key=_moved_by_topic)
    ]
    moving = (row for row in found if row.messages > 0)
    rows = heapq.nlargest(MOST, moving, key=lambda row: row.messages)
    return TopTalkers(rows, len(connections) + len(topics), store.now)


def _moved_by_client(row: NatsConnectionRow) -> float:
    return _sum(row.in_msgs_rate, row.out_msgs_rate)


def _moved_by_topic(row: PulsarTopicRow) -> float:
    return _sum(row.msg_rate_in, row.msg_rate_out)


def _sum(one: float, other: float) -> float:
    return (one if one == one else 0.0) + (other if other == other else 0.0)


def _connection(row: NatsConnectionRow, of: str) -> Talker:
    name = of + (row.name or f"{row.ip}:{row.port}")
    size = _sum(row.in_bytes_rate, row.out_bytes_rate)
    place = row.server_name, str(row.cid), row.cluster
    return Talker("nats", name, _moved_by_client(row), size, *place)


def _topic(row: PulsarTopicRow, of: str) -> Talker:
    name, size = of + short_topic(row.topic), _sum(row.throughput_in, row.throughput_out)
    return Talker("pulsar", name, _moved_by_topic(row), size, row.topic, "", row.cluster)


def talkers_table() -> RowTable[Talker]:
    """The ranking."""
    return RowTable(
        (
            Column("system", "", 6, drop=1),
            Column("name", "CLIENT OR TOPIC", 10, flex=1, elide="middle"),
            Column("messages", "MSG/S", 7, "right"),
            Column("size", "B/S", 9, "right", drop=2),
        ),
        key=lambda row: f"{row.system} {row.cluster} {row.place} {row.member}",
        cells=_cells,
        sort_values={
            "name": lambda row: row.name,
            "messages": lambda row: row.messages,
            "size": lambda row: row.size,
        },
        sort=Sort("messages", reverse=True),
        empty="No traffic reported.",
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
        return thing_at(showing.store, topic_address(row.place), row.cluster)
    clients = showing.store.nats_connections()
    place = row.cluster, row.place, row.member
    found = (c for c in clients if (c.cluster, c.server_name, str(c.cid)) == place)
    return next((Thing("nats", client) for client in found), None)
