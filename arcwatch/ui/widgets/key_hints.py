"""The line of keys at the bottom: as many as fit, most useful first.

Textual's own footer is a widget for each key, all of them built anew when the focus moves; at
80 columns it scrolls sideways rather than leaving out what matters least.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.screen import Screen
from textual.strip import Strip

from .changed_lines import ChangedLines, Piece, joined


class Hint(NamedTuple):
    """A key and what it does."""

    key: str
    """As the user reads it: ``enter``, ``?``."""

    label: str

    press: str = ""
    """Textual's name of the key, which a click presses; nothing when it is the same."""


class KeyHints(ChangedLines):
    """Hints from left to right until the line is full.  A click on one presses its key."""

    LOOKS = "key-hints"
    DEFAULT_CSS = """
    KeyHints {
        height: 1;
        color: $text-muted;
        & > .key-hints--key { color: $accent; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: tuple[Hint, ...] = ()

    def show(self, hints: Sequence[Hint]) -> None:
        """Replace the hints, the most useful first."""
        if (new := tuple(hints)) != self._hints:
            self._hints = new
            self.repaint()

    def line(self, y: int) -> Strip:
        """Whole hints only."""
        pieces: list[Piece] = []
        for x, hint in placed(self._hints, self.size.width):
            after = x + cell_len(hint.key) + 1
            pieces += [(x, hint.key, "key"), (after, hint.label, "")]
        return joined(pieces, self.size.width, self.style_of)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        for x, hint in placed(self._hints, self.size.width):
            if x <= event.x < x + _length(hint):
                self.app.simulate_key(hint.press or hint.key)


def placed(hints: Sequence[Hint], width: int) -> list[tuple[int, Hint]]:
    """The first hints that fit in ``width`` cells, and where each begins."""
    found, x = [], 1
    for hint in hints:
        if x + _length(hint) > width:
            break
        found.append((x, hint))
        x += _length(hint) + 2
    return found


def hints_of(screen: Screen[object]) -> list[Hint]:
    """What the keys do now: the bindings that show themselves, nearest to the focus first.

    Keys that the user has remapped are named as they are.
    """
    return [
        Hint(screen.app.get_key_display(active.binding), active.binding.description, key)
        for key, active in screen.active_bindings.items()
        if active.binding.show and active.enabled
    ]


def _length(hint: Hint) -> int:
    return cell_len(hint.key) + 1 + cell_len(hint.label)
