"""The line of keys at the bottom: as many as fit, most useful first, help and quit always.

Textual's own footer is a widget for each key, all of them built anew when the focus moves; at
80 columns it scrolls sideways rather than leaving out what matters least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from .changed_lines import ChangedLines, Piece, joined

USEFUL = (
    *(
        "messages.close",
        "messages.next",
        "messages.open",
        "table.open",
        "why",
        "tail",
        "browse",
        "list.filter",
        "table.sort",
        "pane.next",
        "view.next-table",
    ),
    *("layout.next", "layout.zoom", "chart.size", "view.zoom", "hold", "totals", "command"),
)
"""Ids of bindings in the order in which they give way to others, the last first; those that are
not named stand before ``hold``, since only some views have them."""

LAST = ("help", "quit")
"""Ids of bindings at the right end, which never give way."""

GAP = 2
"""Cells between two hints."""


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
        self._last: tuple[Hint, ...] = ()

    def show(self, hints: Sequence[Hint], last: Sequence[Hint] = ()) -> None:
        """Replace the hints."""
        if (new := (tuple(hints), tuple(last))) != (self._hints, self._last):
            self._hints, self._last = new
            self.repaint()

    def line(self, y: int) -> Strip:
        """Whole hints only."""
        pieces: list[Piece] = []
        for x, hint in self._placed():
            after = x + cell_len(hint.key) + 1
            pieces += [(x, hint.key, "key"), (after, hint.label, "")]
        return joined(pieces, self.size.width, self.style_of)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        for x, hint in self._placed():
            if x <= event.x < x + _length(hint):
                self.app.simulate_key(hint.press or hint.key)

    def _placed(self) -> list[tuple[int, Hint]]:
        return placed(self._hints, self.size.width, self._last)


def placed(hints: Sequence[Hint], width: int, last: Sequence[Hint] = ()) -> list[tuple[int, Hint]]:
    """The first hints that fit in ``width`` cells beside the last ones, and where each begins."""
    end = width - 1 - sum(_length(hint) + GAP for hint in last) + GAP if last else width + GAP
    found = _row(hints, 1, end - GAP)
    return found + _row(last, max(1, end), width)


def _row(hints: Sequence[Hint], x: int, end: int) -> list[tuple[int, Hint]]:
    found = []
    for hint in hints:
        if x + _length(hint) > end:
            break
        found.append((x, hint))
        x += _length(hint) + GAP
    return found


def hints_of(
    screen: Screen[object], offers: Callable[[str], bool] = lambda action: True
) -> tuple[list[Hint], list[Hint]]:
    """What the keys do now, and which of them stand at the end of the line.

    Where something is being typed or chosen, that has all of the line.  Keys that the user has
    remapped are named as they are.
    """
    if mode := _mode_of(screen.focused or screen):
        return list(mode), []
    found: list[tuple[int, Hint]] = []
    last: list[tuple[int, Hint]] = []
    for key, (_, binding, enabled, _) in screen.active_bindings.items():
        if binding.show and enabled and offers(binding.action):
            hint = Hint(screen.app.get_key_display(binding), _verb(binding.description), key)
            to, order = (last, LAST) if binding.id in LAST else (found, USEFUL)
            to.append((_place(binding.id, order), hint))
    return _sorted(found), _sorted(last)


def _sorted(hints: list[tuple[int, Hint]]) -> list[Hint]:
    return [hint for _, hint in sorted(hints, key=lambda placed: placed[0])]


def _mode_of(focused: Widget) -> Sequence[Hint]:
    """What the keys do while something is typed or chosen; nothing where nothing is."""
    nodes = focused.ancestors_with_self
    return next((mode for node in nodes if (mode := getattr(node, "mode_hints", ()))), ())


def _place(id: str | None, order: Sequence[str]) -> int:
    return order.index(id) if id in order else order.index("hold")


def _verb(label: str) -> str:
    """A label as it stands in the line: ``Open`` is ``open``, but ``UTC`` stays.

    >>> _verb("Open"), _verb("UTC")
    ('open', 'UTC')
    """
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _length(hint: Hint) -> int:
    return cell_len(hint.key) + 1 + cell_len(hint.label)
