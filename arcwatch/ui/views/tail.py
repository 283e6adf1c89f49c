"""View 4: messages as they are sent, from any mix of addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from arcwatch import units
from arcwatch.model.decoded import Decoded
from arcwatch.model.message import Message
from arcwatch.model.tail import Counts
from arcwatch.store.kept import Kept
from arcwatch.tailing import MODES
from arcwatch.text import printable
from arcwatch.ui.showing import Showing
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.message_list import MessageList
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone
from arcwatch.ui.widgets.row_table import RowTable

from . import message_rows
from .messages import MessagesView

MOST_LINES = 6
"""Addresses that have a line on screen; more of them scroll."""

MOST_RECENT = 8
"""Addresses offered where nothing is tailed."""

INTEREST = (
    "a core NATS tail is interest: requests that nobody serves now time out instead of failing "
    "at once, and gateways and leaf nodes forward what is tailed"
)
HOW = "Nothing is tailed: `t` on a row of views 1 to 3, or `:tail ADDRESS`."
HOW_LINES: Sequence[Line] = (
    [("Messages as they are sent, from any mix of addresses; nothing is taken away.", "")],
    [
        ("t", "strong"),
        (" on a row of views 1 to 3 tails it   ", "label"),
        (":tail ADDRESS", "strong"),
        (" anything else:", "label"),
    ],
    [
        ("  orders.>                      ", "strong"),
        ("core NATS subjects, which is interest", "label"),
    ],
    [("  js:ORDERS/orders.eu.*         ", "strong"), ("a stream, or some of it", "label")],
    [
        ("  pulsar:arc/agents/task-events ", "strong"),
        ("a topic; pulsar:arc/agents/* all of them", "label"),
    ],
    [],
)
MODE_WORDS = {
    "auto": "auto: every message for as long as that harms nobody, samples above that",
    "full": "full: every message, whatever it costs those who send them",
    "sampled": "sampled: short windows, and what is between them is estimated",
}

_COLUMNS = (
    Column("mark", "", 1),
    Column("address", "TAILED", 20, flex=1, elide="middle"),
    Column("state", "STATE", 12),
    Column("seen", "SEEN", 11, "right"),
    Column("rate", "MSG/s", 6, "right"),
    Column("dropped", "DROPPED", 8, "right", drop=1),
    Column("sampled", "≈ NOT SEEN", 10, "right", drop=2),
    Column("mode", "MODE", 9, drop=3),
)


class TailView(MessagesView):
    """What is being said right now?"""

    NAME: ClassVar[str] = "Tail"

    DEFAULT_CSS = """
    TailView > #tailed { height: auto; }
    TailView > #tail-notes { height: auto; display: none; }
    TailView > #tail-counts { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "context", "Context", show=False, id="tail.context"),
        Binding("m", "mode", "Mode", show=False, id="tail.mode"),
        Binding("backspace,delete", "remove", "Stop", show=False, id="tail.remove"),
    ]

    def __init__(self, showing: Showing) -> None:
        super().__init__(showing)
        self.tailing = showing.tailing
        self._addresses: RowTable[Counts] = RowTable(
            _COLUMNS,
            key=lambda row: row.address,
            cells=self._address_cells,
            sort_values={
                "address": lambda row: row.address,
                "seen": lambda row: row.seen,
                "rate": lambda row: self.tailing.rate(row.origin),
            },
            quiet=True,
            id="tailed",
        )
        self._start: RowTable[str] = RowTable(
            (Column("address", "TAILED BEFORE", 20, flex=1, elide="middle"),),
            key=str,
            cells=lambda row: [row],
            id="tail-start",
        )
        self._notes, self._counts = Panel(id="tail-notes"), Panel(id="tail-counts")
        self._notes.framed = self._counts.framed = False
        self._rows: object = None
        self._place: int | None = None
        self._anchor: int | None = None
        self._told_interest = False

    def compose(self) -> ComposeResult:
        """What is tailed, how that goes, the messages, and the one that is open."""
        yield self._addresses
        yield self._notes
        yield self._start
        yield self._counts
        yield self.list
        yield self.inspector
        yield self.prompt

    def on_mount(self) -> None:
        """Bring messages for as long as the screen is there."""
        self.run_worker(self.tailing.run(), name="tail")

    # -- what is tailed -----------------------------------------------------------------------

    def tail(self, address: str) -> None:
        """Tail one more address.

        Raises:
            UsageError: It names no place.
        """
        text = self.tailing.add(address)
        if not self._told_interest and "nats:" in text:
            self._told_interest = True
            self.notify(INTEREST, timeout=10, markup=False)
        self.list.action_follow()
        self.draw()

    def untail(self, address: str) -> None:
        """Tail an address no longer."""
        self.tailing.remove(address)
        self.draw()
        if not self.tailing.addresses:
            self.take_keys()

    def action_remove(self) -> None:
        """Tail the address under the cursor no longer."""
        if row := self._addresses.cursor_item:
            self.untail(row.address)

    def action_mode(self) -> None:
        """Follow all addresses another way."""
        mode = MODES[(MODES.index(self.tailing.mode) + 1) % len(MODES)]
        self.tailing.set_mode(mode)
        self.notify(MODE_WORDS[mode], markup=False)
        self.draw()

    def parts(self) -> list[Widget]:
        """See :meth:`MessagesView.parts`."""
        return [self.list, self._addresses] if self.tailing.addresses else [self._start]

    def take_keys(self) -> None:
        """See :meth:`View.take_keys`."""
        if self._begun:
            super().take_keys()
        else:
            self._start.focus()

    @property
    def _begun(self) -> bool:
        """Whether anything is, or was, tailed."""
        return bool(self.tailing.addresses or self.tailing.ring.seen)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Tail an address again, or go on from one to the messages."""
        event.stop()
        if event.table is self._start:
            self.tail(event.key)
        self.list.focus()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Nothing depends on which address is under the cursor."""
        event.stop()

    # -- messages -----------------------------------------------------------------------------

    @property
    def messages(self) -> Kept:
        """See :attr:`MessagesView.messages`."""
        return self.tailing.kept

    def decoded(self, message: Message) -> Decoded:
        """See :meth:`MessagesView.decoded`."""
        return self.tailing.values.remembered(message)

    def all_rows(self) -> Iterator[Message]:
        """See :meth:`MessagesView.all_rows`; what falls off meanwhile is kept until it is read."""
        return self.messages.snapshot()

    def cells(self, index: int, message: Message) -> list[Cell]:
        """See :meth:`MessagesView.cells`."""
        origin: Cell = ""
        if len(self.tailing.addresses) > 1:
            origin = self._mark(message.origin)
        return message_rows.cells(
            message, self.tailing.values.remembered, origin=origin, utc=self.showing.utc
        )

    def _mark(self, origin: int) -> Cell:
        ascii = self.showing.glyphs == "ascii"
        return message_rows.mark(self.tailing.slot(origin), ascii=ascii)

    # -- the filter ---------------------------------------------------------------------------

    @property
    def filter(self) -> str:
        """See :attr:`View.filter`."""
        return self.tailing.filter

    @filter.setter
    def filter(self, text: str) -> None:
        if text != self.tailing.filter:
            self.tailing.set_filter(text)

    @property
    def matches(self) -> int:
        """How many of the messages kept match."""
        found = self.messages.matches
        return found.end - found.start if found else self.messages.ring.kept

    @property
    def total(self) -> int:
        """How many messages are kept."""
        return self.messages.ring.kept

    @property
    def filter_told(self) -> str:
        """Why the filter cannot be read, or what came of it."""
        if problem := self.tailing.filter_problem:
            return printable(problem.why or problem.what, 120)
        found = self.messages.matches
        if found is None:
            return ""
        told = [f"{self.matches:,} of {self.total:,}"]
        if found.failed:
            told.append(f"{found.failed:,} failed: {printable(str(found.failure), 60)}")
        if found.behind:
            told.append(f"{found.behind:,} to look at")
        return "  ".join(told)

    def action_context(self) -> None:
        """Show what stands around the matches too, or the matches alone again."""
        if not self.filter:
            self.notify("/ says what to look for", markup=False)
            return
        self.messages.context = not self.messages.context
        self.draw()

    @property
    def _row_kind(self) -> object:
        """What rows are the n-th of: while this is the same, they keep their indexes."""
        return (self.messages.ring, self.messages.matches, self.messages.context)

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
            if found is None or found.looked_to > self._anchor:
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
        """See :attr:`View.version`."""
        showing = self.showing
        return (
            self.tailing.version,
            showing.utc,
            showing.held,
            self.list.following,
            self.list.newer,
            self.inspecting,
            self.progress,
        )

    def draw(self) -> None:
        """Addresses, counts and the rows on screen."""
        tailing, held = self.tailing, self.showing.held
        self._note_place()
        tailing.hold(held)
        self._draw_start()
        self._draw_addresses()
        self._draw_notes()
        self._counts.display = self._begun
        self._counts.show((), [self._counts_line()])
        self._hold_place()
        self.list.empty = self._why_empty()
        look = (tailing.look_version, self.showing.utc, self.messages.context, tailing.filter, held)
        self.list.show(self.messages, version=look)
        self.draw_opened()

    def _draw_start(self) -> None:
        """Where nothing was tailed yet: what to do, and what was tailed before."""
        begun, had_keys = self._begun, self._start.has_focus
        self._start.display, self.list.display = not begun, begun
        if not begun:
            self._start.empty = HOW
            self._start.show(self.tailing.recent[:MOST_RECENT])
        elif had_keys:
            self.list.focus()

    def _draw_addresses(self) -> None:
        counts = self.tailing.counts
        self._addresses.display = bool(counts)
        self._addresses.styles.max_height = 1 + MOST_LINES
        self._addresses.styles.height = 1 + min(MOST_LINES, len(counts))
        self._addresses.show(counts, version=(self.tailing.version, self.size))

    def _address_cells(self, row: Counts) -> list[Cell]:
        dropped = units.whole(row.dropped_here)
        return [
            self._mark(row.origin) if row.address in self.tailing.addresses else "",
            row.address,
            _state(row),
            units.whole(row.seen),
            units.rate(self.tailing.rate(row.origin)),
            (dropped, "warn") if row.dropped_here else dropped,
            f"≈ {units.count(row.sampled_away)}" if row.sampled_away else "0",
            _mode(row),
        ]

    def _draw_notes(self) -> None:
        """What went wrong with an address, in place: what, and what to try."""
        lines: list[Line] = [] if self._begun else list(HOW_LINES)
        if failure := self.tailing.failure:
            lines += _two_lines("", failure.headline, failure.hint, "bad")
        for row in self.tailing.counts:
            tone: PanelTone = "bad" if row.state == "failed" else "warn"
            if row.text and (row.state != "following" or row.gaps or row.hint):
                lines += _two_lines(row.address, row.text, row.hint, tone)
        shown = lines[: 6 if self.size.height < 30 else 10]
        self._notes.display = bool(shown)
        self._notes.styles.height = len(shown)
        self._notes.show((), shown)

    def _counts_line(self) -> Line:
        """Every message is in one of these counts; what there is no room for is left out last."""
        tailing, found = self.tailing, self.messages.live
        dropped = sum(row.dropped_here for row in tailing.counts)
        away = sum(row.sampled_away for row in tailing.counts)
        out = found.filtered_out if found else 0
        pieces: list[tuple[str, str, PanelTone]] = [
            ("seen", units.whole(tailing.ring.seen + dropped), "strong"),
            ("shown", units.whole(found.matched if found else tailing.ring.seen), ""),
            ("filtered out", units.whole(out), ""),
            ("fell off", units.whole(tailing.ring.fell_off), ""),
            ("dropped", units.whole(dropped), "warn" if dropped else ""),
        ]
        if found and found.missed:
            pieces.append(("not looked at", units.whole(found.missed), "warn"))
        if away:
            pieces.append(("≈ sampled away", units.count(away), "warn"))
        state = self._where()
        line: list[tuple[str, PanelTone]] = [state, ("   ", "")]
        room = self._counts.inner_width - cell_len(state[0]) - 3
        for label, value, tone in pieces:
            room -= len(label) + len(value) + 3
            if room >= -2:
                line += [(f"{label} ", "label"), (f"{value}  ", tone)]
        return line

    def _where(self) -> tuple[str, PanelTone]:
        if self.progress:
            return (self.progress, "warn")
        if self.showing.held:
            return (f"held, {self._behind():,} newer", "warn")
        if self.list.following:
            return ("following", "good")
        newer = self.list.newer
        return (f"{newer:,} newer" if newer else "not following", "chart")

    def _behind(self) -> int:
        return self.tailing.ring.end - self.messages.ring.end

    def _why_empty(self) -> str:
        found = self.messages.matches
        if found and found.behind:
            return "Looking …"
        if found and self.total:
            return f"Nothing matches {self.filter!r}.  All {self.total:,} messages are still kept."
        if not self.tailing.addresses:
            return HOW
        states = {row.state for row in self.tailing.counts}
        if states == {"failed"}:
            return "Nothing can be tailed of this; what is wrong is said above."
        if "following" in states:
            return "Following.  Nothing has been sent since."
        return "Connecting …"


def _state(row: Counts) -> Cell:
    match row.state:
        case "following":
            return ("following", "good")
        case "failed":
            return ("failed", "bad")
        case state:
            return (state, "warn")


def _mode(row: Counts) -> Cell:
    if row.mode == "full":
        return "full"
    return (f"≈ 1 in {units.count(row.ratio)}" if row.ratio > 1 else "sampled", "warn")


def _two_lines(place: str, text: str, hint: str, tone: PanelTone) -> Sequence[Line]:
    named: Line = [(f"{place}: ", "label")] if place else []
    lines: list[Line] = [[*named, (text, tone)]]
    if hint:
        lines.append([(f"  {hint}", "dim")])
    return lines
