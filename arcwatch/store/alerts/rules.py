"""Alert rules: the condition, the scope and the duration of each.

::

    backlog.age > "10m" for "2m"
    consumers == 0 and backlog.growth > "5/s" for "1m"
    blocked for "30s"

A condition names a figure of :mod:`arcwatch.store.alerts.metrics` and compares it with a figure of
the same dimension; quotes around figures may be left out.  What is true or false stands alone.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from arcwatch.errors import NotationError
from arcwatch.notation.places import globbed
from arcwatch.text.nearest import did_you_mean
from arcwatch.text.quantities import COUNT, DURATION, RATE, TRUTH

from .metrics import METRICS, Kind, Metric
from .places import RuleTarget

Severity: TypeAlias = Literal["warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("warning", "critical")

SCHEMES = (
    "pulsar:",
    "non-persistent://",
    "topic://",
    "js:",
    "nats:",
    "server:",
    "client:",
    "latency:",
    "transaction:",
    "function:",
    "source:",
    "sink:",
    "expiry:",
)
"""What the addresses of the places begin with; ``kv:`` and ``persistent://`` say the same."""

STEADY = 0.9
"""A figure that goes up to a bound has to come back to this share of it to be well again."""
FEW = 10
"""Things below which one more or less matters."""
_AGES = ("backlog.age", "topic.stopped", "silent")
"""Figures that are known from the moment on that watching began."""
RESOLVES = 15.0
"""Seconds that all must be well before an alert is over, where a rule does not say."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_TOKEN = re.compile(r"\s*(?:(?P<op>[<>=!]+)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<word>[^\s<>=!\"']+))")


class Condition(Struct, frozen=True):
    """One comparison."""

    metric: Metric
    op: str
    limit: float
    """In the store's unit; 1 for what is either true or false."""
    clear: float
    """Where it is well again: beyond it, on the other side of the limit."""
    written: str
    """As it was written, without quotes, a rate with its unit: ``backlog.growth > 10/s``."""

    def holds(self, value: float) -> bool:
        """Whether the comparison is true; never if the value is unknown."""
        return value == value and _COMPARE[self.op](value, self.limit)

    def holds_still(self, value: float) -> bool:
        """Whether it is still true, with hysteresis: it ends a little later than it began."""
        return value == value and _COMPARE[self.op](value, self.clear)


