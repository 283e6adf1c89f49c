"""The pages of a history that are held: a stretch of rows that grows at either end."""

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
    """Messages that follow each other, each by an index that is its own.

    The first page's begin at 0, those before it have negative ones.  A page that is put at one
    end makes room at the other, so that what is held stays the same however far one goes; what is
    let go is read again between the same positions, and is the same.

    Args:
        page: The page to begin with.
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
        """Where the first message held begins."""
        return self._pages[0].start

    @property
    def after_all(self) -> Positions:
        """Where the last message held ends."""
        return self._pages[-1].end

    @property
    def begins(self) -> int:
        """When the first message held was, nanoseconds since the epoch; 0 where there is none."""
        return time_of(self.message(self.start)) if self.held else 0

    @property
    def held(self) -> int:
        """How many messages are held."""
        return self.end - self.start

    def append(self, page: Page) -> None:
        """Put the next page at the end."""
        self.last = page.last or not page.messages
        if page.messages:
            self._pages.append(page)
            self.end += len(page.messages)
            while self._is_too_much:
                self.start += len(self._pages.popleft().messages)
                self.first = False

    def prepend(self, page: Page) -> None:
        """Put the page before at the beginning."""
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
        """One message.

        Raises:
            IndexError: It is not held.
        """
        at = index - self.start
        if at >= 0:
            for page in self._pages:
                if at < len(page.messages):
                    return page.messages[at]
                at -= len(page.messages)
        raise IndexError(f"message {index} is not held; {self.start} to {self.end - 1} are")

    def before(self, index: int) -> Iterator[Message]:
        """The messages held before one, the nearest first."""
        for at in range(index - 1, self.start - 1, -1):
            yield self.message(at)

    def next_match(self, index: int, step: int) -> int | None:
        """Nothing is looked for here."""
        return None

    def is_match(self, index: int) -> bool:
        """Nothing is looked for here."""
        return False


def _size(page: Page) -> int:
    return sum(message.size for message in page.messages)
