"""A view of several tables, one of them at a time, with a chart of the row under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher

from arcwatch.ui.showing import Showing
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone
from arcwatch.ui.widgets.row_table import RowTable

from .view import View


@dataclass(frozen=True)
class Sheet:
    """One of the tables."""

    id: str
    title: str
    table: RowTable[Any]


class TablesView(View):
    """Tables that take turns; ``tab`` goes to the next.

    Args:
        showing: Where to look, and how figures are told.
        sheets: The tables, the most wanted first.
    """

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
        self._switcher = ContentSwitcher(
            *(sheet.table for sheet in self._sheets), initial=self._sheets[0].id
        )

    def compose(self) -> ComposeResult:
        """The titles of the tables, and the one on show."""
        yield self._titles
        yield self._switcher

    @property
    def table(self) -> RowTable[Any]:
        """The table on show."""
        return self.sheet.table

    @property
    def sheet(self) -> Sheet:
        """The table on show, with its name."""
        return next(s for s in self._sheets if s.id == self._switcher.current)

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
        self._titles.show((), [self._title_line()])
        self.fill(self.sheet)

    def fill(self, sheet: Sheet) -> None:
        """Put rows into the table on show."""
        raise NotImplementedError

    def counts(self) -> dict[str, str]:
        """How many rows each table has, by the sheet's id."""
        raise NotImplementedError

    def _title_line(self) -> Line:
        counts, line = self.counts(), list[tuple[str, PanelTone]]()
        for sheet in self._sheets:
            current = sheet is self.sheet
            mark = "▸ " if current else "  "
            line.append((f"{mark}{sheet.title} ", "strong" if current else "label"))
            line.append((f"{counts.get(sheet.id, '')}   ", "" if current else "dim"))
        table = self.table
        if table.filter:
            line.append((f"/{table.filter}  {table.matches} of {table.total}", "warn"))
        return line
