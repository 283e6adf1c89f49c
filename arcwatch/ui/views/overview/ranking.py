"""The table of backlogs of both systems."""

from __future__ import annotations

from arcwatch.charts.reduce import slots
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.causes.kinds import STRENGTH
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.problems import without_cluster
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.braille import strip
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .cells import age_of, cause_of, drains_in, waiting_of, way_of

STRIP = 12
"""Cells of a backlog's chart."""

WINDOW = 900.0
"""Seconds that it looks back."""

_COLUMNS = (
    Column("way", "", 1),
    Column("system", "SYSTEM", 6, drop=4),
    Column("address", "BACKLOG OF", 28, flex=2, elide="middle"),
    Column("waiting", "WAITING", 11, "right"),
    Column("age", "OLDEST", 8, "right", drop=1),
    Column("in", "IN/S", 6, "right", drop=6),
    Column("out", "OUT/S", 6, "right", drop=6),
    Column("growth", "GROWTH/S", 8, "right", drop=7),
    Column("drains", "DRAINS IN", 10, "right", drop=1),
    Column("unacked", "UNACKED", 7, "right", drop=9),
    Column("delayed", "DELAYED", 7, "right", drop=10),
    Column("consumers", "CONSUMERS", 9, "right", drop=11),
    Column("size", "BYTES", 8, "right", drop=12),
    Column("trend", "15 MIN", STRIP, drop=8),
    Column("cause", "CAUSE", 29, flex=3, drop=3),
)


def ranking_table(showing: ViewContext) -> RowTable[BacklogRow]:
    """The table, without rows."""
    several = bool(showing.store.called)
    first, rest = _COLUMNS[:3], _COLUMNS[3:]
    columns = (*first, *([Column("cluster", "CLUSTER", 8, shared=True)] if several else ()), *rest)

    def cells(row: BacklogRow) -> list[Cell]:
        return [
            way_of(row),
            (row.system, "pulsar" if row.system == "pulsar" else "nats"),
            without_cluster(row.address).partition(":")[2],
            *([row.cluster] if several else ()),
            waiting_of(row),
            age_of(row),
            units.rate(row.in_rate),
            units.rate(row.out_rate),
            units.UNKNOWN if row.stale else units.signed_rate(row.growth),
            drains_in(row),
            units.whole(row.unacked),
            units.whole(row.delayed) if row.system == "pulsar" else units.UNKNOWN,
            units.whole(row.consumers),
            units.size(row.size),
            (_trend(showing, row), "pulsar" if row.system == "pulsar" else "nats"),
            cause_of(row),
        ]

    return RowTable(
        columns,
        key=key_of,
        cells=cells,
        sort_values={
            "system": lambda row: row.system,
            "address": lambda row: without_cluster(row.address),
            **({"cluster": lambda row: row.cluster} if several else {}),
            "waiting": lambda row: row.waiting,
            "age": lambda row: row.age,
            "in": lambda row: row.in_rate,
            "out": lambda row: row.out_rate,
            "growth": lambda row: row.growth,
            "drains": lambda row: row.drains_in,
            "unacked": lambda row: row.unacked,
            "size": lambda row: row.size,
            "cause": lambda row: STRENGTH[row.cause.kind] if row.cause else len(STRENGTH),
        },
        haystack=lambda row: printable(row.address),
        dim=lambda row: row.stale,
        sort=Sort("waiting", reverse=True),
        id="backlogs",
    )


def key_of(row: BacklogRow) -> str:
    """What a row is known by."""
    return f"{row.cluster} {row.address}"


def _trend(showing: ViewContext, row: BacklogRow) -> str:
    values = showing.store.backlog_window(row, WINDOW, slots(STRIP, showing.glyphs))
    return strip(values, STRIP, glyphs=showing.glyphs)
