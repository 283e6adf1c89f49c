"""The table of topics with ledgers in tiered storage."""

from __future__ import annotations

from collections.abc import Callable

from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.pulsar.offload_rows import PulsarOffloadRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, table_of, word
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable


def offloads(showing: ViewContext) -> RowTable[PulsarOffloadRow]:
    """One row for each topic."""

    def last(row: PulsarOffloadRow) -> Cell:
        at = row.failed_at or row.last_offloaded
        ago = units.UNKNOWN if at is None else units.duration(max(0.0, showing.store.now - at))
        return (f"failed {ago} ago", "bad") if row.failed_at else ago

    fields: list[Field[PulsarOffloadRow]] = [
        word("topic", "TOPIC", 22, lambda r: short_topic(r.topic), flex=2, elide="middle"),
        figure("size", "STORED", 9, lambda r: r.storage_size, units.size),
        figure("offloaded", "OFFLOADED", 9, lambda r: r.offloaded_size, units.size),
        Field(Column("last", "LAST OFFLOAD", 16, "right"), last, lambda r: r.last_offloaded),
        figure("out", "OFFLOAD B/S", 11, lambda r: r.offload_rate, units.size, drop=1),
        figure("in", "READ B/S", 9, lambda r: r.read_rate, units.size, drop=2),
        figure("read", "TOTAL READ", 10, lambda r: r.read_bytes, units.size, drop=4),
        figure("latency", "READ P95", 8, lambda r: r.read_latency, units.duration, drop=3),
        _count("errors", "ERRORS", lambda r: r.errors),
        _count("read_errors", "READ ERRORS", lambda r: r.read_errors),
    ]
    return table_of(
        "offloading",
        fields,
        key=lambda r: f"{r.cluster} {r.topic}",
        haystack=lambda r: r.topic,
        sort=Sort("offloaded", reverse=True),
    )


def _count(
    key: str, title: str, value: Callable[[PulsarOffloadRow], float]
) -> Field[PulsarOffloadRow]:
    return Field(
        Column(key, title, len(title) + 1, "right", drop=2),
        lambda row: (units.whole(value(row)), "warn" if value(row) > 0 else ""),
        value,
    )
