"""View 3: Pulsar topics with their subscriptions, and the brokers."""

from __future__ import annotations

import heapq
import operator
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from arcwatch.decode.schema_fields import SchemaRow
from arcwatch.model.reading import System
from arcwatch.notation.topic_names import is_internal, namespace_of
from arcwatch.store.charted import Charted, of_pulsar
from arcwatch.store.pulsar.bookie_rows import PulsarBookieRow
from arcwatch.store.pulsar.function_rows import PulsarFunctionRow
from arcwatch.store.pulsar.offload_rows import PulsarOffloadRow
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.resource_group_rows import PulsarResourceGroupRow
from arcwatch.store.pulsar.topic_rows import TopicConsumerRow, TopicSubscriptionRow
from arcwatch.store.pulsar.transaction_rows import PulsarCoordinatorRow, PulsarTransactionRow
from arcwatch.store.pulsar.tree import PulsarTreeRow
from arcwatch.store.rows import PulsarBrokerRow, PulsarSubscriptionRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.addresses import address_of
from arcwatch.ui.views.pulsar import tables, tree
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.views.tables import COMPARED, TablesView
from arcwatch.ui.views.things import Thing, thing_at
from arcwatch.ui.widgets.row_table import RowTable
from arcwatch.ui.widgets.tree_table import TreeTable

from .subscription_detail import SubscriptionDetail
from .topic_detail import TopicDetail


