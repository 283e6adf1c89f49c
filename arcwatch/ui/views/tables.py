"""A view of several tables, one of them at a time, with a chart of the row under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher

from arcwatch import units
from arcwatch.model.reading import System
from arcwatch.store.series import SeriesTable
from arcwatch.ui.showing import Showing
from arcwatch.ui.widgets.chart import Chart
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone
from arcwatch.ui.widgets.plot import Series
from arcwatch.ui.widgets.row_table import RowTable

from .view import View

CHART_WINDOW = 300.0
"""Seconds that the chart of a row looks back."""


class Charted(NamedTuple):
    """What is charted of the row under the cursor."""

    title: str
    table: SeriesTable
    key: str
    lines: Sequence[tuple[str, str]]
    """Name and field of each series, at most four."""


@dataclass(frozen=True)
class Sheet:
    """One of the tables."""

    title: str
    table: RowTable[Any]
    empty: str
    """What the table says when there is nothing of its kind."""

    @property
    def id(self) -> str:
        """The table's id, which is its title in lower case."""
        return self.title.lower()


class TablesView(View):
    """Tables that take turns; ``tab`` goes to the next.

    Args:
        showing: Where to look, and how figures are told.
        sheets: The tables, the most wanted first.
    """

    SYSTEM: ClassVar[System]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "turn(1)", "Next table", id="view.next-table"),
        Binding("shift+tab", "turn(-1)", "Last table", show=False, id="view.last-table"),
    ]

    def __init__(self, showing: Showing, sheets: Sequence[Sheet]) -> None:
        super().__init__(showing)
        self._sheets = tuple(sheets)
        self._titles = Panel(id=f"{self.id}-sheets")
        self._titles.add_class("sheets")
        self._titles.framed = False
        self._chart = Chart("", format=units.rate, clock=self._clock, glyphs=showing.glyphs)
        self._switcher = ContentSwitcher(
            *(sheet.table for sheet in self._sheets), initial=self._sheets[0].id
        )

    def compose(self) -> ComposeResult:
        """The titles of the tables, the one on show, and the chart where there is room."""
        yield self._titles
        yield self._switcher
        yield self._chart

    @property
    def sheets(self) -> Sequence[Sheet]:
        """All tables, the most wanted first."""
        return self._sheets

    @property
    def table(self) -> RowTable[Any]:
        """The table on show."""
        return self.sheet.table

    @property
    def sheet(self) -> Sheet:
        """The table on show, with its name."""
        return next(s for s in self._sheets if s.id == self._switcher.current)

    @property
    def version(self) -> object:
        """Changes whenever the rows may have changed."""
        return self.showing.version_of(self.SYSTEM)

    def turn_to(self, sheet: str) -> None:
        """Show another table."""
        self._switcher.current = sheet
        self.table.focus()
        self.draw()

    def action_turn(self, step: int) -> None:
        """Show the next table, around the ends."""
        at = self._sheets.index(self.sheet)
        self.turn_to(self._sheets[(at + step) % len(self._sheets)].id)

    def draw(self) -> None:
        """The titles and the table on show; the others cost nothing."""
        sheet = self.sheet
        self._titles.show((), [self._title_line()])
        sheet.table.empty = self._why_empty() or sheet.empty
        sheet.table.show(self.rows(sheet), version=self.version)
        self._draw_chart(self.charted(sheet))

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Chart another row."""
        event.stop()
        self._draw_chart(self.charted(self.sheet))

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        """Every row of a table, in any order."""
        raise NotImplementedError

    def count(self, sheet: Sheet) -> str:
        """How many rows a table has."""
        return f"{len(self.rows(sheet)):,}"

    def charted(self, sheet: Sheet) -> Charted | None:
        """The series of the row under the cursor; None when there is no such row."""
        raise NotImplementedError

    def _why_empty(self) -> str:
        """Why this system tells nothing, where that is so."""
        store = self.showing.store
        stage = store.stages.get(self.SYSTEM)
        if stage and stage.text:
            return stage.text
        if store.half(self.SYSTEM) not in ("down", "waiting"):
            return ""
        problems = [p for p in store.problems() if p.system == self.SYSTEM]
        told = [f"{p.what} ({p.where}).  {p.hint}" for p in problems[:1]]
        return told[0] if told else "Asking …"

    def _draw_chart(self, charted: Charted | None) -> None:
        chart = self._chart
        chart.set_class(charted is None, "-nothing")
        if charted is None or not chart.size.height:
            return
        end, buckets = charted.table.last, chart.buckets
        start = end - CHART_WINDOW
        chart.title = charted.title
        chart.show(
            [
                Series(name, charted.table.window(charted.key, field, start, end, buckets))
                for name, field in charted.lines
            ],
            start,
            end,
        )

    def _clock(self, at: float) -> str:
        return units.clock(at, utc=self.showing.utc)

    def _title_line(self) -> Line:
        line = list[tuple[str, PanelTone]]()
        for sheet in self._sheets:
            current = sheet is self.sheet
            mark = "▸ " if current else "  "
            line.append((f"{mark}{sheet.title} ", "strong" if current else "label"))
            line.append((f"{self.count(sheet)}   ", "" if current else "dim"))
        return line
