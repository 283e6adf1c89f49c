"""All fields of a row (``x``), none of them cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

GAP = 2


class FullRowScreen(ModalScreen[None]):
    """A line for each column, wrapped under itself."""

    DEFAULT_CSS = """
    FullRowScreen { align: center middle; }
    FullRowScreen > #full-row {
        width: 90;
        max-width: 100%;
        height: auto;
        max-height: 90%;
        background: $surface;
        border: round $accent;
        padding: 0 1;
    }
    FullRowScreen .line { layout: horizontal; height: auto; }
    FullRowScreen .title { color: $text-muted; width: auto; }
    FullRowScreen .text { width: 1fr; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="full-row.close"),
        Binding("x", "dismiss", show=False, id="full-row.close-too"),
        Binding("q", "dismiss", show=False, id="full-row.quit"),
    ]

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._fields = fields

    def compose(self) -> ComposeResult:
        """Titles at the left, all as wide as the widest."""
        width = max((len(title) for title, _ in self._fields), default=0) + GAP
        with VerticalScroll(id="full-row"):
            for title, text in self._fields:
                yield Line(f"{title:{width}}", text)


class Line(Static):
    """A title, and its text beside it."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(classes="line")
        self._parts = (title, text)

    def compose(self) -> ComposeResult:
        """From left to right."""
        title, text = self._parts
        yield Static(Text(title), classes="title")
        yield Static(Text(text), classes="text")
