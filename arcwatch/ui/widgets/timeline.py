"""A timeline: counts over time, the visible part, and a cursor that selects a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from .braille import Glyphs, slots
from .changed_lines import ChangedLines, joined
from .timeline_lines import (
    Cells,
    Label,
    Laid,
    bars,
    column_of,
    labelled,
    marked,
    moment_of,
    page_columns,
    pieces,
)


class Timeline(ChangedLines, can_focus=True):
    """Bars with times below them from three lines on; on one line the marks are in the bars.

    Args:
        clock: A moment as text, in nanoseconds since the epoch, told as precisely as the length
            of what is shown, its second argument, asks for.
        glyphs: What to draw with.
        id: The widget's id.
    """

    LOOKS = "timeline"
    DEFAULT_CSS = """
    Timeline {
        height: 3;
        padding: 0 1;
        & > .timeline--bar { color: $accent; }
        &:focus > .timeline--bar { color: $foreground; }
        & > .timeline--gone { color: $text-disabled; }
        & > .timeline--far { color: $text-muted; }
        & > .timeline--page { color: $text-accent; text-style: bold; }
        & > .timeline--cursor { color: $text-warning; text-style: bold; }
        & > .timeline--axis { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "point(-1)", "Earlier", show=False, id="timeline.earlier"),
        Binding("right,l", "point(1)", "Later", show=False, id="timeline.later"),
        Binding("shift+left,H", "point(-10)", "Far", show=False, id="timeline.far-earlier"),
        Binding("shift+right,L", "point(10)", "Far", show=False, id="timeline.far-later"),
        Binding("enter", "choose", "Go there", key_display="enter", id="timeline.choose"),
        Binding("escape", "leave", "Leave", id="timeline.leave"),
        Binding("down,j,up,k", "back", "List", show=False, id="timeline.list"),
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
        super().__init__(id=id)
        self._clock, self._glyphs = clock, glyphs
        self._laid: Laid | None = None
        self._said = ""
        self._look: object = None
        self._dragging = False

    @property
    def slots(self) -> int:
        """How many values are drawn."""
        return slots(self.size.width, self._glyphs)

    def show(self, laid: Laid | None, said: str = "", *, version: object = None) -> None:
        """Show these counts; if there are none, explain why.

        Args:
            laid: What is known.
            said: What is said otherwise.
            version: Changes whenever times are told otherwise.
        """
        if (laid, said, version) != (self._laid, self._said, self._look):
            self._laid, self._said, self._look = laid, said, version
            self.repaint()

    # -- drawing ------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Ask for as many values as there is room for."""
        self.post_message(self.Resized())

    def line(self, y: int) -> Strip:
        """Bars, or the times below them."""
        width, height = self.size.width, self.size.height
        laid = self._laid
        if laid is None or len(laid.values) != self.slots:
            # of another width, a moment ago
            said = self._said if laid is None and y == 0 else ""
            return joined([(0, said[:width], "axis")], width, self.style_of)
        if height < 2:
            return self._strip(marked(bars(laid, width, 1, self._glyphs)[0], laid, self._glyphs))
        if y < height - 1:
            return self._strip(bars(laid, width, height - 1, self._glyphs)[y])
        return self._strip(self._axis(laid, width))

    def _strip(self, cells: Cells) -> Strip:
        return joined(pieces(cells), self.size.width, self.style_of)

    def _axis(self, laid: Laid, width: int) -> Cells:
        line = marked([(" ", "")] * width, laid, self._glyphs)
        length, labels = laid.end - laid.start, list[Label]()
        if laid.cursor is not None and (x := column_of(laid, laid.cursor, width)) is not None:
            labels += _beside(self._clock(laid.cursor, length), "cursor", x, x)
        if laid.page and (page := page_columns(laid, width)):
            told = self._clock(laid.page[0], length)
            labels += _beside(told, "page", page.start, page.stop - 1)
        labels.append(Label(self._clock(laid.start, length), "axis", 0))
        labels.append(Label(self._clock(laid.end, length), "axis", width, ends=True))
        return labelled(line, labels)

    # -- keys and mouse -----------------------------------------------------------------------

    def action_point(self, step: int) -> None:
        """Move the cursor by some cells; it first appears at the visible page."""
        laid, width = self._laid, self.size.width
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
        if self._laid:
            column = event.x - self.gutter.left
            column = max(0, min(column, self.size.width - 1))
            self.post_message(self.Pointed(moment_of(self._laid, column, self.size.width)))


def _beside(text: str, look: str, first: int, last: int) -> list[Label]:
    """A text right of what it names, or left of it."""
    return [Label(text, look, last + 2), Label(text, look, first - 1, ends=True)]
