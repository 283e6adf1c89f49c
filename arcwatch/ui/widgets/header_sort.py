"""Sort a table by its header: which column, which direction, and choosing it by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.reactive import reactive

from .changed_lines import ChangedLines
from .columns import Column
from .key_hints import Hint
from .order import Sort

CHOOSING = (
    Hint("← →", "column", "right"),
    Hint("enter", "sort by it"),
    Hint("O", "reverse"),
    Hint("esc", "leave", "escape"),
)


class HeaderSort(ChangedLines):
    """The part of a table that its header is for.

    While a column is being chosen the header marks it.  The table binds the actions to keys,
    because the bindings of a second base class give way to those of the first.
    """

    sort: reactive[Sort] = reactive(Sort(), init=False)
    """The column sorted by and the direction.  Setting it sorts at once, and posts nothing."""

    choosing: reactive[str] = reactive("", init=False, bindings=True)
    """The key of the column marked in the header while one is chosen to sort by, or nothing."""

    @property
    def mode_hints(self) -> Sequence[Hint]:
        """What the keys do while a column is chosen."""
        return CHOOSING if self.choosing else ()

    sorts: Mapping[str, Column]
    """The columns that can be sorted by, by their keys."""

    def column_keys(self) -> Sequence[str]:
        """Keys of the columns on screen, from left to right."""
        raise NotImplementedError

    def apply_sort(self, sort: Sort) -> None:
        """Put the rows in order."""
        raise NotImplementedError

    def tell_sort(self, sort: Sort) -> None:
        """Tell others what the user chose."""
        raise NotImplementedError

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
            self.tell_sort(self.sort)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of column-choosing to others while no column is being chosen."""
        if action in ("choose_next", "leave"):
            return bool(self.choosing)
        return bool(self.sorts) if action in ("choose", "reverse") else True

    def watch_sort(self, sort: Sort) -> None:
        """Sort at once."""
        self.apply_sort(sort)

    def watch_choosing(self) -> None:
        """Mark the column in the header."""
        self.repaint()

    def action_choose(self) -> None:
        """Begin to choose a column to sort by, or leave that."""
        keys = [key for key, _ in self.sortable]
        current = self.sort.column if self.sort.column in keys else next(iter(keys), "")
        self.choosing = "" if self.choosing else current

    def action_choose_next(self, step: int) -> None:
        """Mark the next column that can be sorted by, around the ends."""
        keys = [key for key, _ in self.sortable]
        at = keys.index(self.choosing) if self.choosing in keys else 0
        self.choosing = keys[(at + step) % len(keys)] if keys else ""

    def action_leave(self) -> None:
        """Leave column-choosing."""
        self.choosing = ""

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.sort_by(self.sort.column)

    def on_blur(self) -> None:
        """A key pressed elsewhere is not about the header."""
        self.choosing = ""
