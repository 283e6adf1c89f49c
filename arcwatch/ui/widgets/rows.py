"""The rows of a table, their order, and the one under the cursor.

No drawing here: a table widget asks for the answer after every change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Generic, TypeVar

from .order import Sort, SortValue, ordered, steady

T = TypeVar("T")


PATIENCE = 5.0
"""Seconds for which rows keep their places after some have changed them."""


class Rows(Generic[T]):
    """A filtered, sorted list whose cursor stays on its row wherever that row goes.

    Until the cursor is moved it rests on the first row, whichever that is.  If its row
    disappears it stays where it is and takes the row that is there now.

    Args:
        sort_values: For each sortable column's key, what a row is sorted by.
    """

    def __init__(
        self,
        key: Callable[[T], str],
        haystack: Callable[[T], str],
        sort_values: Mapping[str, Callable[[T], SortValue]],
    ) -> None:
        self.sort = Sort()
        self.filter = ""
        self.items: Sequence[T] = ()
        self.shown: list[T] = []
        self.cursor = 0
        self.cursor_key: str | None = None
        self.key, self._haystack, self._sort_values = key, haystack, sort_values
        self._placed = False
        self._ranks: dict[str, int] = {}
        self._at = self._moved = -inf

    def arrange(self, at: float) -> None:
        """Bring ``shown`` and the cursor up to date with the items, the filter and the sort.

        Rows that were there before change places at most every :data:`PATIENCE` seconds, and
        only where one leads.
        """
        self._at = at
        self._collect()
        ranks = {self.key(row): rank for rank, row in enumerate(self.shown)}
        if self._ranks and [*ranks] != [*self._ranks]:
            self._moved = at
        self._ranks = ranks
        self._set_cursor(self._found() if self._placed else 0)

    def settle(self) -> None:
        """Forget the order: the next is by the values alone."""
        self._ranks, self._moved = {}, -inf

    def _collect(self) -> None:
        """Fill ``shown``."""
        self.shown = self._in_order(self._matching())

    def _in_order(self, rows: Sequence[T]) -> list[T]:
        value, ranks, key = self._sort_values.get(self.sort.column), self._ranks, self.key
        if not value:
            return list(rows)
        if ranks and self._at - self._moved < PATIENCE:
            places = [ranks.get(key(row), -1) for row in rows]
            if -1 not in places:
                return [row for _, row in sorted(zip(places, rows, strict=True), key=_place)]
        found = ordered(rows, value, reverse=self.sort.reverse)
        # names do not race
        if not ranks or (found and isinstance(value(found[0]), str)):
            return found
        return steady(found, value, lambda row: ranks.get(key(row), inf))

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, by its place, stopping at either end."""
        self._placed = True
        self._set_cursor(index)

    def select(self, key: str) -> bool:
        """Put the cursor on the row with this key; False, and nothing done, if it is not shown."""
        index = self._index(key)
        if index is not None:
            self.move_to(index)
        return index is not None

    def _matching(self) -> Sequence[T]:
        words, haystack = self.filter.casefold().split(), self._haystack
        if not words:
            return self.items
        return [row for row in self.items if _has_all(haystack(row).casefold(), words)]

    def _found(self) -> int:
        index = None if self.cursor_key is None else self._index(self.cursor_key)
        return self.cursor if index is None else index

    def _index(self, key: str) -> int | None:
        key_of = self.key
        return next((i for i, row in enumerate(self.shown) if key_of(row) == key), None)

    def _set_cursor(self, index: int) -> None:
        self.cursor = max(0, min(len(self.shown) - 1, index))
        self.cursor_key = self.key(self.shown[self.cursor]) if self.shown else None


def _place(placed: tuple[int, object]) -> int:
    return placed[0]


def _has_all(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)
