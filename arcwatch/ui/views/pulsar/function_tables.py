"""The table of functions, sources and sinks."""

from __future__ import annotations

from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.pulsar.function_rows import PulsarFunctionRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable


def functions(showing: ViewContext) -> RowTable[PulsarFunctionRow]:
    """One row for each function, source and sink."""
    fields: list[Field[PulsarFunctionRow]] = [
        word("name", "FUNCTION", 20, lambda r: r.name, flex=1, elide="middle"),
        *of_cluster(showing),
        word("kind", "KIND", 8, lambda r: r.kind, drop=3),
        Field(Column("running", "RUNNING", 8, "right"), _running, lambda r: r.running),
        figure("in", "IN/S", 8, lambda r: r.in_rate, units.rate),
        figure("out", "OUT/S", 8, lambda r: r.out_rate, units.rate),
        Field(Column("failed", "FAILED/S", 8, "right"), _failed, lambda r: r.failed_rate),
        figure("latency", "LATENCY", 8, lambda r: r.latency, units.duration, drop=1),
        figure("restarts", "RESTARTS", 8, lambda r: r.restarts, units.whole, drop=2),
        figure("idle", "IDLE", 8, lambda r: _idle(showing, r), units.duration, drop=4),
        word("reads", "INPUTS", 16, _inputs, flex=1, drop=3, elide="middle"),
        word("writes", "OUTPUT", 16, lambda r: short_topic(r.output), flex=1, drop=4),
        word("why", "ERROR", 16, lambda r: r.why, flex=2, drop=1),
    ]
    return table_of(
        "functions",
        fields,
        key=lambda r: f"{r.cluster} {r.kind} {r.name}",
        haystack=lambda r: " ".join((r.name, r.kind, *r.inputs, r.output, r.why)),
        sort=Sort("name"),
    )


def _inputs(row: PulsarFunctionRow) -> str:
    return ", ".join(map(short_topic, row.inputs))


def _idle(showing: ViewContext, row: PulsarFunctionRow) -> float | None:
    return None if row.last_invoked is None else max(0.0, showing.store.now - row.last_invoked)


def _running(row: PulsarFunctionRow) -> Cell:
    if row.running is None:
        return (units.UNKNOWN, "dim")
    instances = units.UNKNOWN if row.instances is None else f"{row.instances}"
    return (f"{row.running} of {instances}", "bad" if row.is_down else "")


def _failed(row: PulsarFunctionRow) -> Cell:
    return (units.rate(row.failed_rate), "warn" if row.failed_rate > 0 else "")
