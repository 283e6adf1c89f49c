"""Alerts: the lifecycle of each rule's match, from pending to resolved.

::

    pending ──held for as long as the rule says──▶ firing ──well for a while──▶ resolved
       └──────well, or not known for too long────▶ (nothing was said)

Time passes by a clock that never jumps, and only while it is known that a rule holds: neither a
gap nor a machine that slept nor a clock that was set lets anything fire.

While the server that reports a place does not answer, or no broker has loaded a Pulsar topic that
still exists, its alerts are frozen: none fires, none is resolved, and each says since when it is
unknown whether it still holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from math import nan
from typing import Literal, NamedTuple, Protocol, TypeAlias

from msgspec.structs import replace

from arcwatch.store.rows import Problem
from arcwatch.text.units import duration

from .marks import Marks, marks_of
from .metrics import Kind
from .notes import Note, Notes
from .places import RuleTarget
from .row import AlertRow, State, problem, rest, row_of
from .rules import Rule

LONGEST_BEAT = 10.0
"""Seconds that one beat counts for at most, however long it was."""
UNKNOWN_FOR = 60.0
"""Seconds, with all its servers answering, without a figure until what is pending is dropped, and
without the place until what fires is resolved."""
REMEMBERED = 500
"""Alerts that fired or were resolved, the newest, which can be shown."""
NAMED = 20
"""Places of one rule that are named among the problems, at most."""


class Doubt(Protocol):
    """Whether a target's state, or its absence, cannot be trusted."""

    def __call__(self, place: RuleTarget, *, gone: bool) -> bool:
        """See :meth:`.alert_scope.Scope.is_in_doubt`."""


def _nowhere(place: RuleTarget, *, gone: bool) -> bool:
    return False


NoteKind: TypeAlias = Literal["acknowledged", "silenced"]


class NoteChange(NamedTuple):
    """A user's note about an alert, or its withdrawal."""

    at: float
    """Unix seconds."""
    kind: NoteKind
    text: str
    row: AlertRow


class _Alert:
    """One alert from pending to resolved."""

    __slots__ = ("_row", "calm", "held", "place", "rule", "silent_until", "unknown", "value")

    def __init__(self, rule: Rule, row: AlertRow, place: RuleTarget) -> None:
        self.rule, self._row, self.value, self.place = rule, row, row.value, place
        self.held = self.calm = self.unknown = 0.0
        self.silent_until = nan

    @property
    def state(self) -> State:
        return self._row.state

    @property
    def row(self) -> AlertRow:
        """Its current state as a row."""
        if self.value != self._row.value:
            self.change(value=self.value, shown=self.rule.show(self.value))
        return self._row

    def change(self, **fields: object) -> AlertRow:
        """Replace some fields of the row."""
        self._row = replace(self._row, **fields)
        return self._row


