"""A list of messages with a detail panel, shared by tail and history."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from msgspec.structs import replace
from textual.binding import Binding, BindingType
from textual.widget import Widget

from arcwatch.decode.fields import completed, path_text
from arcwatch.decode.record import Record, field_json, message_json
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.files.new_file import is_there
from arcwatch.history.message_file import MessageFile
from arcwatch.model.message import Decoded, Message
from arcwatch.model.tail import time_of
from arcwatch.notation.address import Topic, parse_address
from arcwatch.notation.times import format_time
from arcwatch.store.messages.notices import Notice
from arcwatch.text.control_characters import escaped_json, printable
from arcwatch.ui.saved_places import Place
from arcwatch.ui.taken import COPIED, copy
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.inspector import MessagePanes
from arcwatch.ui.widgets.cells import Cell, Spans, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.line_sheet import Found
from arcwatch.ui.widgets.message_list import MessageList
from arcwatch.ui.widgets.prompt_line import PromptLine
from arcwatch.ui.widgets.whole_text import WholeText

from .field_columns import FieldColumns, parse_fields
from .inspector import Before, Inspector, Opened
from .message_rows import LARGE
from .view import View
from .whole_message import FORMS as WHOLE
from .whole_message import ROOM, Form, whole

LOOKED_BACK = 100_000
"""Messages looked through, at most, for one that another can be compared with."""

FORMS = ("value", "text", "hex")
"""The forms of a value, as a tree first."""

SCALARS = (str, int, float, bool, type(None))
"""What a message can be filtered by."""

MOST_TERM = 200
"""Characters of such a value."""

SAMPLES = 50
"""Messages whose fields are looked at."""

ROOMY = 40
"""Lines of a screen that has room for the message under the cursor in full."""

MIN_ROOM = 3
"""Lines that it takes at least."""

FEW = ("mark", "time", "value")
"""Columns of a list that stands beside the open message; fields have theirs as well."""

OF_MESSAGES = ("columns", "filter_value", "form", "write", "match")
"""Actions that are about nothing where no messages are listed."""

AT_ONCE = 500
"""Messages looked through between two keys."""


class Messages(Protocol):
    """Rows that are messages, of something that has an order of its own."""

    @property
    def start(self) -> int:
        """Index of the first row."""

    @property
    def end(self) -> int:
        """Index after the last row."""

    def message(self, index: int) -> Message | Notice:
        """One row; raises IndexError for one that is not there."""

    def before(self, index: int) -> Iterator[Message]:
        """The messages before a row, the nearest first, those that no row shows included."""

    def next_match(self, index: int, step: int) -> int | None:
        """The row of the next match after a row, or before it where ``step`` is -1."""

    def is_match(self, index: int) -> bool:
        """Whether a row is highlighted."""


class MessagesView(View):
    """What a list of messages and an opened one do with keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "match(1)", "Next match", show=False, id="messages.next-match"),
        Binding("N", "match(-1)", "Previous match", show=False, id="messages.last-match"),
        Binding("o", "columns", "Columns", id="messages.columns"),
        Binding("f", "filter_value", "Filter by value", id="messages.filter-value"),
        Binding("J", "walk(1)", "Next", key_display="J K", id="messages.next"),
        Binding("K", "walk(-1)", "Last", show=False, id="messages.last"),
        Binding("d", "difference", "Difference", id="messages.difference"),
        Binding("x", "form", "Form", id="messages.form"),
        Binding("L", "turn(1)", "Tabs", key_display="H L", id="messages.next-sheet"),
        Binding("H", "turn(-1)", "Last tab", show=False, id="messages.last-sheet"),
        Binding("tab", "pane(1)", "Next pane", show=False, id="messages.next-pane"),
        Binding("shift+tab", "pane(-1)", "Last pane", show=False, id="messages.last-pane"),
        Binding("Y", "copy_record", "Copy record", show=False, id="messages.copy-record"),
        Binding("w", "write", "Write", id="messages.write"),
        Binding("escape", "close", "Close", id="messages.close"),
    ]

    LIST: ClassVar[type[MessageList[Message | Notice]]] = MessageList
    COLUMNS: ClassVar[Sequence[Column]]

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing)
        ascii = showing.glyphs == "ascii"
        self.list: MessageList[Message | Notice] = self.LIST(
            self.COLUMNS,
            cells=self._cells,
            across=self.across,
            marked=lambda index: self.messages.is_match(index),
            glyphs=showing.glyphs,
            id=f"{self.id}-messages",
        )
        self.fields = FieldColumns(self.decoded)
        self._columns_shown: Sequence[Column] = self.COLUMNS
        self.whole = WholeText(id=f"{self.id}-whole")
        self._form: Form | None = None
        self.inspector = Inspector(ascii=ascii)
        self.prompt = PromptLine()
        self._followed = False
        self.progress = ""
        """What takes a while, and how far it is."""

    def body(self, *tables: Widget) -> MessagePanes:
        """The list, what may stand in its place, and the open message."""
        self.panes = MessagePanes(self.list, self.whole, *tables, self.inspector)
        return self.panes

    # -- for subclasses, which have the messages ----------------------------------------------

    @property
    def messages(self) -> Messages:
        """The rows."""
        raise NotImplementedError

    @property
    def samples(self) -> Sequence[Message]:
        """Some of the newest messages, whatever the filter."""
        raise NotImplementedError

    @property
    def listed(self) -> Sequence[str]:
        """The addresses whose messages are listed; columns are remembered for them."""
        raise NotImplementedError

    def useful_columns(self, shown: Sequence[Message]) -> Sequence[Column]:
        """The columns worth showing for the messages on screen."""
        raise NotImplementedError

    def row_cells(self, index: int, message: Message) -> Mapping[str, Cell]:
        """The cells of a row, by column key."""
        raise NotImplementedError

    def across(self, row: Message | Notice) -> tuple[str, Tone] | None:
        """Text across the whole width, for a row that is not a message."""
        return None

    def decoded(self, message: Message) -> Decoded:
        """A message's decoded content."""
        raise NotImplementedError

    @property
    def found(self) -> Found | None:
        """Finds in a shown text what the filter looked for."""
        return None

    def parts(self) -> list[Widget]:
        """What ``tab`` goes to while no message is open; the list, and perhaps more."""
        return [self.list]

    @property
    def stops(self) -> Sequence[Widget]:
        return [self.list, self.inspector.lines] if self.inspecting else self.parts()

    def take_keys(self) -> None:
        (self.inspector.lines if self.inspecting else self.list).focus()

    @property
    def place(self) -> Place | None:
        """What can be saved by name of what is listed; None where nothing is."""
        raise NotImplementedError

    # -- columns ------------------------------------------------------------------------------

    def _cells(self, index: int, message: Any) -> list[Cell]:
        row = {**self.row_cells(index, message), **self.fields.cells(message, self.found)}
        return [row[column.key] for column in self._columns_shown]

    def choose_columns(self, *, titled: bool = True) -> None:
        """Show the columns that are worth showing now, and those of fields."""
        rows = (self.list.row(index) for index in self.list.shown)
        shown = [row for row in rows if isinstance(row, Message)]
        self.fields.paths = self.showing.fields.of(self.listed)
        self.fields.look(shown)
        columns = self.useful_columns(shown)
        if self.panes.place_beside(beside=self.inspecting):
            columns = [column for column in columns if column.key in FEW]
        self._columns_shown = self.fields.among(columns)
        self.list.use_columns(self._columns_shown, titled=titled)

    def choose_fields(self, text: str) -> None:
        """Give fields of the messages columns of their own, and no others.

        Raises:
            UsageError: A word names no field, or nothing is listed.
        """
        paths = parse_fields(text)
        if not self.listed:
            raise UsageError("there are no messages", hint="open a tail or a history first")
        self.showing.fields.choose(self.listed, paths)
        self.draw()

    def action_columns(self) -> None:
        """Ask for the fields that are to have columns."""
        shown = " ".join(map(path_text, self.fields.paths))
        self.prompt.ask("columns, as .task .state", shown, self.choose_fields)

    # -- filtering ---------------------------------------------------------------------------

    @property
    def completes(self) -> bool:
        return self.table is None

    def completed(self, text: str) -> str | None:
        """See :meth:`View.completed`: by the fields of some messages."""
        if not (self.completes and text.lstrip().startswith(".")):
            return None
        named = dict.fromkeys(Record.__struct_fields__)
        samples = [message for message in self.samples if len(message.body) <= LARGE]
        values = [named | {"value": self.decoded(message).value} for message in samples]
        return completed(text, values or [named])

    def action_filter_value(self) -> None:
        """Filter by the value under the cursor, or by what the row is about; again adds to it."""
        term = self._term()
        if not term:
            what = "a text, a number, true, false or null"
            self.notify(f"f filters by {what} of at most {MOST_TERM} characters", markup=False)
        elif term not in self.filter:
            self.post_message(self.Narrow(both(self.filter.strip(), term)))

    def _term(self) -> str:
        """A filter that keeps messages with the same value; empty where there is none."""
        message, sheet = self.chosen, self.inspector
        if message is None:
            return ""
        if not self.inspecting:
            field = "key" if message.key is not None or not message.subject else "subject"
            return f".{field} == {json.dumps(getattr(message, field), ensure_ascii=False)}"
        path, value = sheet.lines.cursor_path, sheet.lines.cursor_value
        if path is None or sheet.sheet != "value" or not isinstance(value, SCALARS):
            return ""
        text = json.dumps(value, ensure_ascii=False)
        return f"{path_text(('value', *path))} == {text}" if len(text) <= MOST_TERM else ""

    # -- opening ------------------------------------------------------------------------------

    def go_live(self) -> None:
        if not self.inspecting:
            self.list.action_follow()

    @property
    def inspecting(self) -> bool:
        """Whether a message is open."""
        return self.has_class("-opened")

    def open(self, index: int) -> None:
        """Open the message of a row, and put the cursor on it."""
        try:
            message = self.messages.message(index)
        except IndexError:
            self.notify("this message was evicted", markup=False)
            return
        if isinstance(message, Notice):
            self.notify(printable(message.text, 400), markup=False)
            return
        if not self.inspecting:
            self._followed = self.list.following
            self.add_class("-opened")
            self.inspector.display = True
            self.inspector.lines.focus()
        self.list.go_to(index)
        self.inspector.utc, self.inspector.found = self.showing.utc, self.found
        self.inspector.show(Opened(message, self.decoded(message), self.title_of(index)))

    def title_of(self, index: int) -> str:
        """Which of the messages a row is, for the frame around what is opened."""
        first, last = self.messages.start, self.messages.end
        return f"{index - first + 1:,} of {last - first:,}"

    @property
    def form(self) -> Form:
        """The form of the message under the cursor below the list; where there is room, in full."""
        if self._form is not None:
            return self._form
        return "full" if self.app.size.height >= ROOMY else ""

    def draw_whole(self) -> None:
        """The message under the cursor, below the list."""
        form, row = self.form, self.list.cursor_item
        room = min(ROOM.get(form, 0), self.app.size.height // 3)
        self.whole.display = bool(form) and self.list.display and not self.inspecting
        if not self.whole.display or room < MIN_ROOM:
            self.whole.display = False
            return
        most = self.app.size.width * room
        lines: Sequence[Spans] = ()
        if isinstance(row, Message):
            lines = whole(row, self.decoded, form, most, self.found)
        elif row:
            lines = [Spans(printable(row.text, most))]
        hint = "x pretty" if form == "full" else "x close"
        self.whole.show("Selected", hint, lines, room)

    def draw_opened(self) -> None:
        """Redraw times and values in the current format."""
        opened = self.inspector.opened
        if self.inspecting and opened:
            self.inspector.utc, self.inspector.found = self.showing.utc, self.found
            self.inspector.show(opened._replace(decoded=self.decoded(opened.message)))

    @property
    def spot(self) -> object:
        """See :attr:`View.spot`: the list stays where it is by itself."""
        return None

    def return_to(self, spot: object) -> None:
        """See :meth:`View.return_to`."""

    def action_close(self) -> None:
        """Go back to the list, which follows again if it did."""
        self.remove_class("-opened")
        self.inspector.display = False
        self.list.focus()
        if self._followed:
            self._followed = False
            self.list.action_follow()

    def on_message_list_opened(self, event: MessageList.Opened) -> None:
        """Open the row."""
        event.stop()
        self.open(event.index)

    def on_message_list_moved(self, event: MessageList.Moved) -> None:
        """While a message is open, the one under the cursor is."""
        event.stop()
        self.draw_whole()
        if self.inspecting and self.list.has_focus and isinstance(self.list.cursor_item, Message):
            self.open(event.index)

    def action_walk(self, step: int) -> None:
        """Open the next message of the list."""
        rows, index = self.messages, (self.list.cursor or 0) + step
        while rows.start <= index < rows.end and isinstance(rows.message(index), Notice):
            index += step
        if rows.start <= index < rows.end:
            self._followed = False
            self.open(index)

    def action_match(self, step: int) -> None:
        """Go to the next match."""
        cursor = self.list.cursor
        found = None if cursor is None else self.messages.next_match(cursor, step)
        while found is not None and self.inspecting and isinstance(self.list.row(found), Notice):
            found = self.messages.next_match(found, step)
        if found is None:
            words = "later" if step > 0 else "earlier"
            self.notify(f"no {words} match" if self.filter else "enter a filter first: /")
        elif self.inspecting:
            self.open(found)
        else:
            self.list.go_to(found)

    def action_turn(self, step: int) -> None:
        """Show the next tab of the open message."""
        self.inspector.switch_by(step)

    def action_form(self) -> None:
        """Show the open message's value in its next form, or that under the cursor."""
        if not self.inspecting:
            self._form = WHOLE[(WHOLE.index(self.form) + 1) % len(WHOLE)]
            self.draw()
            return
        at = FORMS.index(self.inspector.sheet) if self.inspector.sheet in FORMS else -1
        self.inspector.show_sheet(FORMS[(at + 1) % len(FORMS)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave keys to others where there is nothing for them to do here."""
        if action in ("close", "walk", "difference", "turn"):
            return self.inspecting
        if action in OF_MESSAGES:
            return bool(self.inspecting or self.listed)
        return len(self.stops) > 1 if action == "pane" else True

    # -- comparing ----------------------------------------------------------------------------

    def action_difference(self) -> None:
        """Compare with the message before it of the same key, or else of the same subject."""
        self.run_worker(self._compare(), exclusive=True, group="compare")

    async def _compare(self) -> None:
        opened, index = self.inspector.opened, self.list.cursor
        if opened is None or index is None:
            return
        found, behind = await self._previous(opened.message, index)
        what = same_words(opened.message)
        if self.inspector.opened is not opened:
            return
        if found is None:
            words = f"no earlier message with {what} in the last {behind:,}"
            self.inspector.compare(Before(None, None, words))
        else:
            words = f"compared with the message {behind:,} earlier with {what}"
            self.inspector.compare(Before(found, self.decoded(found), words))

    async def _previous(self, message: Message, index: int) -> tuple[Message | None, int]:
        """The nearest message before a row that it can be compared with; how far back that is."""
        behind = 0
        for other in self.messages.before(index):
            behind += 1
            if is_same(message, other):
                return other, behind
            if behind >= LOOKED_BACK:
                break
            if behind % AT_ONCE == 0:
                await asyncio.sleep(0)
        return None, behind

    # -- taking away --------------------------------------------------------------------------

    @property
    def chosen(self) -> Message | None:
        """The open message, or the one under the cursor."""
        opened = self.inspector.opened if self.inspecting else None
        row = opened.message if opened else self.list.cursor_item
        return row if isinstance(row, Message) else None

    def copied(self) -> str:
        """The value under the cursor, or that of the message under it."""
        message = self.chosen
        if message is None:
            return ""
        if self.inspecting:
            return as_text(self.inspector.lines.cursor_value)
        return as_text(self.decoded(message).value)

    def action_copy_record(self) -> None:
        """Copy the whole record of a message."""
        if message := self.chosen:
            copy(self.app, escaped_json(message_json(message, self.decoded(message)).decode()))

    def action_write(self) -> None:
        """Ask for a file, and write the open message to it, or all that are listed."""
        if not (self.inspecting or self.written):
            self.notify("there is no message to write", markup=False)
            return
        self.ask_file("message.ndjson" if self.inspecting else "messages.ndjson")

    def ask_file(self, name: str, wrong: ArcwatchError | None = None) -> None:
        """Ask for a file; again where the one that was named cannot be written."""
        what = "this message" if self.inspecting else self.written
        self.prompt.ask(f"write {what} to (.ndjson or .csv)", name, self._begin_file, wrong)

    @property
    def written(self) -> str:
        """What is written while no message is open, in words; nothing where there is none."""
        count = self.messages.end - self.messages.start
        return f"{count:,} messages" if count else ""

    def _begin_file(self, name: str, *, replace: bool = False) -> None:
        if not name:
            return
        try:
            path = Path(name).expanduser()
        except RuntimeError as error:
            # of a user without a home folder there is no `~`
            raise UsageError(f"{error}", where=name) from error
        is_taken = is_there(path) and not replace
        if path.is_dir():
            raise UsageError("that is a folder; name a file in it", where=name)
        if is_taken:
            self.prompt.ask(
                f"{printable(name, 60)} already exists; replace it?", "no", self._again(name)
            )
            return
        self.run_worker(self.writing(path, replace=replace), exclusive=True, group="write")

    def _again(self, name: str) -> Callable[[str], None]:
        def answered(answer: str) -> None:
            if answer.casefold() in ("y", "yes"):
                self._begin_file(name, replace=True)

        return answered

    def all_rows(self) -> Iterable[Message | None]:
        """Every message that is listed now, however long that takes to be read."""
        raise NotImplementedError

    async def writing(self, path: Path, *, replace: bool) -> None:
        """Write the requested messages to a file."""
        rows = [self.chosen] if self.inspecting else self.all_rows()
        await self._write(path, rows, replace=replace)

    async def _write(self, path: Path, rows: Iterable[Message | None], *, replace: bool) -> None:
        """Write messages to a file, a few at a time so that no key waits."""
        try:
            with MessageFile(path, replace=replace) as file:
                for message in filter(None, rows):
                    file.write(message, self.decoded(message))
                    if file.written % AT_ONCE == 0:
                        self.progress = f"writing {path.name}: {file.written:,}"
                        await asyncio.sleep(0)
        except ArcwatchError as error:
            self.ask_file(str(path), error)
        else:
            self.notify(printable(f"wrote {file.written:,} to {path}", 300), markup=False)
        finally:
            self.progress = ""

    @property
    def address(self) -> str:
        message = self.chosen
        return message.address if message else ""

    @property
    def browsed(self) -> tuple[str, str]:
        return origin_of(self.chosen) if self.chosen else (self.address, "")


def both(text: str, term: str) -> str:
    """A filter that keeps what another does and a jq term does; of words, the term alone.

    >>> both('.key == "a"', ".value.n == 1"), both(".a or .b", ".c"), both("late", ".c")
    ('.key == "a" and .value.n == 1', '.c and (.a or .b)', '.c')
    """
    if not text.startswith("."):
        return term
    plain = not any(part in text for part in (" or ", "|", ",", "//", " as "))
    return f"{text} and {term}" if plain else f"{term} and ({text})"


def origin_of(message: Message) -> tuple[str, str]:
    """Where a message is stored, a topic's partitions as one, and which time it has there."""
    place = parse_address(message.address)
    if isinstance(place, Topic):
        place = replace(place, partition=None)
    return str(place), message.id or format_time(time_of(message))


def is_same(one: Message, other: Message) -> bool:
    """Whether two messages are about the same: their key where there is one, or their place."""
    if one.key is not None:
        return one.key == other.key and one.source == other.source
    return one.subject == other.subject and one.address == other.address


def same_words(message: Message) -> str:
    """What :func:`is_same` compares, in words."""
    if message.key is not None:
        return f"the key {printable(message.key, 40)}"
    return f"the subject {printable(message.subject, 60)}" if message.subject else "this address"


def as_text(value: Any) -> str:
    """A value as it is pasted: text as it is but harmless, everything else as JSON."""
    if isinstance(value, str):
        return "\n".join(printable(line) for line in value[: COPIED + 1].split("\n"))
    return escaped_json(field_json(value).decode())
