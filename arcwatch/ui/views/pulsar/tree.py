"""The tree of view 3: tenant, namespace, topic, partition."""

from __future__ import annotations

from collections.abc import Callable

from arcwatch.store.pulsar.tree import PulsarTreeRow
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, cause, figure, of_cluster, word
from arcwatch.ui.widgets.cells import Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.tree_table import TreeTable

from .tables import messages, throughput


def topics(showing: ViewContext) -> TreeTable[PulsarTreeRow]:
    """One row for each tenant, namespace and topic, and for each partition of an unfolded topic."""
    fields = _fields(showing, lambda r: table.label(r, own_name(r)))
    by = {field.column.key: field.by for field in fields if field.by} | {"topic": own_name}
    table: TreeTable[PulsarTreeRow] = TreeTable(
        [field.column for field in fields],
        key=lambda r: f"{r.cluster} {r.name}",
        cells=lambda r: [field.cell(r) for field in fields],
        parent=lambda r: f"{r.cluster} {r.parent}" if r.parent else "",
        foldable=_foldable,
        folded=lambda r: r.kind == "topic",
        glyphs=showing.glyphs,
        sort_values=by,
        haystack=lambda r: printable(r.name),
        dim=lambda r: r.stale or not r.loaded,
        sort=Sort("in", reverse=True),
        id="topics",
    )
    return table


def _fields(
    showing: ViewContext, label: Callable[[PulsarTreeRow], str]
) -> list[Field[PulsarTreeRow]]:
    return [
        # what it is called in what it is in: the sort is about this, and so is the filter
        word("topic", "TOPIC", 28, label, flex=1, elide="middle"),
        *of_cluster(showing),
        Field(Column("topics", "TOPICS", 6, "right", drop=2), _topics, lambda r: r.topics),
        Field(
            Column("partitions", "PARTS", 5, "right", drop=4),
            lambda r: str(r.partitions or ""),
            lambda r: r.partitions,
        ),
        figure("in", "IN/S", 8, lambda r: r.msg_rate_in, units.rate),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        *throughput(drop=3),
        figure("storage", "STORED", 9, lambda r: r.storage_size, units.size, drop=1),
        Field(
            Column("offloaded", "OFFLOADED", 10, "right", drop=6),
            lambda r: units.size(r.offloaded_size) if r.offloaded_size else "",
            lambda r: r.offloaded_size,
        ),
        figure("entries", "BACKLOG", 9, lambda r: r.backlog_entries, units.whole),
        Field(
            Column("messages", "≈ MSGS", 11, "right", drop=2),
            messages,
            lambda r: r.backlog_messages,
        ),
        figure("subs", "SUBS", 5, lambda r: r.subscriptions, units.whole, drop=5),
        figure("producers", "PROD", 5, lambda r: r.producers, units.whole, drop=5),
        figure("consumers", "CONS", 5, lambda r: r.consumers, units.whole, drop=5),
        # only the word distinguishes a name without figures from a silent server
        Field(Column("state", "STATE", 10), _state, lambda r: _state(r)[0]),
        cause(),
    ]


def own_name(row: PulsarTreeRow) -> str:
    """What a row is called within the row that it is in.

    A partition is its number, and a topic that is not persistent says so.
    """
    match row.kind:
        case "partition":
            return f"partition {row.name.rpartition('-')[2]}"
        case "topic":
            scheme, _, path = row.name.partition("://")
            name = path.removeprefix(f"{row.parent}/")
            return name if scheme == "persistent" else f"{scheme}://…/{name}"
        case "namespace":
            return row.name.removeprefix(f"{row.parent}/")
    return row.name


def _foldable(row: PulsarTreeRow) -> bool:
    if row.kind == "namespace":
        return row.topics > 0
    return row.kind == "tenant" or row.partitions > 0


def _topics(row: PulsarTreeRow) -> str:
    if row.kind in ("topic", "partition"):
        return ""
    return f"{'' if row.all_listed else '≥'}{row.topics:,}"


def _state(row: PulsarTreeRow) -> tuple[str, Tone]:
    if not row.loaded:
        # a name with a line end in it breaks the broker's page of metrics, loaded or not
        return ("unknown" if "\n" in row.name else "not loaded", "dim")
    return ("hot", "warn") if row.hot else ("", "")
