"""States as they are asked for one after the other: the last one found is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from arcwatch.decode.export import format_of
from arcwatch.files.new_file import NewFile
from arcwatch.filters.filter import Filter
from arcwatch.model.history import Positions
from arcwatch.model.message import Message
from arcwatch.model.tail import MOST_BYTES

from .change_export import csv_head, csv_lines, json_line
from .key_state import Change
from .key_state_query import Fold
from .message_file import MessageFile
from .search import Read

if TYPE_CHECKING:
    from arcwatch.sources.history import History

AT_ONCE = 200
"""Keys that are looked at before others have their turn."""

MOST_LISTED = 64 << 20
"""Bytes of messages that are sent for one state, at most."""


class Rows(NamedTuple):
    """Some keys, and what became of each; see :class:`.model.browse.Looked`."""

    kinds: tuple[str, ...]
    messages: list[Message]
    changes: list[Change]


class Rebuilding:
    """Finds states, and has the last one at hand for another filter, or to be written."""

    def __init__(self) -> None:
        self._known: tuple[Positions, Positions | None] | None = None
        self._fold: Fold | None = None

    def fold(self, history: History, at: Positions, since: Positions | None) -> Fold:
        """What leads to a state, or has led there already.

        Raises:
            UsageError: The earlier of two states is the later one.
        """
        if self._fold is None or self._known != (at, since):
            self._fold = None
            return Fold(history, at, since)
        return self._fold

    async def steps(self, fold: Fold) -> AsyncGenerator[None, None]:
        """Read what leads to it, unless that was done; see :meth:`.folding.Fold.steps`."""
        if fold is self._fold:
            return
        async with aclosing(fold.steps()) as steps:
            async for _ in steps:
                yield
        self._known, self._fold = (fold.at, fold.since), fold


async def rows_of(
    fold: Fold, keeps: Filter, read: Read, limit: int | None
) -> AsyncGenerator[Rows, None]:
    """What a filter keeps of a state, as much as fits in a frame at a time.

    Args:
        fold: Which has been read.
        keeps: What is wanted of it.
        read: Decodes messages.
        limit: Keys wanted at most.
    """
    found, size, total = list[Change](), 0, 0
    seen, fold.is_limited = 0, False
    async with aclosing(fold.rows(keeps, read)) as changes:
        async for change in changes:
            found.append(change)
            size += sum(message.size for message in _messages(change))
            seen += 1
            if seen % AT_ONCE == 0 or size >= MOST_BYTES:
                total += size
                yield _rows(found)
                found, size = [], 0
                await asyncio.sleep(0)
            if limit is not None and (seen >= limit or total >= MOST_LISTED):
                fold.is_limited = True
                break
    yield _rows(found)


async def written(
    rows: AsyncGenerator[Rows, None], path: Path, *, is_state: bool, replace: bool
) -> int:
    """Write a state as messages, or what changed a line each; how many keys that are.

    Raises:
        ArcwatchError: It cannot be written.
    """
    count = 0
    if is_state:
        with MessageFile(path, replace=replace) as messages:
            async for some in rows:
                for change in some.changes:
                    if kept := change.after:
                        messages.write(kept.message, kept.decoded)
            return messages.written
    is_csv = format_of(path.name) == "csv"
    with NewFile(path, replace=replace) as file:
        if is_csv:
            file.write(csv_head())
        async for some in rows:
            for change in some.changes:
                file.write("".join(csv_lines(change)) if is_csv else json_line(change))
                count += 1
    return count


def _rows(found: list[Change]) -> Rows:
    messages = [message for change in found for message in _messages(change)]
    return Rows(tuple(change.kind for change in found), messages, found)


def _messages(change: Change) -> list[Message]:
    """Those of a change, the earlier one first."""
    found = [kept.message for kept in (change.before, change.after) if kept]
    return found or ([change.marker] if change.marker else [])
