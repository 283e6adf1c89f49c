"""A heat map: columns are time slices, lines are classes, shades are counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from textual.strip import Strip

from .braille import Glyphs
from .cells import fit
from .changed_lines import ChangedLines, Piece, joined

SHADES: dict[Glyphs, str] = {"braille": "·░▒▓█", "block": "·░▒▓█", "ascii": ".:+#@"}
"""None at all, then ever more; a slice of which nothing is known is blank."""

Slices: TypeAlias = Sequence[Sequence[int] | None]
"""Counts by class, the lowest class first, of each slice, oldest first; None is a gap."""


class HeatMap(ChangedLines):
    """Counts by slice of time and class, each shade a tenth, a hundredth, … of the darkest.

    Args:
        glyphs: What to draw with.
        id: The widget's id.
    """

    LOOKS = "heat-map"
    DEFAULT_CSS = """
    HeatMap {
        width: 1fr;
        height: 1fr;
        padding: 0 1;
        & > .heat-map--title { color: $foreground; text-style: bold; }
        & > .heat-map--axis { color: $text-muted; }
        & > .heat-map--heat { color: $accent; }
    }
    """

    def __init__(self, *, glyphs: Glyphs = "braille", id: str | None = None) -> None:
        super().__init__(id=id)
        self._shades = SHADES[glyphs]
        self._shown: object = None
        self._title = self._times = ""
        self._slices: Slices = ()
        self._labels: Callable[[int], str] = str

    def show(
        self, title: str, slices: Slices, labels: Callable[[int], str], times: tuple[str, str]
    ) -> None:
        """Replace what is shown; where nothing differs, nothing is painted.

        Args:
            title: What is counted; the scale is added.
            slices: The counts.
            labels: Names a class.
            times: When the first slice begins and the last ends.
        """
        if (shown := (title, list(slices), times)) == self._shown:
            return
        self._shown, self._title, self._slices, self._labels = shown, title, slices, labels
        self._times = times[0].ljust(max(0, self._width - len(times[1]))) + times[1]
        self.repaint()

    def line(self, y: int) -> Strip:
        """The title, a class or some of them, or the time."""
        lines = self._lines()
        return joined(lines[y] if y < len(lines) else [], self.size.width, self.style_of)

    @property
    def _margin(self) -> int:
        return 9

    @property
    def _width(self) -> int:
        """Cells of the plot: as many as are a whole number for each slice."""
        room = max(0, self.size.width - self._margin)
        each = max(1, room // max(1, len(self._slices)))
        return min(room, each * len(self._slices))

    def _lines(self) -> list[list[Piece]]:
        rows = heat_rows(self._slices, max(1, self.size.height - 2))
        most = max((count for _, cells in rows for count in cells if count), default=0)
        told = f"  {self._shades[1]} few … {self._shades[-1]} {most:,}"
        lines: list[list[Piece]] = [[(0, self._title, "title"), (len(self._title), told, "axis")]]
        each = self._width // max(1, len(self._slices))
        for highest, cells in reversed(rows):
            drawn = "".join(shade(count, most, self._shades) * each for count in cells)
            label = fit(self._labels(highest), self._margin - 1, "right")
            lines.append([(0, label, "axis"), (self._margin, drawn, "heat")])
        lines.append([(self._margin, self._times, "axis")])
        return lines


def heat_rows(slices: Slices, height: int) -> list[tuple[int, list[int | None]]]:
    """Classes that were seen, neighbours together where there is no room for each.

    Returns:
        The highest class of each line and its counts, the lowest first.

    >>> heat_rows([(0, 2, 1, 0), None], 1)
    [(2, [3, None])]
    """
    known = [counts for counts in slices if counts]
    seen = [n for counts in known for n, count in enumerate(counts) if count]
    if not seen or height < 1:
        return []
    low, high = min(seen), max(seen)
    together = math.ceil((high - low + 1) / height)
    return [
        (
            min(start + together - 1, high),
            [sum(s[start : start + together]) if s else None for s in slices],
        )
        for start in range(low, high + 1, together)
    ]


def shade(count: int | None, most: int, shades: str) -> str:
    """A count's sign, by how many times as many the most are.

    >>> "".join(shade(n, 1000, "·░▒▓█") for n in (None, 0, 1, 20, 200, 1000))
    ' ·░▒▓█'
    """
    if count is None:
        return " "
    if count == 0 or most < 1:
        return shades[0]
    share = math.log10(most / count)
    return shades[-1] if share < 0.3 else shades[3] if share < 1 else shades[2 if share < 2 else 1]
