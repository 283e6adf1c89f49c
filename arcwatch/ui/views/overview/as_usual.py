"""Whether a backlog is as usual: its figures compared with its past."""

from __future__ import annotations

from typing import NamedTuple

from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.backlog.usual import Usual, earlier_of, usuals
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.panel import Line

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
        into_before = past[1]
        if then := earlier_of(showing.store.past, row, showing.store.now):
            waits = waits._replace(then=then.figures.waiting, day=then.day)
            into_before = into_before._replace(then=then.figures.in_rate, day=then.day)
        before = AsUsual(of, waits, into_before, past[2])
    return AsUsual(
        of,
        before.waiting._replace(now=row.waiting),
        before.into._replace(now=row.in_rate),
        before.out._replace(now=row.out_rate),
    )


def usual_lines(found: AsUsual) -> list[Line]:
    """A table of the figures; empty without a past."""
    one = found.waiting
    if one.median != one.median and one.then != one.then:
        return []
    middle = f"MEDIAN, {one.span}" if one.median == one.median else "MEDIAN"
    head = f"{'AS USUAL?':11}{'NOW':>9}{middle:>16}{one.day.upper() or 'HOUR AGO':>10}"
    lines: list[Line] = [[(head, "label")]]
    rows = (("waiting", found.waiting), ("in/s", found.into), ("out/s", found.out))
    return lines + [
        [(f"  {name:9}", "label"), (_figures(name, each, one.day), "")] for name, each in rows
    ]


def _figures(name: str, one: Usual, day: str) -> str:
    show = units.count if name == "waiting" else units.rate
    last = one.then if day else one.hour_ago
    return f"{show(one.now):>9}{show(one.median):>16}{show(last):>10}"