class Alerts:
    """All rules and the alerts each has raised.

    Args:
        rules: In the order in which they are judged; their names differ.
    """

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self.version = 0
        """Grows with every change that is worth drawing."""
        self.at = 0.0
        """Unix seconds of the last beat."""
        self.fired = 0
        """How many began to fire so far."""
        self.past: deque[AlertRow] = deque(maxlen=REMEMBERED)
        """What fired and what was resolved, the oldest first."""
        self.troubles: tuple[Problem, ...] = ()
        """What prevents evaluating, saving or delivering alerts."""
        self.notes = Notes()
        """Acknowledgements and silences."""
        self.note_changes: deque[NoteChange] = deque(maxlen=REMEMBERED)
        """Their changes, until the list of events has taken them."""
        self._live: dict[tuple[str, str], _Alert] = {}
        self._steady = nan
        self._marks: tuple[int, Marks] = (-1, {})

    def freeze(self) -> Alerts:
        """A copy for display that is not evaluated."""
        frozen = Alerts(self.rules)
        frozen.version, frozen.past = self.version, self.past.copy()
        frozen.at, frozen.fired = self.at, self.fired
        frozen.troubles = self.troubles
        for key, alert in self._live.items():
            frozen._live[key] = _Alert(alert.rule, alert.row, alert.place)
        return frozen

    # -- time passes --------------------------------------------------------------------------

    def judge(
        self,
        places: Callable[[Kind], Sequence[RuleTarget]],
        at: float,
        steady: float,
        is_in_doubt: Doubt = _nowhere,
    ) -> list[AlertRow]:
        """Evaluate every rule on every target.

        Args:
            at: Unix seconds, which are shown.
            steady: Seconds of a clock that never jumps, which are counted.

        Returns:
            What began to fire and what is over, with its figure.
        """
        elapsed = steady - self._steady
        # the first beat, and one whose clock went back, count for nothing
        elapsed = min(elapsed, LONGEST_BEAT) if elapsed > 0 else 0.0
        self._steady, self.at = steady, at
        changed: list[AlertRow] = []
        for rule in self.rules:
            seen = places(rule.kind)
            began = self._begin(rule, rule.holding(seen), at)
            changed += self._step(rule, seen, began, elapsed, at, is_in_doubt)
        self.past.extend(changed)
        self.version += len(changed)
        self.fired += sum(row.state == "firing" and not row.quiet for row in changed)
        return changed

    def _begin(
        self, rule: Rule, holding: Iterable[tuple[RuleTarget, float]], at: float
    ) -> set[tuple[str, str]]:
        began = set()
        for place, value in holding:
            key = (rule.name, place.key)
            if key not in self._live and rule.covers(place.address):
                alert = self._live[key] = _Alert(rule, row_of(rule, place, value, at), place)
                self._apply(alert, self.notes.of(alert.row, at), at)
                self.version += 1
                began.add(key)
        return began

    def _step(
        self,
        rule: Rule,
        seen: Sequence[RuleTarget],
        began: set[tuple[str, str]],
        elapsed: float,
        at: float,
        is_in_doubt: Doubt,
    ) -> list[AlertRow]:
        mine = [(key, alert) for key, alert in self._live.items() if key[0] == rule.name]
        if not mine:
            return []
        by_key = {place.key: place for place in seen}
        changed = []
        for key, alert in mine:
            self._lift_silence(alert)
            place = by_key.get(key[1])
            alert.place = place or alert.place
            # asked in any case: it has to see which partitions there were
            doubt = is_in_doubt(alert.place, gone=place is None) or alert.place.stale
            fires = alert.state == "firing"
            known = place if place and not doubt else None
            holds, value = rule.judged(known, fires=fires) if known else (None, nan)
            self._date_unknown(alert, is_known=holds is not None, at=at)
            if doubt:
                continue
            if holds is not None:
                alert.value = value
            passed = 0.0 if key in began else elapsed
            if (row := self._moved(key, alert, holds, place is None, passed, at)) is not None:
                changed.append(row)
        return changed

    def _moved(
        self,
        key: tuple[str, str],
        alert: _Alert,
        holds: bool | None,
        gone: bool,
        elapsed: float,
        at: float,
    ) -> AlertRow | None:
        """Advance one alert by one evaluation; return the change to report, if any."""
        lost = gone if alert.state == "firing" else holds is None
        alert.unknown = alert.unknown + elapsed if lost else 0.0
        if alert.state == "pending":
            if holds is False or alert.unknown >= UNKNOWN_FOR:
                del self._live[key]
                self.version += 1
                return None
            alert.held += elapsed if holds else 0.0
            if not holds or alert.held < alert.rule.lasts:
                return None
            alert.change(state="firing", fired=at)
            return alert.row
        if holds is not None:
            alert.calm = 0.0 if holds else alert.calm + elapsed
            if alert.calm != alert.row.calm:
                alert.change(calm=alert.calm)
                self.version += 1
        over = holds is False and alert.calm >= alert.rule.resolves
        if not over and alert.unknown < UNKNOWN_FOR:
            return None
        del self._live[key]
        self.notes.drop_acknowledgement(alert.row)
        return replace(alert.row, state="resolved", ended=at)

    def _date_unknown(self, alert: _Alert, *, is_known: bool, at: float) -> None:
        if is_known == (alert.row.unknown_since is not None):
            alert.change(unknown_since=None if is_known else at)
            self.version += 1

    def _apply(self, alert: _Alert, note: Note | None, at: float) -> None:
        if note is None:
            return
        if note.silenced is not None:
            alert.silent_until = self._steady + note.silenced - at
        alert.change(acknowledged=note.acknowledged, silenced=note.silenced)

    def _lift_silence(self, alert: _Alert) -> None:
        if self._steady >= alert.silent_until:
            alert.silent_until = nan
            self._note(alert, self.at, "silenced", "no longer silenced", silenced=None)

    def _note(
        self, alert: _Alert, at: float, kind: NoteKind, text: str, **quiet: float | None
    ) -> None:
        self.notes.set(alert.change(**quiet))
        self.note_changes.append(NoteChange(at, kind, text, alert.row))
        self.version += 1

    # -- notes of users -------------------------------------------------------------------------

    def acknowledge(self, row: AlertRow, at: float) -> None:
        """Acknowledge an alert: hide it until it fires again."""
        for alert in self._same(row):
            self._note(alert, at, "acknowledged", "acknowledged", acknowledged=at)

    def silence(self, row: AlertRow, seconds: float, at: float) -> None:
        """Silence an alert for a duration in seconds; 0 ends the silence."""
        until = at + seconds if seconds > 0 else None
        text = f"silenced for {duration(seconds)}" if seconds > 0 else "no longer silenced"
        for alert in self._same(row):
            alert.silent_until = self._steady + seconds if seconds > 0 else nan
            self._note(alert, at, "silenced", text, silenced=until)

    def clear_notes(self, row: AlertRow) -> None:
        """Withdraw the acknowledgement and the silence of an alert."""
        text = "no longer acknowledged or silenced"
        for alert in self._same(row):
            alert.silent_until = nan
            self._note(alert, self.at, "acknowledged", text, acknowledged=None, silenced=None)

    def _same(self, row: AlertRow) -> list[_Alert]:
        identity = (row.rule, row.cluster, row.address, row.since)
        return [
            alert
            for alert in self._live.values()
            if (alert.row.rule, alert.row.cluster, alert.row.address, alert.row.since) == identity
        ]

    # -- what there is --------------------------------------------------------------------------

    def restore(self, rows: Iterable[AlertRow]) -> None:
        """Add the alerts of earlier sessions, oldest first."""
        self.past.extendleft(reversed(list(rows)[-REMEMBERED:]))
        self.version += 1

    def rows(self) -> list[AlertRow]:
        """All pending and firing alerts, critical first, then the longest."""
        rows = [alert.row for alert in self._live.values()]
        order = {"firing": 0, "pending": 1}
        return sorted(
            rows, key=lambda r: (order[r.state], r.severity != "critical", r.since, r.address)
        )

    def firing(self) -> list[AlertRow]:
        """Firing alerts in the order of :meth:`rows`."""
        return [row for row in self.rows() if row.state == "firing"]

    @property
    def marks(self) -> Marks:
        """The marks of rows that unacknowledged firing alerts are about."""
        if self._marks[0] != self.version:
            rows = (alert.row for alert in self._live.values() if alert.state == "firing")
            report = [(row.cluster, row.address, row.severity) for row in rows if not row.quiet]
            self._marks = (self.version, marks_of(report))
        return self._marks[1]

    def unmatched(
        self, places: Callable[[Kind], Sequence[RuleTarget]]
    ) -> list[tuple[Rule, str, str]]:
        """Globs without a match: the rule, the glob, and the nearest address or an empty string."""
        return [
            (rule, glob, near)
            for rule in self.rules
            if rule.at
            for glob, near in rule.unmatched([place.address for place in places(rule.kind)])
        ]

    def problems(self) -> list[Problem]:
        """Unacknowledged firing alerts, except those the store reports without a rule."""
        found: dict[str, list[AlertRow]] = {}
        for key, alert in self._live.items():
            if alert.state == "firing" and not alert.rule.conditions[0].metric.own:
                found.setdefault(key[0], []).append(alert.row)
        problems = list(self.troubles)
        for fired in found.values():
            rows = [row for row in fired if not row.quiet]
            rows.sort(key=lambda row: (row.fired or 0.0, row.address))
            problems += [problem(row) for row in rows[:NAMED]]
            if len(rows) > NAMED:
                problems.append(rest(rows[NAMED], len(rows) - NAMED))
        return problems
