"""Latencies on the overview: of each name the slowest."""

from __future__ import annotations

from collections.abc import Iterable

from arcwatch.store.series.latency_rows import LatencyRow
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.latency.tables import figure_text
from arcwatch.ui.widgets.lane_picture import Flow
from arcwatch.ui.widgets.lanes import Axis, Lane
from arcwatch.ui.widgets.panel import Line, PanelTone

REPLIES = "request to reply"
"""The latency of a tail that pairs requests with their replies."""

SHOWN = ("pulsar publish", REPLIES, "nats rtt", "pulsar write")
"""In this order."""

CHARTED = "pulsar publish"
"""What is measured all the time, so that its past is a line."""


def latency_lane(showing: ViewContext, axis: Axis, height: int) -> Lane:
    """The lane, with the p99 of what is published as its chart."""
    store = showing.store
    rows = slowest(row for row in store.latencies.rows(store.now) if row.p50 == row.p50)
    lines: list[Line] = [_row_line(row) for row in rows[:height]]
    heads = ["LATENCY  ", *["         "] * len(lines)]
    facts = [[(head, "label"), *line] for head, line in zip(heads, lines, strict=False)]
    charted = next((row for row in rows if row.name == CHARTED), None)
    found = charted and store.latencies.series(charted)
    if not (charted and found):
        return Lane(facts, (), len(facts), _format)
    table, key = found
    values = table.window(key, "p99", axis.start, axis.end, axis.buckets)
    flow = Flow(values, "pulsar", "p99", charted.stale)
    return Lane(facts, (flow,), height, _format)


def _row_line(row: LatencyRow) -> Line:
    old: PanelTone = "dim" if row.stale else ""
    p50, p99 = (figure_text(value, at_most=row.at_most) for value in (row.p50, row.p99))
    name = "replies" if row.name == REPLIES else row.name.removeprefix("pulsar ")
    return [(f"{name:9}", "label"), (f"p50 {p50}  p99 {p99}", old)]


def _format(seconds: float) -> str:
    return figure_text(seconds, at_most=False)


def slowest(rows: Iterable[LatencyRow]) -> list[LatencyRow]:
    """For each name the row with the highest p99: reported ones first, then measured."""
    worst: dict[str, LatencyRow] = {}
    for row in rows:
        known = worst.get(row.name)
        if known is None or (known.stale, -known.p99) > (row.stale, -row.p99):
            worst[row.name] = row
    return sorted(worst.values(), key=_order)


def _order(row: LatencyRow) -> tuple[int, str]:
    return (SHOWN.index(row.name) if row.name in SHOWN else len(SHOWN), row.name)
