"""Problems as text."""

from __future__ import annotations

from arcwatch.model.reading import Failure
from arcwatch.store.rows import Problem
from arcwatch.text import units

from .view_context import ViewContext
from .widgets.problems_line import Trouble


def troubles_of(showing: ViewContext) -> list[Trouble]:
    """Every problem, worst first: what, where and since when."""
    several = bool(showing.store.called)
    return [_trouble(one, showing.utc, named=several) for one in showing.store.problems()]


def why(failure: Failure) -> str:
    """Why a figure is unavailable, to show in its place."""
    reason = f": {failure.why}" if failure.why else ""
    hint = f".  {failure.hint}" if failure.hint else ""
    return f"{failure.what} ({failure.where}){reason}{hint}"


def short_place(address: str) -> str:
    """The end of an address, which names the thing: its topic and subscription, its stream.

    >>> short_place("pulsar:arc/agents/task-events#billing"), short_place("js:ARC_WORK#archiver")
    ('task-events#billing', 'ARC_WORK#archiver')
    """
    system, colon, rest = address.partition(":")
    if not colon or system not in ("pulsar", "js"):
        return address
    topic, mark, member = rest.partition("#")
    return f"{topic.rpartition('/')[2] or topic}{mark}{member}"


def _trouble(problem: Problem, utc: bool, *, named: bool) -> Trouble:
    at = units.clock(problem.since, utc=utc) if problem.since else ""
    since = at and (at if problem.over else f"since {at}")
    of = f"{problem.cluster}: " if named and problem.cluster else ""
    if problem.rule:
        # its figure moves, and is in the view of alerts
        where = short_place(problem.where) or problem.what
        return Trouble(problem.rule, of + where, since, problem.severity == "warning")
    why = f": {problem.why}" if problem.why else ""
    return Trouble(f"{of}{problem.what}{why}", problem.where, since, problem.severity == "warning")
