"""What ``arcwatch check`` prints: for people, JSON, Nagios and its heirs, and Prometheus."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any, NamedTuple

from msgspec import Struct

from arcwatch import __version__
from arcwatch.store.alerts.places import RuleTarget
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.rules import Condition, Rule
from arcwatch.store.rows import Problem
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.text.quantities import RATE, SHARE, TRUTH

from .listing import as_json

WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
"""By exit code; see the Monitoring Plugins Development Guidelines."""

_CODES = ", ".join(f"{code} {word}" for code, word in enumerate(WORDS))

_UNITS = {"s": "s", "B": "B"}
"""Units of performance data, by the store's."""
MOST = 10
"""Places that a rule names in text; JSON names all."""


class Worst(NamedTuple):
    """A figure, and where it is."""

    address: str
    cluster: str
    """Empty where it is not known."""
    value: float


class Verdict(Struct):
    """What one rule found."""

    rule: Rule
    found: Sequence[AlertRow]
    """Where it is violated."""
    known: Sequence[tuple[RuleTarget, float]]
    """The places that it looks at whose figure is known."""
    unknown: str
    """Why it could not be judged, where it could not."""
    must: bool
    """Whether it then is for the whole check not to say."""

    @property
    def code(self) -> int:
        """As an exit code."""
        if self.found:
            return 2 if self.rule.severity == "critical" else 1
        return 3 if self.unknown and self.must else 0

    @property
    def worst(self) -> Worst | None:
        """Where the figure is that is nearest to a violation, or furthest beyond."""
        condition = self.rule.conditions[0]
        every = [Worst(row.address, row.cluster, row.value) for row in self.found]
        every = every or [Worst(place.address, place.cluster, v) for place, v in self.known]
        return min(every, key=lambda one: _distance(condition, one.value), default=None)


class Report(Struct):
    """What all of them found."""

    verdicts: Sequence[Verdict]
    problems: Sequence[Problem]
    failure: str = ""
    """Why nothing could be judged at all."""

    @property
    def code(self) -> int:
        """The worst: critical, then warning, then unknown."""
        if self.failure:
            return 3
        codes = {verdict.code for verdict in self.verdicts}
        return next((code for code in (2, 1, 3) if code in codes), 0)

    @property
    def summary(self) -> str:
        """Why it is as it is, on one line."""
        if self.failure:
            return self.failure
        violated = [v for v in self.verdicts if v.found]
        if violated:
            first = max(violated, key=lambda v: (v.code, len(v.found)))
            row, places = first.found[0], sum(len(v.found) for v in violated)
            more = f", and {places - 1:,} more" if places > 1 else ""
            return f"{row.when}: {row.address} {row.shown}{more}"
        if unknown := [v for v in self.verdicts if v.code == 3]:
            return f"{unknown[0].rule.name}: {unknown[0].unknown}"
        left = sum(bool(verdict.unknown) for verdict in self.verdicts)
        rest = f", {left} not evaluated" if left else ""
        return f"{len(self.verdicts) - left} rules OK{rest}"


def text(report: Report, context: str, now: float) -> str:
    """A line for the whole, one for each violation, and one for what was not judged."""
    lines = [f"{WORDS[report.code]}  {report.summary}"]
    for verdict in () if report.failure else report.verdicts:
        lines += _lines(verdict)
    return "\n".join(printable(line, limit=400) for line in lines)


def nagios(report: Report, context: str, now: float) -> str:
    """One line and performance data, then the violations."""
    # a bar begins the performance data, and nothing else may hold one
    lines = [line.replace("|", "/") for line in text(report, context, now).split("\n")]
    head = lines[0].partition("  ")[2]
    figures = " ".join(filter(None, map(_performance, report.verdicts)))
    first = f"ARCWATCH {WORDS[report.code]} - {head}" + (f" | {figures}" if figures else "")
    return "\n".join([first, *lines[1:]])


def json(report: Report, context: str, now: float) -> str:
    """One document."""
    return as_json(
        {
            "version": __version__,
            "context": context,
            "time": units.rfc3339(now),
            "status": WORDS[report.code],
            "exit_code": report.code,
            "summary": report.summary,
            "rules": [_verdict(verdict) for verdict in report.verdicts],
            "problems": report.problems,
        }
    )


def prometheus(report: Report, context: str, now: float) -> str:
    """Gauges in the text format, for a textfile collector."""
    rules = [({"rule": v.rule.name, "severity": v.rule.severity}, v) for v in report.verdicts]
    worst = [
        (
            {
                "rule": verdict.rule.name,
                "metric": verdict.rule.conditions[0].metric.name,
                "cluster": one.cluster,
                "address": one.address,
            },
            one.value,
        )
        for verdict in report.verdicts
        if (one := verdict.worst) is not None
    ]
    lines = [
        *_gauge("arcwatch_check_status", _CODES, [({}, report.code)]),
        *_gauge(
            "arcwatch_rule_status",
            "State of one rule: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN",
            [(k, v.code) for k, v in rules],
        ),
        *_gauge(
            "arcwatch_rule_violations",
            "Addresses where the rule is violated",
            [(k, len(v.found)) for k, v in rules],
        ),
        *_gauge(
            "arcwatch_rule_worst",
            "Worst value of its metric: seconds, bytes, per second, a ratio",
            worst,
        ),
        *_gauge("arcwatch_check_time_seconds", "Unix time of this check", [({}, now)]),
    ]
    return "\n".join(lines)


