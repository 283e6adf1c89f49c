"""Widgets of distributions: a heat map over time, and the bars of percentiles."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from arcwatch.charts import heat
from arcwatch.charts.figure import Figure
from arcwatch.charts.heat import SHADES, Bar, HeatMap
from arcwatch.text.control_characters import printable

from .changed_lines import Piece, joined
from .figure_view import FigureView, pieces_of


class HeatView(FigureView):
    """Counts by slice of time and class, each shade a tenth, a hundredth, … of the darkest."""

    LOOKS = "heat-map"
    DEFAULT_CSS = """
    HeatView {
        width: 1fr;
        height: 1fr;
        padding: 0 1;
        & > .heat-map--title { color: $foreground; text-style: bold; }
        & > .heat-map--axis { color: $text-muted; }
        & > .heat-map--heat { color: $accent; }
    }
    """
    _next: tuple[str, HeatMap] | None = None
    _drawing: tuple[str, HeatMap] | None = None
    _shown: tuple[str, HeatMap] | None = None

    def show(self, title: str, shown: HeatMap) -> None:
        """Replace what is shown; the scale is added to the title."""
        if (title, shown) != self._next:
            self._next = (title, shown)
            self.redraw()

    def figure(self) -> tuple[Figure, int, int] | None:
        """The map below its title."""
        self._drawing, (width, height) = self._next, self.size
        if self._drawing is None or width < 1 or height < 2:
            return None
        lines = heat.heat_height(self._drawing[1], height - 1)
        return heat.heat(self._drawing[1], width, height - 1, self.glyphs), width, lines

    def arrived(self) -> None:
        """Write about what is drawn now."""
        self._shown = self._drawing

    def line(self, y: int) -> Strip:
        """The title, or a line of the map."""
        pieces: list[Piece] = []
        if self._shown and y == 0:
            title, shown = self._shown
            shades, most = SHADES[self.glyphs], heat.largest(shown.slices, self.size.height - 1)
            text = f"  {shades[1]} few … {shades[-1]} {most:,}"
            pieces = [(0, title, "title"), (len(title), text, "axis")]
        elif 0 < y <= len(self.picture):
            pieces = pieces_of(self.picture[y - 1])
        return joined(pieces, self.size.width, self.style_of)


@dataclass(frozen=True)
class Distribution:
    """What is shown of one distribution."""

    title: str
    bars: Sequence[Bar]
    note: str


class DistributionView(FigureView):
    """Percentiles of one distribution as bars, with a note below them."""

    LOOKS = "distribution"
    DEFAULT_CSS = """
    DistributionView {
        padding: 0 1;
        & > .distribution--title { color: $foreground; text-style: bold; }
        & > .distribution--axis { color: $foreground; }
        & > .distribution--series-1 { color: $accent; }
        & > .distribution--note { color: $text-muted; }
    }
    """
    _next: Distribution | None = None
    _drawing: Distribution | None = None
    _shown: Distribution | None = None

    def show(self, shown: Distribution) -> None:
        """Replace what is shown."""
        if shown != self._next:
            self._next = shown
            self.redraw()

    def figure(self) -> tuple[Figure, int, int] | None:
        """The bars."""
        self._drawing = self._next
        if self._drawing is None or self.size.width < 1:
            return None
        lines = min(len(self._drawing.bars), max(0, self.size.height - 1))
        return heat.bars(self._drawing.bars[:lines]), self.size.width, lines

    def arrived(self) -> None:
        """Write about what is drawn now."""
        self._shown = self._drawing

    def line(self, y: int) -> Strip:
        """The title, a bar, or a line of the note."""
        width, bars = self.size.width, len(self.picture)
        pieces: list[Piece] = []
        if self._shown and y == 0:
            pieces = [(0, printable(self._shown.title), "title")]
        elif 0 < y <= bars:
            pieces = pieces_of(self.picture[y - 1])
        elif self._shown:
            note = textwrap.wrap(self._shown.note, max(20, width))
            pieces = [(0, line, "note") for line in note[y - bars - 1 : y - bars]]
        return joined(pieces, width, self.style_of)
