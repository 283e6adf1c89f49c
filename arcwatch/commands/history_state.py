"""``arcwatch history --state-at`` and ``--diff``: what a log leads to, and what changed."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from arcwatch.decode.difference import ABSENT, Difference
from arcwatch.decode.export import cell
from arcwatch.decode.one_line import compact
from arcwatch.decode.record import as_record, field_json
from arcwatch.decoding import Decoding
from arcwatch.errors import UsageError
from arcwatch.filter import Filter
from arcwatch.model.decoded import Decoded
from arcwatch.model.message import Message
from arcwatch.searching import Looking
from arcwatch.state import Change, Kept, State, changes
from arcwatch.text import escaped_json, printable
from arcwatch.times import Latest, Moment

from .progress import Progress

if TYPE_CHECKING:
    from arcwatch.sources.history import History

Line = Callable[[Message, Decoded], str]

MARKS = {"added": "+", "removed": "-", "changed": "~"}

COLUMNS = ("address", "key", "change", "path", "before", "after")
"""Of a difference as CSV."""


async def write_state(
    history: History,
    decoding: Decoding,
    moment: Moment,
    keeps: Filter,
    line: Line,
    end: str,
    progress: Progress,
) -> None:
    """Write the last message of each key as of a moment, by key.

    Args:
        history: Of what.
        decoding: Says what messages mean.
        moment: As of when; what is at it is later.
        keeps: Which of them to write.
        line: A message as a line.
        end: The line's end.
        progress: Told how it goes.
    """
    looking = Looking()
    progress.watch(looking)
    if not isinstance(moment, Latest):
        _note_replaced(history, progress)
    state = State()
    async for step in state.follow(history.last(await history.at(moment))):
        await looking.note(step)
        progress.beat()
    _note_keyless(state, progress)
    async for _, kept in state.entries(decoding.reader):
        if _is_kept(keeps, kept):
            looking.found += 1
            sys.stdout.write(line(kept.message, kept.decoded) + end)


async def write_changes(
    history: History,
    decoding: Decoding,
    moments: tuple[Moment, Moment],
    keeps: Filter,
    form: str,
    progress: Progress,
) -> None:
    """Write what became of each key from one moment to another.

    Args:
        history: Of what.
        decoding: Says what messages mean.
        moments: From when to when.
        keeps: Keys to write: one of their two messages is kept.
        form: ``text``, ``json`` or ``csv``.
        progress: Told how it goes.

    Raises:
        UsageError: The second moment is before the first.
    """
    looking = Looking()
    progress.watch(looking)
    first, second = await history.at(moments[0]), await history.at(moments[1])
    if any(one > other for one, other in zip(first, second, strict=True)):
        raise UsageError("the second time is before the first", hint="give the earlier one first")
    _note_replaced(history, progress)
    before = State()
    async for step in before.follow(history.last(first)):
        await looking.note(step)
        progress.beat()
    after = before.copy()
    async for step in after.follow(history.last(second, first)):
        await looking.note(step)
        progress.beat()
    _note_keyless(after, progress)
    if form == "csv":
        sys.stdout.write(_row(COLUMNS))
    async for change in changes(before, after, decoding.reader):
        both = (change.before, change.after)
        if any(kept is not None and _is_kept(keeps, kept) for kept in both):
            looking.found += 1
            sys.stdout.write(_FORMS[form](change))


def _note_replaced(history: History, progress: Progress) -> None:
    if history.replaces:
        progress.notes.append(history.replaces)


def _note_keyless(state: State, progress: Progress) -> None:
    if state.keyless:
        progress.notes.append(f"{state.keyless:,} without a key belong to no state")


def _is_kept(keeps: Filter, kept: Kept) -> bool:
    return keeps.sift([(kept.message, lambda: kept.decoded)]) == [True]


def _text(change: Change) -> str:
    address, key = change.identity
    head = f"{MARKS[change.kind]} {printable(address, limit=200)} {printable(key, limit=200)}"
    if change.kind != "changed":
        kept = change.after or change.before
        value = compact(kept.decoded.value) if kept else ""
        return f"{head}  {printable(value, limit=500)}\n"
    parts = [
        f"{printable(one.path or 'value', limit=200)}: {_said(one.before)} → {_said(one.after)}"
        for one in change.differences
    ]
    return f"{head}  {'; '.join(parts)}\n"


def _json(change: Change) -> str:
    address, key = change.identity
    told = {
        "address": address,
        "key": key,
        "change": change.kind,
        "before": _record(change.before),
        "after": _record(change.after),
        "differences": [_difference(one) for one in change.differences],
    }
    return escaped_json(field_json(told).decode()) + "\n"


def _csv(change: Change) -> str:
    both = [kept.decoded.value if kept else ABSENT for kept in (change.before, change.after)]
    whole = [Difference("", *both)] if change.kind != "changed" else change.differences
    head = [*map(cell, change.identity), change.kind]
    return "".join(_row((*head, cell(one.path), *_cells(one))) for one in whole)


_FORMS: dict[str, Callable[[Change], str]] = {"text": _text, "json": _json, "csv": _csv}


def _cells(one: Difference) -> Iterator[str]:
    return ("" if each is ABSENT else cell(each) for each in (one.before, one.after))


def _difference(one: Difference) -> dict[str, Any]:
    """A field that is not there is left out: null is a value."""
    told = {"path": one.path, "before": one.before, "after": one.after}
    return {name: value for name, value in told.items() if value is not ABSENT}


def _record(kept: Kept | None) -> Any:
    import msgspec

    return None if kept is None else msgspec.to_builtins(as_record(kept.message, kept.decoded))


def _said(value: Any) -> str:
    return "–" if value is ABSENT else printable(compact(value), limit=120)


def _row(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
