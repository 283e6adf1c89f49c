"""Figures drawn by plotext, the one place that knows it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from .figure import Box, Figure, Glyphs, Note, Picture, Run, Trace

LOOKS = (
    "",
    *(f"series-{nth}" for nth in range(1, 6)),
    "axis",
    "event",
    "gap",
    "peak",
    "far",
    "heat",
)
"""What cells can look like.  plotext carries the place of each as a colour of its palette."""

_PAINT = re.compile(r"\x1b\[([0-9;]*)m")
_ASCII = str.maketrans("│├┤┼┬┴─┊░▴▲◆└•×·▒▓█▇╌╵", "|++++++::^^*'ox.#%@#-'")

_lock = threading.Lock()
"""plotext has one figure a process."""


def drawn(figure: Figure, width: int, height: int, glyphs: Glyphs = "braille") -> Picture:
    """Draw a figure into ``height`` lines of ``width`` cells, axes and labels included."""
    if width < 1 or height < 1:
        return []
    # imported late: it takes a sixth of a second, and neither the start of the
    # screen nor a verb without charts is to wait for it
    import plotext

    with _lock:
        canvas = plotext.figure
        canvas.clear.data()
        canvas.clear.settings()
        plotext.terminal.limit(False, False)
        canvas.plot_size(width, height).canvas("default")
        _frame(plotext, figure)
        for shape in figure.shapes:
            _add(plotext, shape)
        for x in figure.rules:
            canvas.line(x, orientation="vertical", pixel=_paint(plotext, "event"), style="dotted")
        text = canvas.build().string()
    return list(_lines(text.translate(_ASCII) if glyphs == "ascii" else text))


def _frame(plotext: Any, figure: Figure) -> None:
    canvas, axis = plotext.figure, _paint(plotext, "axis")
    canvas.axes(False)
    canvas.ruler("both", "both").pixel(axis).frequency(0)
    canvas.ruler("x").lim(*figure.x).alignment(lim="edge", tick="left")
    for side, edges in zip(("left", "right"), (*figure.y, figure.y[0])[:2], strict=True):
        canvas.ruler("y", side).lim(*edges).alignment(lim="edge")
    if figure.below:
        canvas.ruler("x").ticks([t.at for t in figure.below], [t.text for t in figure.below])
    if figure.names:
        canvas.ruler("y").ticks([t.at for t in figure.names], [t.text for t in figure.names])
    if figure.scale:
        low, high = figure.y[0]
        other_low, other_high = figure.y[-1]
        # the labels stand for both scales, and their places are those of the right one
        places = [
            other_low + (t.at - low) / (high - low) * (other_high - other_low) for t in figure.scale
        ]
        canvas.axes(True, pixel=axis, axis="y", side="right")
        canvas.ruler("y", "right").ticks(places, [f" {t.text}" for t in figure.scale])


def _add(plotext: Any, shape: Trace | Box | Note) -> None:
    canvas, pixel = plotext.figure, _paint(plotext, shape.look)
    if isinstance(shape, Trace):
        _trace(plotext, shape, pixel)
    elif isinstance(shape, Box):
        marker = plotext.marker(shape.marker, pixel)
        canvas.draw(canvas.rectangle(shape.x, shape.y, marker=marker))
    else:
        text = plotext.colorize(shape.text).fill(pixel)
        canvas.draw(
            canvas.text(shape.x, shape.y, text, alignment="right" if shape.ends else "left")
        )


def _trace(plotext: Any, shape: Trace, pixel: Any) -> None:
    """Draw the known points; those behind a gap are not joined to those before it."""
    known = [(n, point) for n, point in enumerate(shape.points) if point[1] == point[1]]
    if not known:
        return
    signal = plotext.figure.signal(
        [x for _, (x, _) in known],
        [y for _, (_, y) in known],
        marker=plotext.marker(shape.marker, pixel),
        yside=("left", "right")[shape.side],
    )
    if shape.filled:
        signal.fillx()
    elif shape.joined:
        signal.lines(True)
        for place in range(1, len(known)):
            if known[place][0] != known[place - 1][0] + 1:
                signal.line(place, False)
    plotext.figure.draw(signal)


def _paint(plotext: Any, look: str) -> Any:
    return plotext.pixel(LOOKS.index(look)) if look else plotext.pixel()


def _lines(text: str) -> Iterator[list[Run]]:
    """What plotext made of it: text between the codes of colours, of which only the text counts."""
    look = ""
    for line in text.removesuffix("\n").split("\n"):
        runs: list[Run] = []
        pieces = _PAINT.split(line)
        for place, piece in enumerate(pieces):
            if place % 2 == 0:
                runs.append((piece, look))
            elif not piece.startswith("48;"):
                look = LOOKS[int(piece[5:])] if piece.startswith("38;5;") else ""
        named = groupby((run for run in runs if run[0]), key=lambda run: run[1])
        yield [("".join(text for text, _ in run), name) for name, run in named]
