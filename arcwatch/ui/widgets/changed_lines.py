"""A widget that repaints only the lines that have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from arcwatch.runtime.boundary import salvaged
from arcwatch.ui.contained import LINE, not_drawn

from .looks import Looks

Piece: TypeAlias = tuple[int, str, str]
"""The cell that text starts at, the text (printable), and the name of its look."""


def joined(
    pieces: Iterable[Piece], width: int, look: Callable[[str], Style], base: str = ""
) -> Strip:
    """Pieces, from left to right, on one line of ``width`` cells, with ``base`` between them.

    Neighbours that look the same become one segment, which is fewer bytes to the terminal.
    """
    spans: list[tuple[str, str]] = []
    x = 0
    for start, text, name in pieces:
        spans += (" " * (start - x), base), (text, name)
        x = start + (len(text) if text.isascii() else cell_len(text))
    segments = [
        Segment("".join(text for text, _ in run), look(name))
        for name, run in groupby(spans, key=itemgetter(1))
    ]
    return Strip(segments, x).adjust_cell_length(width, look(base))


class ChangedLines(Looks):
    """Draw in :meth:`line`; call :meth:`repaint` when what it draws may have changed.

    Beside a scrolling base class this one comes second, because Textual takes a widget's
    default CSS from the first base alone.
    """

    ALLOW_SELECT = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._painted: dict[int, Strip] = {}

    def line(self, y: int) -> Strip:
        """Line ``y`` of the widget's content, as wide as that."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Ask for those lines to be painted that differ from what was painted last."""
        width, ys = self.size.width, range(self.size.height)
        if not ys:
            # what is hidden has no size; shown again in its old size it would not be repainted
            self.refresh()
            return
        lines = salvaged(ys, self._lines_at, partial(not_drawn, self, width), LINE)
        stale = [y for y, line in zip(ys, lines, strict=True) if line != self._painted.get(y)]
        if stale:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in stale))

    def _lines_at(self, ys: Sequence[int]) -> Sequence[Strip]:
        return [self.line(y) for y in ys]

    def render_line(self, y: int) -> Strip:
        """What Textual paints, remembered."""
        strip = self._painted[y] = self.line(y)
        return strip