class PulsarView(TablesView):
    """Traffic of each topic, its consumers, and their backlogs."""

    NAME: ClassVar[str] = "Pulsar"
    SYSTEM: ClassVar[System] = "pulsar"

    HOMES: ClassVar[Mapping[type, str]] = {
        PulsarTreeRow: "topics",
        PulsarSubscriptionRow: "subscriptions",
        PulsarBrokerRow: "brokers",
        PulsarBookieRow: "bookies",
        PulsarReplicatorRow: "replication",
        PulsarFunctionRow: "functions",
        PulsarResourceGroupRow: "resource-groups",
        PulsarOffloadRow: "offloading",
        PulsarTransactionRow: "transactions",
        PulsarCoordinatorRow: "coordinators",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "internal", "Internal topics", show=False, id="pulsar.internal"),
        Binding("d", "difference", "Difference", id="pulsar.difference"),
    ]

    def __init__(self, showing: ViewContext) -> None:
        self._topic = TopicDetail(showing)
        self._subscription = SubscriptionDetail(showing)
        super().__init__(
            showing,
            _sheets(showing),
            [self._topic, self._subscription],
        )
        self._internal = False
        self._tree: tuple[object, list[PulsarTreeRow]] = (None, [])

    def action_internal(self) -> None:
        """Show Pulsar's own topics too, or hide them again."""
        self._internal = not self._internal
        self.draw()

    def action_difference(self) -> None:
        """Show every field in which a version of a schema differs from the one before."""
        row = self.table.cursor_item
        if isinstance(row, SchemaRow):
            said = [(f"version {row.version}", str(change)) for change in row.changes]
            fields = said or [(f"version {row.version}", row.says)]
            self.table.post_message(RowTable.FullRowRequested(self.table, fields))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Compare only versions of a schema."""
        if action == "difference":
            return self.sheet.id == "topic-schemas"
        return super().check_action(action, parameters)

    def draw(self) -> None:
        """As every view of tables; and set the topics that may be polled."""
        super().draw()
        self.showing.watcher.focus(self.topics_on_screen())
        self.showing.watcher.list_names(self.places_on_screen())
        self.showing.watcher.open_topic(*self._asked)
        self.showing.watcher.show_parts([self.sheet.id])

    def on_hide(self) -> None:
        """Ask for nothing more that was asked only to be seen."""
        self.showing.watcher.focus(())
        self.showing.watcher.list_names(())
        self.showing.watcher.open_topic("")
        self.showing.watcher.show_parts(())

    @property
    def version(self) -> object:
        return (super().version, self._internal, self._topics.toggled)

    def version_of(self, sheet: Sheet) -> object:
        return self._tree_version() if sheet.id == "topics" else self.version

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        store = self.showing.store
        if sheet.id == "brokers":
            return store.caused(store.pulsar_brokers())
        if sheet.id == "bookies":
            return store.pulsar_bookies()
        if sheet.id == "replication":
            return store.pulsar_replicators(internal=self._internal)
        if sheet.id == "functions":
            return store.pulsar_functions()
        if sheet.id == "resource-groups":
            return store.pulsar_resource_groups()
        if sheet.id == "offloading":
            return store.pulsar_offloads()
        if sheet.id == "transactions":
            return store.pulsar_transactions()
        if sheet.id == "coordinators":
            return store.pulsar_coordinators()
        if sheet.id == "topics":
            return store.caused(self._tree_rows())
        topics = store.pulsar_topics(internal=self._internal)
        return store.caused(sub for topic in topics for sub in topic.subscriptions)

    def has(self, sheet: Sheet) -> bool:
        if sheet.id == "replication":
            return any(cluster.replicators for cluster in self.showing.store.pulsar)
        if sheet.id == "functions":
            return any(cluster.has_functions for cluster in self.showing.store.pulsar)
        if sheet.id == "resource-groups":
            return any(cluster.resource_groups.names for cluster in self.showing.store.pulsar)
        if sheet.id == "offloading":
            return bool(self.showing.store.pulsar_offloads())
        if sheet.id in ("transactions", "coordinators"):
            return bool(self.showing.store.pulsar_coordinators())
        return True

    def count(self, sheet: Sheet) -> str:
        """How many there are; of topics, also how many of them no broker has loaded."""
        clusters = self.showing.store.pulsar
        if sheet.id == "bookies" and all(cluster.bookies is None for cluster in clusters):
            return units.UNKNOWN
        if sheet.id == "functions" and (more := sum(one.functions_not_asked for one in clusters)):
            return f"{super().count(sheet)} ({more:,} not asked)"
        if sheet.id != "topics":
            return super().count(sheet)
        tenants = [row for row in self._tree_rows() if row.kind == "tenant"]
        least = "" if all(row.all_listed for row in tenants) else "≥"
        idle = sum(row.not_loaded for row in tenants)
        left_out = sum(state.names.left_out for state in self.showing.store.pulsar)
        notes = [f"{idle:,} not loaded"] * bool(idle) + [f"{left_out:,} omitted"] * bool(left_out)
        suffix = f" ({', '.join(notes)})" if notes else ""
        return f"{least}{sum(row.topics for row in tenants):,}{suffix}"

    def charted(self, row: Any) -> Charted | None:
        return of_pulsar(self.showing.store.pulsar, row)

    def together(self, row: Any) -> Sequence[Charted]:
        """See :meth:`TablesView.together`: the busiest topics in it, or else the brokers."""
        found: list[Any] = []
        if isinstance(row, PulsarTreeRow):
            topics = (each for each in self._tree_rows() if each.kind == "topic" and each.loaded)
            within = (
                each
                for each in topics
                if each.cluster == row.cluster and f"{each.parent}/".startswith(f"{row.name}/")
            )
            moving = (each for each in within if each.msg_rate_in == each.msg_rate_in)
            found = heapq.nlargest(COMPARED, moving, key=lambda each: each.msg_rate_in)
        rows = found or self.showing.store.pulsar_brokers()[:COMPARED]
        return [charted for each in rows if (charted := self.charted(each))]

    def topics_on_screen(self) -> list[str]:
        """Full names of the topics of which rows are visible."""
        if self.opened and self._asked[0]:
            return [self._asked[0]]
        rows = self._visible()
        if self.sheet.id == "topics":
            # only what a backlog comes to in messages has to be asked for
            waiting = [row for row in rows if row.kind in ("topic", "partition")]
            return [row.topic for row in waiting if row.backlog_entries]
        asked = PulsarSubscriptionRow | PulsarOffloadRow
        return [row.topic for row in rows if isinstance(row, asked)]

    def places_on_screen(self) -> list[str]:
        """The tenants and namespaces of which rows are visible; at least one, in the tree."""
        if self.sheet.id != "topics":
            return []
        rows = self._visible()
        spaces = [row.name for row in rows if row.kind == "namespace"]
        spaces += [row.parent for row in rows if row.kind == "topic"]
        return [*dict.fromkeys(spaces), ""]

    def go_to(self, row: Any, *, walks: bool = False) -> None:
        """See :meth:`View.go_to`; what a topic is in is unfolded."""
        topic = getattr(row, "topic", "")
        self._internal = self._internal or is_internal(topic)
        if isinstance(row, PulsarTreeRow):
            above = (namespace_of(topic), namespace_of(topic).partition("/")[0])
            for each in self._tree_rows():
                if each.name in above and each.kind in ("tenant", "namespace"):
                    self._topics.fold(each, folded=False)
        super().go_to(row, walks=walks)

    def activate(self, row: Any) -> None:
        """Open a topic; of what holds topics, show or hide them."""
        if isinstance(row, PulsarTreeRow) and row.kind in ("tenant", "namespace"):
            self._topics.action_fold(not self._topics.is_folded(row))
        else:
            super().activate(row)

    def thing_of(self, row: Any) -> Thing | None:
        """See :meth:`View.thing_of`: the subscription, or the first topic of what has several."""
        several = PulsarTransactionRow | PulsarFunctionRow
        if isinstance(row, TopicSubscriptionRow | TopicConsumerRow | several):
            return thing_at(self.showing.store, address_of(row), row.cluster)
        return None

    def action_step(self, step: int) -> None:
        """Open the next row of the list; stepping past a topic does not load it."""
        if self._walks:
            super().action_step(step)
            return
        table = self._opened_from.table
        rows = list(table.items)
        at = next((n for n, row in enumerate(rows) if row is table.cursor_item), 0)
        ahead = rows[at + 1 :] if step > 0 else rows[:at][::-1]
        for row in ahead:
            is_topic = isinstance(row, PulsarTreeRow)
            shown = self._topic.cluster, self._topic.topic
            passed = is_topic and (not row.loaded or (row.cluster, row.topic) == shown)
            if not passed and self.open(row):
                table.select_where(partial(operator.is_, row))
                return

    def on_tree_table_folded(self, event: TreeTable.Folded) -> None:
        """Show the partitions of a topic that was unfolded."""
        event.stop()
        self.draw()

    @property
    def _asked(self) -> tuple[str, str]:
        detail = self.shown_detail
        if isinstance(detail, TopicDetail | SubscriptionDetail):
            return detail.topic, detail.cluster
        return "", ""

    def previews(self, row: Any) -> bool:
        """See :meth:`TablesView.previews`; looking at what is not loaded does not load it."""
        return not isinstance(row, PulsarTreeRow) or row.loaded

    @property
    def _topics(self) -> TreeTable[PulsarTreeRow]:
        table = self.sheets[0].table
        assert isinstance(table, TreeTable)
        return table

    def _tree_rows(self) -> list[PulsarTreeRow]:
        """The tree, made once for each state of things; the store does not keep it."""
        version = self._tree_version()
        if version != self._tree[0]:
            opened = {key.partition(" ")[2] for key in self._topics.toggled}
            rows = self.showing.store.pulsar_tree(internal=self._internal, opened=opened)
            self._tree = (version, rows)
        return self._tree[1]

    def _tree_version(self) -> object:
        """A version of the tree, which most answers about a cluster do not change."""
        clusters = self.showing.store.pulsar
        trees = [(id(cluster), cluster.tree_version) for cluster in clusters]
        causes = id(self.showing.store.placed_causes)
        return trees, self._internal, self._topics.toggled, causes

    def _visible(self) -> Sequence[Any]:
        top = self.table.scroll_offset.y
        return self.table.items[top : top + self.table.size.height]


def _sheets(showing: ViewContext) -> list[Sheet]:
    return [
        Sheet("Topics", tree.topics(showing), "No topics."),
        Sheet("Subscriptions", tables.subscriptions(showing), "No subscriptions yet."),
        Sheet(
            "Brokers",
            tables.brokers(showing),
            "No broker has answered yet.",
            opens=False,
        ),
        Sheet(
            "Bookies",
            tables.bookies(),
            "No broker reports bookies, or permits reading them.",
            opens=False,
        ),
        Sheet(
            "Replication",
            tables.replicators(showing),
            "No topics are replicated to other clusters.",
        ),
        Sheet(
            "Functions",
            tables.functions(showing),
            "No functions, sources or sinks.",
        ),
        Sheet(
            "Offloading",
            tables.offloads(showing),
            "No topics have ledgers in tiered storage.",
        ),
        Sheet(
            "Transactions",
            tables.transactions(showing),
            "No open transactions, or no permission to list them.",
        ),
        Sheet(
            "Coordinators",
            tables.coordinators(showing),
            "No broker runs a transaction coordinator.",
            opens=False,
        ),
        Sheet(
            "Resource groups",
            tables.resource_groups(showing),
            "No resource groups.",
            opens=False,
        ),
    ]
