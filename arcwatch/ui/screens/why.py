"""Why a backlog waits (``W``): its cause, every figure behind it, and what to try."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from arcwatch.store.causes.cause import Why
from arcwatch.store.causes.why_lines import NOTHING, why_lines
from arcwatch.text import units
from arcwatch.text.control_characters import elide_middle, printable
from arcwatch.ui.view_context import ViewContext

FRAME = 1.0
"""Seconds between two looks at figures that move."""


WIDTH = 112
"""Cells of the box, on a screen that has them; the style sheet has the same."""


LONGEST = 300
"""Cells of an address; a hostile name would hide all else."""


class WhyScreen(ModalScreen[None]):
    """The whole chain behind one backlog, or behind all of a topic or stream, kept up to date."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="why.close"),
        Binding("W", "dismiss", "Close", show=False, id="why.close-too"),
        Binding("q", "dismiss", "Close", show=False, id="why.quit"),
        Binding("j", "scroll_down", "Down", show=False, id="why.down"),
        Binding("k", "scroll_up", "Up", show=False, id="why.up"),
    ]

    def __init__(self, showing: ViewContext, address: str) -> None:
        super().__init__()
        self._showing, self._address = showing, address
        self._seen: object = None
        self._sheet = Static(markup=False)

    def compose(self) -> ComposeResult:
        """One text, in a box that scrolls where the screen is small."""
        with VerticalScroll(id="why") as box:
            box.border_title = "Why"
            yield self._sheet

    def on_mount(self) -> None:
        """Draw now, and whenever something has changed."""
        self.draw()
        self.set_interval(FRAME, self.draw)

    def draw(self) -> None:
        """Bring the text up to date with the store."""
        if self._seen != self._showing.version:
            self._seen = self._showing.version
            self._sheet.update(self._text())

    def _text(self) -> Text:
        chains = self._showing.store.why(self._address)
        if not chains:
            return Text(f"{printable(self._address)}\n\n{NOTHING}")
        text = Text()
        for nth, chain in enumerate(chains):
            text.append("\n\n" * bool(nth))
            self._append(text, chain)
        return text

    def _append(self, text: Text, why: Why) -> None:
        text.append(elide_middle(printable(why.address), LONGEST), "bold underline")
        # the label, the frame with its margins, and a bar to scroll by
        width = min(WIDTH, self.app.size.width) - 10 - 6
        for line in why_lines(why, self._moment, width):
            text.append(f"\n{line.label.upper():9} ", "bold")
            text.append(printable(line.text, 1_000))

    def _moment(self, at: float) -> str:
        return units.when(at, self._showing.store.now, utc=self._showing.utc)

    def action_scroll_down(self) -> None:
        """Scroll the text, not the screen under it."""
        self.query_one("#why").scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """Scroll the text, not the screen under it."""
        self.query_one("#why").scroll_up(animate=False)
