"""What a check-up came to, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from arcwatch.text import units

from .check import SEVERITIES, Severity
from .examine import Finding, Report, Result

Word: TypeAlias = Severity | Literal["ok", "not possible", "none", "silenced"]

ORDER: tuple[Word, ...] = (*SEVERITIES, "not possible", "silenced", "ok", "none")
"""What deserves a look comes first."""


class Line(Struct, frozen=True):
    """One thing to know of a row."""

    what: str
    text: str
    source: str = ""
    stale: bool = False


class CheckRow(Struct, frozen=True):
    """A finding; or a check that found nothing, or could not look."""

    id: str
    word: Word
    finding: str
    """The fault, or what was asked."""
    place: str
    """Empty where nothing was found."""
    evidence: str
    lines: tuple[Line, ...]
    """All details."""
    mend: str = ""
    stale: bool = False


def check_rows(report: Report, *, everything: bool) -> list[CheckRow]:
    """Rows of a report, the worst first.

    Args:
        everything: With what is well, silenced, or was not possible.
    """
    rows = [row for result in report.results for row in _rows(result)]
    return [row for row in rows if everything or row.word in SEVERITIES]


def _rows(result: Result) -> Iterator[CheckRow]:
    check = result.check
    for finding in result.findings:
        yield _found(result, finding)
    if result.state == "found":
        return
    word: Word = "none" if result.state == "does not apply" else result.state
    text = result.why or f"{units.things(result.places, 'place')} checked"
    lines = (Line("asked", check.question), Line("result", text), Line("why it matters", check.why))
    yield CheckRow(check.id, word, check.question, "", text, lines)


def _found(result: Result, finding: Finding) -> CheckRow:
    check, fault, silence = finding.check, finding.fault, finding.silence
    lines = [Line(one.figure, one.value, one.source) for one in fault.evidence]
    if finding.age is not None:
        lines.append(Line("read", f"up to {units.duration(finding.age)} before the check-up"))
    lines += [Line("why it matters", check.why), Line("how to fix it", fault.mend)]
    if result.why:
        lines.append(Line("not everywhere", result.why))
    if silence:
        until = f", until {units.rfc3339(silence.until)[:10]}" if silence.until else ""
        lines.append(Line("silenced", silence.reason + until))
    figures = "; ".join(f"{one.figure} {one.value}" for one in fault.evidence)
    word: Word = "silenced" if silence else finding.severity
    return CheckRow(check.id, word, check.finding, fault.place, figures, tuple(lines), fault.mend)
