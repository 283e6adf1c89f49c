"""The filter line at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from .key_hints import Hint
from .keyboard_loan import KeyboardLoan


class FilterInput(Horizontal):
    """Closed until opened.  Enter keeps what was typed, escape clears it and closes.

    While something is kept the line stays, so that nobody forgets why rows are missing.

    Args:
        completed: What is typed with its last word written to the end; None where that is unknown.
    """

    DEFAULT_CSS = """
    FilterInput {
        display: none;
        height: 1;
        &.-open { display: block; }
        & > Static { width: auto; padding: 0 1; }
        & > #filter-slash { color: $accent; text-style: bold; padding: 0 0 0 1; }
        & > #filter-counts { color: $text-muted; }
        & > Input, & > Input:focus {
            width: 1fr;
            height: 1;
            border: none;
            padding: 0 1;
            background: transparent;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", id="filter.clear"),
        Binding("tab", "complete", "Complete", id="filter.complete"),
    ]

    @property
    def mode_hints(self) -> Sequence[Hint]:
        """What the keys do while something is typed."""
        completing = (Hint("tab", "complete"),) if self._completes() else ()
        return (Hint("enter", "keep"), *completing, Hint("esc", "clear", "escape"))

    typed = getters.query_one(Input)
    counts = getters.query_one("#filter-counts", Static)

    @dataclass
    class Changed(Message):
        """The words differ from before, at every key that is typed."""

        text: str

    def __init__(
        self,
        completed: Callable[[str], str | None] = lambda text: None,
        *,
        completes: Callable[[], bool] = lambda: False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._completed, self._completes = completed, completes

    def compose(self) -> ComposeResult:
        """A slash, the words, and how many rows they leave."""
        yield Static("/", id="filter-slash", markup=False)
        yield Input(compact=True, select_on_focus=False, suggester=Completion(self._completed))
        yield Static("", id="filter-counts", markup=False)

    @cached_property
    def _keyboard(self) -> KeyboardLoan:
        return KeyboardLoan(self.typed)

    @property
    def text(self) -> str:
        """The words typed so far."""
        return self.typed.value

    def open(self) -> None:
        """Show the line and take the keyboard; what was kept before is there to be changed."""
        self.add_class("-open")
        self._keyboard.take()

    def close(self) -> None:
        """Clear the words, hide the line and give the keyboard back."""
        self.typed.value = ""
        self._leave()

    def follow(self, text: str) -> None:
        """Show the filter of the visible list, or hide the line, without an event."""
        with self.prevent(Input.Changed):
            self.typed.value = text
        self._leave()

    def show_status(self, status: str) -> None:
        """Show the result: how many rows are left, and of how many."""
        if status != self.counts.content:
            self.counts.update(status)

    def action_complete(self) -> None:
        """Take over what is suggested in grey."""
        complete(self.typed)

    def action_clear(self) -> None:
        """What escape does."""
        self.close()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post the words at every key."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the words and give the keyboard back."""
        event.stop()
        self._leave()

    def _leave(self) -> None:
        self.set_class(bool(self.text.strip()), "-open")
        self._keyboard.give_back()


class Completion(Suggester):
    """Suggests in grey what a function knows.

    Args:
        completed: What is typed, written to its end; None where that is unknown.
    """

    def __init__(self, completed: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._completed = completed

    async def get_suggestion(self, value: str) -> str | None:
        return self._completed(value) if value else None


def complete(typed: Input) -> None:
    """Take over what is suggested."""
    typed.cursor_position = len(typed.value)
    # at the end of what is typed, Textual takes the suggestion over with this
    typed.action_cursor_right()
    typed.cursor_position = len(typed.value)
