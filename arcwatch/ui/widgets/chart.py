"""A chart of a few series over a window of time, with a cursor that reads them out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from arcwatch.text.control_characters import printable
from arcwatch.text.units import UNKNOWN

from .braille import Glyphs, peak, slots
from .cells import fit
from .changed_lines import ChangedLines, Piece, joined
from .plot import MARKS, MOST, Picture, Series, largest_in, look_of, nice, plot, with_cursor

HEAD = 1
"""Lines above the plot, for the title and the names."""

AXIS = 1
"""Lines below it, for the time."""


class Chart(ChangedLines, can_focus=True):
    """Series over one window, each with its own mark: a filled area, then lines on top of it.

    Args:
        title: What is charted, with its unit if ``format`` does not say that.
        format: A value as text, for the scale and the cursor.
        clock: A moment, in Unix seconds, as text.  Local time unless given.
        glyphs: What to draw with.
        id: The widget's id.
    """

    LOOKS = "chart"
    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
        padding: 0 1;
        & > .chart--title { color: $foreground; text-style: bold; }
        &:focus > .chart--title { color: $accent; text-style: bold underline; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--value { color: $foreground; }
        & > .chart--cursor { color: $foreground; text-style: bold; }
        & > .chart--series-1 { color: $primary; }
        & > .chart--series-2 { color: $foreground; }
        & > .chart--series-3 { color: $accent; }
        & > .chart--series-4, & > .chart--series-5 { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "point(-1)", "Earlier", show=False, id="chart.earlier"),
        Binding("right,l", "point(1)", "Later", show=False, id="chart.later"),
        Binding("escape", "leave", "Hide the cursor", show=False, id="chart.leave"),
    ]

    moment: reactive[float | None] = reactive(None, init=False)
    """Where the cursor is, Unix seconds.  It stays on its moment while time goes by."""

    @dataclass
    class Pointed(Message):
        """The cursor was moved, or is gone: then ``moment`` is None."""

        chart: Chart
        moment: float | None

        @property
        def control(self) -> Chart:
            """The chart, for a selector: ``@on(Chart.Pointed, "#rates")``."""
            return self.chart

    def __init__(
        self,
        title: str,
        *,
        format: Callable[[float], str] = "{:,.0f}".format,
        clock: Callable[[float], str] = lambda at: time.strftime("%H:%M:%S", time.localtime(at)),
        glyphs: Glyphs = "braille",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._title, self._format, self._clock, self._glyphs = title, format, clock, glyphs
        self._edges = "|+" if glyphs == "ascii" else "│┤"
        self._series: tuple[Series, ...] = ()
        self._start = self._end = 0.0
        self._shown: object = None
        self._top = 1.0
        self._scale: tuple[str, ...] = ()
        self._picture: tuple[tuple[int, int] | None, Picture] = (None, [])

    def show(
        self, series: Sequence[Series], start: float, end: float, *, top: float | None = None
    ) -> None:
        """Replace what is charted; where nothing differs, nothing is painted.

        Args:
            series: At most five, over the same window; the first is drawn as an area.
            start: Where the window begins, Unix seconds.
            end: Where it ends, later than ``start``.
            top: The value at the upper edge.  None takes a round one above the largest.
        """
        if (shown := (list(series), start, end, top)) == self._shown:
            return
        self._shown = shown
        self._series, self._start, self._end = tuple(series[:MOST]), start, end
        self._top = top or nice(max((peak(values) for _, values in self._series), default=0.0))
        self._scale = tuple(self._format(part * self._top) for part in (1, 0.5, 0))
        self._picture = (None, [])
        if self.moment is not None and not start <= self.moment < end:
            self._point_at(None)
        self.repaint()

    @property
    def title(self) -> str:
        """What is charted."""
        return self._title

    @title.setter
    def title(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self.repaint()

    @property
    def buckets(self) -> int:
        """How many values across the window are drawn without folding or repeating any."""
        return slots(self._plot_width, self._glyphs)

    @property
    def span(self) -> tuple[float, float] | None:
        """The part of the window under the cursor: from, to (exclusive), in Unix seconds."""
        if self._column is None:
            return None
        step = (self._end - self._start) / self._plot_width
        return self._start + self._column * step, self._start + (self._column + 1) * step

    # drawing

    def line(self, y: int) -> Strip:
        """The head, a line of the plot, or the time."""
        if y < HEAD:
            pieces = self._head()
        elif y < HEAD + self._plot_height:
            pieces = self._plotted(y - HEAD)
        else:
            pieces = self._times() if y == HEAD + self._plot_height else []
        return joined(pieces, self.size.width, self.style_of)

    def _head(self) -> list[Piece]:
        """The title and the window's name; at the right every name, and its value if it fits."""
        title = printable(self._title)
        window = span_name(self._end - self._start)
        taken = cell_len(title) + 2 + cell_len(window) + 2
        legend = self._legend()
        if self.moment is None and taken + _length(legend) > self.size.width:
            legend = [piece for piece in legend if piece[1] != "value"]
        x = max(0, self.size.width - _length(legend))
        pieces: list[Piece] = [(0, fit(title, min(cell_len(title), x - 2)), "title")]
        if taken <= x:
            pieces.append((cell_len(title) + 2, window, "axis"))
        for text, name in legend:
            pieces.append((x, text, name))
            x += cell_len(text)
        return pieces

    def _legend(self) -> list[tuple[str, str]]:
        legend = [] if self.moment is None else [(f"{self._clock(self.moment)}   ", "cursor")]
        room = max(map(cell_len, self._scale), default=0)
        for nth, (name, values) in enumerate(self._series):
            value = self._value(values)
            said = UNKNOWN if value != value else self._format(value)
            legend.append((f"{'   ' if nth else ''}{MARKS[self._glyphs][nth]} ", look_of(nth)))
            legend.append((printable(name), "axis"))
            # as wide as the scale's labels, so that the names keep still
            legend.append((f" {said.rjust(room)}", "value"))
        return legend

    def _value(self, values: Sequence[float]) -> float:
        """What is drawn under the cursor; without one, the latest."""
        if self._column is not None:
            return largest_in(values, self._plot_width, self._column, self._glyphs)
        return values[-1] if values else math.nan

    def _plotted(self, line: int) -> list[Piece]:
        label = {0: 0, self._plot_height // 2: 1, self._plot_height - 1: 2}.get(line)
        text = self._scale[label] if self._scale and label is not None else ""
        edge = self._edges[label is not None]
        pieces: list[Piece] = [(0, f"{fit(text, self._margin - 2, 'right')} {edge}", "axis")]
        runs = self._drawn()[line]
        if self._column is not None:
            runs = with_cursor(runs, self._column, self._edges[0])
        x = self._margin
        for text, name in runs:
            pieces.append((x, text, name))
            x += len(text)
        return pieces

    def _times(self) -> list[Piece]:
        """The window's beginning and end, and its middle where there is room."""
        left, width = self._margin, self._plot_width
        first, last = self._clock(self._start), self._clock(self._end)
        middle = self._clock((self._start + self._end) / 2)
        taken = cell_len(first) + cell_len(last)
        pieces: list[Piece] = [(left, first, "axis")]
        if width > 2 * (taken + cell_len(middle)):
            pieces.append((left + (width - cell_len(middle)) // 2, middle, "axis"))
        if width > taken + 2:
            pieces.append((left + width - cell_len(last), last, "axis"))
        return pieces

    def _drawn(self) -> Picture:
        """The plot, drawn once for the same data and size."""
        size = (self._plot_width, self._plot_height)
        if self._picture[0] != size:
            self._picture = (size, plot(self._series, *size, self._top, self._glyphs))
        return self._picture[1]

    @property
    def _margin(self) -> int:
        """Cells left of the plot: the scale's labels, a blank, and its edge."""
        return max(map(cell_len, self._scale), default=0) + 2

    @property
    def _plot_width(self) -> int:
        return max(1, self.size.width - self._margin)

    @property
    def _plot_height(self) -> int:
        # a chart too low for everything gives up the time first
        axis = AXIS if self.size.height > HEAD + AXIS + 1 else 0
        return max(1, self.size.height - HEAD - axis)

    # the cursor

    @property
    def _column(self) -> int | None:
        if self.moment is None or not self._start <= self.moment < self._end:
            return None
        part = (self.moment - self._start) / (self._end - self._start)
        return min(self._plot_width - 1, int(part * self._plot_width))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to others while there is no cursor."""
        return self.moment is not None if action == "leave" else True

    def watch_moment(self) -> None:
        """Draw the cursor where it is now."""
        self.repaint()

    def action_point(self, step: int) -> None:
        """Move the cursor by ``step`` cells; it first appears at the right edge."""
        if self._end > self._start:
            last = self._plot_width - 1
            column = last if self._column is None else self._column + step
            self._point_at(max(0, min(last, column)))

    def action_leave(self) -> None:
        """Take the cursor away."""
        self._point_at(None)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= offset.x - self._margin < self._plot_width:
            self._point_at(offset.x - self._margin)

    def _point_at(self, column: int | None) -> None:
        """Put the cursor in the middle of a cell, where rounding cannot move it to the next."""
        step = (self._end - self._start) / self._plot_width
        self.moment = None if column is None else self._start + (column + 0.5) * step
        self.post_message(self.Pointed(self, self.moment))


def _length(legend: Sequence[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in legend)


def span_name(seconds: float) -> str:
    """A window's name: its length in the largest unit that leaves no remainder.

    >>> span_name(600), span_name(3600), span_name(90), span_name(172_800)
    ('10m', '1h', '90s', '2d')
    """
    total = round(seconds)
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if total >= length and total % length == 0:
            return f"{total // length}{unit}"
    return f"{total}s"
