"""The state of keys at one time, or the changes between two: one row for each key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from arcwatch.model.message import Message
from arcwatch.model.tail import decode_messages


class Row(NamedTuple):
    """One key."""

    kind: str
    """``added``, ``changed``, ``removed`` or ``unknown``; of a state all are ``added``."""
    before: Message | None
    after: Message | None

    @property
    def message(self) -> Message:
        """The message that represents the key: the later one if there are two."""
        message = self.after or self.before
        assert message is not None, "a key has either"
        return message


class KeyStateRows:
    """Keys ordered by address and name."""

    first = last = True
    """All there are are here."""
    start = 0
    """Index of the first."""

    def __init__(self, *, is_compared: bool = False) -> None:
        self.is_compared = is_compared
        self._rows: list[Row] = []
        self._counts = Counter[str]()

    @property
    def end(self) -> int:
        """Index after the last."""
        return len(self._rows)

    def add(self, messages: bytes, kinds: tuple[str, ...]) -> None:
        """Append keys; see :class:`~arcwatch.model.history.ScanUpdate`."""
        self._counts.update(kinds)
        following = iter(decode_messages(messages) if kinds else ())
        for kind in kinds:
            if kind == "changed":
                before, after = islice(following, 2)
                self._rows.append(Row(kind, before, after))
            elif kind == "removed":
                self._rows.append(Row(kind, next(following), None))
            else:
                self._rows.append(Row(kind, None, next(following)))

    def count(self, kind: str) -> int:
        """The number of keys of a kind."""
        return self._counts[kind]

    def row(self, index: int) -> Row:
        """One row."""
        if index < 0:
            raise IndexError(index)
        return self._rows[index]

    def message(self, index: int) -> Message:
        """The message that represents a row's key; see :meth:`row`."""
        return self.row(index).message

    def before(self, index: int) -> Iterator[Message]:
        """The previous message of a row's key, if any."""
        row = self.row(index)
        if row.before and row.after:
            yield row.before

    def next_match(self, index: int, step: int) -> int | None:
        """The next row, or the previous one if ``step`` is -1."""
        return index + step if 0 <= index + step < self.end else None

    def is_match(self, index: int) -> bool:
        """Always false: no row is highlighted."""
        return False
