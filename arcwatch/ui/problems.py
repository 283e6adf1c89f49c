"""Problems as text."""

from __future__ import annotations

import re

from arcwatch.model.reading import Failure
from arcwatch.store.rows import Problem
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .view_context import ViewContext
from .widgets.problems_line import Trouble

_OF_ONE = re.compile(r"^[\w.@+-]+::(?=pulsar:|non-persistent:|js:|nats:)")


def troubles_of(showing: ViewContext) -> list[Trouble]:
    """Every problem, worst first: what, where and since when."""
    found = showing.store.problems()
    return [_trouble(one, showing.utc, of_cluster(showing, one.cluster)) for one in found]


def why(failure: Failure) -> str:
    """Why a figure is unavailable, to show in its place."""
    reason = f": {failure.why}" if failure.why else ""
    hint = f".  {failure.hint}" if failure.hint else ""
    return f"{failure.what} ({failure.where}){reason}{hint}"


def of_cluster(showing: ViewContext, cluster: str | None) -> str:
    """The prefix of a name if there are several clusters: ``west · ``; else nothing."""
    return f"{printable(cluster, limit=40)} · " if showing.store.called and cluster else ""


def without_cluster(address: str) -> str:
    """An address without the prefix of its cluster.

    >>> without_cluster("world.us::pulsar:a/b/c"), without_cluster("nats:a::pulsar:b")
    ('pulsar:a/b/c', 'nats:a::pulsar:b')
    """
    return _OF_ONE.sub("", address)


def short_place(address: str) -> str:
    """The end of an address, which names the thing: its topic and subscription, its stream.

    >>> short_place("pulsar:arc/agents/task-events#billing"), short_place("server:p2:8080")
    ('task-events#billing', 'p2:8080')
    """
    address = without_cluster(address)
    system, _, rest = address.partition(":")
    if system == "server":
        return rest
    if system not in ("pulsar", "js"):
        return address
    topic, mark, member = rest.partition("#")
    return f"{topic.rpartition('/')[2] or topic}{mark}{member}"


def _trouble(problem: Problem, utc: bool, of: str) -> Trouble:
    at = units.clock(problem.since, utc=utc) if problem.since else ""
    since = at and (at if problem.over else f"since {at}")
    if problem.rule:
        # its figure moves, and is in the view of alerts
        where = short_place(problem.where) or problem.what
        return Trouble(problem.rule, of + where, since, problem.severity == "warning")
    why = f": {problem.why}" if problem.why else ""
    return Trouble(f"{of}{problem.what}{why}", problem.where, since, problem.severity == "warning")
