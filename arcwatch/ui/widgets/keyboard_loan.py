"""The keyboard focus, lent to an input and given back."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Unclaimed(Message):
    """The focus was given back, and its former owner is no longer on screen."""


class KeyboardLoan:
    """Lets ``typed`` have the keyboard for a while."""

    def __init__(self, typed: Widget) -> None:
        self._typed = typed
        self._lender: Widget | None = None

    def take(self) -> None:
        """Take the keyboard at once: keys that were typed already come next."""
        if not self._typed.has_focus:
            self._lender = self._typed.screen.focused
        self._typed.screen.set_focus(self._typed)

    def give_back(self) -> None:
        """Give the focus back to its former owner, unless another widget has it by now."""
        if not self._typed.has_focus:
            return
        if self._lender is not None and _is_shown(self._lender):
            self._typed.screen.set_focus(self._lender)
        else:
            self._typed.screen.set_focus(None)
            self._typed.screen.post_message(Unclaimed())


def _is_shown(widget: Widget) -> bool:
    return widget.is_attached and all(node.display for node in widget.ancestors_with_self)
