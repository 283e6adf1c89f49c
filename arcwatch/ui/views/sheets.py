"""The parts of a view of tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.cells import cell_len

from arcwatch.ui.widgets.panel import Line, PanelTone
from arcwatch.ui.widgets.row_table import RowTable


@dataclass(frozen=True)
class Sheet:
    """One of the tables."""

    title: str
    table: RowTable[Any]
    empty: str
    """Shown while there are no rows of its kind."""
    totals: bool = False
    """Whether its rates can be shown as totals, too."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of columns to sort by, and the column's key."""
    opens: bool = True
    """Whether its rows open, where it is one of the tables that a view begins with."""

    @property
    def id(self) -> str:
        """The table's id; of the tables a view begins with, the title in lower case."""
        return str(self.table.id)


def titles(
    sheets: Sequence[Sheet], current: Sheet, count: Callable[[Sheet], str], width: int
) -> Line:
    """The titles of tables, with as many of their counts as fit into ``width`` cells.

    Where not even the titles fit, those farthest from the table on show are left out.
    """
    first, last, at = 0, len(sheets), sheets.index(current)
    # one at a time: counting thousands of rows costs more than all else in this line
    for counted, gap in ((sheets, "  "), ([current], "  "), ([current], "")):
        line = _titles(sheets, current, {s.id: count(s) for s in counted}, gap)
        if _length(line) <= width:
            return line
    while last - first > 1 and _length(line) > width:
        first, last = (first, last - 1) if last - 1 - at > at - first else (first + 1, last)
        line = [
            ("… " * (first > 0), "label"),
            *_titles(sheets[first:last], current, {current.id: count(current)}, ""),
            ("…" * (last < len(sheets)), "label"),
        ]
    return line


def _titles(sheets: Sequence[Sheet], current: Sheet, counts: Mapping[str, str], gap: str) -> Line:
    line: list[tuple[str, PanelTone]] = []
    for sheet in sheets:
        is_current = sheet is current
        line.append(("▸ " if is_current else gap, "strong"))
        line.append((f"{sheet.title} ", "strong" if is_current else "label"))
        if sheet.id in counts:
            line.append((f"{counts[sheet.id]} {gap}", "" if is_current else "dim"))
    return line


def _length(line: Line) -> int:
    return sum(cell_len(text) for text, _ in line)
