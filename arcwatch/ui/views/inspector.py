"""One complete message: fields, headers, value, and the difference from the previous one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from arcwatch.decode.difference import ABSENT, MOST, Difference, differences
from arcwatch.decode.one_line import compact, part_of
from arcwatch.decode.record import as_record, grouped
from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Decoded, Message
from arcwatch.model.tail import time_of
from arcwatch.runtime.boundary import boundary
from arcwatch.text import units
from arcwatch.ui.contained import report_error, words
from arcwatch.ui.widgets.cells import Tone
from arcwatch.ui.widgets.line_sheet import Found, LineSheet
from arcwatch.ui.widgets.panel import Line, Panel
from arcwatch.ui.widgets.panes import Title
from arcwatch.ui.widgets.value_lines import HexLines, Lines, Pieces, TextLines, ValueLines

from .detail import Fact, grid
from .message_rows import clock, moment, place

SHEETS = ("value", "headers", "fields", "text", "hex", "difference")

FRAME = 2
"""Cells left and right of facts."""

LEAST = 6
"""Lines that are left to the value."""

UNREAD = 16_000_000
"""Bytes of a body that are looked at, at most, to be shown as text."""


WIDE, TALL = 132, 20
"""Cells and lines of a screen on which an open message stands beside its list."""


class MessagePanes(Container):
    """Its children below each other, or beside each other."""

    DEFAULT_CSS = """
    MessagePanes {
        height: 1fr;
        layout: vertical;
        &.-beside { layout: horizontal; }
        &.-beside > MessageList { width: 48; }
        &.-beside > Inspector {
            width: 1fr;
            height: 1fr;
            border-left: solid $border-blurred;
        }
    }
    """

    def place_beside(self, *, beside: bool) -> bool:
        """Put the open message beside the list where the screen allows; return whether it is."""
        size = self.app.size
        is_beside = beside and size.width >= WIDE and size.height >= TALL
        self.set_class(is_beside, "-beside")
        return is_beside


class Opened(NamedTuple):
    """A message and all that is shown of it."""

    message: Message
    decoded: Decoded
    title: str
    """Which of the messages it is."""


class Before(NamedTuple):
    """The message that another is compared with."""

    message: Message | None
    decoded: Decoded | None
    words: str
    """How far back it was, or that there is none."""


class Inspector(Vertical):
    """Facts under a title, and under them one sheet of several."""

    DEFAULT_CSS = """
    Inspector { display: none; height: 2fr; }
    Inspector > #message-sheets { height: 1; }
    """

    def __init__(self, *, ascii: bool = False) -> None:
        super().__init__()
        self._ascii = ascii
        self._title = Title()
        self._facts = Panel(id="message-facts")
        self._titles = Panel(id="message-sheets")
        self.lines = LineSheet(id="message-lines")
        self.sheet = SHEETS[0]
        self.opened: Opened | None = None
        self._before: Before | None = None
        self._drawn: object = None
        self.utc = False
        self.found: Found | None = None
        """Finds what the filter looked for."""

    def compose(self) -> ComposeResult:
        """Facts, the titles of the sheets, and the sheet on show."""
        yield self._title
        yield self._facts
        yield self._titles
        yield self.lines

    def show(self, opened: Opened) -> None:
        """Show a message; of the same one, what has become known of it."""
        if self.opened is None or not _is_same(opened.message, self.opened.message):
            self._before = None
        self.opened = opened
        self.draw()

    def compare(self, before: Before) -> None:
        """Show what differs from another message."""
        self._before = before
        self.sheet = "difference"
        self.draw()

    def show_sheet(self, sheet: str) -> None:
        """Show another sheet."""
        self.sheet = sheet
        self.draw()

    def switch_by(self, step: int) -> None:
        """Show the next sheet, around the ends."""
        sheets = self.sheets
        at = sheets.index(self.sheet) if self.sheet in sheets else 0
        self.show_sheet(sheets[(at + step) % len(sheets)])

    @property
    def sheets(self) -> Sequence[str]:
        """Those that can be turned to; the difference once there is something to compare with."""
        return SHEETS if self._before else SHEETS[:-1]

    def draw(self) -> None:
        """Bring everything up to date; what is the same as before costs nothing."""
        opened = self.opened
        drawn = (opened, self._before, self.sheet, self.size, self.utc, self.found)
        if opened is None or drawn == self._drawn:
            return
        is_new = self._drawn is None or drawn[:4] != self._drawn[:4]  # type: ignore[index]  # a tuple, or None
        # once: what cannot be drawn would fail at every frame
        self._drawn = drawn
        try:
            with boundary("the message could not be drawn"):
                self._draw(opened, is_new=is_new)
        except ArcwatchError as error:
            report_error(self, error)
            self.lines.show(TextLines(words(error), self.size.width - 2))

    def _draw(self, opened: Opened, *, is_new: bool) -> None:
        if is_new:
            self.lines.show(self._lines_of(opened), self.found)
        self.lines.mark(self.found)
        facts = [fact for fact in facts_of(opened, utc=self.utc) if fact.value]
        room = max(1, self.size.height - LEAST - 1)
        lines = grid(facts, self.size.width - FRAME, room)
        if opened.decoded.error:
            lines.append([("not as it claims to be: ", "bad"), (opened.decoded.error, "")])
        self._title.show(place(opened.message), opened.title)
        self._facts.styles.height = len(lines)
        self._facts.show(lines)
        self._titles.show([self._title_line(opened)])

    def on_resize(self) -> None:
        """Use the room there is now."""
        self.draw()

    def _lines_of(self, opened: Opened) -> Lines:
        message, decoded = opened.message, opened.decoded
        match self.sheet:
            case "headers":
                return ValueLines(_unwrapped(message.headers), ascii=self._ascii)
            case "fields":
                return ValueLines(_fields(message, decoded), ascii=self._ascii)
            case "text":
                text = decoded.body[:UNREAD].decode("utf-8", "replace")
                return TextLines(text, self.size.width - 2)
            case "hex":
                return HexLines(message.body)
            case "difference" if self._before:
                return DifferenceLines(self._before, decoded)
        return ValueLines(decoded.value, ascii=self._ascii)

    def _title_line(self, opened: Opened) -> Line:
        counts = {"value": opened.decoded.encoding, "headers": f"{len(opened.message.headers):,}"}
        line: list[tuple[str, Any]] = [("‹ Messages  ", "dim")]
        shown = self.sheet if self.sheet in self.sheets else SHEETS[0]
        for sheet in self.sheets:
            current = sheet == shown
            line.append(("▸ " if current else "  ", "strong"))
            line.append((f"{sheet.title()} ", "strong" if current else "label"))
            if sheet in counts:
                line.append((f"{counts[sheet]} ", "" if current else "dim"))
        return line


def _is_same(one: Message, other: Message) -> bool:
    """Whether it is one message, of which more may be known by now."""
    return one is other or (bool(one.id) and (one.address, one.id) == (other.address, other.id))


class DifferenceLines:
    """What came, went or changed since another message, a line each."""

    def __init__(self, before: Before, decoded: Decoded) -> None:
        self._head: list[Pieces] = [[(before.words, "dim")]]
        self._found: list[Difference] = []
        if before.decoded is None:
            return
        self._found = differences(before.decoded.value, decoded.value)
        if not self._found:
            self._head.append([("nothing differs", "")])
        elif len(self._found) == MOST:
            self._head.append([(f"the first {MOST:,} differences", "warn")])

    def __len__(self) -> int:
        return len(self._head) + len(self._found)

    def pieces(self, nth: int, width: int) -> Pieces:
        """A sign, the path, and the values."""
        if nth < len(self._head):
            return self._head[nth]
        return _difference_line(self._found[nth - len(self._head)], max(20, width))

    def fold(self, nth: int, *, folded: bool) -> int:
        """Nothing folds."""
        return nth

    def value(self, nth: int) -> Any:
        """The later value at a line's path."""
        if nth < len(self._head):
            return [d.path for d in self._found]
        after = self._found[nth - len(self._head)].after
        return None if after is ABSENT else after


