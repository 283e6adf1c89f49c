"""The newest of what happened: alerts that fired or are over, and clients that were closed."""

from __future__ import annotations

import heapq
from typing import NamedTuple

from arcwatch.text import units
from arcwatch.ui.problems import short_place
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.row_table import RowTable

MOST = 50
"""Rows, at most."""


class Happened(NamedTuple):
    """One event."""

    at: float
    """Unix seconds."""
    mark: Cell
    what: str
    where: str
    """The address of what it is about, if it has one."""
    stale: bool = False


def happened(showing: ViewContext) -> list[Happened]:
    """The newest events first."""
    store = showing.store
    found = [
        Happened(
            (row.ended if row.state == "resolved" else row.fired) or row.since,
            ("✓", "good") if row.state == "resolved" else _firing(row.severity),
            f"{short_place(row.address)}: {row.rule} {_verb(row.state)}",
            row.address,
        )
        for row in store.alerts.past
    ]
    found += [
        Happened(row.stop, ("−", "dim"), f"{row.name or row.ip} closed: {row.reason}", "")
        for row in store.nats_closed()
    ]
    return heapq.nlargest(MOST, found, key=lambda event: event.at)


def events_of(showing: ViewContext, address: str) -> list[float]:
    """When something happened to what has this address, the oldest first."""
    return sorted(event.at for event in happened(showing) if event.where == address)


def events_table(showing: ViewContext) -> RowTable[Happened]:
    """The list of events."""

    def cells(row: Happened) -> list[Cell]:
        at = units.when(row.at, showing.store.now, utc=showing.utc)
        return [(at, "dim"), row.mark, row.what]

    return RowTable(
        (
            Column("at", "TIME", 8),
            Column("mark", "", 1),
            Column("what", "WHAT", 12, flex=1, elide="middle"),
        ),
        key=lambda row: f"{row.at} {row.what}",
        cells=cells,
        haystack=lambda row: row.what,
        empty="Nothing has happened since arcwatch looks.",
        quiet=True,
        id="events",
    )


def _firing(severity: str) -> Cell:
    return ("▲", "bad") if severity == "critical" else ("●", "warn")


def _verb(state: str) -> str:
    return "is over" if state == "resolved" else "fires"
