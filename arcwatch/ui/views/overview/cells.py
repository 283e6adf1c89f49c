"""The figures of a backlog as text."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from arcwatch.store.backlog.forecast import HELD, REFUSED
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.series.trend import TREND
from arcwatch.text import units
from arcwatch.ui.views.fields import CauseTone, cause_cell
from arcwatch.ui.widgets.cells import Cell, Tone

LONGEST = 99 * 86_400
"""Seconds beyond which what will be lost is no warning yet."""


def way_of(row: BacklogRow) -> Cell:
    """Whether it grows, shrinks or stays."""
    is_known = row.waiting == row.waiting and (row.growth == row.growth or row.keeps_up)
    if row.stale or not is_known:
        return ("?", "dim")
    if row.keeps_up or abs(row.growth) * TREND < 0.02 * row.waiting:
        return ("=", "dim")
    return ("▲", "bad") if row.growth > 0 else ("▼", "good")


def drains_in(row: BacklogRow) -> tuple[str, Tone]:
    """When all of it will be gone, at the pace of the last minute."""
    if row.stale or row.growth != row.growth or row.drains_in != row.drains_in:
        return (units.UNKNOWN, "")
    if row.keeps_up:
        return ("keeping up", "good")
    if row.drains_in < inf:
        return (units.duration(row.drains_in), "")
    return ("growing" if row.growth > 0 else "never", "bad")


def age_of(row: BacklogRow) -> str:
    """How long the oldest has waited."""
    return units.age(row.age, at_least=row.age_at_least, exact=row.age_exact)


def waiting_of(row: BacklogRow) -> str:
    """How much waits."""
    if row.messages != row.messages:
        return units.UNKNOWN if row.entries is None else f"{units.whole(row.entries)} ent."
    if row.exact or row.messages < 1e6:
        return units.estimate(row.messages, exact=row.exact)
    return f"≈ {units.count(row.messages)}"


def cause_of(row: BacklogRow) -> tuple[str, CauseTone]:
    """Why it waits; where no cause is known, what will come of it."""
    return cause_cell(row.cause) if row.cause else (next(notes_of(row), ""), "warn")


def notes_of(row: BacklogRow) -> Iterator[str]:
    """What will come of it, and what has: messages that are lost, and dead letters."""
    if not row.stale and row.lost_in < LONGEST:
        # the largest unit alone: what changes every second is no news
        when = f"in {units.duration(row.lost_in).split()[0]}" if row.lost_in else "now"
        yield _loss(row.lost_how, when)
    if row.dead_letters:
        yield units.things(row.dead_letters, "dead letter")


def _loss(how: str, when: str) -> str:
    return f"quota reached {when}, {how}" if how in (HELD, REFUSED) else f"{how} {when}"