def _difference_line(difference: Difference, width: int) -> Pieces:
    path = difference.path or "(the whole value)"
    half = max(10, (width - min(len(path), 60) - 8) // 2)
    before, after = difference.before, difference.after
    named: tuple[str, Tone] = (f"{path[:200]}  ", "accent")
    if before is ABSENT:
        return [("+ ", "good"), named, (compact(after, 2 * half), "good")]
    if after is ABSENT:
        return [("- ", "bad"), named, (compact(before, 2 * half), "bad")]
    values: Pieces = [
        (compact(before, half), "bad"),
        (" → ", "dim"),
        (compact(after, half), "good"),
    ]
    return [("~ ", "warn"), named, *values]


def facts_of(opened: Opened, *, utc: bool) -> Iterator[Fact]:
    """The fields of a message, most important first; empty ones are omitted."""
    message, decoded = opened.message, opened.decoded
    yield Fact("key", message.key or "")
    # the zone stands in the screen's first line
    date, _, time = moment(time_of(message), utc=utc).rpartition(" ")[0].partition(" ")
    yield Fact("time", time[:15])
    yield Fact("size", units.size(message.size))
    yield Fact("encoding", _encoding(decoded))
    if message.schema_version is not None or decoded.schema:
        version = "" if message.schema_version is None else f" version {message.schema_version}"
        yield Fact("schema", f"{decoded.schema or units.UNKNOWN}{version}")
    yield Fact("id", message.id or "")
    yield Fact("date", date)
    yield Fact("address", message.address)
    if message.event_time is not None:
        yield Fact("event time", moment(message.event_time, utc=utc).rpartition(" ")[0])
    if message.deliver_at:
        yield Fact("due", moment(message.deliver_at, utc=utc).rpartition(" ")[0])
    for name, value in part_of(message):
        yield Fact(name, value)
    yield Fact("replicated from", message.replicated_from or "")
    yield Fact("ordering key", message.ordering_key or "")
    if message.publish_time is not None:
        yield Fact("received", clock(message.received_time, utc=utc))
    yield Fact("producer", message.producer or "")
    yield Fact("reply", message.reply or "")
    if message.redelivered:
        yield Fact("redelivered", f"{message.redelivered:,}")
    yield Fact("batch packing", message.compression or "")
    yield Fact("context", message.context)


def _encoding(decoded: Decoded) -> str:
    packed = f" in {decoded.compression}" if decoded.compression else ""
    return f"{decoded.encoding}{packed}"


def _unwrapped(headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    named = grouped(headers)
    return {name: values[0] if len(values) == 1 else values for name, values in named.items()}


def _fields(message: Message, decoded: Decoded) -> dict[str, Any]:
    record = as_record(message, decoded)
    names = (name for name in record.__struct_fields__ if name not in ("value", "headers"))
    return {name: getattr(record, name) for name in names}
