"""An unbounded list of messages whose cost depends on the screen, not on their number.

The newest are at the bottom.  While the list follows, the last message is under the cursor;
otherwise the cursor and the picture stay with the messages that the reader was looking at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message as Event
from textual.reactive import reactive
from textual.strip import Strip

from .cells import Cell, Tone
from .columns import Column
from .order import Sort
from .table_lines import PlacedLines, TableLines

T = TypeVar("T")
Row = TypeVar("Row", covariant=True)

WHEEL = 3
"""Rows that one notch of the mouse wheel moves."""


class MessageRows(Protocol[Row]):
    """Messages in an order, each by an index that is its own for as long as it is there.

    Those from ``start`` to ``end - 1`` are there; both may grow, and ``start`` may fall where
    older ones are fetched.
    """

    @property
    def start(self) -> int:
        """Index of the first."""

    @property
    def end(self) -> int:
        """Index after the last."""

    def message(self, index: int) -> Row:
        """One of them; raises IndexError for one that is not there."""


class NoRows:
    """Nothing to show."""

    start = end = 0

    def message(self, index: int) -> Any:
        """There is none."""
        raise IndexError(index)


class MessageList(PlacedLines, Generic[T], can_focus=True):
    """Rows of text under a header, drawn from whatever rows are on screen and no others.

    Args:
        cells: A row's cells, one for each column, from its index and itself.  Called only for
            rows on screen, and again only once the version handed to :meth:`show` is another.
        marked: Whether a row stands out among the others, by its index.
        across: What is drawn over the whole width instead of cells, for a row that has none.
        glyphs: ``ascii`` where the terminal's font has nothing else.
        empty: Shown while there are no rows at all.
    """

    LOOKS = "message-list"
    DEFAULT_CSS = """
    MessageList {
        height: 1fr;
        & > .message-list--header { color: $text-muted; }
        & > .message-list--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
        }
        &:focus > .message-list--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
        & > .message-list--match { color: $text-accent; text-style: bold; }
        & > .message-list--good { color: $text-success; }
        & > .message-list--warn { color: $text-warning; }
        & > .message-list--bad { color: $text-error; text-style: bold; }
        & > .message-list--dim { color: $text-disabled; }
        & > .message-list--accent { color: $text-accent; }
        & > .message-list--nats { color: $primary; }
        & > .message-list--pulsar { color: $secondary; }
        & > .message-list--bar { color: $panel; }
        & > .message-list--thumb { color: $border-blurred; }
        &:nocolor > .message-list--cursor, &:ansi > .message-list--cursor { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="messages.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="messages.up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="messages.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="messages.page-up"),
        Binding("g,home", "first", "First", show=False, id="messages.first"),
        Binding("enter", "open", "Open", key_display="enter", id="messages.open"),
        Binding("G", "follow", "Follow", id="messages.follow"),
        Binding("end", "follow", "Follow", show=False, id="messages.follow-too"),
    ]

    following: reactive[bool] = reactive(True, bindings=True)
    """Whether the last row is kept in view, and under the cursor."""

    @dataclass
    class Opened(Event):
        """The user asked for a row's detail."""

        list: MessageList[Any]
        index: int

        @property
        def control(self) -> MessageList[Any]:
            """The list, for a selector."""
            return self.list

    @dataclass
    class Moved(Event):
        """The user put the cursor on another row."""

        list: MessageList[Any]
        index: int

        @property
        def control(self) -> MessageList[Any]:
            """The list, for a selector."""
            return self.list

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        cells: Callable[[int, T], Sequence[Cell]],
        marked: Callable[[int], bool] = lambda index: False,
        across: Callable[[T], tuple[str, Tone] | None] = lambda row: None,
        glyphs: str = "braille",
        empty: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._cells, self._marked, self._empty = cells, marked, empty
        self._rows: MessageRows[T] = NoRows()
        self._top = self._cursor = 0
        self._drawn: object = None
        self._version: object = None
        self._lines = TableLines(columns, self.style_of)
        self._columns, self._across, self._head = columns, across, 1
        self._bar, self._thumb = ("|", "#") if glyphs == "ascii" else ("│", "┃")
        self._dragging = False

    # -- what it holds ------------------------------------------------------------------------

    def show(self, rows: MessageRows[T], *, version: object = None) -> None:
        """Show these rows in their current state.  Called once a frame.

        Args:
            rows: The same as before, with other bounds perhaps, or others.
            version: Changes whenever rows that are there may look different.
        """
        if rows is not self._rows or version != self._version:
            self._rows, self._version = rows, version
            self._strips.clear()
            self._drawn = None
        drawn = (rows.start, rows.end, self.size, self._empty)
        if drawn != self._drawn:
            self._drawn = drawn
            self._settle()
            self.repaint()

    def use_columns(self, columns: Sequence[Column], *, titled: bool = True) -> None:
        """Use other columns, with their titles or without; rows on screen are drawn anew.

        Args:
            columns: From left to right; ``cells`` gives a cell for each of them.
        """
        head = int(titled)
        if (columns, head) != (self._columns, self._head):
            self._columns, self._head = columns, head
            self._lines = TableLines(columns, self.style_of)
            self._strips.clear()
            self._drawn = None

    @property
    def empty(self) -> str:
        """Shown while there are no rows at all."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        self._empty = text

    @property
    def cursor(self) -> int | None:
        """Index of the row under the cursor; None when there are no rows."""
        return self._cursor if self._rows.end > self._rows.start else None

    @property
    def cursor_item(self) -> T | None:
        """The row under the cursor, or None when there are no rows."""
        return self._row(self._cursor)

    @property
    def shown(self) -> range:
        """Indexes of the rows on screen."""
        return range(self._top, min(self._top + self._page, self._rows.end))

    @property
    def newer(self) -> int:
        """How many rows there are below the last on screen."""
        return max(0, self._rows.end - self._top - self._page)

    def row(self, index: int) -> T | None:
        """One row; None where it is not there."""
        return self._row(index)

    def go_to(self, index: int) -> None:
        """Put the cursor on a row, or on the nearest one that is there."""
        before = self._cursor
        self._cursor = index
        self.following = False
        self._settle()
        self._moved(before)

    def place(self, index: int) -> None:
        """Put the cursor on a row and stop following, without telling or painting it yet."""
        self.set_reactive(MessageList.following, False)
        self._cursor = index
        self._drawn = None

    # -- painting -----------------------------------------------------------------------------

    def line(self, y: int) -> Strip:
        """The header, a row, or a line of the text for an empty list."""
        if self._lines.resize(self.size.width):
            self._strips.clear()
        if y < self._head:
            return self._lines.header(Sort())
        if self._rows.end <= self._rows.start:
            return self._lines.message(self._empty, y - self._head, self._page)
        index = self._top + y - self._head
        if index not in self._strips:
            self._strips[index] = self._row_line(index)
        return Strip.join([self._strips[index], self._bar_at(y - self._head)])

    def notify_style_update(self) -> None:
        """Forget the rows drawn in the old theme."""
        super().notify_style_update()
        self._drawn = None

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._strips.clear()
        self._settle()
        self.repaint()

    def _row_line(self, index: int) -> Strip:
        row = self._row(index)
        if row is None:
            return self._lines.blank().crop(0, self.size.width - 1)
        if across := self._across(row):
            whole = "cursor" if index == self._cursor else ""
            return self._lines.across(*across, whole).crop(0, self.size.width - 1)
        whole = "cursor" if index == self._cursor else "match" if self._marked(index) else ""
        return self._lines.row(self._cells(index, row), whole).crop(0, self.size.width - 1)

    def _bar_at(self, y: int) -> Strip:
        top, height = self._thumb_at()
        on = top <= y < top + height
        text, look = (self._thumb, "thumb") if on else (self._bar, "bar")
        if height >= self._page:
            text, look = " ", ""
        return Strip([Segment(text, self.style_of(look))], 1)

    def _thumb_at(self) -> tuple[int, int]:
        page, rows = self._page, max(1, self._rows.end - self._rows.start)
        height = max(1, page * page // rows) if rows > page else page
        spare = max(1, rows - page)
        return (self._top - self._rows.start) * (page - height) // spare, height

    # -- where it is --------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._head)

    def _row(self, index: int) -> T | None:
        try:
            return self._rows.message(index)
        except IndexError:
            return None

    def _settle(self) -> None:
        """Bring the cursor and the first row on screen to where there are rows."""
        start, end, page = self._rows.start, self._rows.end, self._page
        before = self._cursor
        self._cursor = max(start, end - 1 if self.following else min(self._cursor, end - 1))
        top = max(self._cursor - page + 1, min(self._top, self._cursor))
        if self.following:
            top = end - page
        self._top = max(start, min(top, end - page))
        for index in (before, self._cursor):
            self._strips.pop(index, None)
        if len(self._strips) > 4 * page:
            shown = self.shown
            self._strips = {n: strip for n, strip in self._strips.items() if n in shown}

    def _move_to(self, index: int) -> None:
        """Put the cursor on a row by the user's wish; the last row is followed."""
        before = self._cursor
        start, end = self._rows.start, self._rows.end
        self._cursor = max(start, min(index, end - 1))
        self.following = self._cursor == end - 1 >= before
        self._settle()
        self._moved(before)

    def _moved(self, before: int) -> None:
        self._strips.pop(before, None)
        self.repaint()
        if self._cursor != before:
            self.post_message(self.Moved(self, self._cursor))

    # -- keys and mouse -----------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Move the cursor by ``step`` rows, stopping at either end."""
        self._move_to(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by ``step`` screens."""
        self._top += step * self._page
        self._move_to(self._cursor + step * self._page)

    def action_first(self) -> None:
        """Go to the oldest row."""
        self._move_to(self._rows.start)

    def action_follow(self) -> None:
        """Go to the newest row and stay with it."""
        self._move_to(self._rows.end - 1)
        self.following = True

    def action_open(self) -> None:
        """Post which row was opened."""
        if self.cursor is not None:
            self.post_message(self.Opened(self, self._cursor))

    def on_mouse_scroll_up(self) -> None:
        """Look at older rows."""
        self._move_to(self._top - WHEEL)

    def on_mouse_scroll_down(self) -> None:
        """Look at newer rows."""
        self._move_to(self._top + self._page - 1 + WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the bar."""
        if event.x == self.size.width - 1:
            self._dragging = True
            self.capture_mouse()
            self._drag(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the bar."""
        if self._dragging:
            self._drag(event.y)

    def on_mouse_up(self) -> None:
        """Let go of the bar."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _drag(self, y: int) -> None:
        start, end, page = self._rows.start, self._rows.end, self._page
        self._move_to(start + (y - self._head) * (end - start - 1) // max(1, page - 1))

    def on_click(self, event: events.Click) -> None:
        """A row takes the cursor, a second click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self._head or offset.x >= self.size.width - 1:
            return
        if (index := self._top + offset.y - self._head) < self._rows.end:
            self._move_to(index)
            if event.chain == 2:
                self.action_open()
