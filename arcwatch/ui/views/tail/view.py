"""View 4: messages as they are sent, from any mix of addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from arcwatch.model.message import Decoded, Message
from arcwatch.notation.address import Topic
from arcwatch.session.tail import MODES
from arcwatch.store.messages.filtered_ring import FilteredRing
from arcwatch.store.messages.notices import Notice
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.saved_places import Place
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views import message_rows
from arcwatch.ui.views.messages import SAMPLES, MessagesView
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.line_sheet import Found
from arcwatch.ui.widgets.message_list import MessageList
from arcwatch.ui.widgets.panel import Panel, PanelTone
from arcwatch.ui.widgets.row_table import RowTable

from .addresses import (
    HOW,
    HOW_LINES,
    INBOXES,
    INTEREST,
    MODE_WORDS,
    addresses,
    notes,
    state_word,
    why_empty,
)
from .analysis import AnalysisTables
from .columns import COLUMNS, TailColumns, cells, notice_line
from .counts import counts_line, filter_status, heading
from .start import offered, start_table

MOST_LINES = 6
"""Addresses that have a line on screen; more of them scroll."""

TINY = 15
"""Lines of a screen that has room for more than the counts and the messages."""

TALL = 30
"""Lines of a view that has room for everything at once."""


class TailView(MessagesView):
    """What is being said right now?"""

    NAME: ClassVar[str] = "Tail"
    COLUMNS: ClassVar[Sequence[Column]] = COLUMNS

    DEFAULT_CSS = """
    TailView > #tailed { height: auto; }
    TailView > #tail-notes { height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "context", "Surroundings", show=False, id="tail.context"),
        Binding("M", "mode", "Mode", show=False, id="tail.mode"),
        Binding("backspace,delete", "remove", "Stop", show=False, id="tail.remove"),
    ]

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing)
        self.tailing = showing.tailing
        self._columns = TailColumns(self.tailing)
        self._addresses = addresses(self.tailing, self._mark)
        self._start = start_table("tail")
        self._analysis = AnalysisTables(showing)
        self._part: RowTable[Any] | None = None
        self._notes, self._counts = Panel(id="tail-notes"), Panel(id="tail-counts")
        self._rows: object = None
        self._place: int | None = None
        self._anchor: int | None = None
        self._warned_interest = False

    def compose(self) -> ComposeResult:
        """What is tailed, how that goes, the messages, and the one that is open."""
        yield self._addresses
        yield self._notes
        yield self._start
        yield self._counts
        yield self.body(*self._analysis.tables)
        yield self.prompt

    # -- what is tailed -----------------------------------------------------------------------

    def tail(self, address: str) -> None:
        """Tail one more address.

        Raises:
            UsageError: It names no place.
        """
        text = self.tailing.add(address)
        if not self._warned_interest and "nats:" in text:
            self._warned_interest = True
            self.notify(INTEREST, timeout=7, markup=False)
        self.list.action_follow()
        self.draw()

    def tail_only(self, addresses: Sequence[str]) -> None:
        """Tail these addresses, and no others.

        Raises:
            UsageError: One names no place.
        """
        for address in addresses:
            self.tail(address)
        for address in self.tailing.addresses:
            if address not in addresses:
                self.tailing.remove(address)
        self.draw()

    def untail(self, address: str) -> None:
        """Tail an address no longer."""
        self.tailing.remove(address)
        self.draw()
        if not self.tailing.addresses:
            self.take_keys()

    def action_remove(self) -> None:
        """Tail the address under the cursor no longer, or forget what is offered under it."""
        if not self._begun:
            if row := self._start.cursor_item:
                row.forget(self.showing)
                self.draw()
        elif counts := self._addresses.cursor_item:
            self.untail(counts.address)

    def action_mode(self) -> None:
        """Follow all addresses another way."""
        mode = MODES[(MODES.index(self.tailing.mode) + 1) % len(MODES)]
        self.tailing.set_mode(mode)
        self.notify(MODE_WORDS[mode], markup=False)
        self.draw()

    # -- the analysis ---------------------------------------------------------------------------

    @property
    def table(self) -> RowTable[Any] | None:
        """The table that replaces the messages, if any."""
        return self._part

    def action_turn(self, step: int) -> None:
        """Show the next tab: of the open message, or of the analysis."""
        if self.inspecting:
            super().action_turn(step)
            return
        tabs = self._analysis.tabs
        nth = tabs.index(self._part) + step if self._part in tabs else 0
        if 0 <= nth < len(tabs):
            self._show_tab(tabs[nth])

    def _show_tab(self, part: RowTable[Any] | None) -> None:
        if part is self._analysis.subjects:
            self.tailing.analysis.count_subjects()
        elif part is self._analysis.requests:
            if not self.tailing.requests:
                self.notify(INBOXES, timeout=7, markup=False)
            self.tailing.pair_requests()
        self._show_part(part)

    def find_members(self, pattern: str) -> None:
        """Show the senders of heartbeats on an address.

        Raises:
            UsageError: It names no place.
        """
        self.tailing.find_members(pattern)
        self._show_part(self._analysis.members)

    def action_close(self) -> None:
        """Close the open message, or go back from a table to the messages."""
        if self.inspecting:
            super().action_close()
        else:
            self._show_part(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "close" and self._part is not None:
            return not self._part.filter
        if action == "turn":
            return self._begun
        return super().check_action(action, parameters)

    def _show_part(self, part: RowTable[Any] | None) -> None:
        if self.inspecting:
            super().action_close()
        self._part = part
        self.draw()
        self.take_keys()
        self.post_message(self.SheetChanged())

    def parts(self) -> list[Widget]:
        listed = self._part or self.list
        return [listed, self._addresses] if self.tailing.addresses else [self._start]

    def take_keys(self) -> None:
        if self._part is not None:
            self._part.focus()
        elif self._begun:
            super().take_keys()
        else:
            self._start.focus()

    @property
    def _begun(self) -> bool:
        return bool(self.tailing.addresses or self.tailing.ring.end)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Tail an address again, or go on to the messages, of one subject, request or member."""
        event.stop()
        if event.table is self._start:
            if row := self._start.cursor_item:
                self.post_message(self.Command(row.command))
            return
        if event.table is self._analysis.requests:
            self._show_part(None)
            inbox = json.dumps(event.key)
            self.post_message(self.Narrow(f".reply == {inbox} or .subject == {inbox}"))
        elif event.table is not self._addresses:
            self._show_part(None)
            self.post_message(self.Narrow(event.key))
        self.list.focus()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Nothing depends on which address is under the cursor."""
        event.stop()

    # -- messages -----------------------------------------------------------------------------

    @property
    def messages(self) -> FilteredRing:
        return self.tailing.kept

    def decoded(self, message: Message) -> Decoded:
        return self.tailing.values.remembered(message)

    @property
    def samples(self) -> Sequence[Message]:
        ring = self.messages.ring
        return [ring.message(n) for n in range(max(ring.start, ring.end - SAMPLES), ring.end)]

    def all_rows(self) -> Iterator[Message]:
        """See :meth:`MessagesView.all_rows`; what falls off meanwhile is kept until it is read."""
        return self.messages.snapshot()

    @property
    def listed(self) -> Sequence[str]:
        return self.tailing.addresses

    @property
    def place(self) -> Place | None:
        addresses = tuple(self.tailing.addresses)
        return Place("tail", addresses, self.tailing.filter) if addresses else None

    def useful_columns(self, shown: Sequence[Message]) -> Sequence[Column]:
        self._columns.look(shown)
        return self._columns.chosen

    def row_cells(self, index: int, message: Message) -> Mapping[str, Cell]:
        return cells(
            message,
            self.tailing.values.remembered,
            before=self._above(index),
            mark=self._mark(self.tailing.address_of(message.origin)),
            utc=self.showing.utc,
            found=self.found,
            elsewhere=self.fields.paths,
        )

    def _above(self, index: int) -> Message | None:
        try:
            row = self.messages.message(index - 1)
        except IndexError:
            return None
        return row if isinstance(row, Message) else None

    def across(self, row: Message | Notice) -> tuple[str, Tone] | None:
        """See :meth:`MessagesView.across`: a loss, a gap or a reconnection."""
        if isinstance(row, Message):
            return None
        mark = self._mark(row.address)
        return notice_line(row, mark, self.size.width, utc=self.showing.utc)

    def title_of(self, index: int) -> str:
        nth, count = self.messages.nth(index)
        return f"{nth:,} of {count:,}"

    @property
    def found(self) -> Found | None:
        return self.tailing.found

    def _mark(self, address: str) -> Cell:
        source = self.tailing.mark_of(address)
        return message_rows.mark(source, ascii=self.showing.glyphs == "ascii")

    # -- the filter ---------------------------------------------------------------------------

    @property
    def filter(self) -> str:
        return self._part.filter if self._part is not None else self.tailing.filter

    @filter.setter
    def filter(self, text: str) -> None:
        if self._part is not None:
            self._part.filter = text
        elif text != self.tailing.filter:
            self.tailing.set_filter(text)

    @property
    def filter_status(self) -> str:
        """Why the filter cannot be parsed, or its result."""
        return super().filter_status if self._part is not None else filter_status(self.tailing)

    def action_context(self) -> None:
        """Show the messages around the matches too, or the matches alone."""
        if not self.filter:
            self.notify("enter a filter first: /", markup=False)
            return
        self.messages.context = not self.messages.context
        self.draw()

    @property
    def _row_kind(self) -> object:
        """What rows are the n-th of: while this is the same, they keep their indexes."""
        return self.messages.numbering

    def on_message_list_moved(self, event: MessageList.Moved) -> None:
        """As in every view of messages; and remember where the cursor went."""
        super().on_message_list_moved(event)
        self._note_place()

    def _hold_place(self) -> None:
        """Keep the cursor on its message where rows have got other indexes."""
        messages = self.messages
        if self._row_kind != self._rows:
            self._rows, self._anchor = self._row_kind, self._place
        if self._anchor is not None:
            self.list.place(messages.index_of(self._anchor))
            found = messages.matches
            if found is None or found.scanned_to > self._anchor:
                self._anchor = None

    def _note_place(self) -> None:
        """Remember the ring's index of the message under the cursor, unless the list follows."""
        cursor = self.list.cursor
        if self._anchor is None and cursor is not None and self._row_kind == self._rows:
            try:
                self._place = None if self.list.following else self.messages.place(cursor)
            except IndexError:
                self._place = None

    # -- drawing ------------------------------------------------------------------------------

    @property
    def version(self) -> object:
        showing = self.showing
        return (
            self.tailing.version,
            showing.utc,
            showing.held,
            self.list.following,
            self.list.newer,
            self.inspecting,
            self._part,
            self.progress,
        )

    def draw(self) -> None:
        """Addresses, counts and the rows on screen."""
        tailing, held = self.tailing, self.showing.held
        self._note_place()
        tailing.hold(held)
        self._draw_start()
        self._analysis.draw(self._part)
        self._draw_addresses()
        self._draw_notes()
        self._draw_counts()
        self._hold_place()
        self.list.empty = self._why_empty()
        look = (tailing.look_version, self.showing.utc, self.messages.context, tailing.found, held)
        self.choose_columns(titled=not self._is_tiny)
        self.list.show(self.messages, version=look)
        self.draw_whole()
        self.draw_opened()

    def on_resize(self) -> None:
        """Use the room there is now: a view that has just been shown has none before."""
        if self.display:
            self.call_after_refresh(self.draw)

    @property
    def _is_tiny(self) -> bool:
        return self.app.size.height < TINY

    @property
    def _is_cramped(self) -> bool:
        """Whether messages, or an open one, need the lines of the addresses."""
        return self._is_tiny or (self.inspecting and self.size.height < TALL)

    def _draw_start(self) -> None:
        begun, had_keys = self._begun, self._start.has_focus
        self._start.display, self.panes.display = not begun, begun
        self.list.display = begun and self._part is None
        if not begun:
            self._start.empty = HOW
            self._start.show(offered(self.showing, "tail"))
        elif had_keys:
            self.list.focus()

    def _draw_counts(self) -> None:
        width = self.size.width - 2
        self._counts.display = self._begun
        lines = [counts_line(self.tailing, self._where(), width)]
        if not self._is_tiny:
            lines.insert(0, heading(self._analysis, self._part, self._scope(), width))
        self._counts.styles.height = len(lines)
        self._counts.show(lines)

    def _scope(self) -> str:
        """The clock that the list is ordered by, and the place that all its messages are from."""
        single = self._columns.single
        merged = single is None or isinstance(single, Topic)
        order = "time received, re-ordered within 100 ms" if merged else "time received"
        return f"{order} · {single}" if single else order

    def _draw_addresses(self) -> None:
        counts = self.tailing.counts
        self._addresses.display = bool(counts) and not self._is_cramped
        self._addresses.styles.max_height = 1 + MOST_LINES
        self._addresses.styles.height = 1 + min(MOST_LINES, len(counts))
        self._addresses.show(counts, version=(self.tailing.version, self.size))

    def _draw_notes(self) -> None:
        """What went wrong with an address, in place: what, and what to try."""
        lines = ([] if self._begun else list(HOW_LINES)) + notes(self.tailing)
        shown = lines[: 6 if self.size.height < TALL else 10]
        self._notes.display = bool(shown) and not self._is_cramped
        self._notes.styles.height = len(shown)
        self._notes.show(shown)

    def _where(self) -> tuple[str, PanelTone]:
        if self.progress:
            return (self.progress, "warn")
        if self._part is not None:
            return (self._analysis.caption(self._part), "strong")
        if self.showing.held:
            return (f"held, {self._behind():,} newer", "warn")
        if self.list.following:
            return state_word(self.tailing)
        newer = self.list.newer
        return (f"{newer:,} newer" if newer else "not following", "accent")

    def _behind(self) -> int:
        return self.tailing.ring.end - self.messages.ring.end

    def _why_empty(self) -> str:
        found = self.messages.matches
        if found and (found.behind or self.tailing.is_reading):
            return "Searching …"
        kept = self.messages.ring.kept
        if found and kept:
            applied = printable(self.tailing.applied, 200)
            return f"Nothing matches {applied!r}.  {units.things(kept, 'message')} still kept."
        return why_empty(self.tailing)
