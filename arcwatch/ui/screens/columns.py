"""The columns of a table (``o``): which, in which order, how wide, and sorted by which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from arcwatch.ui.widgets.arrangement import Arrangement
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import NARROWEST, WIDEST, Column, arranged
from arcwatch.ui.widgets.key_hints import Hint
from arcwatch.ui.widgets.row_table import RowTable

HINTS = (
    *(Hint("enter", "sort"), Hint("space", "hide"), Hint("J K", "move", "J")),
    *(Hint("+ -", "width", "plus"), Hint("del", "reset", "delete")),
    Hint("esc", "close", "escape"),
)  # fmt: skip
FRAME = 3
"""Lines around the list: two of the frame, and the titles."""


class Choice(NamedTuple):
    """A column."""

    key: str
    title: str
    shown: bool
    width: int
    mark: str
    """How it is sorted by, if it is."""


class ColumnsScreen(ModalScreen[None]):
    """What is chosen is seen in the table at once."""

    mode_hints = HINTS

    DEFAULT_CSS = """
    ColumnsScreen { align: right middle; }
    ColumnsScreen > #columns {
        width: 46;
        max-width: 100%;
        max-height: 96%;
        background: $surface;
        border: round $accent;
        border-title-color: $foreground;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "show", "Hide", id="columns.show"),
        Binding("J", "shift(1)", "Move right", id="columns.right"),
        Binding("K", "shift(-1)", "Move left", id="columns.left"),
        Binding("plus,equals_sign", "widen(2)", "Wider", id="columns.wider"),
        Binding("minus", "widen(-2)", "Narrower", id="columns.narrower"),
        Binding("delete,backspace", "usual", "Reset", id="columns.usual"),
        Binding("escape", "dismiss", "Close", id="columns.close"),
        Binding("o", "dismiss", show=False, id="columns.close-too"),
        Binding("q", "dismiss", show=False, id="columns.quit"),
        Binding("question_mark", "app.help", "Help", show=False, id="columns.help"),
    ]

    def __init__(self, table: RowTable[Any]) -> None:
        super().__init__()
        self._table = table
        self._list: RowTable[Choice] = RowTable(
            [
                Column("shown", "", 1),
                Column("title", "COLUMN", 20, flex=1, elide="middle"),
                Column("mark", "SORT", 4),
                Column("width", "WIDTH", 5, "right"),
            ],
            key=lambda choice: choice.key,
            cells=_cells,
            id="columns-list",
        )
        self._list.arrangeable = False
        self._box = Vertical(id="columns")

    def compose(self) -> ComposeResult:
        """The list."""
        with self._box:
            yield self._list

    def on_mount(self) -> None:
        """List them."""
        self._box.border_title = "Columns"
        self._box.styles.height = len(self._table.columns) + FRAME
        self._draw()
        self._list.focus()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Sort by the column; by the same again, the other way round."""
        event.stop()
        self._table.sort_by(event.key)
        self._draw()

    def action_show(self) -> None:
        """Hide the column, or show it again."""
        key, arrangement = self._list.cursor_key or "", self._table.arrangement
        hidden = {*arrangement.hidden} ^ {key}
        if len(hidden) < len(self._table.columns):
            self._rearrange(replace(arrangement, hidden=tuple(sorted(hidden))))

    def action_shift(self, step: int) -> None:
        """Change places with a neighbour."""
        keys = [choice.key for choice in self._list.items]
        at = keys.index(self._list.cursor_key or "")
        to = max(0, min(len(keys) - 1, at + step))
        keys[at], keys[to] = keys[to], keys[at]
        self._rearrange(replace(self._table.arrangement, order=tuple(keys)))

    def action_widen(self, step: int) -> None:
        """Give the column more cells, or fewer."""
        choice, arrangement = self._list.cursor_item, self._table.arrangement
        if choice:
            width = max(NARROWEST, min(WIDEST, choice.width + step))
            self._rearrange(replace(arrangement, widths={**arrangement.widths, choice.key: width}))

    def action_usual(self) -> None:
        """Undo all that was arranged."""
        self._rearrange(Arrangement())

    def _rearrange(self, arrangement: Arrangement) -> None:
        self._table.rearrange(arrangement)
        self._draw()

    def _draw(self) -> None:
        table, arrangement = self._table, self._table.arrangement
        everything = [c for _, c in arranged(table.columns, replace(arrangement, hidden=()))]
        self._list.show([self._choice(column, arrangement) for column in everything])

    def _choice(self, column: Column, arrangement: Arrangement) -> Choice:
        sort = self._table.sort
        mark = ("▼" if sort.reverse else "▲") if column.key == sort.column else ""
        name = column.title or column.key
        width = self._table.width_of(column.key) or column.width
        return Choice(column.key, name, column.key not in arrangement.hidden, width, mark)


def _cells(choice: Choice) -> Sequence[Cell]:
    shown: Cell = ("✓", "good") if choice.shown else ""
    title: Cell = choice.title if choice.shown else (choice.title, "dim")
    return [shown, title, choice.mark, str(choice.width)]
