"""The detail panel of a row: labelled facts and tables.

:class:`~arcwatch.ui.views.tables.TablesView` shows them in place of its tables, so that filter,
sorting, copying, the chart and going back work in an opened row as they do in a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len

from arcwatch.model.reading import Failure
from arcwatch.store.charted import Charted
from arcwatch.text.control_characters import printable
from arcwatch.ui.widgets.cells import fit
from arcwatch.ui.widgets.panel import Line, PanelTone

from .sheets import Sheet

CELL = 26
"""The least width of a fact; a screen of 80 columns has room for two side by side."""

MOST_ABREAST = 4


class Fact(NamedTuple):
    """One labelled value."""

    label: str
    value: str
    tone: PanelTone = ""


def not_told(failure: Failure | None) -> list[Fact]:
    """A notice that the open object is no longer reported, and why, if so."""
    if failure is None:
        return []
    reason = f"{failure.what}: {failure.why}" if failure.why else failure.what
    return [Fact("state", "not answering", "warn"), Fact("reason", reason, "warn")]


class Detail:
    """What opening one kind of row shows.  Made once; what is open changes.

    Args:
        sheets: Its tables, at least one, the most wanted first.  Their ids must differ from
            those of all other tables of the view.
    """

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.sheets = tuple(sheets)

    def open(self, row: Any) -> bool:
        """Show this row from now on; False, and nothing else, for a row of another kind."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open any more: whatever was asked for it is not needed."""

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

    Args:
        facts: The most wanted first; those without room are counted in the last place.
        width: Cells of a line.
        height: Lines at most.
    """
    abreast = min(max(1, width // CELL), MOST_ABREAST, max(1, len(facts)))
    room = abreast * max(1, height)
    if len(facts) > room:
        hidden = len(facts) - room + 1
        facts = [*facts[: room - 1], Fact("", f"+{hidden} more", "dim")]
    columns = [facts[nth::abreast] for nth in range(abreast)]
    labels = [max(cell_len(printable(fact.label)) for fact in column) for column in columns]
    cell = width // abreast
    return [
        [piece for nth, fact in enumerate(line) for piece in _cell(fact, labels[nth], cell)]
        for line in (facts[start : start + abreast] for start in range(0, len(facts), abreast))
    ]


def _cell(fact: Fact, label: int, width: int) -> Line:
    """One fact in exactly ``width`` cells, the last two of them blank."""
    value = fit(fact.value, max(1, width - label - 4), elide="middle")
    return [(fit(fact.label, label), "label"), ("  ", ""), (value, fact.tone), ("  ", "")]
