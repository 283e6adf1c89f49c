"""Message records as lines of a file: NDJSON, or CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any, Literal

from .record import Record, field_json

Format = Literal["ndjson", "csv"]

COLUMNS = Record.__struct_fields__
"""The fields of a record, in the order of a CSV file's columns."""
_RUN = re.compile("[\\x00-\\x1f]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\\t\\r\\n]")
"""What a cell begins with that a spreadsheet takes for a formula, or looks behind for one.

Full-width signs are read as the others by spreadsheets of some languages, and control characters
may be dropped before a cell is looked at: LibreOffice 7.4 makes a formula of ``\\0=1+2``.
"""


def csv_head() -> str:
    """The first line of a CSV file."""
    return _row(COLUMNS)


def csv_line(record: Record) -> str:
    """A record as a line of CSV; what is not a scalar is JSON in its cell."""
    return _row([cell(getattr(record, column)) for column in COLUMNS])


def cell(value: Any) -> str:
    """A value as the text of a cell that is read and never run.

    An apostrophe makes a spreadsheet take what follows for text.  Numbers are left as they are:
    a negative one is no attack.

    >>> cell("=1+1"), cell(-3), cell({"a": 1}), cell(None)
    ("'=1+1", '-3', '{"a":1}', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            text = value
        case _:
            text = field_json(value).decode()
    return f"'{text}" if _RUN.match(text) else text


def format_of(name: str) -> Format:
    """The format that a file's name asks for: CSV if it ends so, NDJSON otherwise."""
    return "csv" if name.casefold().endswith(".csv") else "ndjson"


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