class Rule(Struct, frozen=True):
    """What to alert about."""

    name: str
    conditions: tuple[Condition, ...]
    """All of them must hold; they look at places of the same kind."""
    lasts: float = 0.0
    """Seconds that it must hold before it fires."""
    resolves: float = RESOLVES
    """Seconds that it must not hold before it is over."""
    severity: Severity = "warning"
    at: tuple[str, ...] = ()
    """Globs of addresses; empty is everywhere.  Of a topic all subscriptions are meant too."""
    apart: tuple[str, ...] = ()
    """Globs of addresses that it does not look at."""
    hint: str = ""
    builtin: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of target it is evaluated on."""
        return self.conditions[0].metric.kind

    @property
    def when(self) -> str:
        """The conditions as written."""
        return " and ".join(condition.written for condition in self.conditions)

    @property
    def watched(self) -> float:
        """Seconds of observation it needs before it can fire."""
        ages = [
            c.limit for c in self.conditions if c.metric.name == "backlog.age" and c.op[0] == ">"
        ]
        return max(ages + [condition.metric.watched for condition in self.conditions])

    def covers(self, address: str) -> bool:
        """Whether its scope includes a target."""
        if any(_matches(glob, address) for glob in self.apart):
            return False
        return not self.at or any(_matches(glob, address) for glob in self.at)

    def unmatched(self, addresses: Sequence[str]) -> list[tuple[str, str]]:
        """Its globs without a match, each with the nearest address or an empty string."""
        return [
            (glob, _nearest(glob, addresses))
            for glob in self.at
            if not any(_matches(glob, address) for address in addresses)
        ]

    def holding(self, places: Sequence[RuleTarget]) -> list[tuple[RuleTarget, float]]:
        """The targets it matches now, with the value of the first condition."""
        first, *others = self.conditions
        name, compare, limit = first.metric.name, _COMPARE[first.op], first.limit
        # what is not known compares as false, but for !=
        return [
            (place, value)
            for place in places
            if compare(value := place.read(name), limit)
            and value == value
            and all(other.holds(place.read(other.metric.name)) for other in others)
        ]

    def judged(self, place: RuleTarget, *, fires: bool) -> tuple[bool | None, float]:
        """Whether it matches a target, None if unknown; and the first value.

        Args:
            place: Where it held before.
        """
        values = [place.read(condition.metric.name) for condition in self.conditions]
        pairs = list(zip(self.conditions, values, strict=True))
        if any(v == v and not (c.holds_still(v) if fires else c.holds(v)) for c, v in pairs):
            return False, values[0]
        return (None if any(v != v for v in values) else True), values[0]

    def show(self, value: float) -> str:
        """Format the value of its first condition."""
        return self.conditions[0].metric.dimension.show(value)


def parse_when(text: str, *, clear: str = "") -> tuple[tuple[Condition, ...], float]:
    """Parse a condition.

    Args:
        clear: Where the first figure is well again; empty for a tenth before the limit.

    Returns:
        The conditions, and the seconds that they must hold.

    Raises:
        NotationError: It names no figure that there is, or compares it with a figure of another
            dimension; it says at which character.
    """
    return _Reader(text, clear).read()


def parse_glob(text: str) -> str:
    """Parse a glob: an address in which ``*`` matches any characters.

    Raises:
        NotationError: It begins like no address.

    >>> parse_glob("kv:CARTS"), parse_glob("persistent://arc/agents/*#billing")
    ('js:KV_CARTS', 'pulsar:arc/agents/*#billing')
    """
    for prefix, meant in (("kv:", "js:KV_"), ("persistent://", "pulsar:")):
        if text.startswith(prefix):
            return meant + text.removeprefix(prefix)
    if text == "*" or text.startswith(SCHEMES) or text.startswith("*"):
        return text
    word = text.partition(":")[0]
    close = difflib.get_close_matches(f"{word}:", SCHEMES, n=1)
    hint = f"write {(close or SCHEMES)[0]}{text.partition(':')[2] or text}"
    raise NotationError(
        "not a glob of addresses",
        text=text,
        at=0,
        why="it is not the beginning of an address",
        hint=hint,
    )


class _Reader:
    """Parses one condition from left to right."""

    def __init__(self, text: str, clear: str) -> None:
        self._text, self._clear = text, clear
        self._tokens = [
            (found.lastgroup or "", found[found.lastgroup or 0], found.start(found.lastgroup or 0))
            for found in _TOKEN.finditer(text)
        ]
        self._at = 0

    def read(self) -> tuple[tuple[Condition, ...], float]:
        conditions = [self._condition(self._clear)]
        while self._take("and"):
            place = self._place()
            conditions.append(self._condition(""))
            if conditions[-1].metric.kind != conditions[0].metric.kind:
                why = (
                    f"{conditions[-1].metric.name} does not apply to a {conditions[0].metric.kind}"
                )
                raise self._wrong(why, place, "write two rules")
        lasts = self._span() if self._take("for") else 0.0
        if self._at < len(self._tokens):
            raise self._wrong("unexpected text here", self._place(), "join conditions with and")
        return tuple(conditions), lasts

    def _condition(self, clear: str) -> Condition:
        place, name = self._place(), self._next()
        metric = METRICS.get(name)
        if metric is None:
            why = f"no metric is called {name}" if name else "a metric is missing"
            raise self._wrong(why, place, did_you_mean(name, METRICS) or _known())
        if metric.dimension is TRUTH:
            if self._at < len(self._tokens) and self._tokens[self._at][0] == "op":
                raise self._wrong(
                    f"{name} is either true or false", self._place(), f"write {name} alone"
                )
            return Condition(metric, "==", 1.0, 1.0, name)
        return self._comparison(metric, clear)

    def _comparison(self, metric: Metric, clear: str) -> Condition:
        place, op = self._place(), self._next()
        if op not in _COMPARE:
            hint = f"write {metric.name} > {metric.dimension.example}"
            raise self._wrong("a comparison is missing", place, hint)
        place, written = self._place(), self._next()
        if self._at < len(self._tokens) and self._tokens[self._at][1] not in ("and", "for"):
            # a unit apart from its number
            written = f"{written} {self._next()}"
        limit = self._figure(metric, written, place)
        well = limit
        # between few things there is nothing between
        if metric.dimension is not COUNT or limit >= FEW:
            well *= {">": STEADY, "<": 1 / STEADY}.get(op[0], 1.0)
        if clear:
            well = self._figure(metric, clear, len(self._text))
            back = well <= limit if op[0] == ">" else well >= limit
            if op in ("==", "!=") or not back:
                why = f"clear = {clear!r} is not on the other side of {written}"
                raise self._wrong(why, len(self._text), "remove clear")
        unit = "/s" if metric.dimension is RATE and "/" not in written else ""
        return Condition(metric, op, limit, well, f"{metric.name} {op} {written}{unit}")

    def _figure(self, metric: Metric, written: str, place: int) -> float:
        value = metric.dimension.read(written)
        if value is None:
            what = f"{metric.name} is {metric.dimension.name}"
            why = f"{what}, and {written} is none" if written else f"{what}, which is missing"
            known = ", ".join(unit for unit in list(metric.dimension.units)[:8] if unit)
            hint = f"write {metric.dimension.example}" + (f"; units are {known}" if known else "")
            raise self._wrong(why, place, hint)
        return value

    def _span(self) -> float:
        place, written = self._place(), self._next()
        span = DURATION.read(written)
        if span is None:
            raise self._wrong("the duration is missing", place, 'write for "2m"')
        return span

    # -- tokens -----------------------------------------------------------------------------------

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1] == word:
            self._at += 1
            return True
        return False

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        self._at += 1
        return self._tokens[self._at - 1][1].strip("\"'").strip()

    def _place(self) -> int:
        return self._tokens[self._at][2] if self._at < len(self._tokens) else len(self._text)

    def _wrong(self, why: str, at: int, hint: str) -> NotationError:
        return NotationError("not a rule", text=self._text, at=at, why=why, hint=hint)


def _known() -> str:
    return f"one of {', '.join(METRICS)}"


def _matches(glob: str, address: str) -> bool:
    if globbed(glob, address):
        return True
    # a topic stands for its subscriptions, and a name for all connections that have it
    return "#" not in glob and "#" in address and globbed(glob, address.partition("#")[0])


def _nearest(glob: str, addresses: Sequence[str]) -> str:
    tops = {address.partition("#")[0] for address in addresses} if "#" not in glob else addresses
    near = difflib.get_close_matches(glob, list(tops)[:5000], n=1, cutoff=0.5)
    return near[0] if near else ""
