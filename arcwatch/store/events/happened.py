"""Events of everything a store learns: of both systems, of alerts, of causes and of arcwatch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from arcwatch.model.reading import Failure, Paused
from arcwatch.store.alerts.alerts import NoteChange
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.causes.cause import Cause, Severity
from arcwatch.store.causes.steady import CauseChange
from arcwatch.store.contact import Contact
from arcwatch.text import units

from .event import Event, Kind
from .of_nats import NatsEvents
from .of_pulsar import PulsarEvents


class Happened:
    """What is compared, by context."""

    def __init__(self) -> None:
        self._nats: dict[str, NatsEvents] = {}
        self._pulsar: dict[str, PulsarEvents] = {}

    def nats(self, context: str) -> NatsEvents:
        """What is compared of the NATS servers of a context."""
        return self._nats.setdefault(context, NatsEvents())

    def pulsar(self, context: str) -> PulsarEvents:
        """What is compared of the Pulsar cluster of a context."""
        return self._pulsar.setdefault(context, PulsarEvents())


def of_contact(
    contact: Contact,
    cluster: str,
    name: str,
    before: Failure | None,
    failing_since: float,
    at: float,
) -> Iterator[Event]:
    """A source called ``name`` that stopped or resumed answering; ``before`` is how it was."""
    place = f"server:{name}"
    failure = contact.failure
    if failure and not before and contact.answers:
        what = failure.what
        yield Event(
            at, contact.system, cluster, "gone", place, what, how="arcwatch", severity="critical"
        )
    elif before and not failure:
        silent = units.duration(max(0.0, at - failing_since))
        text = f"answers again after {silent}"
        yield Event(at, contact.system, cluster, "back", place, text, how="arcwatch")


def of_gap(paused: Paused, at: float) -> Event:
    """Nothing was read for a while."""
    text = f"arcwatch read nothing for {units.duration(paused.seconds)}"
    return Event(at, "", "", "gap", "arcwatch", text, how="arcwatch", severity="warning")


def of_absence(since: float, at: float) -> Event:
    """No arcwatch ran from ``since`` to ``at``."""
    text = f"arcwatch was not running for {units.duration(at - since)}"
    before, after = units.rfc3339(since), units.rfc3339(at)
    return Event(
        at, "", "", "gap", "arcwatch", text, before, after, how="arcwatch", severity="warning"
    )


def of_unkept(why: str, at: float) -> Event:
    """Events cannot be saved, or can again where ``why`` is empty."""
    text = f"events are not saved: {why}" if why else "events are saved again"
    severity: Severity = "warning" if why else "info"
    return Event(at, "", "", "gap", "arcwatch", text, how="arcwatch", severity=severity)


def of_causes(changes: Iterable[CauseChange]) -> Iterator[Event]:
    """A backlog that has another cause than before."""
    for look, was, now in changes:
        before, after = _text(was), _text(now)
        if before == after:
            continue
        text = "cause changed" if before and after else "in trouble" if after else "recovered"
        yield Event(
            look.at,
            look.system,
            look.cluster,
            "cause",
            look.address,
            text,
            before,
            after,
            how="arcwatch",
            severity=now.severity if now and after else "info",
        )


_REPORTED = ("no-leader", "link-down")
"""Causes that already have an event, from the answers of servers."""


def _text(cause: Cause | None) -> str:
    """The cause in words; empty where it is no event."""
    if cause is None or cause.severity == "info" or cause.kind in _REPORTED:
        return ""
    return cause.text


def of_note_changes(changes: Iterable[NoteChange]) -> Iterator[Event]:
    """Alerts that were acknowledged or silenced, and that no longer are."""
    for at, kind, text, row in changes:
        words = f"{row.rule} {text}"
        yield Event(at, row.system, row.cluster, kind, row.address, words, how="arcwatch")


def of_alerts(rows: Iterable[AlertRow]) -> Iterator[Event]:
    """Rules that began to fire, and that are over."""
    for row in rows:
        kind: Kind = "fired" if row.state == "firing" else "resolved"
        yield Event(
            row.ended or row.fired or row.since,
            row.system,
            row.cluster,
            kind,
            row.address,
            f"{row.rule} {kind}",
            after=row.shown,
            how="arcwatch",
            severity=row.severity if kind == "fired" else "info",
        )
