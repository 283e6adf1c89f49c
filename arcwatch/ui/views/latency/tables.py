"""The tables of view 6: every known distribution, and the percentiles of one."""

from __future__ import annotations

import math

from msgspec import Struct

from arcwatch.charts.heat import micros
from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.nats.services import NatsServiceRow
from arcwatch.store.series.latency_rows import LatencyRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

BAR = 30
"""Cells of the longest bar."""

WAYS = {"server": "broker", "probe": "probe", "tail": "tail"}
"""The source of each figure, as the screen shows it."""


class Share(Struct, frozen=True):
    """One percentile of a distribution."""

    percentile: float
    seconds: float
    longest: float
    """Seconds of the last percentile, which the bars are drawn against."""
    at_most: bool
    stale: bool = False


def sources() -> RowTable[LatencyRow]:
    """One row for each distribution."""
    fields: list[Field[LatencyRow]] = [
        word("name", "LATENCY", 15, _name, flex=3, elide="middle"),
        word("way", "SOURCE", 6, lambda r: WAYS[r.way], drop=4),
        word("place", "AT", 11, lambda r: r.place, flex=3, elide="middle"),
        Field(Column("window", "WINDOW", 8, "right", drop=3), window, lambda r: r.window),
        figure("count", "COUNT", 9, lambda r: r.count, units.whole, drop=2),
        _time("p50", "p50"),
        _time("p90", "p90"),
        _time("p99", "p99"),
        _time("p999", "p99.9", drop=1),
        _time("max", "max"),
        word("worst", "WORST", 16, lambda r: short_topic(r.worst), flex=1, drop=5, elide="middle"),
        word("cluster", "CLUSTER", 10, lambda r: r.cluster, drop=6),
    ]
    return table_of(
        "sources",
        fields,
        key=lambda r: f"{r.way} {r.name} {r.place}",
        haystack=lambda r: f"{r.name} {WAYS[r.way]} {r.place} {r.worst} {r.cluster}",
        sort=Sort("name"),
    )


def services(showing: ViewContext) -> RowTable[NatsServiceRow]:
    """One row for each endpoint of each instance of a NATS micro service."""
    fields: list[Field[NatsServiceRow]] = [
        word("service", "SERVICE", 14, lambda r: r.service, flex=2, elide="middle"),
        *of_cluster(showing),
        word("endpoint", "ENDPOINT", 12, lambda r: r.endpoint, flex=2, elide="middle"),
        word("subject", "SUBJECT", 14, lambda r: r.subject, flex=2, drop=4, elide="middle"),
        figure("rate", "REQ/S", 8, lambda r: r.rate, units.rate),
        figure("recent", "LATENCY", 8, lambda r: r.recent, units.duration),
        figure("average", "AVERAGE", 8, lambda r: r.average, units.duration),
        figure("requests", "REQUESTS", 9, lambda r: r.requests, units.whole, drop=1),
        Field(Column("errors", "ERRORS", 7, "right"), _errors, lambda r: r.errors),
        word("last_error", "LAST ERROR", 14, lambda r: r.last_error, flex=1, drop=2),
        word("version", "VERSION", 8, lambda r: r.version, drop=5),
        word("instance", "INSTANCE", 12, lambda r: r.instance, drop=3, elide="middle"),
    ]
    return table_of(
        "services",
        fields,
        key=lambda r: f"{r.cluster} {r.instance} {r.endpoint} {r.subject}",
        haystack=lambda r: f"{r.service} {r.endpoint} {r.subject} {r.instance} {r.last_error}",
        sort=Sort("service"),
    )


def _errors(row: NatsServiceRow) -> Cell:
    return (units.whole(row.errors), "warn" if row.errors > 0 else "")


def shares() -> RowTable[Share]:
    """One row for each percentile of a distribution."""
    fields: list[Field[Share]] = [
        Field(
            Column("share", "PERCENTILE", 10, "right"), lambda r: f"{r.percentile:g}", _percentile
        ),
        Field(Column("within", "LATENCY", 10, "right"), _within, lambda r: r.seconds),
        Field(Column("bar", "LOG SCALE", BAR, flex=1), lambda r: (bar(r, BAR), "accent"), None),
    ]
    return table_of(
        "shares",
        fields,
        key=lambda r: f"{r.percentile}",
        haystack=lambda r: f"{r.percentile:g}",
        sort=Sort("share"),
    )


def shares_of(row: LatencyRow) -> list[Share]:
    """The percentiles that are known of a row."""
    longest = max((value for _, value in row.quantiles), default=0.0)
    return [Share(p, value, longest, row.at_most, row.stale) for p, value in row.quantiles]


def figure_text(seconds: float, *, at_most: bool) -> str:
    """A figure, possibly only the upper edge of its class."""
    if not at_most or seconds != seconds:
        return units.duration(seconds)
    return "> 1s" if math.isinf(seconds) else f"≤ {units.duration(seconds)}"


def window(row: LatencyRow) -> str:
    """What time the figures are of."""
    if row.window == row.window:
        return units.duration(row.window)
    return "last" if row.measured_once else "so far"


def bar(share: Share, width: int) -> str:
    """A bar from a microsecond to the longest, on a logarithmic scale."""
    top = micros(min(share.longest, 60.0))
    length = micros(min(share.seconds, 60.0)) / top * width if top else 0.0
    return "█" * max(1, round(length))


def _time(key: str, title: str, drop: int = 0) -> Field[LatencyRow]:
    def cell(row: LatencyRow) -> Cell:
        return figure_text(getattr(row, key), at_most=row.at_most)

    return Field(Column(key, title, 9, "right", drop=drop), cell, lambda row: getattr(row, key))


def _name(row: LatencyRow) -> str:
    # tailed addresses are distinguished by the place, also where there is no column for it
    return " ".join([row.name, *reversed(row.place.split())]) if row.way == "tail" else row.name


def _percentile(share: Share) -> float:
    return share.percentile


def _within(share: Share) -> str:
    return figure_text(share.seconds, at_most=share.at_most)
