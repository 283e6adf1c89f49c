"""The rows of a history: which are listed, their cells, and their export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace

from arcwatch.errors import ArcwatchError
from arcwatch.history.key_state import as_row
from arcwatch.model.message import Decoded, Message
from arcwatch.model.replay import ReplayRequest
from arcwatch.notation.history_query import browsable
from arcwatch.session.history import HistorySession
from arcwatch.store.messages.between import PagesBetween
from arcwatch.store.messages.notices import Notice
from arcwatch.store.messages.search_hits import Hits
from arcwatch.text.control_characters import printable
from arcwatch.ui.saved_places import Place
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.inspector import Before
from arcwatch.ui.views.messages import SAMPLES, Messages, MessagesView
from arcwatch.ui.views.tail.columns import notice_line
from arcwatch.ui.views.things import thing_at
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.line_sheet import Found
from arcwatch.ui.widgets.message_list import MessageList
from arcwatch.ui.widgets.stored_list import StoredList

from . import cells as stored_rows
from . import lines
from .timeline import servers_of


class HistoryRows(MessagesView):
    """The pages that are held, or what a search found."""

    LIST: ClassVar[type[MessageList[Message | Notice]]] = StoredList
    COLUMNS = stored_rows.COLUMNS

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing)
        self.browsing: HistorySession = showing.browsing
        self.between = PagesBetween(self.browsing.pages)
        self.among = PagesBetween(self.browsing.pages)
        """The messages that a search found, with the events that match it."""

    @property
    def filter(self) -> str:
        state = self.browsing.state_query
        return state.text if state.asked else self.browsing.search.text

    @filter.setter
    def filter(self, text: str) -> None:
        state = self.browsing.state_query
        if state.asked:
            if text != state.text:
                state.look_for(text)
        elif text != self.browsing.search.text and self.browsing.address:
            self.browsing.search.look_for(text)

    @property
    def filter_status(self) -> str:
        """Why the filter cannot be parsed, or its result."""
        state = self.browsing.state_query
        kind = (state if state.asked else self.browsing.search).kind
        events = self.among.placed if self.messages is self.among else 0
        counted = f", {events:,} event{'s' * (events != 1)}" if events else ""
        return f"{kind}  {lines.filter_result(self.browsing)}{counted}"

    # -- messages -----------------------------------------------------------------------------

    @property
    def messages(self) -> Messages:
        """See :attr:`MessagesView.messages`; with the events between them."""
        if not self.browsing.is_paged:
            rows = self.browsing.rows
            if not isinstance(rows, Hits) or rows.by_event_time:
                return rows
            if self.among.pages is not rows:
                self.among = PagesBetween(rows)
            return self.among
        if self.between.pages is not self.browsing.pages:
            self.between = PagesBetween(self.browsing.pages)
        return self.between

    @property
    def placed(self) -> object:
        """Changes with every event that is placed."""
        return (self.between.version, self.among.version)

    @property
    def on_screen(self) -> range:
        """Indexes of the messages on screen, among what is held or found."""
        shown, rows = self.list.shown, self.messages
        if not isinstance(rows, PagesBetween):
            return shown
        return range(rows.index_of(shown.start), rows.index_of(shown.stop))

    def look_between(self) -> None:
        """Place what happened; the cursor stays on its message."""
        rows = self.messages
        if not isinstance(rows, PagesBetween):
            return
        cursor = None if self.list.following else self.list.cursor
        at = None if cursor is None else rows.index_of(cursor)
        address, servers = self.browsing.address, servers_of(self.showing)
        events = self.showing.store.events
        found = events.described(address, inside=True, servers=servers)
        notices = (
            Notice(int(e.at * 1e9), e.place, text, "event")
            for e, text in found
            if rows is self.between or self._is_wanted(text)
        )
        if rows.update(notices) and at is not None:
            self.list.place(rows.row_of(at))

    def _is_wanted(self, text: str) -> bool:
        """Whether an event matches the search; jq never matches, as events have no fields."""
        search = self.browsing.search
        if search.kind == "words":
            return all(word in text.casefold() for word in search.text.casefold().split())
        return search.kind == "regex" and bool(search.found and search.found(text))

    @property
    def samples(self) -> Sequence[Message]:
        pages = self.browsing.pages
        first = max(pages.start, pages.end - SAMPLES)
        return [pages.message(index) for index in range(first, pages.end)]

    def decoded(self, message: Message) -> Decoded:
        """See :meth:`MessagesView.decoded`; of a state it is rows that count."""
        decoded = self.browsing.values.remembered(message)
        if self.browsing.state_query.rows is None:
            return decoded
        return as_row(decoded) or decoded

    def open(self, index: int) -> None:
        """See :meth:`MessagesView.open`; of what changed the difference is shown at once.

        What happened leads to what it happened to.
        """
        event = self.list.row(index)
        if isinstance(event, Notice) and (thing := thing_at(self.showing.store, event.address)):
            self.post_message(self.GoTo(thing, at=event.at / 1e9))
            return
        super().open(index)
        rows = self.browsing.state_query.rows
        row = rows.row(index) if rows is not None and index < rows.end else None
        if row and row.before and row.after:
            words = "compared with the earlier state"
            self.inspector.compare(Before(row.before, self.decoded(row.before), words))

    def title_of(self, index: int) -> str:
        """See :meth:`MessagesView.title_of`; how many there are is not known."""
        if not self.browsing.is_paged:
            if self.messages is self.among:
                return f"{self.among.index_of(index) + 1:,} of {self.among.pages.end:,}"
            return super().title_of(index)
        row = self._row(index)
        return (row.id if row else "") or ""

    def _row(self, index: int) -> Message | None:
        """The message of a row, if it is held; what the list shows may be of a moment ago."""
        try:
            row = self.messages.message(index)
        except IndexError:
            return None
        return row if isinstance(row, Message) else None

    def _above(self, index: int) -> Message | None:
        """The message above a row, whatever events are between the two."""
        if isinstance(rows := self.messages, PagesBetween):
            return next(rows.before(index), None)
        return self._row(index - 1)

    def across(self, row: Message | Notice) -> tuple[str, Tone] | None:
        """See :meth:`MessagesView.across`: what happened between two messages."""
        if isinstance(row, Message):
            return None
        mark = "*" if self.showing.glyphs == "ascii" else "◆"
        return notice_line(row, (mark, ""), self.size.width, utc=self.showing.utc)

    @property
    def listed(self) -> Sequence[str]:
        return [self.browsing.address] if self.browsing.address else []

    @property
    def place(self) -> Place | None:
        """See :attr:`MessagesView.place`: the window, or the message under the cursor."""
        browsing = self.browsing
        if not browsing.address:
            return None
        at = browsing.window.words if browsing.window else ""
        if not at and (message := self.chosen) is not None:
            at = message.id or ""
        return Place("history", (browsing.address,), self.filter, at)

    def useful_columns(self, shown: Sequence[Message]) -> Sequence[Column]:
        by_event_time = self.browsing.search.by_event_time
        return stored_rows.useful_columns(shown, by_event_time=by_event_time, utc=self.showing.utc)

    def row_cells(self, index: int, message: Message) -> Mapping[str, Cell]:
        deliver_at = self.browsing.due_times.known
        several, utc, found = "*" in self.browsing.address, self.showing.utc, self.found
        if (rows := self.browsing.state_query.rows) is not None:
            row, is_compared = rows.row(index), rows.is_compared
            return stored_rows.rebuilt_cells(
                row,
                self.decoded,
                deliver_at=deliver_at(row.message),
                is_compared=is_compared,
                several=several,
                utc=utc,
                found=found,
            )
        mark = self.browsing.mark
        marked: Cell = ""
        if mark and (mark.id, mark.address) == (message.id, message.address):
            marked = ("m", "accent")
        return stored_rows.cells(
            message,
            self.decoded,
            before=self._above(index),
            deliver_at=deliver_at(message),
            marked=marked,
            several=several,
            by_event_time=self.browsing.search.by_event_time,
            utc=utc,
            found=found,
            elsewhere=self.fields.paths,
        )

    @property
    def found(self) -> Found | None:
        state = self.browsing.state_query
        return (state if state.asked else self.browsing.search).found

    @property
    def address(self) -> str:
        """The topic or stream of the message under the cursor."""
        message = self.chosen
        if message is None or "*" not in self.browsing.address:
            return self.browsing.address
        return browsable(message.address)

    @property
    def rewound(self) -> tuple[str, str]:
        """See :attr:`View.rewound`: to the message under the cursor."""
        browsing, message = self.browsing, self.chosen
        named = f"#{browsing.subscription}" if browsing.subscription else ""
        return f"{browsing.address}{named}", (message.id if message else "") or ""

    def action_replay(self) -> None:
        """Preview publishing again what is open, found, in the window, or on screen."""
        from arcwatch.ui.screens.replay import ReplayScreen

        if (request := self._replayed()) is None:
            self.notify("there is nothing to replay", markup=False)
        else:
            self.app.push_screen(ReplayScreen(self.showing, *request))

    def _replayed(self) -> tuple[ReplayRequest, str] | None:
        browsing = self.browsing
        window, hits, address = browsing.window, browsing.search.hits, browsing.address
        opened = self.inspector.opened if self.inspecting else None
        if opened is None and browsing.state_query.asked:
            # what is listed is no stretch of what is stored
            return None
        if opened is None and (window or hits is not None):
            start, end = (window.start, window.end) if window else ("earliest", "latest")
            words = self.written.removeprefix("the ")
            places = browsing.opened.places if browsing.opened else ()
            request = ReplayRequest(address, "", "original", start, end, places=places)
            if hits is None:
                return request, words
            text = browsing.search.text.strip()
            return replace(request, filters=(text,) if text else (), limit=hits.end), words
        rows = [opened.message] if opened else [row for row in self.all_rows() if row]
        if not rows or not (rows[0].id and rows[-1].id):
            return None
        words = "the message" if opened else f"{len(rows):,} on screen"
        first, last = str(rows[0].id), str(rows[-1].id)
        return ReplayRequest(address, "", "original", first, last, ends_with=True), words

    # -- taking away --------------------------------------------------------------------------

    @property
    def written(self) -> str:
        """See :attr:`MessagesView.written`: what was found, the window, or what is on screen."""
        browsing = self.browsing
        if browsing.state_query.rows is not None:
            return lines.whole(browsing.state_query)
        if browsing.search.hits is not None:
            count = browsing.search.hits.end
            return f"the {lines.matches(browsing.search)}" if count else ""
        if browsing.window:
            return "the window"
        count = len(self.on_screen)
        return f"the {count:,} on screen" if count else ""

    def all_rows(self) -> Iterable[Message | None]:
        hits = self.browsing.search.hits
        if hits is not None:
            return (hits.message(index) for index in range(hits.end))
        return [self._row(index) for index in self.list.shown]

    async def writing(self, path: Path, *, replace: bool) -> None:
        """See :meth:`MessagesView.writing`; their reader writes those that are not loaded."""
        browsing, state = self.browsing, self.browsing.state_query
        whole = browsing.window is not None and browsing.search.hits is None
        if self.inspecting or not (whole or state.asked):
            await super().writing(path, replace=replace)
            return
        write = state.write if state.asked else browsing.write
        try:
            async with aclosing(write(path, replace=replace)) as steps:
                async for looked in steps:
                    self.progress = lines.writing(path.name, looked)
        except ArcwatchError as error:
            self.ask_file(str(path), error)
        else:
            self.notify(printable(f"wrote {looked.found:,} to {path}", 300), markup=False)
        finally:
            self.progress = ""
