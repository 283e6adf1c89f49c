"""A message as a line of stdout: text, JSON or CSV."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from arcwatch import units
from arcwatch.decode.one_line import one_line
from arcwatch.decode.record import as_record, message_json
from arcwatch.model.decoded import Decoded
from arcwatch.model.message import Message
from arcwatch.model.tail import time_of
from arcwatch.text import escaped_json, printable
from arcwatch.times import format_time

PIECE = 2_000
"""Characters written at once, at most 8,000 bytes: what fits into the buffer of stdout."""


def put(lines: Sequence[str], end: str = "\n") -> None:
    """Write whole lines to stdout, also while ctrl-c is being pressed.

    CPython loses the rest of a write that is larger than its buffer when a signal arrives while
    the pipe is full (seen with 3.11.7).

    Args:
        lines: Without their ends.
        end: What ends each.
    """
    text = "".join(f"{line}{end}" for line in lines)
    for begin in range(0, len(text), PIECE):
        sys.stdout.write(text[begin : begin + PIECE])
    sys.stdout.flush()


def text_line(message: Message, decoded: Decoded) -> str:
    """``time  place  key  size  value``, safe on a terminal."""
    where = message.address
    if message.source == "js":
        where = f"{where} {message.id} {message.subject}"
    key = f"  {printable(message.key, limit=60)}" if message.key is not None else ""
    when = format_time(time_of(message), 3 if message.source == "pulsar" else 6)
    error = f"  ! {decoded.error}" if decoded.error else ""
    value = printable(one_line(decoded) + error, limit=500)
    size = units.size(message.size)
    return f"{when}  {printable(where, limit=200)}{key}  {size}  {value}"


def json_line(message: Message, decoded: Decoded) -> str:
    """Its record, safe on a terminal."""
    return escaped_json(message_json(message, decoded).decode())


def csv_line(message: Message, decoded: Decoded) -> str:
    """Its record as a line of CSV, whose end is the caller's."""
    from arcwatch.decode.export import csv_line as line

    return line(as_record(message, decoded)).removesuffix("\r\n")
