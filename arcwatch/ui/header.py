"""The first line: whose brokers, which view, what time it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from arcwatch import units
from arcwatch.text import printable

from .showing import Showing
from .widgets.tab_bar import Tab, TabBar


class Header(Horizontal):
    """Name, context, views and the clock.

    Args:
        showing: Whether the picture is held, and in which zone times are told.
        context: Names the brokers.
        tabs: The views.
        now: Unix seconds.
    """

    clock = getters.query_one("#clock", Static)

    def __init__(
        self, showing: Showing, context: str, tabs: Sequence[Tab], now: Callable[[], float]
    ) -> None:
        super().__init__(id="header")
        self._showing, self._brokers, self._tabs, self._now = showing, context, tabs, now
        self._drawn_at = now()

    def compose(self) -> ComposeResult:
        """From left to right."""
        yield Static("arcwatch", id="name", markup=False)
        yield Static(f"{printable(self._brokers, 32)} · read-only", id="context", markup=False)
        yield TabBar(self._tabs)
        yield Static("", id="clock", markup=False)

    def draw(self) -> None:
        """Tell the time; a picture that is held is told with its own."""
        held, utc = self._showing.held, self._showing.utc
        now = self._drawn_at = self._drawn_at if held else self._now()
        state = "HELD" if held else "live"
        told = f"{units.clock(now, utc=utc)} {units.zone(now, utc=utc)}  {state}"
        if self.clock.content != told:
            self.clock.update(told)
