"""Compare one list of things with the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from .event import Kind

Row = TypeVar("Row")

HOLDS = 2
"""Looks in a row at which something has to be missing before it is gone: it may be on its way from
one server to another."""


class Change(NamedTuple):
    """One field of one thing that differs."""

    key: str
    field: str
    before: Any
    after: Any


class Difference(NamedTuple, Generic[Row]):
    """What differs from the look before."""

    came: list[tuple[str, Row]]
    went: list[tuple[str, Row]]
    changed: list[Change]

    def named(
        self, came: tuple[Kind, str], went: tuple[Kind, str]
    ) -> Iterator[tuple[Kind, str, Row]]:
        """Kind, words and thing of all that came, and then of all that went."""
        for (kind, text), rows in ((came, self.came), (went, self.went)):
            yield from ((kind, text, row) for _, row in rows)


class Compared(Generic[Row]):
    """Things by key, as they were at the last look (``holds``: see :data:`HOLDS`)."""

    def __init__(self, fields: Sequence[str] = (), holds: int = HOLDS) -> None:
        self._fields, self._holds = tuple(fields), holds
        self._read = attrgetter(*fields) if fields else None
        self._known: Mapping[str, Row] = {}
        self._missing: dict[str, int] = {}

    @property
    def known(self) -> Mapping[str, Row]:
        """What was there at the last look."""
        return self._known

    def update(
        self,
        rows: Mapping[str, Row],
        *,
        learning: bool = False,
        frozen: bool = False,
        sources: int = 1,
    ) -> Difference[Row]:
        """Take one look.

        Args:
            learning: Whether what is new is only new to us, as at the first look at a source.
            frozen: Whether a source does not answer, so that what is missing may be there.
            sources: How many report what is there, one look each.
        """
        came = [(key, row) for key, row in rows.items() if key not in self._known]
        changed = [
            change
            for key, row in rows.items()
            if (before := self._known.get(key)) is not None and before is not row
            for change in self._changes(key, before, row)
        ]
        gone = () if frozen else self._gone(rows, self._holds * sources)
        went = [(key, self._known[key]) for key in gone]
        left = {key: row for key, row in self._known.items() if key not in rows and key not in gone}
        self._known = {**left, **rows}
        return Difference([] if learning else came, went, changed)

    def _gone(self, rows: Mapping[str, Row], holds: int) -> list[str]:
        self._missing = {
            key: self._missing.get(key, 0) + 1 for key in self._known if key not in rows
        }
        gone = [key for key, looks in self._missing.items() if looks >= holds]
        for key in gone:
            del self._missing[key]
        return gone

    def _changes(self, key: str, before: Row, after: Row) -> list[Change]:
        if self._read is None or self._read(before) == self._read(after):
            return []
        pairs = ((field, getattr(before, field), getattr(after, field)) for field in self._fields)
        changes = (Change(key, field, was, now) for field, was, now in pairs if was != now)
        # `nan` is not known at this look, or was not at the one before
        return [one for one in changes if one.before == one.before and one.after == one.after]
