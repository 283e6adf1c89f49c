"""The numbered names of the views, on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from .changed_lines import ChangedLines, joined


class Tab(NamedTuple):
    """A view that can be switched to."""

    id: str
    title: str
    number: int
    """The key that switches to it."""


class TabBar(ChangedLines):
    """Views by number, the current one reversed; a narrow bar names the current one alone.

    Args:
        tabs: From left to right.
        id: The widget's id.
    """

    LOOKS = "tab-bar"
    DEFAULT_CSS = """
    TabBar {
        height: 1;
        width: 1fr;
        color: $text-muted;
        & > .tab-bar--number { color: $foreground; }
        & > .tab-bar--current { color: $foreground; text-style: bold reverse; }
        & > .tab-bar--current-nats { color: $primary; text-style: bold reverse; }
        & > .tab-bar--current-pulsar { color: $secondary; text-style: bold reverse; }
    }
    """

    current: reactive[str] = reactive("", init=False)
    """The id of the view that is shown.  Whoever switches views sets it; a click does not."""

    @dataclass
    class Picked(Message):
        """The user clicked a view's name."""

        view_id: str

    def __init__(self, tabs: Sequence[Tab], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tabs = tuple(tabs)
        self.set_reactive(TabBar.current, tabs[0].id if tabs else "")

    def line(self, y: int) -> Strip:
        """Every number, and the names there is room for."""
        pieces, x = [], 0
        for tab, number, title in self._shown():
            if tab.id == self.current:
                is_system = tab.id in ("nats", "pulsar")
                look = f"current-{tab.id}" if is_system else "current"
                pieces.append((x, number + title, look))
            else:
                pieces += [(x, number, "number"), (x + cell_len(number), title, "")]
            x += cell_len(number + title)
        return joined(pieces, self.size.width, self.style_of)

    def watch_current(self) -> None:
        """Mark the view."""
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Ask for the view under the mouse."""
        x = 0
        for tab, number, title in self._shown():
            x += cell_len(number + title)
            if event.x < x:
                self.post_message(self.Picked(tab.id))
                return

    def _shown(self) -> list[tuple[Tab, str, str]]:
        titles = self._titles(named=True)
        return titles if self._width(titles) <= self.size.width else self._titles(named=False)

    def _titles(self, *, named: bool) -> list[tuple[Tab, str, str]]:
        """For each tab its number and its name, blanks included; nameless but for the current."""
        return [
            (tab, f" {tab.number}", f" {tab.title} " if named or tab.id == self.current else " ")
            for tab in self._tabs
        ]

    @staticmethod
    def _width(titles: Sequence[tuple[Tab, str, str]]) -> int:
        return sum(cell_len(number + title) for _, number, title in titles)
