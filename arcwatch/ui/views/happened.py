"""The newest of what happened, and the moments of it that are about one backlog."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len

from arcwatch.notation.times import format_time
from arcwatch.store.events.event import Event, Kind
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.problems import of_cluster, short_place
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import Cell, Tone, fit
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.row_table import RowTable

MOST_EVENTS = 50
"""Rows, at most."""

TIME = 8
"""Cells of a time of day."""

PLACE = 18
"""Cells of a name, at most, before what happened to it."""

MARKS: dict[Kind, str] = {"came": "+", "created": "+", "went": "−", "deleted": "−", "gap": "░"}
"""What stands before an event that is no trouble; ``±`` before any other."""


def time_of(at: float) -> str:
    """A moment as a history takes it."""
    return format_time(int(at * 1000) * 10**6, 3)


def events_of(showing: ViewContext, address: str) -> list[float]:
    """When something happened to what has this address, the oldest first."""
    return [event.at for event in showing.store.events if event.place == address]


def events_table(showing: ViewContext, letter_of: Callable[[Event], str]) -> RowTable[Event]:
    """The list of events.

    Args:
        letter_of: The letter by which the chart beside the list marks an event, if it does.
    """

    def cells(row: Event) -> list[Cell]:
        mark, tone = _mark(row)
        at = units.when(row.at, showing.store.now, utc=showing.utc)
        # of the date of another day what there is room for: month and day
        return [
            (at if len(at) <= TIME else at[-5:], "dim"),
            (f"{mark}{letter_of(row)}", tone),
            of_cluster(showing, row.cluster) + _what(row),
        ]

    return RowTable(
        (
            Column("at", "TIME", TIME),
            Column("mark", "", 2),
            Column("what", "WHAT", 12, flex=1, elide="end"),
        ),
        key=lambda row: f"{row.at} {row.kind} {row.place} {row.text}",
        cells=cells,
        haystack=lambda row: f"{row.place} {row.text}",
        empty="No events since arcwatch started.",
        quiet=True,
        id="events",
    )


def _what(row: Event) -> str:
    _, mark, member = row.place.partition("#")
    place = printable(f"#{member}" if mark else short_place(row.place))
    name = fit(place, min(cell_len(place), PLACE), elide="middle")
    if row.kind == "cause":
        return f"{name} {row.after or row.text}"
    return f"{name} {row.text}{f': {row.change}' if row.change else ''}"


def _mark(row: Event) -> tuple[str, Tone]:
    if row.kind == "resolved":
        return ("✓", "good")
    if row.severity == "critical":
        return ("▲", "bad")
    return ("●", "warn") if row.severity == "warning" else (MARKS.get(row.kind, "±"), "dim")
