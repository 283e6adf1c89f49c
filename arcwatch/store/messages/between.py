"""Stored messages, paged or found, with the events between them, as rows of one list."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator

from arcwatch.model.message import Message
from arcwatch.model.tail import time_of

from .notices import Notice
from .pages import Pages
from .search_hits import Hits


class PagesBetween:
    """Messages of pages or of a search, each event before the first message that is later.

    The first message that was held is row 0.  What was placed keeps its place while pages come
    and go, so that a row means the same for as long as nothing new happens before it.
    """

    def __init__(self, pages: Pages | Hits) -> None:
        self.pages = pages
        self._places: list[int] = []
        self._notices: list[Notice] = []
        self._rows: list[int] = []
        self._base = 0
        self._looked: object = None
        self.version = 0
        """Changes with every event that is placed."""

    def update(self, notices: Iterable[Notice]) -> bool:
        """Place the events between the first and the last message held.

        Returns:
            Whether anything was placed.
        """
        found, pages = tuple(notices), self.pages
        looked = (pages.start, pages.end, found)
        if looked == self._looked or not pages.held:
            return False
        self._looked, before = looked, self.version
        first, last = pages.begins, time_of(pages.message(pages.end - 1))
        for notice in found:
            if first <= notice.at < last and notice not in self._notices:
                self._put(notice)
        return self.version != before

    def _put(self, notice: Notice) -> None:
        span = range(self.pages.start, self.pages.end)
        place = span[bisect_right(span, notice.at, key=lambda n: time_of(self.pages.message(n)))]
        at = bisect_right(self._places, place)
        while at and self._places[at - 1] == place and self._notices[at - 1].at > notice.at:
            at -= 1
        insort(self._places, place)
        self._notices.insert(at, notice)
        self._base = bisect_right(self._places, 0)
        self._rows = [place + n - self._base for n, place in enumerate(self._places)]
        self.version += 1

    @property
    def placed(self) -> int:
        """How many events there are."""
        return len(self._notices)

    # -- rows -------------------------------------------------------------------------------------

    @property
    def start(self) -> int:
        """The row of the first message held."""
        return self.row_of(self.pages.start)

    @property
    def end(self) -> int:
        """The row after the last."""
        return self.row_of(self.pages.end - 1) + 1 if self.pages.held else self.start

    @property
    def first(self) -> bool:
        """Whether the first stored message is held."""
        return self.pages.first

    @property
    def last(self) -> bool:
        """Whether the message held last was the last one stored when it was read."""
        return self.pages.last

    def row_of(self, index: int) -> int:
        """The row of a message."""
        return index + bisect_right(self._places, index) - self._base

    def index_of(self, row: int) -> int:
        """The message of a row; of an event the one after it."""
        return row - bisect_left(self._rows, row) + self._base

    def message(self, row: int) -> Message | Notice:
        """One row."""
        at = bisect_left(self._rows, row)
        if at < len(self._rows) and self._rows[at] == row and self.start < row < self.end:
            return self._notices[at]
        return self.pages.message(self.index_of(row))

    def before(self, row: int) -> Iterator[Message]:
        """The messages before a row, nearest first; the list may still show rows of others."""
        return self.pages.before(min(self.index_of(row), self.pages.end))

    def next_match(self, index: int, step: int) -> int | None:
        """The next row of what was found, an event or a message; pages are not filtered."""
        is_row = self.start <= index + step < self.end
        return index + step if is_row and isinstance(self.pages, Hits) else None

    def is_match(self, index: int) -> bool:
        """Always false: nothing but matches is listed."""
        return False
