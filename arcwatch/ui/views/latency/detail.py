"""An opened distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.charted import Charted, of_latency
from arcwatch.store.series.latency_rows import LatencyRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact
from arcwatch.ui.views.sheets import Sheet

from . import tables


class LatencyDetail(Detail[LatencyRow]):
    """Every percentile that is known of one distribution, and what it is of."""

    KIND = LatencyRow

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing, [Sheet("Distribution", tables.shares(), "No latencies yet.")])

    @property
    def row(self) -> LatencyRow | None:
        """What is open, as it is now."""
        opened = self._row
        if opened is None:
            return None
        rows = self._showing.store.latencies.rows(self._showing.store.now)
        return next((row for row in rows if _is(row, opened)), opened)

    @property
    def title(self) -> str:
        return f"{self._row.name}  {self._row.place}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        row = self.row
        if row is None:
            return ()
        return [
            Fact("source", tables.WAYS[row.way]),
            Fact("window", tables.window(row)),
            Fact("count", units.whole(row.count)),
            Fact("slowest", short_topic(row.worst) or units.UNKNOWN),
            Fact("note", row.note or units.UNKNOWN),
        ]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        row = self.row
        return tables.shares_of(row) if row else ()

    def charted(self, row: Any | None) -> Charted | None:
        return charted(self._showing, self._row)


def charted(showing: ViewContext, row: LatencyRow | None) -> Charted | None:
    """A distribution's percentiles over time; none of what was measured once."""
    return of_latency(showing.store.latencies, row) if row else None


def _is(row: LatencyRow, opened: LatencyRow) -> bool:
    return (row.way, row.name, row.place) == (opened.way, opened.name, opened.place)