def _lines(verdict: Verdict) -> Iterator[str]:
    name = f"{WORDS[verdict.code]:8}  {verdict.rule.name}"
    yield from (f"{name}  {row.address}  {row.when}: {row.shown}" for row in verdict.found[:MOST])
    if more := len(verdict.found[MOST:]):
        yield f"{name}  and {more:,} more addresses"
    if verdict.found and verdict.rule.hint:
        yield f"{'':8}  try: {verdict.rule.hint}"
    if verdict.unknown and not verdict.found:
        word = WORDS[3] if verdict.must else "-"
        yield f"{word:8}  {verdict.rule.name}  {verdict.unknown}"


FORMATS: dict[str, Callable[[Report, str, float], str]] = {
    "text": text,
    "json": json,
    "nagios": nagios,
    "prometheus": prometheus,
}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    rule, worst = verdict.rule, verdict.worst
    return {
        "rule": rule.name,
        "status": WORDS[verdict.code],
        "severity": rule.severity,
        "when": rule.when,
        "at": rule.at,
        "judged": not verdict.unknown or bool(verdict.found),
        "why": verdict.unknown,
        "places": len(verdict.known),
        "worst": worst and worst._asdict(),
        "unit": rule.conditions[0].metric.dimension.unit,
        "violations": verdict.found,
        "hint": rule.hint,
    }


def _distance(condition: Condition, value: float) -> float:
    """How far a figure is from violating a condition; less than zero is beyond."""
    match condition.op:
        case "==":
            return abs(value - condition.limit)
        case "!=":
            return -abs(value - condition.limit)
    return value - condition.limit if condition.op[0] == "<" else condition.limit - value


def _performance(verdict: Verdict) -> str:
    """``'label'=value[unit];warn;crit;min;max``: the first condition's figure where it is worst.

    See the Monitoring Plugins Development Guidelines.  They know no unit for rates, so that the
    label names it; a share is a percentage.
    """
    worst, rule = verdict.worst, verdict.rule
    if worst is None or worst.value == inf:
        return ""
    metric = rule.conditions[0].metric
    dimension = metric.dimension
    label = re.sub(r"[='|\s]", "_", printable(rule.name, limit=100))
    label += "_per_second" if dimension is RATE else ""
    scale, unit = (100, "%") if dimension is SHARE else (1, _UNITS.get(dimension.unit, ""))
    bound = _range(rule, scale)
    warn, crit = (bound, "") if rule.severity == "warning" else ("", bound)
    least = "" if metric.is_signed else "0"
    most = "100" if dimension is SHARE else "1" if dimension is TRUTH else ""
    return f"'{label}'={decimal(worst.value * scale)}{unit};{warn};{crit};{least};{most}"


def _range(rule: Rule, scale: float) -> str:
    """The figures that are well, as a threshold of performance data.

    ``10:20`` is a violation outside, ``@10:20`` inside, ends included; ``~`` has no lower end.
    A bare ``10`` is ``0:10``, and read by programs that know no ranges.  Empty where the rule
    depends on more than this figure.
    """
    limits = {c.op: decimal(c.limit * scale) for c in rule.conditions}
    if len({c.metric.name for c in rule.conditions}) > 1 or len(limits) < len(rule.conditions):
        return ""
    match tuple(sorted((op, limit) for op, limit in limits.items())):
        case ((">", limit),):
            return f"~:{limit}" if rule.conditions[0].metric.is_signed else limit
        case ((">=", limit),):
            return f"@{limit}:"
        case (("<", limit),):
            return f"{limit}:"
        case (("<=", limit),):
            return f"@~:{limit}"
        case (("==", limit),):
            return f"@{limit}:{limit}"
        case (("!=", limit),):
            return f"{limit}:{limit}"
        case (("<" | "<=", high), (">" | ">=", low)):
            return f"@{low}:{high}"
    return ""


def decimal(value: float) -> str:
    """A figure with decimal digits alone, to the microsecond: not every reader takes exponents.

    >>> decimal(12_500_600.0), decimal(1e-07), decimal(0.00042), decimal(-3.5), decimal(1e22)
    ('12500600', '0', '0.00042', '-3.5', '10000000000000000000000')
    """
    digits = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


def _gauge(name: str, meaning: str, samples: Sequence[tuple[dict[str, str], float]]) -> list[str]:
    if not samples:
        return []
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        pairs = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
        figure = "+Inf" if value == inf else f"{value:.15g}"
        lines.append(f"{name}{{{pairs}}} {figure}" if pairs else f"{name} {figure}")
    return lines


def _label(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
