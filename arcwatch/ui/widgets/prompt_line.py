"""The line at the bottom for answering a question, such as the name of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from .key_hints import Hint


class PromptLine(Horizontal):
    """Closed until something is asked.  Enter answers, escape does not."""

    DEFAULT_CSS = """
    PromptLine {
        display: none;
        height: 1;
        &.-open { display: block; }
        & > Static { width: auto; padding: 0 1; color: $accent; text-style: bold; }
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
        Binding("escape", "close", "Cancel", id="prompt.close"),
    ]

    mode_hints: ClassVar[Sequence[Hint]] = (
        Hint("enter", "answer"),
        Hint("esc", "cancel", "escape"),
    )
    """What the keys do while something is typed."""

    question = getters.query_one(Static)
    typed = getters.query_one(Input)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._came_from: Widget | None = None
        self._then: Callable[[str], None] | None = None

    def compose(self) -> ComposeResult:
        """The question, and the answer."""
        yield Static("", markup=False)
        yield Input(compact=True, select_on_focus=False)

    def ask(self, question: str, answer: str, then: Callable[[str], None]) -> None:
        """Ask, with an answer to begin with; ``then`` is called with what is entered."""
        if not self.typed.has_focus:
            self._came_from = self.screen.focused
        self._then = then
        self.question.update(question)
        self.add_class("-open")
        self.typed.value = answer
        self.typed.cursor_position = len(answer)
        # at once: keys that were typed already come next
        self.screen.set_focus(self.typed)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer; another question may follow from it."""
        event.stop()
        then = self._then
        self.action_close()
        if then:
            then(event.value.strip())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nobody else is to take it for theirs."""
        event.stop()

    def action_close(self) -> None:
        """Ask no more, and give the keyboard back."""
        self._then = None
        self.remove_class("-open")
        if self.typed.has_focus and self._came_from is not None:
            self.screen.set_focus(self._came_from)
