"""The columns of a tail's messages: those worth showing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len

from arcwatch.decode.fields import Path
from arcwatch.model.message import Decoded, Message
from arcwatch.notation.address import Stream, Subject, Topic, parse_address
from arcwatch.session.tail import Tailing
from arcwatch.store.messages.notices import Notice
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.views.message_rows import after, clock, due, matched, place, value
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.line_sheet import Found

MARK = Column("mark", "", 2)
COLUMNS = (
    MARK,
    Column("time", "TIME", 12),
    Column("after", "AFTER", 8, "right", drop=4),
    Column("place", "FROM", 20, flex=2, elide="middle"),
    Column("key", "KEY", 12, drop=3, elide="middle"),
    Column("size", "SIZE", 7, "right", drop=2),
    Column("value", "VALUE", 22, flex=5),
)
"""All of them."""

TONES: dict[str, Tone] = {"lost": "warn", "left-out": "warn", "back": "good", "event": "accent"}

PARTITION = Column("place", "FROM", 4)
"""Where there is only one topic, and partitions of it."""


def cells(
    message: Message,
    decoded: Callable[[Message], Decoded],
    *,
    before: Message | None = None,
    mark: Cell = "",
    utc: bool = False,
    found: Found | None = None,
    elsewhere: Sequence[Path] = (),
) -> dict[str, Cell]:
    """One for each column, by its key.  Times are those of the arrival, by our own clock."""
    at = message.received_time
    return {
        "mark": mark,
        "time": clock(at, utc=utc),
        "after": after(at - before.received_time if before else None),
        "place": matched(_place(message), found),
        "key": matched(message.key or "", found),
        "size": units.size(message.size),
        "value": due(
            message.deliver_at, value(message, decoded, found, elsewhere), beside=at, utc=utc
        ),
    }


def notice_line(notice: Notice, mark: Cell, width: int, *, utc: bool) -> tuple[str, Tone]:
    """A notice over the whole width of a list, and its tone."""
    shape = mark[0] if isinstance(mark, tuple) else ""
    text = f"─ {shape} {clock(notice.at, utc=utc)}  {printable(notice.text, 300)} "
    return (text + "─ " * (max(0, width - 4 - cell_len(text)) // 2), TONES[notice.kind])


def _place(message: Message) -> str:
    if message.subject or message.partition is None:
        return place(message)
    topic = place(message).removesuffix(f"-partition-{message.partition}")
    return f"{topic} p{message.partition}"


class TailColumns:
    """Chooses columns by what is tailed and what has been seen of it; those seen once stay."""

    def __init__(self, tailing: Tailing) -> None:
        self._tailing = tailing
        self._has_key = self._has_partition = False

    def look(self, shown: Iterable[Message]) -> None:
        """Look at what is on screen."""
        if self._has_key and self._has_partition:
            return
        for message in shown:
            self._has_key |= bool(message.key)
            self._has_partition |= message.partition is not None

    @property
    def single(self) -> Subject | Stream | Topic | None:
        """The one place that all messages are from; None where there are several."""
        named = self._tailing.named
        if len(named) != 1:
            return None
        place = parse_address(named[0])
        words = place.name if isinstance(place, Topic) else place.subject
        return None if not words or "*" in words or ">" in words else place

    @property
    def chosen(self) -> Sequence[Column]:
        """Those that distinguish the messages on screen."""
        single = self.single
        columns = {column.key: column for column in COLUMNS}
        if len(self._tailing.named) < 2:
            del columns["mark"]
        if isinstance(single, Topic) and single.partition is None and self._has_partition:
            columns["place"] = PARTITION
        elif single:
            del columns["place"]
        if not self._has_key:
            del columns["key"]
        return tuple(columns.values())
