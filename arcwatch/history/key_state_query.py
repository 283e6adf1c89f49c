"""The state of keys, or what changed between two states, as it is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from arcwatch.decode.export import format_of
from arcwatch.errors import UsageError
from arcwatch.files.new_file import NewFile
from arcwatch.filters.filter import Filter, judged
from arcwatch.model.history import Missing, Positions
from arcwatch.model.message import Message
from arcwatch.model.tail import MOST_BYTES

from .change_export import change_head, csv_lines, json_line
from .due_times import FILTERED, DueTimes
from .key_state import MOST_SIZE, Change, Kept, Read, State, changes
from .message_file import MessageFile
from .search import ScanProgress

if TYPE_CHECKING:
    from arcwatch.sources.history import History

AT_ONCE = 200
"""Keys that are looked at before others have their turn."""
MOST_LISTED = 64 << 20
"""Bytes of messages that are sent for one state, at most."""


class KeyStateQuery(ScanProgress):
    """Finds the state at a position, and the earlier one if two are compared.

    Attributes:
        at: Before what the state is.
        since: Before what the earlier one is, if one is compared.
        after: The state.
        before: The earlier one; None where none is compared.
        missing: What of the messages that lead to the state is not stored any more; None where
            nothing is missing.

    Args:
        since: Before what the earlier one is; None compares nothing.

    Raises:
        UsageError: The earlier one is the later one.
    """

    def __init__(self, history: History, at: Positions, since: Positions | None = None) -> None:
        super().__init__()
        if since and any(one > other for one, other in zip(since, at, strict=True)):
            raise UsageError(
                "the second time is before the first", hint="give the earlier one first"
            )
        self._history, self.at, self.since = history, at, since
        self.before: State | None = None
        self.after = State()
        self.missing: Missing | None = None
        self._missed: Missing | None = None

    @property
    def keyless(self) -> int:
        """Messages without a key, which belong to no state."""
        return self.after.keyless - self.after.truncates

    @property
    def lacks(self) -> str:
        """What the state may lack; empty where it is whole."""
        missing = self._missed or self.missing
        return missing.note if missing else ""

    def note_on_all(self, doubt: str = "") -> str:
        """What every key of it may lack, a line; empty where nothing."""
        return "; ".join(filter(None, (self.lacks, doubt, self._history.gaps)))

    @property
    def aside(self) -> str:
        """How many messages are no rows, and what they are; empty where there are none."""
        counts = self.after.asides.most_common()
        notes = ", ".join(f"{count:,} {what}" for what, count in counts)
        return f"skipped, not rows: {notes}" if notes else ""

    async def steps(self) -> AsyncGenerator[None, None]:
        """Read what leads to it; now and then the figures have changed.

        Raises:
            ArcwatchError: There are too many keys to be kept.
        """
        self.missing = await self._history.missing(self.at)
        self._missed = await self._history.missing(self.since) if self.since else None
        from arcwatch.runtime.memory_bound import bound_memory

        # two states, and what Python keeps about each message besides its body
        bound_memory(extra=2 * MOST_SIZE)
        parts = [(self.at, self.since)]
        if self.since is not None:
            parts.insert(0, (self.since, None))
        for end, start in parts:
            self.before = self.after.copy() if start else None
            async with aclosing(self.after.follow(self._history.last(end, start))) as steps:
                async for step in steps:
                    await self.note(step)
                    yield

    async def rows(self, keeps: Filter, read: Read) -> AsyncGenerator[Change, None]:
        """What a filter keeps of it, by address and key: of a state all keys as if added.

        Args:
            keeps: Of what changed one of the two messages must be kept.
        """
        if self.before is None:
            found = self._state(read)
        else:
            lost = self._missed.leaves_doubt if self._missed else False
            found = changes(self.before, self.after, read, lost=lost)
        if keeps.needs_lookup:
            found = DueTimes(self._history, FILTERED).of_changes(found)
        async with aclosing(found):
            async for change in found:
                kept = [each for each in (change.before, change.after) if each]
                # of a key that was removed unseen there is nothing that a filter could judge
                is_kept = any(self._is_kept(keeps, each) for each in kept)
                if is_kept or (not kept and keeps.keeps_all):
                    yield change

    def _is_kept(self, keeps: Filter, kept: Kept) -> bool:
        if keeps.keeps_all:
            return True
        verdicts = judged(keeps, [(kept.message, lambda: kept.decoded)])
        self.count_failures(verdicts)
        return list(verdicts) == [True]

    async def _state(self, read: Read) -> AsyncGenerator[Change, None]:
        async for identity, kept in self.after.entries(read):
            yield Change(identity, "added", None, kept, [])


class Rows(NamedTuple):
    """Some keys, and what became of each; see :class:`.model.browse.ScanUpdate`."""

    kinds: tuple[str, ...]
    messages: list[Message]
    changes: list[Change]


class KeyStateCache:
    """Finds states, and keeps the last one to filter it again or write it."""

    def __init__(self) -> None:
        self._known: tuple[Positions, Positions | None] | None = None
        self._fold: KeyStateQuery | None = None

    def query(self, history: History, at: Positions, since: Positions | None) -> KeyStateQuery:
        """What leads to a state, or has led there already.

        Raises:
            UsageError: The earlier of two states is the later one.
        """
        if self._fold is None or self._known != (at, since):
            self._fold = None
            return KeyStateQuery(history, at, since)
        return self._fold

    async def steps(self, fold: KeyStateQuery) -> AsyncGenerator[None, None]:
        """Read what leads to it, unless that was done; see :meth:`KeyStateQuery.steps`."""
        if fold is self._fold:
            return
        async with aclosing(fold.steps()) as steps:
            async for _ in steps:
                yield
        self._known, self._fold = (fold.at, fold.since), fold


async def rows_in_batches(
    fold: KeyStateQuery, keeps: Filter, read: Read, limit: int | None
) -> AsyncGenerator[Rows, None]:
    """Yield what a filter keeps of a state, in batches that fit in a frame.

    Args:
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


async def write_state(
    fold: KeyStateQuery, rows: AsyncGenerator[Rows, None], path: Path, *, replace: bool
) -> int:
    """Write a state as messages, or what changed a line each; how many keys that are."""
    note = fold.note_on_all()
    count = 0
    if fold.before is None:
        with MessageFile(path, replace=replace) as messages:
            async for some in rows:
                for change in some.changes:
                    if kept := change.after:
                        messages.write(kept.message, kept.decoded, note)
            return messages.written
    is_csv = format_of(path.name) == "csv"
    with NewFile(path, replace=replace) as file:
        if is_csv:
            file.write(change_head())
        async for some in rows:
            for change in some.changes:
                file.write("".join(csv_lines(change)) if is_csv else json_line(change, note))
                count += 1
    return count


def _rows(found: list[Change]) -> Rows:
    messages = [message for change in found for message in _messages(change)]
    return Rows(tuple(change.kind for change in found), messages, found)


def _messages(change: Change) -> list[Message]:
    """Those of a change, the earlier one first."""
    found = [kept.message for kept in (change.before, change.after) if kept]
    return found or ([change.marker] if change.marker else [])
