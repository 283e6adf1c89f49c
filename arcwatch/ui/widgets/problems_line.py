"""The line of problems, empty if there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from arcwatch.text.control_characters import printable

from .cells import fit
from .changed_lines import ChangedLines, Piece, joined

LEAST = 40
"""Cells below which a problem cut short is not worth its place."""

WHAT = 12
"""Cells that are left of what is wrong, at least, before a place is cut."""

BETWEEN = 4
"""Cells between two problems."""

NAMED = 100
"""Cells of a line from which on the key has a name."""


class Trouble(NamedTuple):
    """A problem: what, where, and since when.  It reads the same for as long as it is one."""

    what: str
    where: str = ""
    since: str = ""
    is_warning: bool = False
    """Whether it is no more than a warning."""

    @property
    def mark(self) -> str:
        """A sign of its severity that needs no colour."""
        return "●" if self.is_warning else "▲"

    def __str__(self) -> str:
        return "  ".join(filter(None, self[:3]))


class ProblemsLine(ChangedLines):
    """Problems on one line, the worst first, and which of how many is the first on show.

    The widget has the class ``-well`` while there are none, for a layout that hides it then.
    """

    LOOKS = "problems-line"
    DEFAULT_CSS = """
    ProblemsLine {
        height: 1;
        & > .problems-line--bad { color: $text-error; text-style: bold; }
        & > .problems-line--warn { color: $text-warning; text-style: bold; }
        & > .problems-line--since, & > .problems-line--count { color: $text-muted; }
        & > .problems-line--key { color: $accent; text-style: bold; }
    }
    """

    class Picked(Message):
        """The user clicked the line: show all of them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="-well")
        self._problems: tuple[Trouble, ...] = ()
        self._first = 0

    def show(self, problems: Sequence[Trouble], first: int = 0) -> None:
        """Replace the problems; nothing differs, nothing is painted."""
        if ((new := tuple(problems)), first) != (self._problems, self._first):
            self._problems, self._first = new, first if first < len(new) else 0
            self.set_class(not new, "-well")
            # content, since Textual reads a text as markup
            text = "\n".join(printable(str(each)) for each in new[:20])
            self.tooltip = Content(text) if new else None
            self.repaint()

    def line(self, y: int) -> Strip:
        """As many as fit, and where the line begins."""
        if not self._problems:
            return Strip.blank(self.size.width, self.style_of(""))
        end = self._end()
        room = self.size.width - 2 - sum(cell_len(text) for text, _ in end)
        pieces: list[Piece] = []
        x = 1
        for each in fitted(self._problems[self._first :], room - 2):
            for text, look in each:
                pieces.append((x, text, look))
                x += cell_len(text)
            x += BETWEEN
        x = 1 + room
        for text, look in end:
            pieces.append((x, text, look))
            x += cell_len(text)
        return joined(pieces, self.size.width, self.style_of)

    def _end(self) -> list[tuple[str, str]]:
        many = len(self._problems)
        count = f"{self._first + 1:,} of {many:,}  " if many > 1 else ""
        return [(count, "count"), ("!", "key"), (" next" * (self.size.width >= NAMED), "count")]

    def on_click(self) -> None:
        """Ask for the whole list."""
        if self._problems:
            self.post_message(self.Picked())


def fitted(problems: Sequence[Trouble], width: int) -> list[list[tuple[str, str]]]:
    """As many problems as fit in ``width`` cells, as pieces of text with their looks.

    The first is always shown, if need be cut; others where they are not cut to less than
    :data:`LEAST`.
    """
    found: list[list[tuple[str, str]]] = []
    for problem in problems:
        pieces = _pieces(problem)
        length = sum(cell_len(text) for text, _ in pieces)
        if length > width:
            return [*found, _pieces(_shortened(problem, width - 2))]
        found.append(pieces)
        width -= length + BETWEEN
        if width < LEAST:
            break
    return found


def _pieces(problem: Trouble) -> list[tuple[str, str]]:
    look = "warn" if problem.is_warning else "bad"
    what, where, since = (printable(text) for text in problem[:3])
    pieces = [(f"{problem.mark} {what}", look), (f"  {where}" if where else "", "")]
    return [*pieces, (f"  {since}" if since else "", "since")]


def _shortened(problem: Trouble, width: int) -> Trouble:
    """A problem in ``width`` cells: what is wrong gives way first, then since when, then where."""
    what, where, since = (printable(text) for text in problem[:3])
    place = cell_len(where) + 2 * bool(where)
    least = min(cell_len(what), WHAT)
    if since and width - place - cell_len(since) - 2 < least:
        since = ""
    left = width - (cell_len(since) + 2 if since else 0)
    if place > left - least:
        where = fit(where, max(1, left - least - 2), elide="middle")
        place = cell_len(where) + 2
    if cell_len(what) > left - place:
        # a reason cut this short says less than none
        what = what.partition(": ")[0]
    return Trouble(fit(what, min(cell_len(what), left - place)), where, since, problem.is_warning)
