"""View 5: stored messages from any moment, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from arcwatch.model.tail import time_of
from arcwatch.notation.times import format_time
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.tail.start import offered, start_table
from arcwatch.ui.views.tail.view import TALL
from arcwatch.ui.widgets.panel import Line, Panel, wrapped
from arcwatch.ui.widgets.row_table import RowTable
from arcwatch.ui.widgets.stored_list import StoredList
from arcwatch.ui.widgets.timeline import Timeline

from . import lines as history_lines
from .rows import HistoryRows
from .timeline import HistoryTimeline

MS = 1_000_000
"""Nanoseconds."""

HOW = "No history is open: press `b` on a row of views 1 to 4, or enter `:history ADDRESS`."
"""What to do where nothing is browsed."""

HOW_LINES: Sequence[Line] = (
    [("All messages stored by a topic or stream, from any time, in either direction.", "")],
    [
        ("b", "strong"),
        (" on a row of views 1 to 4 opens it   ", "label"),
        (":history ADDRESS [TIME]", "strong"),
        (" anything else:", "label"),
    ],
    [
        ("  pulsar:arc/agents/task-events        ", "strong"),
        ("a topic, its partitions as one", "label"),
    ],
    [("  pulsar:arc/agents/* yesterday 14:00  ", "strong"), ("every topic that matches", "label")],
    [
        ("  js:ORDERS/orders.eu.* -15m           ", "strong"),
        ("a stream, or some of its subjects", "label"),
    ],
    [],
)
"""The same where there is room for examples."""


class HistoryView(HistoryRows):
    """What was said then?"""

    NAME: ClassVar[str] = "History"

    DEFAULT_CSS = """
    HistoryView > #history-head { height: 1; }
    HistoryView > #history-notes { height: auto; display: none; }
    HistoryView > #history-state { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("at", "go", "Time", key_display="@", id="history.go"),
        Binding("minus", "zoom(-1)", "Zoom out", show=False, id="history.out"),
        Binding("plus,equals_sign", "zoom(1)", "Zoom in", show=False, id="history.in"),
        Binding("less_than_sign", "step(-1)", "Timeline", show=False, id="history.earlier"),
        Binding("greater_than_sign", "step(1)", "Timeline", show=False, id="history.later"),
        Binding("comma", "near(-1)", "Previous event", show=False, id="history.last-event"),
        Binding("full_stop", "near(1)", "Next event", show=False, id="history.next-event"),
        Binding("C", "surround", "Surroundings", show=False, id="history.surround"),
        Binding("S", "state", "State", id="history.state"),
        Binding("m", "mark", "Mark", id="history.mark"),
        Binding("R", "app.rewind", "Rewind…", id="history.rewind"),
        Binding("P", "replay", "Replay…", id="history.replay"),
        Binding("O", "event_time", "Order", show=False, id="history.event-time"),
        Binding("p", "pause", "Pause", id="history.pause"),
        Binding("r", "retry", "Again", show=False, id="history.retry"),
        Binding("backspace,delete", "forget", "Forget", show=False, id="history.forget"),
        Binding("escape", "close", "Close", id="messages.close"),
        Binding("escape", "leave", "Back", show=False, id="history.leave"),
    ]

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing)
        self._start = start_table("history")
        self._start.empty = HOW
        self.timeline = HistoryTimeline(showing)
        self._head = Panel(id="history-head")
        self._notes = Panel(id="history-notes")
        self._state = Panel(id="history-state")
        self._place: int | None = None

    def compose(self) -> ComposeResult:
        """What is open, what went wrong, what is done, the messages, and the one that is open."""
        yield self._head
        yield self.timeline
        yield self._notes
        yield self._start
        yield self._state
        yield self.body()
        yield self.prompt

    # -- where it is --------------------------------------------------------------------------

    def browse(self, address: str, at: str = "") -> None:
        """Open the history of an address, at its end or at a time.

        Raises:
            UsageError: It names nothing that has a history, or the time is none.
        """
        self.browsing.utc = self.showing.utc
        self.browsing.browse(address, at)
        self._shut()
        self.draw()
        self.take_keys()

    @property
    def spot(self) -> object:
        return self.browsing.address

    def return_to(self, spot: Any) -> None:
        """See :meth:`View.return_to`; what is open still is left where it is."""
        if spot and spot != self.browsing.address:
            self.browse(spot)

    def action_go(self) -> None:
        """Ask for a time, and go there; or for a window."""
        if self.browsing.address:
            cursor = self.browsing.timeline_query.cursor
            pointed = "" if cursor is None else format_time(cursor, 3)
            self.prompt.ask("a time, or from … to …", pointed, self.go)

    def _announced(self, at: int | None, do: Callable[[], None]) -> None:
        """Do what reads from a moment on, after a question if that is in tiered storage."""
        query = self.browsing.timeline_query

        def answered(answer: str) -> None:
            if answer.casefold() in ("y", "yes"):
                query.may_read_tiered = True
                do()
                self.draw()

        if at is None or not query.announces(at):
            do()
        else:
            cost = history_lines.tiered(query.tiered_from(at))
            self.prompt.ask(f"{cost}; continue?", "no", answered)

    def go(self, text: str) -> None:
        """Go to a time, or open a window.

        Raises:
            NotationError: It is neither.
        """
        if not text:
            return
        self.browsing.utc = self.showing.utc
        self._announced(self.browsing.begins(text), lambda: self.browsing.go(text))
        self._shut()
        self.draw()

    def action_surround(self) -> None:
        """Show what stands around the match under the cursor, instead of the matches."""
        message = self.chosen
        if self.browsing.search.hits is None or message is None or not message.id:
            self.notify("enter a filter first: /", markup=False)
            return
        # in several topics a position alone is ambiguous
        place = format_time(time_of(message)) if "*" in self.browsing.address else message.id
        self.browsing.search.end()
        self.post_message(self.Narrow(""))
        self.go(place)

    def action_step(self, step: int) -> None:
        """Point at a moment of the timeline."""
        self.timeline.step(step)

    def action_near(self, step: int) -> None:
        """Point at the next match or event of the timeline, or at the one before."""
        message = self.chosen
        self.timeline.near(step, time_of(message) if message else 0)

    def go_live(self) -> None:
        """See :meth:`View.go_live`: the newest of all that is stored, or of what was found."""
        if not self.browsing.address:
            return
        if self.browsing.window:
            self.browsing.clear_window()
        self.browsing.timeline_query.point(None)
        self._shut()
        self.list.action_follow()

    def action_zoom(self, step: int) -> None:
        """Show less time in the timeline, or more."""
        self.timeline.zoom(step)
        self.draw()

    def on_history_timeline_jump_requested(self, event: HistoryTimeline.JumpRequested) -> None:
        """Go to the moment that is pointed at."""
        event.stop()
        self.go(format_time(event.at))
        self.browsing.timeline_query.point(None)
        self.list.focus()

    def on_timeline_back(self, event: Timeline.Back) -> None:
        """Go on with the list."""
        event.stop()
        self.list.focus()

    def action_state(self) -> None:
        """Ask for a time, and list the state then; or for two, and list what changed."""
        text = ""
        if window := self.browsing.window:
            text = window.words
        elif (cursor := self.browsing.timeline_query.cursor) is not None:
            text = format_time(cursor, 3)
        elif (message := self.chosen) is not None:
            # the message under the cursor is a part of it
            text = format_time((time_of(message) // MS + 1) * MS, 3)
        self.prompt.ask("the state at, or changes from … to …", text, self._rebuild)

    def _rebuild(self, text: str) -> None:
        if not text:
            return
        self.browsing.utc = self.showing.utc
        self.browsing.begins(text)
        # the first of what is stored counts as well
        self._announced(0, lambda: self.browsing.show_state(text))
        self._shut()
        self.post_message(self.SheetChanged())
        self.draw()

    def action_mark(self) -> None:
        """Mark the message; with the one marked before it makes a window."""
        message = self.chosen
        if message is None or not message.id:
            self.notify("there is no message to mark", markup=False)
            return
        self.browsing.set_mark(message)
        self.draw()

    def action_retry(self) -> None:
        """Retry what failed, or load newer messages."""
        if self.browsing.failure or self.browsing.is_cancelled:
            self.browsing.retry()
        elif self.browsing.state_query.failure:
            self.browsing.state_query.again()
        elif self.browsing.search.failure:
            self.browsing.search.again()
        else:
            self.browsing.load_more(1)
            self.browsing.timeline_query.again()

    def on_stored_list_edge(self, event: StoredList.Edge) -> None:
        """Read what is beyond the rows that are held."""
        event.stop()
        browsing = self.browsing
        if not browsing.is_paged or browsing.opened is None:
            return
        if not event.far and event.step < 0:
            self._announced(browsing.pages.begins, lambda: browsing.load_more(-1))
        elif not event.far:
            browsing.load_more(1)
        elif event.step < 0:
            self._announced(None if browsing.window else 0, browsing.go_first)
        elif browsing.pages.last:
            browsing.load_more(1)
        else:
            browsing.go_last()
        self.draw()

    def action_leave(self) -> None:
        """Leave what is being done, then the search, then the window."""
        browsing = self.browsing
        if self.progress:
            self.workers.cancel_group(self, "write")
            self.notify("nothing was written", markup=False)
        elif browsing.state_query.end():
            self.post_message(self.SheetChanged())
        elif not (browsing.search.stop() or browsing.cancel()):
            if browsing.search.by_event_time:
                browsing.search.order(by_event_time=False)
            else:
                browsing.clear_window()
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        browsing = self.browsing
        match action:
            case "leave":
                looking = browsing.search.is_running or browsing.state_query.is_running
                doing = self.progress or browsing.loading or looking
                several = (browsing.window, browsing.mark, browsing.state_query.asked)
                narrowed = any(several) or browsing.search.by_event_time
                return not self.inspecting and bool(doing or (narrowed and not self.filter))
            case "pause":
                announced = browsing.search.state == "announced"
                return announced or browsing.search.is_running or browsing.state_query.is_running
            case "go" | "mark" | "replay":
                return bool(browsing.address)
            case "state":
                return browsing.opened is not None
            case "forget":
                return not self.browsing.address and self._start.cursor_item is not None
            case "near":
                return self.timeline.is_marked and not self.inspecting
            case "step" | "zoom":
                return self.timeline.is_there and not (self.inspecting and action == "step")
        return super().check_action(action, parameters)

    def take_keys(self) -> None:
        if self.browsing.address:
            super().take_keys()
        else:
            self._start.focus()

    def parts(self) -> list[Widget]:
        # whether more is known changes nothing: what keys do is not looked up at every frame
        return [self.list, self.timeline.bars] if self.browsing.address else [self._start]

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open what was saved, or an address again."""
        event.stop()
        if row := self._start.cursor_item:
            self.post_message(self.Command(row.command))

    def action_forget(self) -> None:
        """Remove the address under the cursor from the start page."""
        if row := self._start.cursor_item:
            row.forget(self.showing)
            self.draw()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Nothing depends on which address is under the cursor."""
        event.stop()

    def open(self, index: int) -> None:
        """See :meth:`MessagesView.open`; and ask when the message is due."""
        super().open(index)
        self.run_worker(self._look_up_due(), exclusive=True, group="due")

    async def _look_up_due(self) -> None:
        opened = self.inspector.opened
        found = await self.browsing.due_times.look_up(opened.message) if opened else None
        now = self.inspector.opened
        if now and opened and found and now.message is opened.message:
            self.inspector.show(now._replace(message=found))

    def _shut(self) -> None:
        if self.inspecting:
            self.action_close()

    # -- searching ----------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Let the search pause, or go on."""
        browsing = self.browsing
        if browsing.search.state == "announced" and not browsing.state_query.asked:
            browsing.timeline_query.may_read_tiered = True
            browsing.search.again()
        (browsing.state_query if browsing.state_query.asked else browsing.search).hold()
        self.draw()

    def action_event_time(self) -> None:
        """Order what is in the window by event time, or as it is stored again."""
        search = self.browsing.search
        if self.browsing.window is None and not search.by_event_time:
            self.notify("event times order a window: m m, or @ from … to …", markup=False)
            return
        search.order(by_event_time=not search.by_event_time)
        self.draw()

    # -- drawing ------------------------------------------------------------------------------

    @property
    def version(self) -> object:
        shown = self.list.shown
        return (
            self.browsing.version,
            self.showing.utc,
            self.showing.store.events.version,
            shown.start,
            shown.stop,
            self.inspecting,
            self.progress,
        )

    def draw(self) -> None:
        """What is open, what is done, and the rows on screen."""
        browsing = self.browsing
        self._draw_start()
        self._head.display = self._state.display = bool(browsing.address)
        self._head.show(
            [history_lines.head(browsing, self._head.inner_width, utc=self.showing.utc)]
        )
        self._draw_notes()
        self._put_cursor()
        self.list.empty = history_lines.why_empty(browsing)
        self.look_between()
        states = (browsing.search.state, browsing.state_query.state)
        known = (browsing.values.version, browsing.due_times.version)
        look = (known, self.showing.utc, browsing.mark, states, self.found, self.placed)
        self.choose_columns()
        self.list.show(self.messages, version=look)
        self.draw_whole()
        self.draw_opened()
        if browsing.is_paged:
            browsing.prefetch(self.on_screen)
        browsing.due_times.request(filter(None, map(self._row, self.list.shown)))
        self.timeline.draw(self.size.height, self.on_screen, inspecting=self.inspecting)
        self._state.show([self._state_line()])

    def _state_line(self) -> Line:
        if self.progress:
            return [(self.progress, "warn"), ("  esc cancels", "dim")]
        if pointed := self.timeline.pointed:
            return pointed
        return history_lines.state(self.browsing, self.on_screen, utc=self.showing.utc)

    def _draw_start(self) -> None:
        begun, had_keys = bool(self.browsing.address), self._start.has_focus
        self._start.display, self.panes.display = not begun, begun
        if not begun:
            self._start.show(offered(self.showing, "history"))
        elif had_keys:
            self.list.focus()

    def _draw_notes(self) -> None:
        browsing = self.browsing
        lines = list(history_lines.notes(browsing))
        if not browsing.address:
            lines = list(HOW_LINES)
        most = 8 if self.size.height < TALL else 12
        shown = [each for line in lines for each in wrapped(line, self.size.width - 2)][:most]
        self._notes.display = bool(shown)
        self._notes.styles.height = len(shown)
        self._notes.show(shown)

    def _put_cursor(self) -> None:
        browsing = self.browsing
        if browsing.is_paged and self._place is not None:
            browsing.anchor, self._place = self._place, None
        elif not browsing.is_paged and self._place is None:
            cursor = self.list.cursor
            self._place = None if cursor is None else self.between.index_of(cursor)
            self.list.place(0)
        if browsing.is_paged and browsing.anchor is not None:
            self.look_between()
            self.list.place(self.between.row_of(browsing.anchor))
            browsing.anchor = None
