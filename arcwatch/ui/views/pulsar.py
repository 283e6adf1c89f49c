"""View 3: Pulsar topics with their subscriptions, and the brokers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from arcwatch.model.reading import System
from arcwatch.store.pulsar import subscription_key
from arcwatch.store.ranking import short_topic
from arcwatch.store.rows import PulsarBrokerRow, PulsarSubscriptionRow, PulsarTopicRow
from arcwatch.text import printable
from arcwatch.ui.showing import Showing
from arcwatch.ui.widgets.row_table import RowTable

from . import pulsar_tables
from .sheets import Charted, Sheet
from .tables import TablesView


class PulsarView(TablesView):
    """What flows through each topic, who reads it, and how far behind they are."""

    NAME: ClassVar[str] = "Pulsar"
    SYSTEM: ClassVar[System] = "pulsar"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "internal", "Internal topics", show=False, id="pulsar.internal"),
    ]

    def __init__(self, showing: Showing) -> None:
        super().__init__(
            showing,
            [
                Sheet("Topics", pulsar_tables.topics(), "No topic is loaded by a broker."),
                Sheet("Subscriptions", pulsar_tables.subscriptions(), "Nobody has subscribed yet."),
                Sheet("Brokers", pulsar_tables.brokers(), "No broker has answered yet."),
            ],
        )
        self._internal = False

    def action_internal(self) -> None:
        """Show Pulsar's own topics too, or hide them again."""
        self._internal = not self._internal
        self.draw()

    def draw(self) -> None:
        """As every view of tables; and say which topics may be asked about."""
        super().draw()
        self.showing.watcher.focus(self.topics_on_screen())

    @property
    def version(self) -> object:
        """See :attr:`TablesView.version`."""
        return (super().version, self._internal)

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        """See :meth:`TablesView.rows`."""
        store = self.showing.store
        if sheet.id == "brokers":
            return store.pulsar_brokers()
        topics = [t for t in store.pulsar_topics() if self._internal or not is_internal(t.topic)]
        if sheet.id == "topics":
            return topics
        return [sub for topic in topics for sub in topic.subscriptions]

    def charted(self, row: Any) -> Charted | None:
        """See :meth:`TablesView.charted`."""
        clusters = self.showing.store.pulsar
        cluster = next((c for c in clusters if c.name == row.cluster), None)
        both = (("in msg/s", "msg_rate_in"), ("out msg/s", "msg_rate_out"))
        if cluster is None:
            return None
        match row:
            case PulsarTopicRow():
                return Charted(short_topic(row.topic), cluster.topic_rates, row.topic, both)
            case PulsarSubscriptionRow():
                lines = (("backlog, entries", "backlog"), ("out msg/s", "msg_rate_out"))
                title = f"{short_topic(row.topic)}#{row.name}"
                return Charted(title, cluster.subscription_rates, subscription_key(row), lines)
            case PulsarBrokerRow():
                return Charted(row.broker, cluster.broker_rates, row.broker, both)
        return None

    def topics_on_screen(self) -> list[str]:
        """Full names of the topics of which rows are visible."""
        if self.sheet.id == "brokers":
            return []
        top = self.table.scroll_offset.y
        return [row.topic for row in self.table.items[top : top + self.table.size.height]]

    def go_to(self, place: str, member: str) -> None:
        """Put the cursor on a topic, or a subscription of it."""
        self._internal = self._internal or is_internal(place)
        self.turn_to("subscriptions" if member else "topics")
        self.select_shown(lambda row: row.topic == place and (not member or row.name == member))

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open a topic on its subscriptions."""
        event.stop()
        if self.sheet.id == "topics" and (topic := self.table.cursor_item):
            self.turn_to("subscriptions")
            self.post_message(self.Narrow(printable(short_topic(topic.topic))))


def is_internal(topic: str) -> bool:
    """Whether Pulsar keeps this topic for itself: policies, transactions, health checks.

    >>> is_internal("persistent://a/b/__change_events"), is_internal("persistent://a/b/c")
    (True, False)
    """
    tenant, _, rest = topic.partition("://")[2].partition("/")
    return tenant == "pulsar" or rest.rpartition("/")[2].startswith("__")
