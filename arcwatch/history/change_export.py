"""Messages, and what changed between two states, as lines of a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from arcwatch.decode.difference import ABSENT, Difference
from arcwatch.decode.export import cell, csv_head, csv_line, format_of
from arcwatch.decode.record import as_record, field_json, message_json, noted
from arcwatch.files.new_file import NewFile
from arcwatch.model.message import Decoded, Message
from arcwatch.text.control_characters import escaped_json

from .key_state import Change, Kept

COLUMNS = ("address", "key", "change", "path", "before", "after")
"""Of a difference as CSV."""


def change_head() -> str:
    """The first line of changes as CSV."""
    return _row(COLUMNS)


def json_line(change: Change, note: str = "") -> str:
    """A change as a line of NDJSON: its two records, where they differ, and what is not known."""
    address, key = change.identity
    line = {
        "address": address,
        "key": key,
        "change": change.kind,
        "before": _record(change.before),
        "after": _record(change.after),
        "differences": [_difference(one) for one in change.differences],
        "note": "; ".join(filter(None, (change.note, note))) or None,
    }
    return escaped_json(field_json(line).decode()) + "\n"


def csv_lines(change: Change) -> list[str]:
    """A change as lines of CSV with their ends, one for each difference."""
    both = [kept.decoded.value if kept else ABSENT for kept in (change.before, change.after)]
    whole = [Difference("", *both)] if change.kind != "changed" else change.differences
    head = [*map(cell, change.identity), change.kind]
    return [_row((*head, cell(one.path), *_cells(one))) for one in whole]


def _cells(one: Difference) -> Iterator[str]:
    return ("" if each is ABSENT else cell(each) for each in (one.before, one.after))


def _difference(one: Difference) -> dict[str, Any]:
    """A field that is not there is left out: null is a value."""
    difference = {"path": one.path, "before": one.before, "after": one.after}
    return {name: value for name, value in difference.items() if value is not ABSENT}


def _record(kept: Kept | None) -> Any:
    return None if kept is None else msgspec.to_builtins(as_record(kept.message, kept.decoded))


def _row(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


class MessageFile:
    """NDJSON, or CSV; it is there once it is whole.

    Raises:
        UsageError: Another file is there.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self._is_csv = format_of(path.name) == "csv"
        self._file = NewFile(path, replace=replace)
        self.written = 0
        """How many messages."""

    def __enter__(self) -> MessageFile:
        self._file.__enter__()
        if self._is_csv:
            self._file.write(csv_head())
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.__exit__(*raised)

    def write(self, message: Message, decoded: Decoded, note: str = "") -> None:
        """Add a message, with a note where its form has room for one."""
        if self._is_csv:
            self._file.write(csv_line(as_record(message, decoded)))
        else:
            self._file.write(noted(message_json(message, decoded).decode(), note) + "\n")
        self.written += 1
