"""A timeline: counts over time, the visible part, and a cursor that selects a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from arcwatch.charts import counts
from arcwatch.charts.figure import Figure, Glyphs, Run
from arcwatch.charts.reduce import slots
from arcwatch.text import units

from .changed_lines import joined
from .figure_view import FigureView, pieces_of, with_cursor
from .timeline_lines import (
    SIGNS,
    Cells,
    Label,
    Laid,
    column_of,
    happened,
    labelled,
    marked,
    moment_of,
    page_columns,
    pieces,
)


class Timeline(FigureView, can_focus=True):
    """Bars with times below them from three lines on; on one line the marks are in the bars.

    Args:
        clock: A moment as text, in nanoseconds since the epoch, as precise as the length
            of what is shown, its second argument, asks for.
    """

    LOOKS = "timeline"
    DEFAULT_CSS = """
    Timeline {
        height: 3;
        padding: 0 1;
        &.-marked { height: 4; }
        &.-high { height: 7; }
        &.-high.-marked { height: 8; }
        &.-low { height: 1; }
        &.-low.-marked { height: 2; }
        & > .timeline--series-1 { color: $accent; }
        &:focus > .timeline--series-1 { color: $foreground; }
        & > .timeline--gap { color: $text-disabled; }
        & > .timeline--far { color: $text-muted; }
        & > .timeline--page { color: $text-accent; text-style: bold; }
        & > .timeline--cursor { color: $text-warning; text-style: bold; }
        & > .timeline--axis { color: $text-muted; }
        & > .timeline--match { color: $text-accent; }
        & > .timeline--event { color: $foreground; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "point(-1)", "Earlier", show=False, id="timeline.earlier"),
        Binding("right,l", "point(1)", "Later", show=False, id="timeline.later"),
        Binding("shift+left", "point(-10)", "Far", show=False, id="timeline.far-earlier"),
        Binding("shift+right", "point(10)", "Far", show=False, id="timeline.far-later"),
        Binding("enter", "choose", "Go there", key_display="enter", id="timeline.choose"),
        Binding("escape", "leave", "Leave", id="timeline.leave"),
        Binding("j,down", "back", "List", show=False, id="timeline.list"),
        Binding("k,up", "back", "List", show=False, id="timeline.list-too"),
    ]

    @dataclass
    class Pointed(Message):
        """The user points at a moment, nanoseconds since the epoch; at none where it is None."""

        at: int | None

    @dataclass
    class Chosen(Message):
        """The user chose a moment to jump to."""

        at: int

    class Resized(Message):
        """There is room for more values, or less."""

    class Back(Message):
        """The user returned to the list below."""

    def __init__(
        self, clock: Callable[[int, int], str], *, glyphs: Glyphs = "braille", id: str | None = None
    ) -> None:
        super().__init__(glyphs=glyphs, id=id)
        self._clock = clock
        self._drawing: Laid | None = None
        self._drawn: Laid | None = None
        self._laid: Laid | None = None
        self._happened: tuple[object, Cells] = (None, [])
        self._note = ""
        self._look: object = None
        self._dragging = False

    @property
    def plot_width(self) -> int:
        """Cells of the bars."""
        return counts.plot_width(self.size.width, self._bars)

    @property
    def _bars(self) -> int:
        return max(1, self.size.height - 1 - self.has_class("-marked"))

    @property
    def slots(self) -> int:
        """How many values are drawn."""
        return slots(self.plot_width, "ascii" if self.glyphs == "ascii" else "braille")

    def show(self, laid: Laid | None, note: str = "", *, version: object = None) -> None:
        """Show these counts; if there are none, explain why.

        Args:
            note: Shown otherwise.
            version: Changes whenever times are written differently.
        """
        if (laid, note, version) != (self._laid, self._note, self._look):
            self._laid, self._note, self._look = laid, note, version
            if not (laid and self._drawing and laid.counts is self._drawing.counts):
                self.redraw()
            self.repaint()

    # -- drawing ------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Ask for as many values as there is room for."""
        self.post_message(self.Resized())

    def figure(self) -> tuple[Figure, int, int] | None:
        """The bars."""
        width, height = self.size.width, self._bars
        self._drawing = self._laid
        if self._drawing is None or len(self._drawing.counts.values) != self.slots:
            # of another width, a moment ago
            return None
        shown = counts.figure(self._drawing.counts, width, height, units.count, self.glyphs)
        return shown, width, height

    def arrived(self) -> None:
        """Mark and label what is drawn now."""
        self._drawn = self._drawing

    @property
    def _seen(self) -> Laid | None:
        if self._laid is None or self._drawn is None:
            return None
        return self._laid._replace(
            start=self._drawn.start, end=self._drawn.end, counts=self._drawn.counts
        )

    def line(self, y: int) -> Strip:
        """Bars, or the marks and the times below them."""
        width, laid = self.size.width, self._seen
        if laid is None or not self.picture:
            note = self._note if self._laid is None and y == 0 else ""
            return joined([(0, note[:width], "axis")], width, self.style_of)
        if y >= len(self.picture):
            is_marks = self.has_class("-marked") and y == len(self.picture)
            return self._strip((self._marks if is_marks else self._axis)(laid, self.plot_width))
        runs = self._with_cursor(self.picture[y], laid)
        if self.has_class("-low"):
            cells = [(char, look) for text, look in runs for char in text]
            return self._strip(marked(cells, laid, self.glyphs))
        return joined(pieces_of(runs), width, self.style_of)

    def _with_cursor(self, runs: list[Run], laid: Laid) -> list[Run]:
        at = laid.cursor
        column = None if at is None else column_of(laid, at, self.plot_width)
        return runs if column is None else with_cursor(runs, column, SIGNS[self.glyphs].bar)

    def _strip(self, cells: Cells) -> Strip:
        return joined(pieces(cells), self.size.width, self.style_of)

    def _marks(self, laid: Laid, width: int) -> Cells:
        known = (laid.matches, laid.events, laid.start, laid.end, width)
        if self._happened[0] != known:
            # thousands of matches are not gone through at every repaint
            self._happened = (known, happened(laid, width, self.glyphs))
        counted = f" {len(laid.matches):,}" if laid.matches else ""
        return self._happened[1] + [(char, "axis") for char in counted[: self.size.width - width]]

    def _axis(self, laid: Laid, width: int) -> Cells:
        line = marked([(" ", "")] * width, laid, self.glyphs)
        length, labels = laid.end - laid.start, list[Label]()
        if laid.cursor is not None and (x := column_of(laid, laid.cursor, width)) is not None:
            labels += _beside(self._clock(laid.cursor, length), "cursor", x, x)
        if laid.page and (page := page_columns(laid, width)):
            text = self._clock(laid.page[0], length)
            labels += _beside(text, "page", page.start, page.stop - 1)
        labels.append(Label(self._clock(laid.start, length), "axis", 0))
        labels.append(Label(self._clock(laid.end, length), "axis", width, ends=True))
        return labelled(line, labels)

    # -- keys and mouse -----------------------------------------------------------------------

    def action_point(self, step: int) -> None:
        """Move the cursor by some cells; it first appears at the visible page."""
        laid, width = self._seen, self.plot_width
        if laid is None:
            return
        page = page_columns(laid, width)
        before = column_of(laid, laid.cursor, width) if laid.cursor is not None else None
        if before is None:
            before = page.start if page else width
        self.post_message(self.Pointed(moment_of(laid, before + step, width)))

    def action_choose(self) -> None:
        """Go where the cursor is."""
        if self._laid and self._laid.cursor is not None:
            self.post_message(self.Chosen(self._laid.cursor))

    def action_leave(self) -> None:
        """Take the cursor away, and go on with what is below."""
        self.post_message(self.Pointed(None))
        self.post_message(self.Back())

    def action_back(self) -> None:
        """Go on with what is below."""
        self.post_message(self.Back())

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the cursor."""
        self._dragging = True
        self.capture_mouse()
        self._drag(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._dragging:
            self._drag(event)

    def on_mouse_up(self) -> None:
        """Let go of it."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """A second click goes there."""
        event.stop()
        if event.chain == 2:
            self.action_choose()

    def _drag(self, event: events.MouseEvent) -> None:
        if laid := self._seen:
            column = event.x - self.gutter.left
            column = max(0, min(column, self.plot_width - 1))
            self.post_message(self.Pointed(moment_of(laid, column, self.plot_width)))


def _beside(text: str, look: str, first: int, last: int) -> list[Label]:
    return [Label(text, look, last + 2), Label(text, look, first - 1, ends=True)]
