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

WINDOWS = (60.0, 300.0, 900.0, 3600.0, 14_400.0)
"""Seconds that a chart can look back."""

COMPARED = 4
"""Rows that one chart can hold."""

SIZES = ("", "-large", "-none")
"""Classes of a view whose chart is as usual, as large as can be, or not there."""


class Charted(NamedTuple):
    """What is charted of the row under the cursor."""

    title: str
    table: SeriesTable
    key: str
    lines: Sequence[tuple[str, str]]
    """Name and field of each series, at most four."""


class ChartedLine(NamedTuple):
    """One line of a chart: where its values are."""

    name: str
    table: SeriesTable
    key: str
    field: str


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
        Binding("v", "size", "Chart size", show=False, id="chart.size"),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", show=False, id="chart.zoom-in"),
        Binding("minus", "zoom(1)", "Zoom out", show=False, id="chart.zoom-out"),
        Binding("c", "compare", "Compare", show=False, id="chart.compare"),
        Binding("left", "point(-1)", "Earlier", show=False, id="chart.point-earlier"),
        Binding("right", "point(1)", "Later", show=False, id="chart.point-later"),
        Binding("escape", "uncompare", "Stop comparing", show=False, id="chart.uncompare"),
    ]

    def __init__(self, showing: Showing, sheets: Sequence[Sheet]) -> None:
        super().__init__(showing)
        self._sheets = tuple(sheets)
        self._titles = Panel(id=f"{self.id}-sheets")
        self._titles.add_class("sheets")
        self._titles.framed = False
        self._chart = Chart("", format=units.rate, clock=self._clock, glyphs=showing.glyphs)
        self._window = WINDOWS[1]
        self._compared: list[Charted] = []
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
        self._deepen()
        self._draw_chart()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Chart another row."""
        event.stop()
        self._draw_chart()

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        """Every row of a table, in any order."""
        raise NotImplementedError

    def count(self, sheet: Sheet) -> str:
        """How many rows a table has."""
        return f"{len(self.rows(sheet)):,}"

    def charted(self, row: Any) -> Charted | None:
        """The series of a row; None when it has none."""
        raise NotImplementedError

    def action_size(self) -> None:
        """Make the chart as large as can be, then take it away, then as it was."""
        now = next((size for size in SIZES if size and self.has_class(size)), "")
        wanted = SIZES[(SIZES.index(now) + 1) % len(SIZES)]
        for size in filter(None, SIZES):
            self.set_class(size == wanted, size)
        self.call_after_refresh(self._draw_chart)

    def action_zoom(self, step: int) -> None:
        """Look back less far, or farther."""
        at = WINDOWS.index(self._window) + step
        self._window = WINDOWS[max(0, min(len(WINDOWS) - 1, at))]
        self._draw_chart()

    def action_compare(self) -> None:
        """Put the row under the cursor into one chart with others, or take it out again."""
        charted = self._charted_row()
        if charted is None:
            return
        if charted in self._compared:
            self._compared.remove(charted)
        elif len(self._compared) < COMPARED:
            self._compared.append(charted)
        else:
            self.notify(f"a chart holds {COMPARED} rows; esc clears it", markup=False)
        self._draw_chart()

    def action_uncompare(self) -> None:
        """Chart the row under the cursor alone again."""
        self._compared.clear()
        self._draw_chart()

    def action_point(self, step: int) -> None:
        """Move the chart's cursor, which reads out the values of a moment."""
        self._chart.action_point(step)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave keys to others where there is nothing for them to do here."""
        if action == "uncompare":
            return bool(self._compared)
        return not self.table.choosing if action == "point" else True

    def _charted_row(self) -> Charted | None:
        row = self.table.cursor_item
        return self.charted(row) if row is not None else None

    def _deepen(self) -> None:
        """Keep the past of what is on screen at full depth."""
        top, height = self.table.scroll_offset.y, self.table.size.height
        shown = (self.charted(row) for row in self.table.items[top : top + height])
        wanted: dict[int, tuple[SeriesTable, list[str]]] = {}
        for charted in (*filter(None, shown), *self._compared):
            wanted.setdefault(id(charted.table), (charted.table, []))[1].append(charted.key)
        for table, keys in wanted.values():
            table.deepen(keys, claim=f"view {self.id}")

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

    def _draw_chart(self) -> None:
        chart, row = self._chart, self._charted_row()
        chart.set_class(row is None and not self._compared, "-nothing")
        if not chart.size.height or not (row or self._compared):
            return
        lines = self._compared_lines() if self._compared else _lines_of(row)
        moments = [line.table.last for line in lines]
        end = max((at for at in moments if at == at), default=0.0)
        start, buckets = end - self._window, chart.buckets
        if self._compared:
            chart.title = f"compared: {self._compared[0].lines[0][0]}"
        elif row:
            chart.title = row.title
        windows = [line.table.window(line.key, line.field, start, end, buckets) for line in lines]
        named = zip(lines, windows, strict=True)
        chart.show([Series(line.name, values) for line, values in named], start, end)

    def _compared_lines(self) -> list[ChartedLine]:
        """The first figure of each row that is compared."""
        return [_lines_of(charted)[0]._replace(name=charted.title) for charted in self._compared]

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


def _lines_of(charted: Charted | None) -> list[ChartedLine]:
    if charted is None:
        return []
    return [ChartedLine(name, charted.table, charted.key, field) for name, field in charted.lines]
