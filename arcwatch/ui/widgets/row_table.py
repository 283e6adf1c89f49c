"""A table of live rows whose cost depends on the screen, not on the data.

The table sorts, filters and finds its cursor again on every update, formats only the rows on
screen, and repaints only the lines that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar

from msgspec.structs import replace
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from arcwatch.text.control_characters import printable

from .arrangement import Arrangement
from .cells import Cell, Tone
from .columns import Column
from .order import Sort, SortValue
from .rows import Rows
from .table_lines import MARKS, SELECTED, PlacedLines, TableLines

T = TypeVar("T")

HEADER = 1
"""Lines of the header, which stays while the rows scroll."""


class RowTable(ScrollView, PlacedLines, Generic[T], can_focus=True):
    """Rows of text under a header that stays, with a cursor that follows its row.

    Args:
        cells: A row's cells, one for each column.  Called only for rows on screen.
        sort_values: For each sortable column's key, what a row is sorted by.
        haystack: The text of a row that the filter looks in; its key unless given.
        sort: How the table is sorted to begin with.
        empty: Shown while there are no rows at all.
        quiet: Whether the cursor shows only while the table has the keyboard.
    """

    LOOKS = "row-table"
    DEFAULT_CSS = """
    RowTable {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .row-table--header { color: $text-muted; }
        & > .row-table--sorted { color: $accent; text-style: bold; }
        & > .row-table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: bold;
        }
        &:focus > .row-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
        & > .row-table--good { color: $text-success; }
        & > .row-table--warn { color: $text-warning; }
        & > .row-table--bad { color: $text-error; text-style: bold; }
        & > .row-table--dim { color: $text-disabled; }
        & > .row-table--accent { color: $text-accent; }
        & > .row-table--nats { color: $primary; }
        & > .row-table--pulsar { color: $secondary; }
        &:nocolor:focus > .row-table--cursor {
            background: transparent;
            color: $foreground;
            text-style: bold reverse;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="table.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="table.up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="table.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="table.page-up"),
        Binding("g,home", "first", "First", show=False, id="table.first"),
        Binding("G,end", "last", "Last", show=False, id="table.last"),
        Binding("enter", "open", "Open", key_display="enter", id="table.open"),
        Binding("o", "choose_columns", "Columns", id="table.sort"),
        Binding("O", "reverse", "Reverse", show=False, id="table.reverse"),
        Binding("l,right", "sideways(1)", "Right", show=False, id="table.right"),
        Binding("h,left", "sideways(-1)", "Left", show=False, id="table.left"),
        Binding("x", "in_full", "In full", show=False, id="table.in-full"),
    ]

    sort: reactive[Sort] = reactive(Sort(), init=False)
    """The column sorted by and the direction.  Setting it sorts at once, and posts nothing."""

    @dataclass
    class TableMessage(Message):
        """What every message of a table has in common."""

        table: RowTable[Any]

        @property
        def control(self) -> RowTable[Any]:
            """The table, for a selector: ``@on(RowTable.Opened, "#topics")``."""
            return self.table

    @dataclass
    class Opened(TableMessage):
        """The user asked for a row's detail."""

        key: str

    @dataclass
    class Moved(TableMessage):
        """Another row is under the cursor, by the user or by a change; None when there is none."""

        key: str | None

    @dataclass
    class Arranged(TableMessage):
        """The user has arranged the columns, or sorted."""

        arrangement: Arrangement

    @dataclass
    class ColumnsRequested(TableMessage):
        """The user asked to arrange the columns."""

    @dataclass
    class FullRowRequested(TableMessage):
        """The user asked to see a row in full."""

        fields: Sequence[tuple[str, str]]
        """Titles, and texts of any length."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        key: Callable[[T], str],
        cells: Callable[[T], Sequence[Cell]],
        sort_values: Mapping[str, Callable[[T], SortValue]] | None = None,
        haystack: Callable[[T], str] | None = None,
        dim: Callable[[T], bool] | None = None,
        sort: Sort = Sort(),  # noqa: B008  # immutable, so that sharing it is harmless
        empty: str = "",
        quiet: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.cells = cells
        """A row's cells, one for each column."""
        self._dim, self._empty, self._quiet = dim, empty, quiet
        self.mark: Callable[[T], Tone] = lambda row: ""
        """How a row stands out, with a mark before it; nothing where it does not."""
        self.opens_full_row = True
        """Whether a key shows a row in full, as its view shows no details."""
        self.arrangeable = True
        """Whether its columns can be arranged."""
        self.opens = True
        """Whether there is more to see of a row than the table shows."""
        self.sorts = {c.key: c for c in columns if c.key in (sort_values or {})}
        """The columns that can be sorted by, by their keys."""
        self._rows: Rows[T] = Rows(key, haystack or key, sort_values or {})
        self._rows.sort = sort
        self.set_reactive(RowTable.sort, sort)
        self._version: object = None
        self.columns = tuple(columns)
        """All columns, as they stand until the user arranges them."""
        self._lines = TableLines(columns, self.style_of)
        self._usual = sort
        self._shared = [
            (c.key, by) for c in columns if c.shared and (by := (sort_values or {}).get(c.key))
        ]
        self._optional = [
            (c.key, by) for c in columns if c.optional and (by := (sort_values or {}).get(c.key))
        ]

    def on_mount(self) -> None:
        """Arrange the columns as the user left them."""
        kept: Mapping[str, Arrangement] = getattr(self.app, "arrangements", {})
        if arrangement := kept.get(self.place):
            self._use(arrangement)

    @property
    def place(self) -> str:
        """Names the table among all of the app's, the same in every session."""
        return " ".join(node.id for node in reversed(self.ancestors_with_self) if node.id)

    @property
    def arrangement(self) -> Arrangement:
        """What the user made of the columns."""
        usual = self.sort == self._usual
        sort = Sort() if usual else self.sort
        return replace(self._lines.arrangement, sort=sort.column, reverse=sort.reverse)

    def width_of(self, key: str) -> int:
        """Cells of a column on screen; 0 for one that is not."""
        return self._lines.widths.get(key, 0)

    def rearrange(self, arrangement: Arrangement) -> None:
        """Arrange the columns as the user wishes."""
        self._use(arrangement)
        self.post_message(self.Arranged(self, self.arrangement))

    def _use(self, arrangement: Arrangement) -> None:
        self._lines.arrangement = arrangement
        self.sort = (
            Sort(arrangement.sort, arrangement.reverse)
            if arrangement.sort in self.sorts
            else self._usual
        )
        self._strips.clear()
        self.repaint()

    # what the table holds

    def show(self, items: Sequence[T], *, version: object = None) -> None:
        """Replace the contents.  Keeps cursor, scroll and sort; repaints what differs.

        Args:
            version: Anything that changes whenever the items, or what ``cells`` and the other
                functions read, do.  When it equals the last one there is nothing to do.
        """
        if version is not None and version == self._version:
            return
        self._version = version
        self._rows.items = tuple(items)
        self._arrange()

    @property
    def empty(self) -> str:
        """Shown while there are no rows at all."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        if text != self._empty:
            self._empty = text
            self.repaint()

    @property
    def items(self) -> Sequence[T]:
        """The rows that pass the filter, in the order shown."""
        return self._rows.shown

    @property
    def matches(self) -> int:
        """How many rows pass the filter."""
        return len(self._rows.shown)

    @property
    def total(self) -> int:
        """How many rows there are."""
        return len(self._rows.items)

    @property
    def filter(self) -> str:
        """Words that must all occur in a row's haystack, in any case; nothing shows every row."""
        return self._rows.filter

    @filter.setter
    def filter(self, text: str) -> None:
        if text != self._rows.filter:
            self._rows.filter = text
            self._arrange()

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor, or None when there are no rows."""
        return self._rows.cursor_key

    @property
    def cursor_item(self) -> T | None:
        """The row under the cursor, or None when there are no rows."""
        return self._rows.shown[self._rows.cursor] if self._rows.shown else None

    def select(self, key: str) -> bool:
        """Put the cursor on the row with this key; False if it is not among those shown."""
        before = self.cursor_key
        found = self._rows.select(key)
        if found:
            self._moved(before)
        return found

    def select_item(self, item: T) -> bool:
        """Put the cursor on a row, as it is now; False if it is not among those shown."""
        return self.select(self._rows.key(item))

    def select_where(self, matches: Callable[[T], bool]) -> bool:
        """Select the first matching row; False if none of those shown matches."""
        for index, row in enumerate(self._rows.shown):
            if matches(row):
                self._move_to(index)
                return True
        return False

    def _arrange(self) -> None:
        before = self.cursor_key
        self._rows.arrange(monotonic())
        self._share()
        self._strips.clear()
        size = Size(self._lines.natural_width, HEADER + len(self._rows.shown))
        if size != self.virtual_size:
            self.virtual_size = size
        self.repaint()
        self._post_moved(before)

    def _share(self) -> None:
        """Show values that all rows share above the table, and not in each row."""
        rows, same = self._rows.items, {}
        for key, by in self._shared if len(rows) > 1 else ():
            first = by(rows[0])
            if isinstance(first, str) and first.strip() and all(by(row) == first for row in rows):
                same[key] = printable(first, limit=200)
        empty = {key for key, by in self._optional if not any(map(by, rows))}
        self._lines.share(same, empty)

    def _move_to(self, index: int) -> None:
        before = self.cursor_key
        self._rows.move_to(index)
        self._moved(before)

    def _moved(self, before: str | None) -> None:
        self._strips.clear()
        self._reveal()
        self.repaint()
        self._post_moved(before)

    def _post_moved(self, before: str | None) -> None:
        if self.cursor_key != before:
            self.post_message(self.Moved(self, self.cursor_key))

    def _reveal(self) -> None:
        cursor, top, page = self._rows.cursor, self.scroll_offset.y, self._page
        target = min(cursor, max(top, cursor - page + 1))
        if target != top:
            self.scroll_to(y=target, animate=False, force=True)

    @property
    def _page(self) -> int:
        return max(1, self.size.height - HEADER)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open rows only where some do, and to go where there are columns."""
        if action == "sideways":
            return self._lines.is_more(int(str(parameters[0])))
        if action == "choose_columns":
            return self.arrangeable and len(self.columns) > 1
        if action == "in_full":
            return self.arrangeable and self.opens_full_row and bool(self._rows.shown)
        if action == "open":
            return bool(self.opens and self._rows.shown)
        return bool(self.sorts) if action == "reverse" else True

    # painting

    def line(self, y: int) -> Strip:
        """The header, a row, or a line of the text for an empty list."""
        if self._lines.resize(self.size.width):
            self._strips.clear()
        if y < HEADER:
            return self._lines.header(self.sort)
        if not self._rows.shown:
            return self._lines.message(self._nothing, y - HEADER, self.size.height - HEADER)
        index = self.scroll_offset.y + y - HEADER
        if index not in self._strips:
            self._strips[index] = self._row_line(index)
        return self._strips[index]

    def on_resize(self) -> None:
        """Give columns what their cells need, once these are drawn."""
        self.call_after_refresh(self.repaint)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show a quiet cursor, or hide it."""
        super().watch_has_focus(has_focus)
        if self._quiet:
            self._strips.clear()
            self.repaint()

    def _row_line(self, index: int) -> Strip:
        if index >= len(self._rows.shown):
            return self._lines.blank()
        row = self._rows.shown[index]
        stale = self._dim is not None and self._dim(row)
        under = index == self._rows.cursor and (self.has_focus or not self._quiet)
        whole = "cursor" if under else "dim" if stale else ""
        return self._lines.row(self.cells(row), whole, self._margin(row, under=under))

    def _margin(self, row: T, *, under: bool) -> tuple[str, Tone]:
        if mark := self.mark(row):
            return (MARKS.get(mark, "!"), mark)
        bar = SELECTED[self.app.has_class("-ascii")][self.has_focus]
        return (bar if under else "", "")

    @property
    def _nothing(self) -> str:
        if self._rows.items:
            return f"Nothing matches {self.filter!r}.  All {self.total:,} rows are hidden."
        return self._empty

    # keys and mouse

    def action_move(self, step: int) -> None:
        """Move the cursor by ``step`` rows, stopping at either end."""
        self._move_to(self._rows.cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by ``step`` screens."""
        self._move_to(self._rows.cursor + step * self._page)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self._move_to(len(self._rows.shown) - 1)

    def column_keys(self) -> Sequence[str]:
        """Keys of the columns on screen."""
        return self._lines.column_keys

    @property
    def sortable(self) -> list[tuple[str, str]]:
        """Key and title of each column on screen that can be sorted by."""
        return [(key, self.sorts[key].title) for key in self.column_keys() if key in self.sorts]

    def sort_by(self, key: str) -> None:
        """Sort by a column as the user asked; by the same again, the other way round."""
        if column := self.sorts.get(key):
            # of numbers, the largest are what is looked for
            first = column.align == "right"
            self.sort = Sort(key, not self.sort.reverse if key == self.sort.column else first)
            self.post_message(self.Arranged(self, self.arrangement))

    def watch_sort(self, sort: Sort) -> None:
        """Sort at once."""
        self._rows.sort = sort
        self._rows.settle()
        self._arrange()

    def action_reverse(self) -> None:
        """Reverse the order."""
        self.sort_by(self.sort.column)

    def action_open(self) -> None:
        """Post which row was opened."""
        if (key := self.cursor_key) is not None:
            self._rows.select(key)  # what was opened stays under the cursor
            self.post_message(self.Opened(self, key))

    def action_choose_columns(self) -> None:
        """Ask for the list of columns."""
        self.post_message(self.ColumnsRequested(self))

    def action_in_full(self) -> None:
        """Ask for all fields of the row under the cursor."""
        if (row := self.cursor_item) is not None:
            self.post_message(self.FullRowRequested(self, self._lines.in_full(self.cells(row))))

    def action_sideways(self, step: int) -> None:
        """Show columns that are beyond an edge."""
        self._lines.scroll(step)
        self._strips.clear()
        self.repaint()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show in full what is cut off under the mouse."""
        offset = event.get_content_offset(self)
        index = self.scroll_offset.y + (offset.y if offset else 0) - HEADER
        cut = ""
        if offset is not None and offset.y >= HEADER and index < len(self._rows.shown):
            cut = self._lines.cut_at(self.cells(self._rows.shown[index]), offset.x)
        self.tooltip = Content(cut) if cut else None

    def on_click(self, event: events.Click) -> None:
        """A title sorts, a row takes the cursor, a second click opens it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < HEADER:
            self.sort_by(self._lines.column_at(offset.x))
        elif (index := self.scroll_offset.y + offset.y - HEADER) < len(self._rows.shown):
            self._move_to(index)
            if event.chain == 2:
                self.action_open()
