"""Run the checks and count what they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.model.silence import Silence
from arcwatch.text import units

from .check import SEVERITIES, Check, Doubt, Fault, Severity
from .picture import Picture

State: TypeAlias = Literal["found", "ok", "not possible", "does not apply"]


class Finding(Struct, frozen=True):
    """One fault at one place."""

    check: Check[Any]
    fault: Fault
    silence: Silence | None = None
    """Why it is not reported; None where it is."""
    age: float | None = None
    """Seconds since the oldest answer was read that its figures may be from."""
    cluster: str = ""
    """Where, among several."""

    @property
    def severity(self) -> Severity:
        """The fault's own, or the check's."""
        return self.fault.severity or self.check.severity


class Result(Struct, frozen=True):
    """What one check came to."""

    check: Check[Any]
    state: State
    places: int = 0
    """How many were judged."""
    why: str = ""
    """Why it was not possible, or not everywhere."""
    findings: tuple[Finding, ...] = ()
    """The worst first."""


class Report(Struct, frozen=True):
    """What all of them came to, in the order of the table."""

    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    """What was not looked at at all."""
    took: float = 0.0
    """Seconds, with all that was asked."""

    @property
    def findings(self) -> list[Finding]:
        """All that are not silenced, the worst first."""
        unsilenced = [one for result in self.results for one in result.findings if not one.silence]
        return sorted(unsilenced, key=lambda one: SEVERITIES.index(one.severity))

    @property
    def silenced(self) -> list[Finding]:
        """All that are."""
        return [one for result in self.results for one in result.findings if one.silence]

    def count(self, state: State) -> int:
        """How many checks came to this."""
        return sum(result.state == state for result in self.results)

    def found(self, severity: Severity) -> int:
        """How many findings of a severity are reported."""
        return sum(one.severity == severity for one in self.findings)


def examine(
    picture: Picture, checks: Iterable[Check[Any]], silences: Sequence[Silence], about: str = ""
) -> Report:
    """Run checks.

    Args:
        silences: What is counted and not reported.
        about: Only places that contain this.
    """
    results = tuple(_run(check, picture, silences, about) for check in checks)
    return Report(results, tuple(_notes(picture, about)))


def examine_each(
    pictures: Sequence[Picture],
    checks: Sequence[Check[Any]],
    silences: Sequence[Silence],
    about: str = "",
) -> Report:
    """Run checks in each of several clusters, and join what each check came to.

    Args:
        pictures: At least one.
    """
    if len(pictures) == 1:
        return examine(pictures[0], checks, silences, about)
    reports = [(one.cluster, examine(one, checks, silences, about)) for one in pictures]
    each = zip(*(report.results for _, report in reports), strict=True)
    names = [name for name, _ in reports]
    notes = [f"{name}: {note}" if name else note for name, one in reports for note in one.notes]
    return Report(tuple(_joined(names, results) for results in each), tuple(notes))


def _joined(names: Sequence[str], results: Sequence[Result]) -> Result:
    """What one check came to, by what deserves the most attention."""
    order: tuple[State, ...] = ("found", "not possible", "ok", "does not apply")
    state = min((one.state for one in results), key=order.index)
    named = zip(names, results, strict=True)
    reasons = [
        f"{name}: {one.why}" if name else one.why
        for name, one in named
        if one.why and one.state in (state, "not possible")
    ]
    findings = _worst_first(one for result in results for one in result.findings)
    places = sum(one.places for one in results)
    return Result(results[0].check, state, places, _first_of(reasons), tuple(findings))


def _notes(picture: Picture, about: str) -> Iterator[str]:
    settings = picture.settings
    if left := settings.topics_left_out:
        rest = "" if about else ": `arcwatch doctor ADDRESS` checks others"
        topics = units.things(left, "topic with a smaller backlog", "topics with smaller backlogs")
        yield f"not asked one by one: {topics}{rest}"
    if left := settings.namespaces_left_out:
        yield f"not read: the policies of {units.things(left, 'more namespace')}"
    for state in picture.store.nats:
        left = (state.total_connections or 0) - len(state.connections)
        if left > 0 and state.connections:
            yield f"not read: {units.things(left, 'connection')} of {state.name}"


def _run(check: Check[Any], picture: Picture, silences: Sequence[Silence], about: str) -> Result:
    if picture.store.half(check.system) == "off":
        return Result(check, "does not apply", why=f"{check.system} is off")
    silent = _silent(check, picture)
    if silent and not _is_answered(check, picture):
        return Result(check, "not possible", why=silent)
    places = check.over(picture)
    if isinstance(places, Doubt):
        return Result(check, "not possible", why=places.why)
    judged = [check.judge(place, picture) for place in places]
    doubts = [one.why for one in judged if isinstance(one, Doubt)]
    every = [
        replace(one, place=picture.prefix + one.place) for one in judged if isinstance(one, Fault)
    ]
    faults = [one for one in every if about in one.place]
    if every and not faults:
        return Result(check, "does not apply", why="found at other places alone")
    return _result(
        check, len(judged), [silent, *doubts], _findings(check, faults, silences, picture)
    )


def _findings(
    check: Check[Any], faults: Sequence[Fault], silences: Sequence[Silence], picture: Picture
) -> list[Finding]:
    def silence(place: str) -> Silence | None:
        return next((one for one in silences if one.covers(check.id, place, picture.now)), None)

    age = _age(check, picture)
    where = picture.cluster
    return _worst_first(Finding(check, fault, silence(fault.place), age, where) for fault in faults)


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.fault.place))


def _first_of(reasons: Sequence[str]) -> str:
    """The first of several reasons, and how many more there are; empty without any."""
    more = f", and {len(reasons) - 1:,} more" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""


def _age(check: Check[Any], picture: Picture) -> float | None:
    times = [
        contact.answered_at
        for contact in picture.store.contacts.values()
        if (contact.system, contact.part) == (check.system, check.needs) and contact.answers
    ]
    return max(0.0, picture.now - min(times)) if times else None


def _result(
    check: Check[Any], judged: int, doubts: Sequence[str], findings: Sequence[Finding]
) -> Result:
    reasons = list(filter(None, doubts))
    known = judged - sum(1 for doubt in doubts[1:] if doubt)
    why = _first_of(reasons)
    if findings:
        return Result(check, "found", known, why, tuple(findings))
    if reasons:
        # what was not looked at everywhere is not known to be well
        return Result(check, "not possible", known, why)
    return Result(check, "ok" if judged else "does not apply", known)


def _silent(check: Check[Any], picture: Picture) -> str:
    """Who did not answer the question that a check needs, and why; empty where all did."""
    contacts = [
        c
        for c in picture.store.contacts.values()
        if (c.system, c.part) == (check.system, check.needs)
    ]
    failing = [c for c in contacts if c.failure]
    if failing:
        failure = failing[0].failure
        assert failure is not None
        more = f", and {len(failing) - 1:,} more" if len(failing) > 1 else ""
        reason = f"{failure.what}: {failure.why}" if failure.why else failure.what
        return f"no answer from {failing[0].source}{more}: {reason}"
    return "" if contacts else f"no server was asked, or none answered: {check.needs}"


def _is_answered(check: Check[Any], picture: Picture) -> bool:
    return any(
        c.answers
        for c in picture.store.contacts.values()
        if (c.system, c.part) == (check.system, check.needs)
    )
