"""The line of problems, empty if there are none."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from arcwatch.text.control_characters import printable

from .cells import fit
from .changed_lines import ChangedLines, joined

MARK = "!"
BETWEEN = " · "

LEAST = 24
"""Cells below which a problem cut short says too little to be worth a place."""


class ProblemsLine(ChangedLines):
    """Problems on one line, the worst first; those without room are counted.

    The widget has the class ``-well`` while there are none, for a layout that hides it then.
    """

    LOOKS = "problems-line"
    DEFAULT_CSS = """
    ProblemsLine {
        height: 1;
        color: $text-error;
        & > .problems-line--mark { color: $text-error; text-style: bold reverse; }
        & > .problems-line--more { color: $text-muted; }
    }
    """

    class Picked(Message):
        """The user clicked the line: show all of them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="-well")
        self._problems: tuple[str, ...] = ()

    def show(self, problems: Sequence[str]) -> None:
        """Replace the problems, the worst first; nothing differs, nothing is painted."""
        if (new := tuple(problems)) != self._problems:
            self._problems = new
            self.set_class(not new, "-well")
            # content, since Textual reads a text as markup
            self.tooltip = Content("\n".join(map(printable, new[:20]))) if new else None
            self.repaint()

    def line(self, y: int) -> Strip:
        """The mark, the problems, and how many more there are."""
        if not self._problems:
            return Strip.blank(self.size.width, self.style_of(""))
        shown, more = fitted(self._problems, self.size.width - 6)
        pieces = [(1, f" {MARK} ", "mark"), (5, shown, "")]
        if more:
            pieces.append((5 + cell_len(shown), more, "more"))
        return joined(pieces, self.size.width, self.style_of)

    def on_click(self) -> None:
        """Ask for the whole list."""
        if self._problems:
            self.post_message(self.Picked())


def fitted(problems: Sequence[str], width: int) -> tuple[str, str]:
    """As many problems as fit in ``width`` cells, and how many more there are.

    The first is always told, and the last one told may be cut in its middle.

    >>> fitted(["n3 does not answer", "backlog on task-events", "slow consumer"], 54)
    ('n3 does not answer · backlog on task-events', ' · +1 more')
    """
    shown: list[str] = []
    left = width
    for nth, problem in enumerate(problems):
        room = left - cell_len(_more(len(problems) - nth - 1))
        length = cell_len(printable(problem))
        if shown and room < min(length, LEAST):
            break
        shown.append(fit(problem, min(length, room), elide="middle"))
        left -= cell_len(shown[-1]) + len(BETWEEN)
    return BETWEEN.join(shown), _more(len(problems) - len(shown))


def _more(count: int) -> str:
    return f"{BETWEEN}+{count:,} more" if count else ""
