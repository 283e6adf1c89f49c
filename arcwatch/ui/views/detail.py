"""The detail panel of a row: labelled facts and tables.

:class:`~arcwatch.ui.views.tables.TablesView` shows them in place of its tables, so that filter,
sorting, copying, the chart and going back work in an opened row as they do in a list.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from rich.cells import cell_len

from arcwatch.model.reading import Failure
from arcwatch.store.charted import Charted
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import fit, shaped
from arcwatch.ui.widgets.panel import LEAST, Line, PanelTone

from .sheets import Sheet

R = TypeVar("R")

CELL = 26
"""The least width of a fact; a screen of 80 columns has room for two side by side."""

MOST_ABREAST = 4

BLANK = 2
"""Cells between a label and its value, and between two facts."""


class Fact(NamedTuple):
    """One labelled value."""

    label: str
    value: str
    tone: PanelTone = ""


def failure_facts(failure: Failure | None) -> list[Fact]:
    """A notice that the open object is no longer reported, and why, if so."""
    if failure is None:
        return []
    reason = f"{failure.what}: {failure.why}" if failure.why else failure.what
    return [Fact("state", "not answering", "warn"), Fact("reason", reason, "warn")]


class Detail(Generic[R]):
    """What opening one kind of row shows.  Made once; what is open changes.

    Args:
        sheets: Its tables, at least one, the most important first.  Their ids must differ from
            those of all other tables of the view.
    """

    KIND: ClassVar[type[Any]]
    """The rows that it opens."""

    def __init__(self, showing: ViewContext, sheets: Sequence[Sheet]) -> None:
        self._showing, self.sheets = showing, tuple(sheets)
        self._row: R | None = None

    def open(self, row: Any) -> bool:
        """Show this row from now on; False, and nothing else, for a row of another kind."""
        if not isinstance(row, self.KIND):
            return False
        self._row = row
        return True

    def close(self) -> None:
        """Nothing is open any more: whatever was asked for it is not needed."""
        self._row = None

    def when(self, at: float | None, never: str = units.UNKNOWN) -> str:
        """A moment as text."""
        showing = self._showing
        return never if at is None else units.when(at, showing.store.now, utc=showing.utc)

    @property
    def title(self) -> str:
        """Names the row that is open."""
        raise NotImplementedError

    def facts(self) -> Sequence[Fact]:
        """Known facts, most important first: a small screen does not show all."""
        raise NotImplementedError

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        """Every row of one of the tables, in any order."""
        raise NotImplementedError

    def count(self, sheet: Sheet) -> str:
        """How many rows a table has."""
        return f"{len(self.rows(sheet)):,}"

    def why_empty(self, sheet: Sheet) -> str:
        """Why one of the tables has no rows yet; empty when the sheet's own words will do."""
        return ""

    def charted(self, row: Any | None) -> Charted | None:
        """The series of a row of the table on show, or else of what is open."""
        raise NotImplementedError


def grid(facts: Sequence[Fact], width: int, height: int) -> list[Line]:
    """Facts side by side, read from left to right, in as many lines as there is room for.

    A long one takes the cells of its neighbours, or wraps under itself; nothing of it is cut.

    Args:
        facts: The most important first; those without room are counted in the last place.
    """
    facts = [fact._replace(value=shaped(fact.value, fact.tone)) for fact in facts]
    label = max((cell_len(printable(fact.label)) for fact in facts), default=0)
    abreast = min(max(1, width // CELL), MOST_ABREAST, max(1, len(facts)))
    cell = max(1, width // abreast)
    lines: list[Line] = []
    shown = 0
    rows = list(_rows(facts, abreast, lambda fact: -(-_needed(fact, label) // cell)))
    for nth, row in enumerate(rows):
        drawn = _drawn(row, label, cell, width)
        is_last = nth == len(rows) - 1
        if len(lines) + len(drawn) + (not is_last) > height:
            kept = row if sum(span for _, span in row) < abreast else row[:-1]
            if not (kept or lines):
                return drawn[:height]
            more = Fact("", f"+{len(facts) - shown - len(kept)} more", "dim")
            return [*lines, *_drawn([*kept, (more, 1)], label, cell, width)]
        lines += drawn
        shown += len(row)
    return lines


def _rows(
    facts: Sequence[Fact], abreast: int, span_of: Callable[[Fact], int]
) -> Iterator[list[tuple[Fact, int]]]:
    """Facts with the cells that each takes, line by line; what does not fit begins the next."""
    waiting = [(fact, min(abreast, span_of(fact))) for fact in facts]
    while waiting:
        row: list[tuple[Fact, int]] = []
        later: list[tuple[Fact, int]] = []
        left = abreast
        for fact, span in waiting:
            # what is long waits for a line of its own, those after it do not
            fits = span <= left and len(later) < abreast
            (row if fits else later).append((fact, span))
            left -= span * fits
        yield row
        waiting = later


def _needed(fact: Fact, label: int) -> int:
    return label + cell_len(printable(fact.value)) + 2 * BLANK


def _drawn(row: Sequence[tuple[Fact, int]], label: int, cell: int, width: int) -> list[Line]:
    """Facts beside each other; one that is wider than all of them in several lines."""
    fact, _ = row[0]
    if len(row) > 1 or _needed(fact, label) - BLANK <= width:
        return [[piece for fact, span in row for piece in _cell(fact, label, cell * span)]]
    words = textwrap.wrap(printable(fact.value), max(LEAST, width - label - BLANK))
    heads = [fact.label, *[""] * len(words)]
    return [
        [(fit(head, label + BLANK), "label"), (line, fact.tone)]
        for head, line in zip(heads, words, strict=False)
    ]


def _cell(fact: Fact, label: int, width: int) -> Line:
    """One fact in exactly ``width`` cells."""
    value = fit(fact.value, max(1, width - label - BLANK), elide="middle")
    return [(fit(fact.label, label + BLANK), "label"), (value, fact.tone)]
