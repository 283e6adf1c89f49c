"""The cells of a stored message in a list: time, interval, place and content."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arcwatch.decode.difference import ABSENT, Difference, differences
from arcwatch.decode.fields import Path
from arcwatch.decode.one_line import compact
from arcwatch.model.message import Decoded, Message
from arcwatch.model.tail import time_of
from arcwatch.store.messages.key_states import Row
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.views.message_rows import after, clock, due, matched, moment, place, value
from arcwatch.ui.widgets.cells import Cell, Spans
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.line_sheet import Found

COLUMNS = (
    Column("mark", "", 1),
    Column("date", "DATE", 10, drop=5),
    Column("time", "TIME", 12),
    Column("after", "AFTER", 8, "right", drop=4),
    Column("place", "FROM", 8, flex=1, elide="middle"),
    Column("key", "KEY", 10, drop=3, elide="middle"),
    Column("size", "SIZE", 7, "right", drop=2),
    Column("value", "VALUE", 22, flex=6),
)

SIGNS: dict[str, Cell] = {
    "added": ("+", "good"),
    "changed": ("~", "warn"),
    "removed": ("-", "bad"),
    "unknown": ("?", "warn"),
}
"""What became of a key."""

MOST_CHANGES = 8
"""Changed fields shown in a row, at most."""


def cells(
    message: Message,
    decoded: Callable[[Message], Decoded],
    *,
    before: Message | None = None,
    deliver_at: int | None = None,
    marked: Cell = "",
    several: bool = False,
    by_event_time: bool = False,
    utc: bool = False,
    found: Found | None = None,
    elsewhere: Sequence[Path] = (),
) -> dict[str, Cell]:
    """One for each of :data:`COLUMNS`, by its key.

    Args:
        by_event_time: Whether to show the event time.
    """
    at = shown_time(message, by_event_time=by_event_time)
    since = None if before is None else at - shown_time(before, by_event_time=by_event_time)
    return {
        "mark": marked,
        "date": moment(at, utc=utc)[:10],
        "time": clock(at, utc=utc),
        "after": after(since),
        "place": matched(_place(message, several=several), found),
        "key": matched(message.key or "", found),
        "size": units.size(message.size),
        "value": due(deliver_at, value(message, decoded, found, elsewhere), beside=at, utc=utc),
    }


def useful_columns(
    shown: Sequence[Message], *, by_event_time: bool = False, utc: bool = False
) -> Sequence[Column]:
    """The columns worth showing for these messages: their date only where it differs."""
    dates = {
        moment(shown_time(message, by_event_time=by_event_time), utc=utc)[:10] for message in shown
    }
    return [column for column in COLUMNS if column.key != "date" or len(dates) > 1]


def rebuilt_cells(
    row: Row,
    decoded: Callable[[Message], Decoded],
    *,
    is_compared: bool,
    deliver_at: int | None = None,
    several: bool = False,
    utc: bool = False,
    found: Found | None = None,
) -> dict[str, Cell]:
    """The cells of a key's state, or of a change of one."""
    sign = SIGNS[row.kind] if is_compared else ""
    shown = cells(
        row.message,
        decoded,
        deliver_at=deliver_at,
        marked=sign,
        several=several,
        utc=utc,
        found=found,
    )
    if row.before and row.after:
        changes = differences(decoded(row.before).value, decoded(row.after).value, MOST_CHANGES)
        content = Spans("  ".join(map(_changed, changes)))
        shown["value"] = due(deliver_at, content, beside=time_of(row.message), utc=utc)
    return shown


def _changed(one: Difference) -> str:
    before, after = (
        units.UNKNOWN if each is ABSENT else compact(each, 60) for each in (one.before, one.after)
    )
    return printable(f"{one.path or 'value'}: {before} → {after}", 200)


def shown_time(message: Message, *, by_event_time: bool) -> int:
    """The time shown for a row, nanoseconds since the epoch."""
    return (message.event_time if by_event_time else None) or time_of(message)


def _place(message: Message, *, several: bool) -> str:
    if message.subject is not None or several:
        return place(message)
    return "" if message.partition is None else f"p{message.partition}"


def span(first: Message, last: Message, *, utc: bool) -> str:
    """The time span of the rows on screen; a shared date is shown once."""
    begin, end = (moment(time_of(each), utc=utc) for each in (first, last))
    date, _, rest = end.partition(" ")
    began, _, zone = begin.rpartition(" ")
    end = rest if begin.startswith(date) else end
    return printable(f"{began} to {end}" if zone else begin)
