"""The cells of a message in a list: time, place, key, size and content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from arcwatch.decode.one_line import gist, glimpse
from arcwatch.model.decoded import Decoded
from arcwatch.model.message import Message
from arcwatch.model.tail import time_of
from arcwatch.text import units
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column

COLUMNS = (
    Column("time", "TIME", 12),
    Column("mark", "", 1),
    Column("place", "FROM", 20, flex=2, elide="middle"),
    Column("key", "KEY", 12, drop=2, elide="middle"),
    Column("size", "SIZE", 7, "right", drop=1),
    Column("value", "VALUE", 22, flex=5),
)

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
) -> list[Cell]:
    """One for each of :data:`COLUMNS`.

    Args:
        message: What is shown.
        decoded: Reads it; not asked for a body that is large.
        origin: The mark of the address that brought it.
        utc: Whether times are told in UTC.
    """
    return [
        clock(time_of(message), utc=utc),
        origin,
        place(message),
        message.key or "",
        units.size(message.size),
        value(message, decoded),
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


def value(message: Message, decoded: Callable[[Message], Decoded]) -> Cell:
    """A message's content on one line; a large body is only partly decoded."""
    if len(message.body) > LARGE:
        return glimpse(message)
    read = decoded(message)
    is_dim = read.encoding in ("null", "base64")
    tone: Tone = "warn" if read.error else "dim" if is_dim else ""
    return (gist(message, read), tone)
