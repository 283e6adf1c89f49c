"""The tab Check-up of view 7, and an opened finding."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from arcwatch.config.silences import parse_date
from arcwatch.doctor.rows import ORDER, CheckRow, Line
from arcwatch.errors import UsageError
from arcwatch.store.charted import Charted
from arcwatch.ui.check_up import CheckUp
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact
from arcwatch.ui.views.fields import Field, table_of, word
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.panel import PanelTone
from arcwatch.ui.widgets.row_table import RowTable

NOT_YET = "Not checked yet: r checks configuration and state for what will go wrong."

USUAL = timedelta(days=90)
"""For how long a finding is silenced by default."""

WIDTH = 54
"""Characters of a line of an opened finding."""

_ANSWER = re.compile(r"(?P<reason>.*\S)\s+until\s+(?P<day>\S+)\s*")

_MARKS = {"critical": "▲ ", "warning": "● ", "note": "· "}
_TONES: dict[str, Tone] = {"critical": "bad", "warning": "warn", "not possible": "warn"}


def findings() -> RowTable[CheckRow]:
    """One row for each finding, and on demand for each check that found none."""
    fields: list[Field[CheckRow]] = [
        Field(Column("severity", "SEVERITY", 12), _severity, lambda r: ORDER.index(r.word)),
        word("finding", "FINDING", 28, lambda r: r.finding, flex=1),
        word("place", "PLACE", 20, lambda r: r.place, flex=1, elide="middle"),
        word("evidence", "EVIDENCE", 24, lambda r: r.evidence, flex=2, drop=1),
        word("id", "CHECK", 24, lambda r: r.id, drop=2),
    ]
    return table_of(
        "check-up",
        fields,
        key=lambda r: f"{r.id} {r.place}",
        haystack=lambda r: f"{r.word} {r.finding} {r.place} {r.evidence} {r.id}",
        sort=Sort("severity"),
    )


def counted(check_up: CheckUp) -> str:
    """The progress or the result, shown beside the tab's name."""
    report = check_up.report
    if check_up.message or report is None:
        return check_up.message or "not run yet"
    counts = [
        (len(report.findings), "found"),
        (report.count("ok"), "ok"),
        (report.count("not possible"), "not possible"),
        (len(report.silenced), "silenced"),
    ]
    message = " · ".join(f"{count:,} {word}" for count, word in counts if count)
    return f"{message} of {len(report.results)} checks"


def usual_answer(now: float) -> str:
    """An answer to begin with."""
    day = datetime.fromtimestamp(now, UTC) + USUAL
    return f"known until {day:%Y-%m-%d}"


def parse_answer(text: str) -> tuple[str, float]:
    """A reason and the first moment of the day when it no longer holds, Unix seconds.

    Raises:
        UsageError: It has no reason or no day.
    """
    found = _ANSWER.fullmatch(text)
    if found is None:
        hint = "write: a test cluster until 2027-03-01"
        raise UsageError("a silence needs a reason and a day", hint=hint)
    return found["reason"], parse_date(found["day"])


class FindingDetail(Detail[CheckRow]):
    """Figures with where they are from, why it matters, and its fix."""

    KIND = CheckRow

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing, [Sheet("Finding", _lines(), "")])

    @property
    def row(self) -> CheckRow | None:
        """What is open."""
        return self._row

    @property
    def title(self) -> str:
        return f"{self._row.finding}  {self._row.place}".rstrip() if self._row else ""

    def facts(self) -> Sequence[Fact]:
        row = self._row
        if row is None:
            return ()
        tone: PanelTone = "bad" if row.word == "critical" else ""
        return [
            Fact("check", row.id),
            Fact("severity", row.word, tone),
            Fact("place", row.place or "everywhere"),
        ]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        if self._row is None:
            return ()
        lines = [piece for line in self._row.lines for piece in _wrapped(line)]
        return [_Numbered(at, line) for at, line in enumerate(lines)]

    def count(self, sheet: Sheet) -> str:
        """See :meth:`Detail.count`: lines of prose are not counted."""
        return ""

    def charted(self, row: Any | None) -> Charted | None:
        return None


class _Numbered:
    """A line with its place among the others."""

    stale = False

    def __init__(self, at: int, line: Line) -> None:
        self.at, self.line = at, line


def _lines() -> RowTable[_Numbered]:
    fields: list[Field[_Numbered]] = [
        Field(Column("what", "WHAT", 18), lambda r: r.line.what, lambda r: r.at),
        word("text", "TEXT", WIDTH, lambda r: r.line.text, flex=3),
        word("source", "FROM", 16, lambda r: r.line.source, flex=1, drop=1),
    ]
    return table_of(
        "finding",
        fields,
        key=lambda r: str(r.at),
        haystack=lambda r: f"{r.line.what} {r.line.text} {r.line.source}",
        sort=Sort("what"),
    )


def _wrapped(line: Line) -> list[Line]:
    pieces = textwrap.wrap(line.text, WIDTH) or [""]
    return [Line(line.what, pieces[0], line.source), *(Line("", piece) for piece in pieces[1:])]


def _severity(row: CheckRow) -> Cell:
    return (_MARKS.get(row.word, "  ") + row.word, _TONES.get(row.word, ""))
