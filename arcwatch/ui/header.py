"""The first line: context, view and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.widgets.tab_bar import Tab, TabBar


@dataclass(frozen=True)
class Marks:
    """The marks that distinguish contexts."""

    color: str = ""
    """What its name is drawn in; empty is the usual."""
    locked: bool = False
    """Whether the context refuses changes, whatever the command line allows."""
    warning: str = ""
    """What is not checked of who answers, and whose addresses these are."""
    changes: bool = False
    """Whether the command line allows changes."""
    notes: tuple[str, ...] = ()
    """What was written in some settings and does not count: said once, at the start."""


UNMARKED = Marks()


class Header(Horizontal):
    """Name, context, views and the clock.

    Args:
        context: Names the brokers.
        tabs: The views.
        marks: What makes the context look unlike the others.
    """

    clock = getters.query_one("#clock", Static)

    def __init__(self, context: str, tabs: Sequence[Tab], marks: Marks = UNMARKED) -> None:
        super().__init__(id="header", classes=f"-marked -{marks.color}" if marks.color else None)
        self._marks = marks
        self._brokers, self._tabs, self._drawn_at = context, tabs, 0.0

    def compose(self) -> ComposeResult:
        """From left to right."""
        yield Static("arcwatch", id="name", markup=False)
        kind = "changes allowed" if self._marks.changes else "read-only"
        kind = "read-only by context" if self._marks.locked else kind
        told = f"{printable(self._brokers, 32)} · {kind}"
        yield Static(told, id="context", markup=False)
        if self._marks.warning:
            yield Static(self._marks.warning, id="unchecked", markup=False)
        yield TabBar(self._tabs)
        yield Static("", id="clock", markup=False)

    def draw(self, now: float, *, held: bool = False, utc: bool = False) -> None:
        """Show the time; a frozen screen shows its own.

        Args:
            now: Unix seconds.
            held: Whether the picture stands still.
            utc: Whether times are told in UTC.
        """
        now = self._drawn_at = self._drawn_at if held else now
        state = "HELD" if held else "live"
        told = f"{units.clock(now, utc=utc)} {units.zone(now, utc=utc)}  {state}"
        if self.clock.content != told:
            self.clock.update(told)
