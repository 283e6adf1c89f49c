"""A text in full, wrapped at the edge of the screen, without a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from rich.cells import cell_len
from textual.strip import Strip

from .cells import Spans, spanned, wrapped
from .changed_lines import ChangedLines, Piece, joined

MARGIN = 1


class WholeText(ChangedLines):
    """A rule with a title, and as many lines of a text as fit under it."""

    LOOKS = "whole-text"
    DEFAULT_CSS = """
    WholeText {
        display: none;
        & > .whole-text--rule { color: $border-blurred; }
        & > .whole-text--title { color: $text-muted; }
        & > .whole-text--warn { color: $text-warning; }
        & > .whole-text--dim { color: $text-disabled; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = self._hint = ""
        self._lines: Sequence[Spans] = ()

    def show(self, title: str, hint: str, lines: Sequence[Spans], room: int) -> None:
        """Show lines of text in so many lines of the screen, the rule included.

        Args:
            room: How many lines there are; they are all taken, so that nothing else moves.
        """
        width = max(10, (self.size.width or self.app.size.width) - 2 * MARGIN)
        every = (piece for line in lines for piece in wrapped(line, width))
        shown = list(islice(every, room))
        if len(shown) == room:
            shown[-2:] = [Spans("… enter opens all of it", tone="dim")]
        self._title, self._hint, self._lines = title, hint, shown
        self.styles.height = room
        self.repaint()

    def line(self, y: int) -> Strip:
        """The rule, or a line under it."""
        width = self.size.width
        pieces: list[Piece] = []
        if y == 0:
            title, hint = f"─ {self._title} ", f" {self._hint} ─"
            rule = "─" * max(0, width - cell_len(title) - cell_len(hint))
            starts = (0, cell_len(title), cell_len(title) + len(rule))
            pieces = list(zip(starts, (title, rule, hint), ("title", "rule", "title"), strict=True))
        elif y <= len(self._lines):
            x = MARGIN
            for text, look in spanned(self._lines[y - 1], width - 2 * MARGIN):
                pieces.append((x, text, look))
                x += cell_len(text)
        return joined(pieces, width, self.style_of)
