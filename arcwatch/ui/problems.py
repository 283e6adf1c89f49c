"""Problems as text."""

from __future__ import annotations

from arcwatch.model.reading import Failure
from arcwatch.store.alerts.rules import SEVERITIES
from arcwatch.store.rows import Problem
from arcwatch.text import units

from .view_context import ViewContext


def lines_of(showing: ViewContext) -> list[str]:
    """Every problem as one line, worst first: what, where, why and since when.

    Where rules found several, how many of each kind comes before them.
    """
    problems = showing.store.problems()
    lines = [_line_of(problem, utc=showing.utc) for problem in problems]
    found = [alert.severity for alert in showing.store.alerts.firing() if not alert.quiet]
    counts = [f"{n:,} {name}" for name in SEVERITIES[::-1] if (n := found.count(name))]
    return [", ".join(counts), *lines] if len(found) > 1 else lines


def why(failure: Failure) -> str:
    """Why a figure is unavailable, to show in its place."""
    reason = f": {failure.why}" if failure.why else ""
    hint = f".  {failure.hint}" if failure.hint else ""
    return f"{failure.what} ({failure.where}){reason}{hint}"


def _line_of(problem: Problem, *, utc: bool) -> str:
    where = f" ({problem.where})" if problem.where else ""
    why = f": {problem.why}" if problem.why else ""
    at = units.clock(problem.since, utc=utc) if problem.since else ""
    if problem.over:
        return f"{problem.title} {at}{where}{why}"
    return f"{problem.title}{where}{why}{at and f' since {at}'}"
