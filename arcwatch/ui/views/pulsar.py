"""View 3: Pulsar topics with their subscriptions, and the brokers."""

from __future__ import annotations

from typing import Any, ClassVar

from arcwatch import units
from arcwatch.store.ranking import short_topic
from arcwatch.store.rows import PulsarBrokerRow, PulsarSubscriptionRow, PulsarTopicRow
from arcwatch.ui.showing import Showing
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .tables import Sheet, TablesView

FOCUS = 20
"""Topics on screen that the admin API is asked about."""


class PulsarView(TablesView):
    """What flows through each topic, who reads it, and how far behind they are."""

    NAME: ClassVar[str] = "Pulsar"

    def __init__(self, showing: Showing) -> None:
        super().__init__(
            showing,
            [
                Sheet("topics", "Topics", self._topics()),
                Sheet("subscriptions", "Subscriptions", self._subscriptions()),
                Sheet("brokers", "Brokers", self._brokers()),
            ],
        )

    def fill(self, sheet: Sheet) -> None:
        """See :meth:`TablesView.fill`."""
        store = self.showing.store
        rows: list[Any]
        if sheet.id == "brokers":
            rows = store.pulsar_brokers()
        elif sheet.id == "topics":
            rows = store.pulsar_topics()
        else:
            rows = [sub for topic in store.pulsar_topics() for sub in topic.subscriptions]
        sheet.table.show(rows, version=self.showing.version)
        self.showing.watcher.focus(self.topics_on_screen())

    def topics_on_screen(self) -> list[str]:
        """Full names of the topics of which rows are visible."""
        if self.sheet.id == "brokers":
            return []
        top = self.table.scroll_offset.y
        rows = self.table.items[top : top + self.table.size.height][:FOCUS]
        return [row.topic for row in rows]

    def counts(self) -> dict[str, str]:
        """See :meth:`TablesView.counts`."""
        topics = self.showing.store.pulsar_topics()
        return {
            "topics": f"{len(topics):,}",
            "subscriptions": f"{sum(len(topic.subscriptions) for topic in topics):,}",
            "brokers": f"{len(self.showing.store.pulsar_brokers()):,}",
        }

    def go_to(self, place: str, member: str) -> None:
        """Put the cursor on a subscription."""
        self.turn_to("subscriptions")
        for row in self.table.items:
            if (row.topic, row.name) == (place, member):
                self.table.select(_subscription_key(row))

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open a topic on its subscriptions."""
        event.stop()
        if self.sheet.id == "topics" and (topic := self.table.cursor_item):
            self.turn_to("subscriptions")
            self.table.filter = short_topic(topic.topic)
            self.draw()

    # -- topics ---------------------------------------------------------------------------------

    def _topics(self) -> RowTable[PulsarTopicRow]:
        return RowTable(
            [
                Column("topic", "TOPIC", 28, flex=1, elide="middle"),
                Column("partitions", "PARTS", 5, "right", drop=3),
                Column("in", "IN/s", 8, "right"),
                Column("out", "OUT/s", 8, "right"),
                Column("throughput_in", "IN B/s", 10, "right", drop=2),
                Column("throughput_out", "OUT B/s", 10, "right", drop=2),
                Column("storage", "STORED", 10, "right"),
                Column("offloaded", "OFFLOADED", 10, "right", drop=5),
                Column("entries", "BACKLOG", 9, "right"),
                Column("messages", "≈ MSGS", 11, "right", drop=1),
                Column("subs", "SUBS", 5, "right", drop=4),
                Column("producers", "PROD", 5, "right", drop=4),
                Column("consumers", "CONS", 5, "right", drop=4),
            ],
            key=lambda row: f"{row.cluster} {row.topic}",
            cells=self._topic_cells,
            sort_values={
                "topic": lambda row: row.topic,
                "partitions": lambda row: row.partitions,
                "in": lambda row: row.msg_rate_in,
                "out": lambda row: row.msg_rate_out,
                "throughput_in": lambda row: row.throughput_in,
                "throughput_out": lambda row: row.throughput_out,
                "storage": lambda row: row.storage_size,
                "offloaded": lambda row: row.offloaded_size,
                "entries": lambda row: row.backlog_entries,
                "messages": lambda row: row.backlog_messages,
                "subs": lambda row: len(row.subscriptions),
                "producers": lambda row: row.producers,
                "consumers": lambda row: row.consumers,
            },
            haystack=lambda row: row.topic,
            dim=lambda row: row.stale,
            sort=Sort("in", reverse=True),
            empty="No topic is loaded by a broker.",
            id="topics",
        )

    def _topic_cells(self, row: PulsarTopicRow) -> list[Cell]:
        return [
            short_topic(row.topic),
            str(row.partitions or ""),
            units.rate(row.msg_rate_in),
            units.rate(row.msg_rate_out),
            units.size(row.throughput_in),
            units.size(row.throughput_out),
            units.size(row.storage_size),
            units.size(row.offloaded_size) if row.offloaded_size else "",
            units.whole(row.backlog_entries),
            _messages(row.backlog_messages),
            str(len(row.subscriptions)),
            str(row.producers),
            str(row.consumers),
        ]

    # -- subscriptions --------------------------------------------------------------------------

    def _subscriptions(self) -> RowTable[PulsarSubscriptionRow]:
        return RowTable(
            [
                Column("topic", "TOPIC", 22, flex=2, elide="middle"),
                Column("name", "SUBSCRIPTION", 14, flex=1, elide="middle"),
                Column("type", "TYPE", 10, drop=2),
                Column("entries", "BACKLOG", 9, "right"),
                Column("messages", "≈ MSGS", 11, "right"),
                Column("size", "BYTES", 10, "right", drop=4),
                Column("out", "OUT/s", 8, "right"),
                Column("unacked", "UNACKED", 8, "right", drop=1),
                Column("redelivered", "REDEL/s", 8, "right", drop=5),
                Column("consumers", "CONS", 5, "right"),
                Column("state", "STATE", 13, drop=3),
            ],
            key=_subscription_key,
            cells=self._subscription_cells,
            sort_values={
                "topic": lambda row: row.topic,
                "name": lambda row: row.name,
                "type": lambda row: row.type,
                "entries": lambda row: row.backlog_entries,
                "messages": lambda row: row.backlog_messages,
                "size": lambda row: row.backlog_size,
                "out": lambda row: row.msg_rate_out,
                "unacked": lambda row: row.unacked_messages,
                "redelivered": lambda row: row.redeliver_rate,
                "consumers": lambda row: row.consumers,
                "state": lambda row: _state(row)[0],
            },
            haystack=lambda row: f"{row.topic} {row.name} {row.type or ''}",
            dim=lambda row: row.stale,
            sort=Sort("entries", reverse=True),
            empty="No subscription: nobody has read from a loaded topic yet.",
            id="subscriptions",
        )

    def _subscription_cells(self, row: PulsarSubscriptionRow) -> list[Cell]:
        return [
            short_topic(row.topic),
            row.name,
            (row.type or units.UNKNOWN, "" if row.type else "dim"),
            units.whole(row.backlog_entries),
            _messages(row.backlog_messages),
            units.size(row.backlog_size),
            units.rate(row.msg_rate_out),
            units.whole(row.unacked_messages),
            units.rate(row.redeliver_rate) if row.redeliver_rate else "",
            str(row.consumers),
            _state(row),
        ]

    # -- brokers --------------------------------------------------------------------------------

    def _brokers(self) -> RowTable[PulsarBrokerRow]:
        return RowTable(
            [
                Column("broker", "BROKER", 20, flex=1),
                Column("cluster", "CLUSTER", 12, drop=3),
                Column("version", "VERSION", 8, drop=2),
                Column("health", "HEALTH", 6),
                Column("topics", "TOPICS", 7, "right"),
                Column("in", "IN/s", 8, "right"),
                Column("out", "OUT/s", 8, "right"),
                Column("throughput_in", "IN B/s", 10, "right", drop=1),
                Column("throughput_out", "OUT B/s", 10, "right", drop=1),
                Column("heap", "HEAP", 20, "right", drop=4),
                Column("direct", "DIRECT", 20, "right", drop=5),
                Column("uptime", "UPTIME", 8, "right", drop=6),
            ],
            key=lambda row: f"{row.cluster} {row.broker}",
            cells=self._broker_cells,
            sort_values={
                "broker": lambda row: row.broker,
                "cluster": lambda row: row.cluster,
                "version": lambda row: row.version,
                "topics": lambda row: row.topics,
                "in": lambda row: row.msg_rate_in,
                "out": lambda row: row.msg_rate_out,
                "throughput_in": lambda row: row.throughput_in,
                "throughput_out": lambda row: row.throughput_out,
                "heap": lambda row: row.heap_used,
                "direct": lambda row: row.direct_used,
                "uptime": lambda row: row.uptime,
            },
            haystack=lambda row: f"{row.broker} {row.cluster}",
            dim=lambda row: row.stale,
            sort=Sort("broker"),
            empty="No broker has answered yet; the overview says why.",
            id="brokers",
        )

    def _broker_cells(self, row: PulsarBrokerRow) -> list[Cell]:
        health: Cell = ("OK", "good") if row.healthy else (units.UNKNOWN, "dim")
        if row.stale or row.healthy is False:
            health = ("DOWN" if row.stale else "SICK", "bad")
        return [
            row.broker,
            row.cluster,
            row.version,
            health,
            units.whole(row.topics),
            units.rate(row.msg_rate_in),
            units.rate(row.msg_rate_out),
            units.size(row.throughput_in),
            units.size(row.throughput_out),
            _of(row.heap_used, row.heap_max),
            _of(row.direct_used, row.direct_max),
            units.duration(row.uptime),
        ]


def _subscription_key(row: PulsarSubscriptionRow) -> str:
    return f"{row.cluster} {row.topic}#{row.name}"


def _messages(value: float) -> str:
    if value != value:
        return units.UNKNOWN
    return units.whole(value) if value < 1e7 else units.count(value)


def _state(row: PulsarSubscriptionRow) -> Cell:
    if row.blocked:
        return ("blocked", "bad")
    if not row.consumers:
        return ("no consumer", "warn" if row.backlog_entries else "dim")
    return ""


def _of(used: int | None, most: int | None) -> str:
    return f"{units.size(used)} of {units.size(most)}" if most else units.size(used)
