"""The loaded pages of a history: a contiguous run of rows that grows at either end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from arcwatch.model.history import Page, Positions
from arcwatch.model.message import Message
from arcwatch.model.tail import time_of

MOST = 2_400
"""Messages held, about."""
MOST_BYTES = 64 << 20
"""And bytes of their bodies."""
LEAST = 3
"""Pages that are held whatever their size: the one on screen, and one on either side."""


class Pages:
    """Consecutive messages, each with a stable index.

    The first page's begin at 0, those before it have negative ones.  A page that is put at one
    end makes room at the other, so that what is held stays the same however far one goes; what is
    let go is read again between the same positions, and is the same.
    """

    def __init__(self, page: Page) -> None:
        self._pages = deque([page])
        self.start = 0
        """Index of the first message held."""
        self.end = len(page.messages)
        """Index after the last."""
        self.first, self.last = page.first, page.last

    first: bool
    """Whether nothing is before what is held."""
    last: bool
    """Whether nothing was behind it when it was read."""

    @property
    def before_all(self) -> Positions:
        """The position before the first loaded message."""
        return self._pages[0].start

    @property
    def after_all(self) -> Positions:
        """The position after the last loaded message."""
        return self._pages[-1].end

    @property
    def begins(self) -> int:
        """Time of the first loaded message, nanoseconds since the epoch; 0 if there is none."""
        return time_of(self.message(self.start)) if self.held else 0

    @property
    def held(self) -> int:
        """The number of loaded messages."""
        return self.end - self.start

    def append(self, page: Page) -> None:
        """Append the next page."""
        self.last = page.last or not page.messages
        if page.messages:
            self._pages.append(page)
            self.end += len(page.messages)
            while self._is_too_much:
                self.start += len(self._pages.popleft().messages)
                self.first = False

    def prepend(self, page: Page) -> None:
        """Prepend the previous page."""
        self.first = page.first or not page.messages
        if page.messages:
            self._pages.appendleft(page)
            self.start -= len(page.messages)
            while self._is_too_much:
                self.end -= len(self._pages.pop().messages)
                self.last = False

    @property
    def _is_too_much(self) -> bool:
        if len(self._pages) <= LEAST:
            return False
        return self.held > MOST or sum(map(_size, self._pages)) > MOST_BYTES

    def message(self, index: int) -> Message:
        """One message."""
        at = index - self.start
        if at >= 0:
            for page in self._pages:
                if at < len(page.messages):
                    return page.messages[at]
                at -= len(page.messages)
        raise IndexError(f"message {index} is not held; {self.start} to {self.end - 1} are")

    def before(self, index: int) -> Iterator[Message]:
        """The loaded messages before one, nearest first."""
        yield from (self.message(at) for at in range(index - 1, self.start - 1, -1))

    def next_match(self, index: int, step: int) -> int | None:
        """Always none: pages are not filtered."""
        return None

    def is_match(self, index: int) -> bool:
        """Always false: pages are not filtered."""
        return False


def _size(page: Page) -> int:
    return sum(message.size for message in page.messages)
