"""What the ranking knows of a backlog, as the facts of an opened row."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.text import units

from .detail import Fact


def waiting(row: BacklogRow) -> Sequence[Fact]:
    """How much waits, since when, and when it will be gone."""
    return [
        Fact("waiting", _messages(row)),
        *_entries(row),
        Fact("oldest", units.age(row.age, at_least=row.age_at_least, exact=row.age_exact)),
        Fact("in", f"{units.rate(row.in_rate)} msg/s"),
        Fact("growth", f"{units.signed_rate(row.growth)} msg/s, 1 min"),
        Fact("drains in", _drains_in(row)),
    ]


def _messages(row: BacklogRow) -> str:
    if row.messages != row.messages:
        return units.UNKNOWN
    return f"{units.estimate(row.messages, exact=row.exact)} msgs"


def _entries(row: BacklogRow) -> Sequence[Fact]:
    return [] if row.entries is None else [Fact("entries", units.whole(row.entries))]


def _drains_in(row: BacklogRow) -> str:
    if row.stale or row.growth != row.growth or row.drains_in != row.drains_in:
        return units.UNKNOWN
    if row.keeps_up:
        return "keeping up"
    if row.drains_in < inf:
        return units.duration(row.drains_in)
    return "growing" if row.growth > 0 else "never"
