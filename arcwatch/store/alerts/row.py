"""One alert at one moment as a row, and the problem it describes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from arcwatch.store.rows import Problem
from arcwatch.text import units

from .places import RuleTarget
from .rules import Rule, Severity

State: TypeAlias = Literal["pending", "firing", "resolved"]

SETTLED = 3.0
"""Seconds without the condition before an alert is called cleared: a figure that hovers around
its threshold would otherwise change the text with every evaluation."""


class AlertRow(Struct, frozen=True, gc=False):
    """One alert at one moment: a row on screen, a line of the alert history."""

    rule: str
    severity: Severity
    state: State
    system: str
    cluster: str
    address: str
    when: str
    """The rule's conditions, as written."""
    metric: str
    value: float
    """The figure of the first condition, in the store's unit; ``nan`` where it is not known."""
    shown: str
    """The same for people: ``14m 02s``."""
    unit: str
    since: float
    """Unix seconds when it began to hold."""
    fired: float | None = None
    """Unix seconds; None while it is pending."""
    ended: float | None = None
    acknowledged: float | None = None
    """Unix seconds when it was acknowledged; None while it is not."""
    silenced: float | None = None
    """Unix seconds until which it is silenced; None while it is not."""
    hint: str = ""
    calm: float = 0.0
    """Seconds that all has been well, of one that fires; 0 while its rule holds."""
    resolves: float = 0.0
    """Seconds of that after which it is over."""
    unknown_since: float | None = None
    """Unix seconds since when it is unknown whether the rule still holds: its server does not
    answer, no broker has loaded the topic, or the figure is not reported; None while it is known.
    ``value`` and ``shown`` are then the last that were known."""

    @property
    def calming(self) -> str:
        """``cleared 12s ago, resolves in 1m 48s``; empty while the condition holds."""
        if self.state != "firing" or self.calm < SETTLED or self.unknown_since is not None:
            return ""
        left = max(0.0, self.resolves - self.calm)
        return f"cleared {_seconds(self.calm)} ago, resolves in {_seconds(left)}"

    @property
    def doubt(self) -> str:
        """``unknown now, was 12``; empty if the state is known or the alert is resolved."""
        if self.state == "resolved" or self.unknown_since is None:
            return ""
        return f"unknown now, was {self.shown}"

    @property
    def quiet(self) -> bool:
        """Whether notifications are suppressed."""
        return self.acknowledged is not None or self.silenced is not None

    @property
    def stale(self) -> bool:
        """Whether it no longer needs attention."""
        return self.quiet or self.state == "resolved"


def _seconds(value: float) -> str:
    """A duration to whole seconds: finer digits of a countdown only flicker."""
    return f"{value:.0f}s" if value < 9.5 else units.duration(value)


def row_of(rule: Rule, place: RuleTarget, value: float, at: float) -> AlertRow:
    """The pending row of a match found at ``at``, Unix seconds."""
    metric = rule.conditions[0].metric
    return AlertRow(
        rule=rule.name,
        severity=rule.severity,
        state="pending",
        system=place.system,
        cluster=place.cluster,
        address=place.address,
        when=rule.when,
        metric=metric.name,
        value=value,
        shown=rule.show(value),
        unit=metric.dimension.unit,
        since=at,
        hint=rule.hint,
        resolves=rule.resolves,
    )


def problem(row: AlertRow) -> Problem:
    """A firing alert as a problem.  While it is clearing, the value alone would contradict it."""
    return Problem(
        row.cluster or None,
        row.system,
        row.when,
        row.address,
        row.doubt or row.calming or row.shown,
        row.hint,
        row.since,
        rule=row.rule,
        severity=row.severity,
    )


def rest(row: AlertRow, more: int) -> Problem:
    """A problem for the remaining alerts of the same rule, of which ``row`` is the first."""
    what, why = f"{row.when} at {more:,} more addresses", "`arcwatch watch` lists all"
    return Problem(
        None, row.system, what, "", why, row.hint, row.since, rule=row.rule, severity=row.severity
    )
