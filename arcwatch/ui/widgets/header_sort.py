"""Sort a table by its header: which column, which direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.reactive import reactive

from .changed_lines import ChangedLines
from .columns import Column
from .order import Sort


class HeaderSort(ChangedLines):
    """The part of a table that its header is for.

    The table binds the actions to keys, because the bindings of a second base class give way to
    those of the first.
    """

    sort: reactive[Sort] = reactive(Sort(), init=False)
    """The column sorted by and the direction.  Setting it sorts at once, and posts nothing."""

    sorts: Mapping[str, Column]
    """The columns that can be sorted by, by their keys."""

    def column_keys(self) -> Sequence[str]:
        """Keys of the columns on screen, from left to right."""
        raise NotImplementedError

    def apply_sort(self, sort: Sort) -> None:
        """Put the rows in order."""
        raise NotImplementedError

    def show_sort(self, sort: Sort) -> None:
        """Announce the order that the user chose."""
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
            self.show_sort(self.sort)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of sorting to others where there is nothing to sort by."""
        return bool(self.sorts) if action == "reverse" else True

    def watch_sort(self, sort: Sort) -> None:
        """Sort at once."""
        self.apply_sort(sort)

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.sort_by(self.sort.column)
