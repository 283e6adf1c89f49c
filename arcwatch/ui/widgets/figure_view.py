"""A widget that shows a figure, drawn between frames and at most twice a second."""

from __future__ import annotations

import math
import time
from asyncio import to_thread
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events

from arcwatch.charts import canvas
from arcwatch.charts.figure import Figure, Glyphs, Picture, Run

from .changed_lines import ChangedLines, Piece


class FigureView(ChangedLines):
    """Draws what :meth:`figure` returns after each :meth:`redraw`, and keeps the picture.

    The picture is made on a thread, so that no frame waits for it, and remains until the next.
    What is written around it has to be about what it is of: a subclass changes that in
    :meth:`arrived`.
    """

    EVERY: ClassVar[float] = 0.5
    """Seconds from one picture to the next, at least."""

    def __init__(self, *, glyphs: Glyphs = "braille", **settings: Any) -> None:
        super().__init__(**settings)
        self.glyphs = glyphs
        self.picture: Picture = []
        self._drawn_at = -math.inf
        self._waits = False

    def figure(self) -> tuple[Figure, int, int] | None:
        """What to draw, and in how many cells and lines; None is nothing."""
        raise NotImplementedError

    def arrived(self) -> None:
        """Take note that what :meth:`figure` returned last is the picture now."""

    def redraw(self) -> None:
        """Ask for a picture of what is to be shown now."""
        if self._waits or not self.is_attached:
            return
        self._waits = True
        left = self._drawn_at + self.EVERY - time.monotonic()
        if left > 0:
            self.set_timer(left, self._draw)
        else:
            self.call_later(self._draw)

    def on_resize(self, event: events.Resize) -> None:
        """Use the room there is now."""
        self.redraw()

    async def _draw(self) -> None:
        self._waits = False
        picture: Picture = []
        if figure := self.figure():
            picture = await to_thread(canvas.drawn, *figure, self.glyphs)
            self._drawn_at = time.monotonic()
        if self.is_attached:
            self.picture = picture
            self.arrived()
            self.repaint()


def pieces_of(runs: Sequence[Run], x: int = 0) -> list[Piece]:
    """Runs with the cells that they begin at."""
    pieces: list[Piece] = []
    for text, look in runs:
        pieces.append((x, text, look))
        x += len(text)
    return pieces


def with_cursor(runs: Sequence[Run], column: int, edge: str) -> list[Run]:
    """A line with the cell at ``column`` in style ``cursor``: its character, or ``edge``."""
    marked: list[Run] = []
    x = 0
    for text, look in runs:
        at = column - x
        if 0 <= at < len(text):
            under = edge if text[at] == " " else text[at]
            marked += (text[:at], look), (under, "cursor"), (text[at + 1 :], look)
        else:
            marked.append((text, look))
        x += len(text)
    return marked
