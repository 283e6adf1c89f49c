"""The interface of a numbered view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from arcwatch.store.alerts.marks import mark_of
from arcwatch.store.rows import NatsConnectionRow
from arcwatch.text.control_characters import printable
from arcwatch.ui.trail import Whereabouts
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import Tone
from arcwatch.ui.widgets.row_table import RowTable

from .addresses import judged_address, located
from .things import Thing

WIDTHS = (60, 100, 132, 160, 220)
HEIGHTS = (14, 20, 30, 44, 56)
"""Cells and lines from which on there is room for something more."""

ZOOM = "zoom "
"""What the name of a layout begins with that is one pane alone; its id follows."""


def key_of(view: str, size: Size) -> str:
    """What a layout is remembered by.

    >>> key_of("overview", Size(161, 49)), key_of("overview", Size(80, 24))
    ('overview 160x44', 'overview 60x20')
    """
    width = max((each for each in WIDTHS if size.width >= each), default=0)
    height = max((each for each in HEIGHTS if size.height >= each), default=0)
    return f"{view} {width}x{height}"


class View(Vertical):
    """One of the numbered views.  Draws the store's current state on request."""

    NAME: ClassVar[str]
    """In the tab bar, and as the widget's id in lower case."""
    LAYOUTS: ClassVar[Sequence[str]] = ("",)
    """Names of its layouts, the usual one first."""
    PANES: ClassVar[Sequence[str]] = ()
    """Names of the panes that can be zoomed."""

    @dataclass
    class GoTo(Message):
        """Open a thing in the view where it lives."""

        thing: Thing
        walks: bool = False
        """Whether the next one is the next row of the list it is opened from."""
        at: float | None = None
        """The moment that it is about, Unix seconds; None is now."""

    @dataclass
    class Walk(Message):
        """Open the next row of the list in another view that this one was opened from."""

        step: int

    @dataclass
    class Narrow(Message):
        """Filter the table on show, as if these words had been typed."""

        words: str

    @dataclass
    class Command(Message):
        """Run a command, as if the user had typed it."""

        command: str

    class SheetChanged(Message):
        """The view shows another of its tables."""

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(id=self.NAME.lower())
        self.showing = showing

    def draw(self) -> None:
        """Bring the view up to date with the store."""
        raise NotImplementedError

    @property
    def version(self) -> object:
        """Changes whenever :meth:`draw` would draw something else."""
        return self.showing.version

    @property
    def table(self) -> RowTable[Any] | None:
        """The table that the keys of lists are about; None where that is no table."""
        return None

    def take_keys(self) -> None:
        """Give the keyboard to the view's list."""
        if self.table is not None:
            self.table.focus()

    @property
    def tab_count(self) -> int:
        """How many parts `tab` cycles through: the key hints change with it."""
        return len(self.stops)

    @property
    def filter(self) -> str:
        """What the list on show is narrowed by."""
        return self.table.filter if self.table is not None else ""

    @filter.setter
    def filter(self, text: str) -> None:
        if self.table is not None:
            self.table.filter = text

    @property
    def completes(self) -> bool:
        """Whether a filter may name fields here, which are completed."""
        return False

    def completed(self, text: str) -> str | None:
        """A filter with its last word written to the end, where that is known."""
        return None

    @property
    def filter_status(self) -> str:
        """The result of the filter, or why it cannot be parsed."""
        table = self.table
        return f"{table.matches:,} of {table.total:,}" if table is not None else ""

    def copied(self) -> str:
        """What is copied of the row under the cursor; empty where there is nothing."""
        # printable, since a line end in a name would be a command where a shell is pasted into
        return printable(self.address)

    @property
    def explained(self) -> str:
        """What :meth:`~arcwatch.store.known.Known.why` knows the row under the cursor by."""
        row = self.table.cursor_item if self.table is not None else None
        return judged_address(row) if isinstance(row, NatsConnectionRow) else self.address

    @property
    def address(self) -> str:
        """The address of the row under the cursor; empty where it has none."""
        row = self.table.cursor_item if self.table is not None else None
        return located(self.showing.store, row)

    def mark(self, row: Any) -> Tone:
        """The mark of a row that an alert is about, or that holds what one is about."""
        marks = self.showing.store.alerts.marks
        severity = marks and mark_of(marks, getattr(row, "cluster", ""), judged_address(row))
        return "" if not severity else "bad" if severity == "critical" else "warn"

    @property
    def browsed(self) -> tuple[str, str]:
        """The address whose history the row under the cursor leads to, and the time there."""
        return self.address, ""

    @property
    def rewound(self) -> tuple[str, str]:
        """The subscription under the cursor, and the time to rewind it to, if any."""
        return self.address, ""

    @property
    def has_totals(self) -> bool:
        """Whether the visible table can show totals instead of rates."""
        return False

    def select_shown(self, matches: Callable[[Any], bool]) -> None:
        """Select the first requested row, clearing a filter that hides it."""
        table = self.table
        if table is not None and not table.select_where(matches):
            table.filter = ""
            table.select_where(matches)

    @property
    def current_sheet(self) -> str:
        """The id of the table on show, in a view of several."""
        return ""

    def show_sheet(self, sheet: str) -> None:
        """Show another table, if the view has one with that id."""

    def leave_row(self) -> None:
        """Return to the list of the open row, if one is open."""

    def go_to(self, row: Any, *, walks: bool = False) -> None:
        """Show a row that another view named, opened if rows of its kind open.

        Args:
            walks: Whether the row after it is that of the list in the other view.
        """
        raise NotImplementedError

    def point_at(self, at: float) -> None:
        """Put the cursor of the chart, if there is one, on a moment, Unix seconds."""

    @property
    def stops(self) -> Sequence[Widget]:
        """What ``tab`` goes round now, where a view has panes."""
        return ()

    def action_pane(self, step: int) -> None:
        """Give the keyboard to the next pane, around the ends."""
        stops = self.stops
        at = next((n for n, stop in enumerate(stops) if stop.has_focus), 0)
        stops[(at + step) % len(stops)].focus()

    @property
    def layout_name(self) -> str:
        """The name of its layout; remembered for each size of the screen."""
        name = self.showing.layouts.get(key_of(self.id or "", self.app.size), "")
        return name if name in (*self.LAYOUTS, *(ZOOM + pane for pane in self.PANES)) else ""

    @layout_name.setter
    def layout_name(self, name: str) -> None:
        self.showing.layouts[key_of(self.id or "", self.app.size)] = name

    @property
    def zoomed(self) -> str:
        """The pane that has the whole view, if one has."""
        return self.layout_name.removeprefix(ZOOM) if self.layout_name.startswith(ZOOM) else ""

    @property
    def whereabouts(self) -> Whereabouts:
        """Where the user is, to come back to."""
        return Whereabouts(self.id or "", self.spot, self.NAME)

    @property
    def spot(self) -> object:
        """What :meth:`return_to` needs: the row under the cursor."""
        return self.table.cursor_key if self.table is not None else None

    def return_to(self, spot: Any) -> None:
        """Show a place that was left."""
        if self.table is not None and spot is not None:
            self.table.select(spot)

    def thing_of(self, row: Any) -> Thing | None:
        """What a row of a list is about, where that lives in another view."""
        return None

    def go_live(self) -> None:
        """Go back to now from a moment of the past."""

    def neighbour(self, step: int) -> Thing | None:
        """The thing of the next row, after moving the cursor there; None at the end."""
        if (table := self.table) is None:
            return None
        before = table.cursor_key
        table.action_move(step)
        return None if table.cursor_key == before else self.thing_of(table.cursor_item)
