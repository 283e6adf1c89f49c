"""What needs somebody's attention, in words."""

from __future__ import annotations

from arcwatch import units
from arcwatch.store.rows import Problem

from .showing import Showing


def told(showing: Showing) -> list[str]:
    """Every problem as one line, the worst first: what, where, why, and since when."""
    return [_told(problem, utc=showing.utc) for problem in showing.store.problems()]


def _told(problem: Problem, *, utc: bool) -> str:
    where = f" ({problem.where})" if problem.where else ""
    why = f": {problem.why}" if problem.why else ""
    at = units.clock(problem.since, utc=utc) if problem.since else ""
    if problem.over:
        return f"{problem.what} {at}{where}{why}"
    return f"{problem.what}{where}{why}{at and f' since {at}'}"
