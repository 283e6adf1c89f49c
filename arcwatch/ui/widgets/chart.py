"""A chart of a few series over a window of time, with a cursor that reads them out."""

from __future__ import annotations

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

from arcwatch.charts import time_chart
from arcwatch.charts.figure import Figure, Glyphs, Run
from arcwatch.charts.reduce import slots
from arcwatch.charts.time_chart import MOST, Event, Line, Scale, TimeChart
from arcwatch.text.control_characters import printable

from .cells import fit
from .changed_lines import Piece, joined
from .figure_view import FigureView, pieces_of, with_cursor

HEAD = 1
"""Lines above the plot, for the title and the names."""


@dataclass(frozen=True)
class Titled:
    """A chart and what it is of."""

    title: str
    chart: TimeChart


class Chart(FigureView, can_focus=True):
    """Series over one window, the first possibly an area, the others lines.

    Args:
        clock: A moment, in Unix seconds, as text.  Local time unless given.
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
        & > .chart--event { color: $text-muted; }
        & > .chart--gap { color: $text-disabled; }
        & > .chart--peak { color: $text-warning; text-style: bold; }
        & > .chart--series-1 { color: $primary; }
        &.-pulsar > .chart--series-1 { color: $secondary; }
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
        *,
        clock: Callable[[float], str] = lambda at: time.strftime("%H:%M:%S", time.localtime(at)),
        glyphs: Glyphs = "braille",
        id: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id)
        self._clock = clock
        self._edge = "|" if glyphs == "ascii" else "│"
        self._asked: object = None
        self._next: Titled | None = None
        self._drawing: tuple[Titled | None, int] = (None, 1)
        self._shown: Titled | None = None
        self._plot = 1

    def show(
        self,
        title: str,
        lines: Sequence[Line],
        window: tuple[float, float],
        scales: Sequence[Scale],
        *,
        filled: bool = False,
        happened: Sequence[Event] = (),
    ) -> None:
        """Replace what is charted, with the next picture; nothing is drawn where nothing differs.

        Args:
            title: What is charted, with its unit if the scales do not show it.
            lines: At most five, over the same window.
            window: Where it begins and ends, Unix seconds.
            scales: One or two, by the lines' sides.
        """
        chart = TimeChart(lines[:MOST], *window, scales, filled, happened, clock=self._clock)
        shown = Titled(title, chart)
        # the same times read differently in another zone
        if (asked := (shown, self._clock(chart.start))) != self._asked:
            self._asked, self._next = asked, shown
            if self._shown and self._shown.title != title:
                # a picture of another row would be read as one of this
                self._shown, self.picture = None, []
                self.repaint()
            self.redraw()

    @property
    def buckets(self) -> int:
        """How many values across the window are drawn without folding or repeating any."""
        return slots(max(1, self.size.width), "ascii" if self.glyphs == "ascii" else "braille")

    @property
    def span(self) -> tuple[float, float] | None:
        """The part of the window under the cursor: from, to (exclusive), in Unix seconds."""
        if self._shown is None or self._column is None:
            return None
        start, step = self._shown.chart.start, self._step
        return start + self._column * step, start + (self._column + 1) * step

    # drawing

    def figure(self) -> tuple[Figure, int, int] | None:
        """The chart below its head."""
        shown, (width, height) = self._next, self.size
        if shown is None or width < 1 or height <= HEAD:
            self._drawing = (None, 1)
            return None
        self._drawing = (shown, time_chart.plot_width(shown.chart, width))
        lines = height - HEAD
        return time_chart.figure(shown.chart, width, lines, self.glyphs), width, lines

    def arrived(self) -> None:
        """Write about what is drawn now; a cursor on what has passed goes with it."""
        self._shown, self._plot = self._drawing
        if self._shown and self._next and self._shown.title != self._next.title:
            # another row was asked for while this was drawn, and is drawn next
            self._shown, self.picture = None, []
        chart = self._shown.chart if self._shown else None
        if chart and self.moment is not None and not chart.start <= self.moment < chart.end:
            self._point_at(None)

    def line(self, y: int) -> Strip:
        """The head, or a line of the picture."""
        pieces: list[Piece] = []
        if self._shown and y < HEAD:
            pieces = self._head(self._shown)
        elif self._next and y < HEAD:
            pieces = [(0, fit(printable(self._next.title), self.size.width), "title")]
        elif HEAD <= y < HEAD + len(self.picture):
            runs, last = self.picture[y - HEAD], y == self.size.height - 1 and y > HEAD
            if self._column is not None and not last:
                runs = with_cursor(runs, self._column, self._edge)
            pieces = pieces_of(runs)
        return joined(pieces, self.size.width, self.style_of).crop(0, self.size.width)

    def _head(self, shown: Titled) -> list[Piece]:
        """The title and the window's name; at the right every name, and its value if it fits."""
        title, chart = self._pointed_event(shown.chart) or printable(shown.title), shown.chart
        taken = cell_len(title) + 2 + cell_len(chart.axes) + 2
        legend = self._legend(chart)
        if self.moment is None and taken + _length(legend) > self.size.width:
            legend = _fitting([run for run in legend if run[1] != "value"], self.size.width)
        x = max(0, self.size.width - _length(legend))
        pieces: list[Piece] = [(0, fit(title, min(cell_len(title), x - 2)), "title")]
        if taken <= x:
            pieces.append((cell_len(title) + 2, chart.axes, "axis"))
        for text, name in legend:
            pieces.append((x, text, name))
            x += cell_len(text)
        return pieces

    def _pointed_event(self, chart: TimeChart) -> str:
        if self.span is None:
            return ""
        first, last = self.span
        found = [event for event in chart.events if first <= event.at < last]
        return "  ".join(f"◆{event.mark} {printable(event.text, 200)}" for event in found)

    def _legend(self, chart: TimeChart) -> list[Run]:
        """Names with what is under the cursor; without one, the latest."""
        if self.moment is None or self._column is None:
            return time_chart.legend(chart, time_chart.newest(chart), self.glyphs)
        values = time_chart.at_column(chart, self._plot, self._column, self.glyphs)
        at = (f"{self._clock(self.moment)}   ", "cursor")
        return [at, *time_chart.legend(chart, values, self.glyphs)]

    # the cursor

    @property
    def _step(self) -> float:
        """Seconds of a cell."""
        shown = self._shown
        return (shown.chart.end - shown.chart.start) / self._plot if shown else 1.0

    @property
    def _column(self) -> int | None:
        shown, moment = self._shown, self.moment
        if shown is None or moment is None or not shown.chart.start <= moment < shown.chart.end:
            return None
        return min(self._plot - 1, int((moment - shown.chart.start) / self._step))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to others while there is no cursor."""
        return self.moment is not None if action == "leave" else True

    def watch_moment(self) -> None:
        """Draw the cursor where it is now."""
        self.repaint()

    def action_point(self, step: int) -> None:
        """Move the cursor by ``step`` cells; it first appears at the right edge."""
        if self._shown:
            last = self._plot - 1
            column = last if self._column is None else self._column + step
            self._point_at(max(0, min(last, column)))

    @property
    def has_events(self) -> bool:
        """Whether an event is drawn."""
        return bool(self._shown and self._shown.chart.events and self.size.height)

    def action_event(self, step: int) -> None:
        """Move the cursor to the next event, or to the one before where ``step`` is -1."""
        if self._shown:
            chart = self._shown.chart
            now = chart.end if self.moment is None else self.moment
            later = [event.at for event in chart.events if (event.at - now) * step > 0]
            if later:
                self._point(later[0 if step > 0 else -1])

    def action_leave(self) -> None:
        """Take the cursor away."""
        self._point_at(None)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= offset.x < self._plot:
            self._point_at(offset.x)

    def _point_at(self, column: int | None) -> None:
        """Put the cursor in the middle of a cell, where rounding cannot move it to the next."""
        start = self._shown.chart.start if self._shown else 0.0
        self._point(None if column is None else start + (column + 0.5) * self._step)

    def _point(self, moment: float | None) -> None:
        self.moment = moment
        self.post_message(self.Pointed(self, self.moment))


def _fitting(names: list[Run], width: int) -> list[Run]:
    """The names that fit as a whole, each behind its sign; the first in any case."""
    while len(names) > 2 and _length(names) > width:
        names = names[:-2]
    return names


def _length(legend: Sequence[Run]) -> int:
    return sum(cell_len(text) for text, _ in legend)
