"""Whether a backlog is as usual: its figures compared with its past."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.backlog.usual import Usual, usuals
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.panel import Line

ALIKE = 1.25
"""Times the usual, or the other way round, up to which it is as usual."""

AGAIN = 10.0
"""Seconds after which the past is looked at again."""

FIELDS = {"pulsar": ("msg_rate_in", "msg_rate_out"), "js": ("in_msgs", "ack")}


class AsUsual(NamedTuple):
    """A backlog's figures compared with its past; all unknown without a past."""

    of: object = None
    """What it was found from: as long as that is the same, so is this."""
    waiting: Usual = Usual()
    into: Usual = Usual()
    out: Usual = Usual()


def as_usual(showing: ViewContext, row: BacklogRow | None, before: AsUsual) -> AsUsual:
    """A row's figures now, compared with its past."""
    found = showing.store.backlog_series(row) if row else None
    if row is None or found is None or row.stale:
        return AsUsual()
    table, key = found
    of = (row.cluster, row.series, table.last // AGAIN)
    into, out = FIELDS[row.system]
    scale = row.messages / row.entries if row.entries and row.messages == row.messages else 1.0
    if before.of != of:
        past = usuals(table, key, ("backlog", into, out))
        waits = past[0]._replace(median=past[0].median * scale, hour_ago=past[0].hour_ago * scale)
        before = AsUsual(of, waits, *past[1:])
    return AsUsual(
        of,
        before.waiting._replace(now=row.waiting),
        before.into._replace(now=row.in_rate),
        before.out._replace(now=row.out_rate),
    )


def waits_as_usual(found: AsUsual) -> str:
    """The backlog compared with its median, in a few words."""
    one = found.waiting
    ratio, span = one.ratio, span_of(one)
    if ratio != ratio:
        return units.UNKNOWN
    if ratio == inf:
        return f"no: usually 0 in {span}"
    if 1 / ALIKE <= ratio <= ALIKE:
        return f"yes, as in the last {span}"
    return f"{units.rate(ratio)} × the median of {span}"


def span_of(one: Usual) -> str:
    """By whole minutes, so that it seldom moves."""
    return f"{one.seconds // 60:.0f} min"


def usual_lines(found: AsUsual) -> list[Line]:
    """A table of the figures; empty without a past."""
    if found.waiting.median != found.waiting.median:
        return []
    middle = f"MEDIAN, {span_of(found.waiting)}"
    head = f"{'AS USUAL?':11}{'NOW':>9}{middle:>16}{'HOUR AGO':>10}"
    lines: list[Line] = [[(head, "label")]]
    rows = (("waiting", found.waiting), ("in/s", found.into), ("out/s", found.out))
    return lines + [[(f"  {name:9}", "label"), (_figures(name, one), "")] for name, one in rows]


def _figures(name: str, one: Usual) -> str:
    show = units.count if name == "waiting" else units.rate
    return f"{show(one.now):>9}{show(one.median):>16}{show(one.hour_ago):>10}"
