"""The rows of a tree: siblings in order under their parents, without folded ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from .order import SortValue
from .rows import Rows

T = TypeVar("T")


class FoldedRows(Rows[T]):
    """As :class:`Rows`, in which a row may be in another.

    The filter keeps the rows that what it finds is in, folded or not.
    """

    def __init__(
        self,
        key: Callable[[T], str],
        haystack: Callable[[T], str],
        sort_values: Mapping[str, Callable[[T], SortValue]],
        *,
        parent: Callable[[T], str],
        folded: Callable[[T], bool],
    ) -> None:
        super().__init__(key, haystack, sort_values)
        self._parent, self._folded = parent, folded
        self.depths: dict[str, int] = {}
        """How many rows each of those shown is in, by its key."""

    def _collect(self) -> None:
        """As :meth:`Rows._collect`, siblings only among each other."""
        children: dict[str, list[T]] = defaultdict(list)
        for row in self._kept():
            children[self._parent(row)].append(row)
        self.shown, self.depths = [], {}
        self._add(self._in_order(children.pop("", [])), children, 0)

    def ancestor(self, row: T) -> T | None:
        """The row that a row is in."""
        above = self._parent(row)
        return next((other for other in self.shown if self.key(other) == above), None)

    def _kept(self) -> Sequence[T]:
        found = self._matching()
        if not self.filter.split():
            return found
        by_key = {self.key(row): row for row in self.items}
        kept: set[str] = set()
        for row in found:
            key = self.key(row)
            while key and key not in kept:
                kept.add(key)
                key = self._parent(by_key[key]) if key in by_key else ""
        return [row for row in self.items if self.key(row) in kept]

    def _add(self, rows: Sequence[T], children: dict[str, list[T]], depth: int) -> None:
        for row in rows:
            key = self.key(row)
            self.shown.append(row)
            self.depths[key] = depth
            if key in children and (self.filter or not self._folded(row)):
                # taken out, so that a row which is in itself ends the walk
                self._add(self._in_order(children.pop(key)), children, depth + 1)
