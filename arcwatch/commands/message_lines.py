"""A message as a line of stdout: text, JSON or CSV."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from arcwatch.decode.one_line import gist, part_of
from arcwatch.decode.record import as_record, message_json
from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Decoded, Message
from arcwatch.model.tail import time_of
from arcwatch.notation.times import format_message_time
from arcwatch.runtime.boundary import guarded
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

Line: TypeAlias = Callable[[Message, Decoded], str]

PIECE = 2_000
"""Characters written at once, at most 8,000 bytes: what fits into the buffer of stdout."""


def put(lines: Sequence[str], end: str = "\n") -> None:
    """Write whole lines to stdout, also while ctrl-c is being pressed.

    CPython loses the rest of a write that is larger than its buffer when a signal arrives while
    the pipe is full (seen with 3.11.7).

    Args:
        lines: Without their ends.
    """
    text = "".join(f"{line}{end}" for line in lines)
    for begin in range(0, len(text), PIECE):
        sys.stdout.write(text[begin : begin + PIECE])
    sys.stdout.flush()


def text_line(message: Message, decoded: Decoded) -> str:
    """``time  place  key  size  value``, safe on a terminal."""
    return _certain(_text_line, message, decoded)


def json_line(message: Message, decoded: Decoded) -> str:
    """Its record, safe on a terminal."""
    return _certain(_json_line, message, decoded)


def csv_line(message: Message, decoded: Decoded) -> str:
    """Its record as a line of CSV, whose end is the caller's."""
    return _certain(_csv_line, message, decoded)


def csv_shown(line: str) -> str:
    """A line of CSV with its end: as it is into files and pipes, printable on a terminal."""
    return line if not sys.stdout.isatty() else printable(line.removesuffix("\r\n")) + "\r\n"


def _certain(line: Line, message: Message, decoded: Decoded) -> str:
    """A line of what can be written of a message: one that cannot ends no output."""

    def bare(error: ArcwatchError) -> str:
        left = Message(message.source, message.address, message.received_time, message.size, b"")
        return line(left, Decoded("null", None, error=error.headline))

    return guarded(partial(line, message, decoded), bare, "the message could not be written")


def _text_line(message: Message, decoded: Decoded) -> str:
    where = message.address
    if message.source == "js":
        where = f"{where} {message.id} {message.subject}"
    key = f"  {printable(message.key, limit=60)}" if message.key is not None else ""
    when = format_message_time(time_of(message), 3 if message.source == "pulsar" else 6)
    error = f"  ! {decoded.error}" if decoded.error else ""
    value = printable(gist(message, decoded) + error, limit=500)
    size = units.size(message.size)
    return f"{when}  {printable(where, limit=200)}{key}  {size}  {besides(message)}{value}"


def besides(message: Message) -> str:
    """When it is due, where it is from and what it is part of, a gap behind each; mostly empty."""
    due = f"due {format_message_time(message.deliver_at, 3)}  " if message.deliver_at else ""
    cluster = printable(message.replicated_from or "", limit=100)
    parts = (f"{name} {printable(value, limit=100)}  " for name, value in part_of(message))
    return due + (f"replicated from {cluster}  " if cluster else "") + "".join(parts)


def _json_line(message: Message, decoded: Decoded) -> str:
    return escaped_json(message_json(message, decoded).decode())


def _csv_line(message: Message, decoded: Decoded) -> str:
    from arcwatch.decode.export import csv_line as line

    return csv_shown(line(as_record(message, decoded))).removesuffix("\r\n")
