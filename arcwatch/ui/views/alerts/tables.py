"""The tables of view 7: firing alerts, past alerts and rules."""

from __future__ import annotations

from typing import Literal

from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.rule_rows import RuleRow
from arcwatch.store.events.event import Event
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, moment, table_of, word
from arcwatch.ui.widgets.cells import SHAPES, Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable


def current(showing: ViewContext) -> RowTable[AlertRow]:
    """One row for each place where a rule holds now."""
    fields: list[Field[AlertRow]] = [
        Field(Column("state", "STATE", 13), lambda r: state(showing, r), _order),
        Field(Column("severity", "SEVERITY", 8, drop=2), _severity, lambda r: r.severity),
        word("address", "WHERE", 20, lambda r: r.address, flex=2, elide="middle"),
        word("when", "WHEN", 20, lambda r: r.when, flex=1, drop=3),
        Field(Column("value", "NOW", 10, "right"), _now, lambda r: r.value),
        moment(showing, "since", "SINCE", lambda r: r.since),
        figure("lasts", "FOR", 8, lambda r: _duration_of(showing, r), units.duration, drop=1),
        word("rule", "RULE", 10, lambda r: r.rule, flex=1),
        word("cluster", "CLUSTER", 10, lambda r: r.cluster, drop=4),
    ]
    return table_of(
        "now",
        fields,
        key=lambda r: f"{r.rule} {r.cluster} {r.address} {r.since}",
        haystack=_haystack,
        sort=Sort("state"),
    )


def past(showing: ViewContext, id: str = "past") -> RowTable[AlertRow]:
    """One row each time that something began to fire, or was over."""
    # beside what is opened, which names the place, it is the first to go
    drop = 0 if id == "past" else 5
    where: Field[AlertRow] = word(
        "address", "WHERE", 20, lambda r: r.address, flex=2, elide="middle", drop=drop
    )
    fields: list[Field[AlertRow]] = [
        moment(showing, "at", "AT", changed, fixed=True),
        Field(Column("state", "BECAME", 8), _became, lambda r: r.state),
        Field(Column("severity", "SEVERITY", 8, drop=2), _severity, lambda r: r.severity),
        where,
        word("when", "WHEN", 20, lambda r: r.when, flex=1, drop=3),
        Field(Column("value", "WAS", 10, "right"), lambda r: r.shown, lambda r: r.value),
        figure("lasted", "LASTED", 8, _lasted, units.duration, drop=1),
        word("rule", "RULE", 10, lambda r: r.rule, flex=1),
        word("cluster", "CLUSTER", 10, lambda r: r.cluster, drop=4),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.rule} {r.cluster} {r.address} {r.since} {r.state}",
        haystack=_haystack,
        sort=Sort("at", reverse=True),
    )


def events(showing: ViewContext) -> RowTable[Event]:
    """One row for each thing that happened."""
    fields: list[Field[Event]] = [
        moment(showing, "at", "AT", lambda r: r.at, fixed=True),
        Field(Column("kind", "KIND", 13), _kind, lambda r: r.kind),
        word("place", "WHERE", 24, lambda r: r.place, flex=2, elide="middle"),
        word("text", "WHAT", 28, _what, flex=2),
        word("how", "KNOWN", 8, lambda r: r.how, drop=3),
        word("cluster", "CLUSTER", 10, lambda r: r.cluster, drop=4),
    ]
    return table_of(
        "events",
        fields,
        key=lambda r: f"{r.at} {r.kind} {r.cluster} {r.place} {r.text} {r.change}",
        haystack=lambda r: f"{r.kind} {r.place} {r.text} {r.change} {r.system} {r.cluster}",
        sort=Sort("at", reverse=True),
    )


def rules() -> RowTable[RuleRow]:
    """One row a rule."""
    fields: list[Field[RuleRow]] = [
        word("rule", "RULE", 16, lambda r: r.rule),
        Field(Column("severity", "SEVERITY", 8, drop=1), _severity, lambda r: r.severity),
        word("when", "WHEN", 24, lambda r: r.when, flex=2),
        figure("lasts", "FOR", 8, lambda r: r.lasts, units.duration),
        word("at", "WHERE", 14, _scope, flex=1, drop=2),
        figure("firing", "FIRING", 7, lambda r: r.firing, units.whole),
        figure("pending", "PENDING", 8, lambda r: r.pending, units.whole),
        word("from", "FROM", 8, lambda r: "default" if r.builtin else "settings", drop=3),
    ]
    return table_of(
        "rules",
        fields,
        key=lambda r: r.rule,
        haystack=lambda r: f"{r.rule} {r.when} {' '.join(r.at)}",
        sort=Sort("firing", reverse=True),
    )


def state(showing: ViewContext, row: AlertRow) -> Cell:
    """Whether it is firing, and whether notifications are sent."""
    if row.acknowledged is not None:
        return "acknowledged"
    if row.silenced is not None:
        left = row.silenced - showing.store.alerts.at
        return f"muted {units.duration(max(0.0, left))}"
    if row.doubt:
        return ("unknown", "warn")
    if row.calming:
        return ("clearing", "good")
    if row.state == "firing":
        return firing(row.severity)
    return row.state


def firing(severity: str) -> tuple[str, Literal["bad", "warn"]]:
    """The word ``firing``, after the shape of its severity."""
    tone: Literal["bad", "warn"] = "bad" if severity == "critical" else "warn"
    return f"{SHAPES[tone]} firing", tone


def changed(row: AlertRow) -> float:
    """When it entered this state, in Unix seconds."""
    return row.ended or row.fired or row.since


def _order(row: AlertRow) -> str:
    """What needs attention first; then the oldest."""
    loud = "0" if row.state == "firing" else "1"
    rank = "2" if row.quiet else loud
    return f"{rank} {row.severity != 'critical':d} {row.since:017.3f}"


def _severity(row: AlertRow | RuleRow) -> Cell:
    return (row.severity, "bad" if row.severity == "critical" else "")


def _what(row: Event) -> str:
    # the words of a cause already say that it is one
    return row.change or row.text if row.kind == "cause" else f"{row.text}  {row.change}".rstrip()


def _kind(row: Event) -> Cell:
    tones: dict[str, Tone] = {"critical": "bad", "warning": "warn", "info": ""}
    tone = tones[row.severity]
    return (f"{SHAPES.get(tone, ' ')} {row.kind}", tone)


def _became(row: AlertRow) -> Cell:
    return firing(row.severity) if row.state == "firing" else row.state


def _now(row: AlertRow) -> Cell:
    return units.UNKNOWN if row.doubt else row.shown


def _duration_of(showing: ViewContext, row: AlertRow) -> float:
    return max(0.0, showing.store.alerts.at - row.since)


def _lasted(row: AlertRow) -> float | None:
    # a row is as it was when it was saved
    return None if row.ended is None else row.ended - row.since


def _scope(row: RuleRow) -> str:
    apart = f" but {' '.join(row.apart)}" if row.apart else ""
    return (" ".join(row.at) or "everywhere") + apart


def _haystack(row: AlertRow) -> str:
    return f"{row.state} {row.rule} {row.severity} {row.address} {row.when} {row.cluster}"
