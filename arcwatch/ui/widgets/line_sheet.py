"""A sheet of foldable lines whose cost depends on the screen, not on their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from arcwatch.decode.fields import Path
from arcwatch.text.control_characters import printable

from .cells import Spans, spanned
from .changed_lines import ChangedLines, Piece, joined
from .table_lines import CURSOR, spread
from .value_lines import Lines, Pieces, TextLines, ValueLines

LONGEST = 1_000
"""Characters of a piece that are ever looked at."""

MARGIN = 1

SEARCHED = 500
"""Lines in which the first match is looked for when they are shown."""

Found: TypeAlias = Callable[[str], Sequence[tuple[int, int]]]
"""Finds starts and ends of matches in a text that is shown."""


class LineSheet(ChangedLines, can_focus=True):
    """A cursor on lines."""

    LOOKS = "line-sheet"
    DEFAULT_CSS = """
    LineSheet {
        height: 1fr;
        & > .line-sheet--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
        }
        &:focus > .line-sheet--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
        & > .line-sheet--good { color: $text-success; }
        & > .line-sheet--warn { color: $text-warning; }
        & > .line-sheet--bad { color: $text-error; text-style: bold; }
        & > .line-sheet--dim { color: $text-disabled; }
        & > .line-sheet--accent { color: $text-accent; }
        &:nocolor > .line-sheet--cursor, &:ansi > .line-sheet--cursor { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="lines.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="lines.up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="lines.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="lines.page-up"),
        Binding("g,home", "end(0)", "First", show=False, id="lines.first"),
        Binding("G,end", "end(1)", "Last", show=False, id="lines.last"),
        Binding("l,right", "fold(False)", "Unfold", show=False, id="lines.unfold"),
        Binding("enter", "fold(False)", "Unfold", show=False, id="lines.open"),
        Binding("h,left", "fold(True)", "Fold", show=False, id="lines.fold"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Lines = TextLines("", 80)
        self._found: Found | None = None
        self._top = self._cursor = 0

    def show(self, lines: Lines, found: Found | None = None) -> None:
        """Show other lines, from the first, or with the first match in sight."""
        self._lines, self._found = lines, found
        self._top = self._cursor = 0
        if found:
            lines_of = (lines.pieces(n, self.size.width) for n in range(min(len(lines), SEARCHED)))
            matches = (n for n, pieces in enumerate(lines_of) if _is_match(pieces, found))
            self._top = max(0, next(matches, 0) - self._page // 2)
        self.repaint()

    def mark(self, found: Found | None) -> None:
        """Mark other matches, and stay where the reader is."""
        if found is not self._found:
            self._found = found
            self.repaint()

    @property
    def cursor(self) -> int:
        """The line under the cursor, counted from 0."""
        return self._cursor

    @property
    def cursor_value(self) -> Any:
        """The content of the line under the cursor; None if there is no line."""
        return self._lines.value(self._cursor) if len(self._lines) else None

    @property
    def cursor_path(self) -> Path | None:
        """Where in a value the line under the cursor is; None in what is no value's lines."""
        lines = self._lines
        return lines.path(self._cursor) if isinstance(lines, ValueLines) and len(lines) else None

    def line(self, y: int) -> Strip:
        """One line on screen."""
        nth, width = self._top + y, self.size.width
        if nth >= len(self._lines):
            return Strip.blank(width, self.style_of(""))
        under = CURSOR if nth == self._cursor else ""
        pieces: list[Piece] = []
        x = MARGIN
        for text, tone in self._lines.pieces(nth, width - 2 * MARGIN):
            text = printable(text, LONGEST)
            cells = cell_len(text)
            spans = Spans(text, found=self._found(text) if self._found else (), tone=tone)
            pieces += spread(spanned(spans, cells), x, under)
            x += cells
        return joined(pieces, width, self.style_of, under)

    def action_move(self, step: int) -> None:
        """Move the cursor by ``step`` lines, stopping at either end."""
        self._move_to(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by ``step`` screens."""
        self._move_to(self._cursor + step * self._page)

    def action_end(self, last: int) -> None:
        """Go to the first line, or the last."""
        self._move_to(len(self._lines) - 1 if last else 0)

    def action_fold(self, folded: bool) -> None:
        """Fold the line, or go to the one it is in; or unfold it."""
        if len(self._lines):
            self._move_to(self._lines.fold(self._cursor, folded=folded))

    def on_mouse_scroll_up(self) -> None:
        """Look further up."""
        self._move_to(self._top - 3)

    def on_mouse_scroll_down(self) -> None:
        """Look further down."""
        self._move_to(self._top + self._page + 2)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a line; a second click folds or unfolds it."""
        nth = self._top + event.y
        if nth >= len(self._lines):
            return
        self._move_to(nth)
        if event.chain == 2:
            before = len(self._lines)
            self.action_fold(False)
            if len(self._lines) == before:
                self.action_fold(True)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._move_to(self._cursor)

    @property
    def _page(self) -> int:
        return max(1, self.size.height)

    def _move_to(self, nth: int) -> None:
        self._cursor = max(0, min(nth, len(self._lines) - 1))
        self._top = max(self._cursor - self._page + 1, min(self._top, self._cursor))
        self.repaint()


def _is_match(pieces: Pieces, found: Found) -> bool:
    return any(found(printable(text, LONGEST)) for text, _ in pieces)
