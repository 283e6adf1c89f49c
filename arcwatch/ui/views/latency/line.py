"""Latencies on the overview, in one line."""

from __future__ import annotations

from collections.abc import Iterable

from arcwatch.store.series.latency_rows import LatencyRow
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone

from .tables import figure_text

SHOWN = ("nats rtt", "pulsar publish", "pulsar write")
"""In this order; of several servers the slowest."""


class LatencyLine(Panel):
    """Reported and measured latencies; hidden while none is known.

    Args:
        showing: Where to look.
    """

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(id="latency-line")
        self._showing = showing
        self.framed = False

    def draw(self) -> None:
        """Bring the line up to date with the store."""
        store = self._showing.store
        rows = [row for row in store.latencies.rows(store.now) if row.p50 == row.p50]
        self.set_class(bool(rows), "-known")
        pieces: list[tuple[str, PanelTone]] = [("LATENCY", "label")]
        for row in slowest(rows):
            old: PanelTone = "dim" if row.stale else ""
            p50, p99 = (figure_text(value, at_most=row.at_most) for value in (row.p50, row.p99))
            pieces += [(f"   {row.name} ", "label"), (f"p50 {p50}  p99 {p99}", old)]
        line: Line = pieces
        self.show((), [line])


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
