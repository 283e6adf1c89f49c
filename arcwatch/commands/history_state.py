"""``arcwatch history --state-at`` and ``--diff``: what a log leads to, and what changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from arcwatch.decode.difference import ABSENT
from arcwatch.decode.one_line import compact
from arcwatch.decode.record import noted
from arcwatch.filters.filter import Filter
from arcwatch.history.change_export import change_head, csv_lines, json_line
from arcwatch.history.decoding import Decoding
from arcwatch.history.due_times import DueTimes
from arcwatch.history.key_state import Change
from arcwatch.history.key_state_query import KeyStateQuery
from arcwatch.model.message import Decoded, Message
from arcwatch.notation.times import Moment
from arcwatch.text.control_characters import printable

from .message_lines import besides, csv_shown
from .progress import Progress

if TYPE_CHECKING:
    from arcwatch.sources.history import History

Line = Callable[[Message, Decoded], str]

MARKS = {"added": "+", "removed": "-", "changed": "~", "unknown": "?"}


async def write_state(
    history: History,
    decoding: Decoding,
    moment: Moment,
    keeps: Filter,
    form: str,
    line: Line,
    progress: Progress,
) -> None:
    """Write the last message of each key as of a moment, by key.

    As JSON each line has a ``note`` where the state may lack something.

    Args:
        moment: As of when; what is at it is later.
        form: ``text``, ``json`` or ``csv``.
    """
    fold, due = KeyStateQuery(history, await history.at(moment)), DueTimes(history)
    doubt = progress.note_doubts(history, moment)
    await _follow(fold, progress)
    async for change in due.of_changes(fold.rows(keeps, decoding.reader)):
        if kept := change.after:
            fold.found += 1
            text = line(kept.message, kept.decoded)
            if form == "json":
                text = noted(text, fold.note_on_all(doubt))
            sys.stdout.write(text + ("\r\n" if form == "csv" else "\n"))
    _note_left_out(fold, due, progress)


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
        moments: From when to when.
        form: ``text``, ``json`` or ``csv``.

    Raises:
        UsageError: The second moment is before the first.
    """
    first, second = await history.at(moments[0]), await history.at(moments[1])
    fold, due = KeyStateQuery(history, second, first), DueTimes(history)
    doubt = progress.note_doubts(history, *moments)
    await _follow(fold, progress)
    if form == "csv":
        sys.stdout.write(change_head())
    note = fold.note_on_all(doubt)
    async for change in due.of_changes(fold.rows(keeps, decoding.reader)):
        fold.found += 1
        sys.stdout.write(json_line(change, note) if form == "json" else _FORMS[form](change))
    _note_left_out(fold, due, progress)


async def _follow(fold: KeyStateQuery, progress: Progress) -> None:
    progress.watch(fold)
    async for _ in fold.steps():
        progress.beat()
    progress.clear()


def _note_left_out(fold: KeyStateQuery, due: DueTimes, progress: Progress) -> None:
    if fold.lacks:
        progress.notes.append(fold.lacks)
    if fold.keyless:
        progress.notes.append(f"{fold.keyless:,} without a key are not part of the state")
    progress.notes += filter(None, (fold.aside, due.summary))


def _text(change: Change) -> str:
    address, key = change.identity
    head = f"{MARKS[change.kind]} {printable(address, limit=200)} {printable(key, limit=200)}"
    if change.after:
        head += f"  {besides(change.after.message)}".rstrip()
    if change.kind != "changed":
        kept = change.after or change.before
        value = compact(kept.decoded.value) if kept else ""
        return f"{head}  {printable(value, limit=500)}{_missing(change)}\n"
    parts = [
        f"{printable(one.path or 'value', limit=200)}: {_shown(one.before)} → {_shown(one.after)}"
        for one in change.differences
    ]
    return f"{head}  {'; '.join(parts)}{_missing(change)}\n"


def _missing(change: Change) -> str:
    """What is not known of the later value, where something is not."""
    error = change.note or (change.after.decoded.error if change.after else None)
    return f"  ({printable(error, limit=200)})" if error else ""


def _csv(change: Change) -> str:
    return "".join(csv_shown(line) for line in csv_lines(change))


_FORMS: dict[str, Callable[[Change], str]] = {"text": _text, "csv": _csv}


def _shown(value: Any) -> str:
    return "–" if value is ABSENT else printable(compact(value), limit=120)
