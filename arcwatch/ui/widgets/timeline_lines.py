"""The line below a timeline: marks of the page and the cursor, and times; pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len

from arcwatch.charts.counts import Counts
from arcwatch.charts.figure import Glyphs
from arcwatch.charts.time_chart import Event

from .changed_lines import Piece

Cells = list[tuple[str, str]]
"""A line: a character and the name of its look for each cell."""


class Signs(NamedTuple):
    """The characters of a timeline."""

    page: str
    cursor: str
    bar: str
    match: str


SIGNS: dict[Glyphs, Signs] = {
    "braille": Signs("▲", "◆", "│", "╵"),
    "block": Signs("▲", "◆", "│", "╵"),
    "ascii": Signs("^", "*", "|", "'"),
}
"""In every kind of glyphs."""


class Laid(NamedTuple):
    """What a timeline shows.

    Moments are nanoseconds since the epoch.
    """

    start: int
    end: int
    """Later than ``start``."""
    counts: Counts
    """How much lies in each of :attr:`~.timeline.Timeline.slots` equal spans."""
    page: tuple[int, int] | None = None
    """When the first and the last row on screen were."""
    cursor: int | None = None
    matches: Sequence[int] = ()
    """When each message was that the filter found."""
    events: Sequence[Event] = ()
    """What happened to what the history is of; of a chart's, and so in seconds."""


class Label(NamedTuple):
    """A text below the bars, and the cell where it starts or ends."""

    text: str
    look: str
    at: int
    ends: bool = False


def column_of(laid: Laid, at: int, width: int) -> int | None:
    """The cell that a moment falls in; None outside of what is shown."""
    if not laid.start <= at < laid.end:
        return None
    return min((at - laid.start) * width // (laid.end - laid.start), width - 1)


def moment_of(laid: Laid, column: int, width: int) -> int:
    """The middle of a cell."""
    return laid.start + (2 * column + 1) * (laid.end - laid.start) // (2 * width)


def page_columns(laid: Laid, width: int) -> range:
    """The cells of the page on screen."""
    if laid.page is None or laid.page[1] < laid.start or laid.page[0] >= laid.end:
        return range(0)
    first = column_of(laid, max(laid.page[0], laid.start), width) or 0
    last = column_of(laid, min(laid.page[1], laid.end - 1), width) or 0
    return range(first, max(first, last) + 1)


def marked(line: Cells, laid: Laid, glyphs: Glyphs) -> Cells:
    """A line with the marks of the page and the cursor in it."""
    signs, width = SIGNS[glyphs], len(line)
    for place in page_columns(laid, width):
        line[place] = (signs.page, "page")
    if laid.cursor is not None and (x := column_of(laid, laid.cursor, width)) is not None:
        line[x] = (signs.cursor, "cursor")
    return line


def happened(laid: Laid, width: int, glyphs: Glyphs) -> Cells:
    """A line with a mark for each match, and over them the events with their letters."""
    line: Cells = [(" ", "")] * width
    for at in laid.matches:
        if (x := column_of(laid, at, width)) is not None:
            line[x] = (SIGNS[glyphs].match, "match")
    for event in laid.events:
        if (x := column_of(laid, round(event.at * 1e9), width)) is not None:
            sign = "*" if glyphs == "ascii" else "◆"
            start = max(0, min(x, width - 1 - len(event.mark)))
            line[start : start + 1 + len(event.mark)] = [(c, "event") for c in sign + event.mark]
    return line


def labelled(line: Cells, labels: Sequence[Label]) -> Cells:
    """A line with as many labels as fit, most important first and each once."""
    placed = set[tuple[str, str]]()
    for label in labels:
        if (label.text, label.look) in placed:
            continue
        length = cell_len(label.text)
        start = label.at - length if label.ends else label.at
        # a blank on either side, but at the ends of the line
        around = line[max(start - 1, 0) : start + length + 1]
        if start < 0 or start + length > len(line) or any(char != " " for char, _ in around):
            continue
        placed.add((label.text, label.look))
        line[start : start + length] = [(char, label.look) for char in label.text]
    return line


def pieces(line: Cells) -> list[Piece]:
    """Merge adjacent cells of one style."""
    found: list[Piece] = []
    x = 0
    for look, run in groupby(line, key=lambda cell: cell[1]):
        text = "".join(char for char, _ in run)
        found.append((x, text, look))
        x += len(text)
    return found
