"""The line at the bottom for answering a question, such as the name of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from arcwatch.errors import ArcwatchError, NotationError
from arcwatch.text.control_characters import printable

from .key_hints import Hint
from .keyboard_loan import KeyboardLoan


class PromptLine(Vertical):
    """Closed until something is asked.  Enter answers, escape does not.

    An answer that cannot be used stays, with the reason in the line below it.
    """

    DEFAULT_CSS = """
    PromptLine {
        display: none;
        height: auto;
        &.-open { display: block; }
        & > Horizontal { height: 1; }
        & #prompt-question { width: auto; padding: 0 1; color: $accent; text-style: bold; }
        & > #prompt-reason { display: none; height: auto; padding: 0 1; color: $text-error; }
        &.-wrong > #prompt-reason { display: block; }
        & Input, & Input:focus {
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

    question = getters.query_one("#prompt-question", Static)
    reason = getters.query_one("#prompt-reason", Static)
    typed = getters.query_one(Input)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._then: Callable[[str], None] | None = None
        self._asked = ""

    def compose(self) -> ComposeResult:
        """The question and the answer, and why that cannot be used."""
        with Horizontal():
            yield Static("", markup=False, id="prompt-question")
            yield Input(compact=True, select_on_focus=False)
        yield Static("", markup=False, id="prompt-reason")

    @cached_property
    def _keyboard(self) -> KeyboardLoan:
        return KeyboardLoan(self.typed)

    def ask(
        self,
        question: str,
        answer: str,
        then: Callable[[str], None],
        wrong: ArcwatchError | None = None,
    ) -> None:
        """Ask, with an answer to begin with.

        Args:
            then: Called with what is entered; an error that it raises is the reason to ask again.
            wrong: Why the answer to begin with could not be used, where that came out later.
        """
        self._then = then
        self._asked = question
        self.question.update(question)
        self.remove_class("-wrong")
        self.add_class("-open")
        self.typed.value = answer
        self.typed.cursor_position = len(answer)
        self._keyboard.take()
        if wrong:
            self._say_wrong(wrong)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer; another question may follow from it."""
        event.stop()
        then, question, text = self._then, self._asked, event.value
        self.action_close()
        if then is None:
            return
        try:
            then(text.strip())
        except ArcwatchError as error:
            self.ask(question, text, then, error)

    def _say_wrong(self, error: ArcwatchError) -> None:
        text = f"{error.headline}.  {error.hint}" if error.hint else error.headline
        self.reason.update(printable(text, 400))
        self.add_class("-wrong")
        if isinstance(error, NotationError):
            # on what cannot be read
            self.typed.cursor_position = error.at

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nobody else is to take it for theirs."""
        event.stop()

    def action_close(self) -> None:
        """Ask no more, and give the keyboard back."""
        self._then = None
        self.remove_class("-open", "-wrong")
        self._keyboard.give_back()
