"""The cells of a message in a list: time, place, key, size and content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from arcwatch.decode.one_line import LONGEST, gist, glimpse
from arcwatch.model.decoded import Decoded
from arcwatch.model.message import Message
from arcwatch.model.tail import time_of
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.widgets.cells import Cell, Spans, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.json_tones import ends_in_string, json_tones
from arcwatch.ui.widgets.line_sheet import Found

COLUMNS = (
    Column("time", "TIME", 12),
    Column("mark", "", 1),
    Column("place", "FROM", 20, flex=2, elide="middle"),
    Column("key", "KEY", 12, drop=2, elide="middle"),
    Column("size", "SIZE", 7, "right", drop=1),
    Column("value", "VALUE", 22, flex=5),
)

REACH = 16_000
"""Characters of a value in which a match is looked for that is to be seen in a list."""

BEFORE = 80
"""Characters of a value that are shown before such a match, where there is room."""

LARGE = 100_000
"""Bytes of a body that is not read whole for one line of a list."""

MARKS = "●▲■◆○△□◇"
"""What tells addresses apart besides their colour."""

_TONES: Sequence[Tone] = ("mark-0", "mark-1", "mark-2", "mark-3", "mark-4")


def mark(nth: int | None, *, ascii: bool = False) -> Cell:
    """The mark of the address with this number, in its colour; of none where it is gone.

    >>> mark(0), mark(1, ascii=True), mark(None)
    (('●', 'mark-0'), ('2', 'mark-1'), ('·', 'dim'))
    """
    if nth is None:
        return ("." if ascii else "·", "dim")
    digits = "123456789abcdefghijklmnopqrstuvwxyz"
    marks = digits if ascii else MARKS + digits
    return (marks[nth % len(marks)], _TONES[nth % len(_TONES)])


def cells(
    message: Message,
    decoded: Callable[[Message], Decoded],
    *,
    origin: Cell = "",
    utc: bool = False,
    found: Found | None = None,
) -> list[Cell]:
    """One for each of :data:`COLUMNS`.

    Args:
        message: What is shown.
        decoded: Reads it; not asked for a body that is large.
        origin: The mark of the address that brought it.
        utc: Whether times are told in UTC.
        found: Finds what the filter looked for, where there is one.
    """
    return [
        clock(time_of(message), utc=utc),
        origin,
        matched(place(message), found),
        matched(message.key or "", found),
        units.size(message.size),
        value(message, decoded, found),
    ]


def place(message: Message) -> str:
    """Where a message was: its subject, or its topic without the scheme."""
    return message.subject or message.address.removeprefix("pulsar:")


def clock(at: int, *, utc: bool, digits: int = 3) -> str:
    """The time of day of a moment in nanoseconds, so many digits after the second.

    >>> clock(1_700_000_000_012_345_678, utc=True), clock(10**30, utc=True)
    ('22:13:20.012', '–')
    """
    told = units.clock(at // 10**9, utc=utc)
    return told if told == units.UNKNOWN else f"{told}.{at % 10**9:09}"[: 9 + digits]


def moment(at: int | None, *, utc: bool) -> str:
    """Date, time and zone of a moment in nanoseconds, as precise as it was given.

    >>> moment(1_700_000_000_012_000_000, utc=True), moment(None, utc=True)
    ('2023-11-14 22:13:20.012 UTC', '–')
    """
    if at is None:
        return units.UNKNOWN
    try:
        when = datetime.fromtimestamp(at // 10**9, UTC)
        when = when if utc else when.astimezone()
    except (ValueError, OverflowError, OSError):
        return f"{at} ns"
    nanoseconds = at % 10**9
    digits = 3 if not nanoseconds % 10**6 else 6 if not nanoseconds % 10**3 else 9
    return f"{when:%Y-%m-%d %H:%M:%S}.{nanoseconds:09}"[: 20 + digits] + f" {when:%Z}"


def value(
    message: Message, decoded: Callable[[Message], Decoded], found: Found | None = None
) -> Cell:
    """A message's content on one line, JSON in colour; a large body is only partly decoded.

    Args:
        message: What is shown.
        decoded: Reads it; not asked for a body that is large.
        found: Finds what the filter looked for, where there is one.
    """
    if len(message.body) > LARGE:
        return _spans(lambda limit: glimpse(message, limit), found, is_json=_opens(message.body))
    read = decoded(message)
    is_dim = read.encoding in ("null", "base64")
    tone: Tone = "warn" if read.error else "dim" if is_dim else ""
    is_json = not read.error and read.encoding not in ("text", "base64", "null")
    return _spans(lambda limit: gist(message, read, limit), found, tone, is_json=is_json)


def _opens(body: bytes) -> bool:
    """Whether a body may be JSON, by how it begins."""
    return body[:1] in (b"{", b"[")


def _spans(
    told: Callable[[int], str], found: Found | None, tone: Tone = "", *, is_json: bool = False
) -> Spans:
    """What is told of a value in so many characters; where matches are further on, from there."""
    text, in_string = _flat(told(LONGEST)), False
    places = found(text) if found else ()
    if found and not places and len(text) >= LONGEST:
        further = _flat(told(REACH))
        if places := found(further):
            start = max(0, places[0][0] - BEFORE)
            in_string = is_json and ends_in_string(further[: start + 1])
            text = f"…{further[start + 1 : start + LONGEST]}"
            places = [(first - start, last - start) for first, last in places]
    return Spans(text, json_tones(text, in_string=in_string) if is_json else (), places, tone)


def _flat(text: str) -> str:
    # terminals disagree on how wide this selector makes the character before it
    return printable(text).replace("\ufe0f", "")


def matched(text: str, found: Found | None) -> Cell:
    """A name, with what the filter looked for in it."""
    if found and (places := found(flat := _flat(text[:LONGEST]))):
        return Spans(flat, (), places)
    return text
