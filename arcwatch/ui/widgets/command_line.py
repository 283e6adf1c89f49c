"""The command line at the bottom, with completion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from .key_hints import Hint


class CommandLine(Horizontal):
    """Closed until opened.  Tab completes, ↑ and ↓ go through what was typed before.

    Args:
        known: Every command that can be given now, the likeliest first.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    CommandLine {
        display: none;
        height: 1;
        &.-open { display: block; }
        & > Static { width: auto; padding: 0 0 0 1; color: $accent; text-style: bold; }
        & > Input, & > Input:focus {
            width: 1fr;
            height: 1;
            border: none;
            padding: 0;
            background: transparent;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="command.close"),
        Binding("tab", "complete", "Complete", id="command.complete"),
        Binding("up", "earlier(-1)", "Earlier", show=False, id="command.earlier"),
        Binding("down", "earlier(1)", "Later", show=False, id="command.later"),
    ]
    KEPT: ClassVar[int] = 100
    """Commands remembered."""

    mode_hints: ClassVar[Sequence[Hint]] = (
        Hint("enter", "run"),
        Hint("tab", "complete"),
        Hint("↑", "earlier", "up"),
        Hint("esc", "close", "escape"),
    )
    """What the keys do while something is typed."""

    typed = getters.query_one(Input)

    @dataclass
    class Given(Message):
        """A command was typed and entered."""

        text: str

    def __init__(self, known: Callable[[], Iterable[str]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._known = known
        self._given: list[str] = []
        self._at = 0
        self._came_from: Widget | None = None

    def compose(self) -> ComposeResult:
        """A colon, and the words."""
        yield Static(":", markup=False)
        yield Input(compact=True, select_on_focus=False, suggester=_Completion(self._known))

    def open(self, text: str = "") -> None:
        """Show the line with ``text`` in it, and take the keyboard."""
        if not self.typed.has_focus:
            self._came_from = self.screen.focused
        self.add_class("-open")
        self._at = len(self._given)
        self.typed.value = text
        self.typed.cursor_position = len(text)
        # at once: keys that were typed already come next
        self.screen.set_focus(self.typed)

    def action_close(self) -> None:
        """Hide the line, and give the keyboard back."""
        self.remove_class("-open")
        self.typed.value = ""
        if self._came_from is not None:
            self.screen.set_focus(self._came_from)

    def action_complete(self) -> None:
        """Take over what is suggested in grey."""
        typed = self.typed
        typed.cursor_position = len(typed.value)
        # at the end of what is typed, Textual takes the suggestion over with this
        typed.action_cursor_right()
        typed.cursor_position = len(typed.value)

    def action_earlier(self, step: int) -> None:
        """Bring back what was typed before, or after that."""
        self._at = max(0, min(len(self._given), self._at + step))
        text = self._given[self._at] if self._at < len(self._given) else ""
        self.typed.value = text
        self.typed.cursor_position = len(text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand the command over."""
        event.stop()
        text = event.value.strip()
        self.action_close()
        if text:
            self._given = [*(g for g in self._given if g != text), text][-self.KEPT :]
            self.post_message(self.Given(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nobody else's."""
        event.stop()


class _Completion(Suggester):
    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        """The first command that begins with what is typed, whatever its case."""
        if not value:
            return None
        start = value.casefold()
        found = next((text for text in self._known() if text.casefold().startswith(start)), None)
        return value + found[len(value) :] if found else None
