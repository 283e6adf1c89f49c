"""The rules in force as rows: scope and current matches."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from .alerts import Alerts
from .rules import Severity


class RuleRow(Struct, frozen=True, gc=False):
    """One rule."""

    rule: str
    severity: Severity
    when: str
    lasts: float
    """Seconds that it must hold before it fires."""
    resolves: float
    """Seconds that all must be well before it is over."""
    at: tuple[str, ...]
    """Globs of addresses; empty is everywhere."""
    apart: tuple[str, ...]
    firing: int
    pending: int
    builtin: bool
    hint: str

    @property
    def stale(self) -> bool:
        """Always false: a rule depends on the settings alone."""
        return False


def rule_rows(alerts: Alerts) -> list[RuleRow]:
    """A row for each rule, in the order of evaluation."""
    found = Counter((row.rule, row.state) for row in alerts.rows())
    return [
        RuleRow(
            rule=rule.name,
            severity=rule.severity,
            when=rule.when,
            lasts=rule.lasts,
            resolves=rule.resolves,
            at=rule.at,
            apart=rule.apart,
            firing=found[rule.name, "firing"],
            pending=found[rule.name, "pending"],
            builtin=rule.builtin,
            hint=rule.hint,
        )
        for rule in alerts.rules
    ]
