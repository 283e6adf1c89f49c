"""A table of nested rows that fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingType

from arcwatch.charts.figure import Glyphs

from .cells import Cell
from .columns import MARGIN, Column
from .folded_rows import FoldedRows
from .order import Sort, SortValue
from .row_table import HEADER, RowTable

T = TypeVar("T")

INDENT = 2
"""Cells that a row stands to the right of the row it is in."""


class TreeTable(RowTable[T]):
    """As :class:`RowTable`; the first column should show :meth:`label` of a row.

    Args:
        folded: Whether a row is folded until the user unfolds it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # these take the place of the table's own bindings of the same keys
        Binding("l,right", "fold(False)", "Unfold", show=False, id="tree.unfold"),
        Binding("h,left", "fold(True)", "Fold", show=False, id="tree.fold"),
    ]

    @dataclass
    class Folded(RowTable.TableMessage):
        """A row was folded or unfolded by the user."""

        key: str

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        key: Callable[[T], str],
        cells: Callable[[T], Sequence[Cell]],
        parent: Callable[[T], str],
        foldable: Callable[[T], bool],
        folded: Callable[[T], bool],
        glyphs: Glyphs = "braille",
        sort_values: Mapping[str, Callable[[T], SortValue]] | None = None,
        haystack: Callable[[T], str] | None = None,
        dim: Callable[[T], bool] | None = None,
        sort: Sort = Sort(),  # noqa: B008  # immutable, so that sharing it is harmless
        id: str | None = None,
    ) -> None:
        super().__init__(
            columns,
            key=key,
            cells=cells,
            sort_values=sort_values,
            haystack=haystack,
            dim=dim,
            sort=sort,
            id=id,
        )
        self._key, self._foldable, self._folded_at_first = key, foldable, folded
        self._toggled: set[str] = set()
        self._marks = ("+ ", "- ") if glyphs == "ascii" else ("▸ ", "▾ ")
        self._tree: FoldedRows[T] = FoldedRows(
            key, haystack or key, sort_values or {}, parent=parent, folded=self.is_folded
        )
        self._tree.sort = sort
        self._rows = self._tree

    @property
    def toggled(self) -> frozenset[str]:
        """Keys of the rows that the user folded or unfolded."""
        return frozenset(self._toggled)

    def is_folded(self, row: T) -> bool:
        """Whether a row hides what is in it."""
        return self._folded_at_first(row) != (self._key(row) in self._toggled)

    def fold(self, row: T, *, folded: bool) -> None:
        """Hide what is in a row, or show it."""
        if self.is_folded(row) != folded:
            self._toggled ^= {self._key(row)}
            self._arrange()

    def label(self, row: T, text: str) -> str:
        """``text`` where a row of this depth begins, after the mark of one that folds."""
        depth = self._tree.depths.get(self._key(row), 0)
        mark = "  "
        if self._foldable(row):
            mark = self._marks[0 if self.is_folded(row) and not self.filter else 1]
        return f"{' ' * INDENT * depth}{mark}{text}"

    def action_fold(self, folded: bool) -> None:
        """Fold the row under the cursor, or else go to the row it is in; or unfold it."""
        row = self.cursor_item
        if row is None:
            return
        if self._foldable(row) and self.is_folded(row) != folded:
            self._rows.select(self._key(row))  # what was folded stays under the cursor
            self.fold(row, folded=folded)
            self.post_message(self.Folded(self, self._key(row)))
        elif folded and (above := self._tree.ancestor(row)) is not None:
            self.select(self._key(above))

    def on_click(self, event: events.Click) -> None:
        """A click on a mark folds or unfolds; else as in every table."""
        offset = event.get_content_offset(self)
        index = self.scroll_offset.y + (offset.y if offset else 0) - HEADER
        if offset is None or offset.y < HEADER or index >= len(self.items):
            return
        row = self.items[index]
        mark = MARGIN + INDENT * self._tree.depths.get(self._key(row), 0)
        if self._foldable(row) and mark <= offset.x < mark + INDENT:
            event.prevent_default()
            self._move_to(index)
            self.action_fold(not self.is_folded(row))
