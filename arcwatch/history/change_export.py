"""What changed between two states, as lines of a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec

from arcwatch.decode.difference import ABSENT, Difference
from arcwatch.decode.export import cell
from arcwatch.decode.record import as_record, field_json
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
