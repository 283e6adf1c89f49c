"""View 1: both systems over one time axis, and the worst backlogs of both with their causes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from arcwatch.charts.time_chart import span_name
from arcwatch.store.backlog.parts import parts_of
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.events.event import Event
from arcwatch.text import units
from arcwatch.ui.problems import of_cluster, short_place
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.happened import MOST_EVENTS, events_of, events_table, time_of
from arcwatch.ui.views.overview.selected import partition_lines
from arcwatch.ui.views.things import Thing, thing_at
from arcwatch.ui.views.view import ZOOM, View
from arcwatch.ui.widgets.lanes import RIGHT, Axis, Lane, axis_line, event_line, lane_lines
from arcwatch.ui.widgets.panel import Line, Panel
from arcwatch.ui.widgets.panes import Pane, next_of
from arcwatch.ui.widgets.row_table import RowTable

from .as_usual import AsUsual, as_usual, usual_lines
from .latency_lane import latency_lane
from .members import Members
from .nats_lane import NatsLane
from .pulsar_lane import PulsarLane
from .ranking import ranking_table
from .selected import FACTS, selected_lane
from .shape import FEW, Shape, shape_of, stretched
from .talkers import NOBODY, talkers_table, thing_of_talker, top_talkers
from .why import Evidence, cause_lines, evidence_lines, fitting

WINDOWS = (60.0, 300.0, 600.0, 900.0, 3_600.0)
"""Seconds that all charts look back."""

USUAL = 900.0
"""The longest of them that is chosen by itself, when there is so much to show."""

RANKED = 10
"""Rows that the ranking has room for, at least, before there is anything below it."""

EVIDENCE, MOST_TALKERS = 12, 22
"""Lines that the panes below the ranking can always fill, and at most."""

STEADY = 60.0
"""Seconds for which the ranking keeps the room of rows that are gone."""

SETTLED = 0.7
"""Seconds that the cursor rests on a backlog before its broker is asked for its consumers."""

LOWER: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("causes",),
    2: ("causes", "newest"),
    3: ("causes", "most-active", "newest"),
    4: ("causes", "most-active", "newest", "members"),
}
"""Ids of the panes below the ranking, by how many there is room for."""


class Overview(View):
    """Is anything wrong, since when, how bad, and why?"""

    NAME: ClassVar[str] = "Overview"
    # all of it; the ranking without what is around it; the ranking below larger charts
    LAYOUTS: ClassVar[Sequence[str]] = ("", "list", "charts")
    PANES: ClassVar[Sequence[str]] = ("ranking", *LOWER[4])
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Pane", id="pane.next"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, id="pane.last"),
        Binding("v", "layout", "Layout", id="layout.next"),
        Binding("V", "zoom", "Zoom", id="layout.zoom"),
        Binding("plus,equals_sign", "window(-1)", "Zoom in", show=False, id="lanes.zoom-in"),
        Binding("minus", "window(1)", "Zoom out", show=False, id="lanes.zoom-out"),
        Binding("less_than_sign", "point(-1)", "Earlier", show=False, id="lanes.earlier"),
        Binding("greater_than_sign", "point(1)", "Later", show=False, id="lanes.later"),
        Binding("escape", "leave_moment", "Back to now", show=False, id="lanes.leave"),
    ]

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing)
        self._systems = (NatsLane(showing), PulsarLane(showing))
        self._lanes = Panel(id="lanes")
        self._table = ranking_table(showing)
        self._table.mark = self.mark
        self._ranking = Pane(self._table, id="ranking")
        self._evidence = Evidence()
        self._why = Pane(self._evidence, id="causes")
        self._talkers_table = talkers_table()
        self._events_table = events_table(showing, self._letter_of)
        self._talkers = Pane(self._talkers_table, id="most-active")
        self._events = Pane(self._events_table, id="newest")
        self._members_text = Members()
        self._members = Pane(self._members_text, id="members")
        self._lower = Horizontal(*self.panes[1:], id="lower")
        self._window: float | None = None
        self._moment: float | None = None
        """What is read out of all lanes; Unix seconds."""
        self._settling: Timer | None = None
        self._asked = ("", "")
        self._lines = 0
        """Of the lanes."""
        self._arranged: object = None
        self._rows, self._counted = 0, 0.0
        """Rows that there is room for, and when there were so many."""
        self._top = NOBODY
        self._usual = AsUsual()
        self._letters: dict[float, str] = {}
        """Of the events below the lanes, by their moments."""

    def compose(self) -> ComposeResult:
        """From what is asked first to what is asked last."""
        yield self._lanes
        yield self._ranking
        yield self._lower

    @property
    def table(self) -> RowTable[BacklogRow]:
        """The ranking."""
        return self._table

    @property
    def browsed(self) -> tuple[str, str]:
        """See :attr:`View.browsed`: an event leads to its time, as does the moment read out."""
        event = self._events_table.cursor_item
        if event and self._events_table.has_focus:
            return event.place, time_of(event.at)
        return self.address, "" if self._moment is None else time_of(self._moment)

    @property
    def panes(self) -> Sequence[Pane]:
        """All that can have the focus, in the order of ``tab``."""
        return (self._ranking, self._why, self._talkers, self._events, self._members)

    def go_to(self, row: Any, *, walks: bool = False) -> None:
        """Put the cursor on a backlog."""
        key = (row.cluster, row.address)
        self.select_shown(lambda each: (each.cluster, each.address) == key)

    def thing_of(self, row: Any) -> Thing | None:
        """See :meth:`View.thing_of`: the subscription, the consumer, or the stream that copies."""
        return thing_at(self.showing.store, row.address, row.cluster) if row else None

    # -- drawing ----------------------------------------------------------------------------------

    def draw(self) -> None:
        """Everything that there is room for."""
        rows = self.showing.store.backlogs()
        self._count(len(rows))
        shape = self._shape
        self._table.empty = self._why_empty()
        self._table.show(rows, version=self.showing.version)
        self._ranking.title_line.show("Backlogs", self._scope(len(rows)))
        self._usual = as_usual(self.showing, self._table.cursor_item, self._usual)
        self._draw_lanes(shape)
        if self._arrange(shape):
            # what takes another place has another size after the next layout
            self.call_after_refresh(self.draw)
        self._draw_lower()

    def on_resize(self) -> None:
        """Use the room there is now, once the parts have it."""
        self.call_after_refresh(self.draw)

    @property
    def _shape(self) -> Shape:
        size = self.app.size
        shape = shape_of(size.width, size.height)
        if self.zoomed:
            return shape._replace(systems=0, left=0, selected=0, latency=0)
        if self.layout_name == "list":
            return shape._replace(systems=min(1, shape.systems), left=0, selected=0, latency=0)
        if self.layout_name == "charts" and shape.selected:
            return shape._replace(selected=max(shape.selected, size.height // 4))
        return stretched(shape, self.size.height - self._lower_height) if shape.has_axis else shape

    @property
    def _lower_height(self) -> int:
        return min(MOST_TALKERS, max(EVIDENCE, self._top.of + 2)) + self._rows + 2

    def _count(self, rows: int) -> None:
        """Keep room for the most rows there were of late: what moves cannot be read."""
        store = self.showing.store
        now = store.now
        self._top = top_talkers(self.showing, self._top)
        if rows >= self._rows or now - self._counted > STEADY:
            self._rows, self._counted = rows, now

    def _arrange(self, shape: Shape) -> bool:
        """Give the ranking what its rows need, and the panes below it what is left.

        Returns:
            Whether that is another arrangement than before.
        """
        left = self.size.height - self._lines
        lower = 0 if left < RANKED or self.layout_name else shape.lower
        shown = ["ranking", *LOWER[lower]]
        high = max(4, min(self._rows + 2, left - left // 2)) if lower else 0
        if self.zoomed:
            shown, high = [self.zoomed], 0
        arranged = (tuple(shown), high, self.size)
        if arranged == self._arranged:
            return False
        self._arranged = arranged
        for pane in self.panes:
            pane.display = pane.id in shown
        self._lower.display = any(pane.display for pane in self.panes[1:])
        self._ranking.styles.height = high or "1fr"
        return True

    def _scope(self, rows: int) -> str:
        shown = self._table.matches
        count = f"{shown:,} of {rows:,}" if shown != rows else f"{rows:,}"
        sorts = self._table.sorts.get(self._table.sort.column)
        return f"{count} · both systems · by {sorts.title.lower()}" if sorts else count

    def _draw_lanes(self, shape: Shape) -> None:
        width = max(10, self.size.width - 2)
        axis = self._axis(shape, width)
        if axis.pointed is None:
            self._moment = None
        lines: list[Line] = []
        if self.showing.tip and shape.systems:
            tip = textwrap.wrap(self.showing.tip, max(20, width - 11))
            lines += [
                [("TRY FIRST  "[: 11 * (not n)].ljust(11), "accent"), (line, "")]
                for n, line in enumerate(tip)
            ]
        if shape.systems:
            for system in self._systems:
                lines += lane_lines(system.lane(axis, shape.systems, width), axis)
                lines += system.silence(width) if shape.systems > 1 else []
        self._letters = axis.letters if shape.has_axis else {}
        if shape.has_axis:
            lines += self._over_one_axis(shape, axis)
        if len(lines) != self._lines:
            self._lines = len(lines)
            self._lanes.styles.height = len(lines)
        self._lanes.display = bool(lines)
        self._lanes.show(lines)

    def _over_one_axis(self, shape: Shape, axis: Axis) -> list[Line]:
        row = self._table.cursor_item
        usual, parts = self._usual.waiting.text, self._parts(row, axis.left)
        beside = parts if shape.selected >= FACTS + len(parts) else []
        lanes: list[Lane] = [selected_lane(self.showing, row, axis, shape.selected, usual, beside)]
        if shape.latency:
            lanes.append(latency_lane(self.showing, axis, shape.latency))
        lines = [line for lane in lanes for line in lane_lines(lane, axis)]
        if axis.events:
            count: Line = [("EVENTS     ", "label"), (f"{len(axis.columns)} of this row here", "")]
            lines.append(event_line(axis, count))
        cell = (axis.end - axis.start) / max(1, axis.width)
        scale_text = f"{span_name(axis.end - axis.start)}, {cell:.2g}s a cell"
        zoom = "   + - zoom" if axis.left > FEW else ""
        facts: Line = [("TIME       ", "label"), (f"{scale_text}{zoom}", "label")]
        if axis.moment is not None and axis.pointed is not None:
            facts = [("TIME     ▲ ", "label"), (self._clock(axis.moment), "strong")]
            facts = [*facts, ("   b history  esc now", "label")]
        return [*lines, axis_line(axis, facts, self._clock)]

    def _axis(self, shape: Shape, width: int) -> Axis:
        store, glyphs = self.showing.store, self.showing.glyphs
        cells = max(0, width - shape.left - RIGHT) if shape.left else 0
        window = self._window or self._usual_window()
        row = self._table.cursor_item
        events = events_of(self.showing, row.address) if row else ()
        axis = Axis(0.0, window, shape.left, cells, glyphs, events, self._moment)
        # by whole steps, so that nothing moves before there is something new to draw
        step = window / max(1, axis.buckets)
        end = -(-store.now // step) * step
        return axis._replace(start=end - window, end=end)

    def _letter_of(self, event: Event) -> str:
        row = self._table.cursor_item
        is_marked = row is not None and event.place == row.address
        return self._letters.get(event.at, "") if is_marked else ""

    def _usual_window(self) -> float:
        firsts = [state.traffic.first for state in self.showing.store.nats]
        firsts += [cluster.broker_rates.first for cluster in self.showing.store.pulsar]
        known = [first for first in firsts if first == first]
        held = self.showing.store.now - min(known, default=self.showing.store.now)
        return next((w for w in WINDOWS if held <= w or w == USUAL), USUAL)

    def _clock(self, at: float) -> str:
        return units.clock(at, utc=self.showing.utc)

    def _draw_lower(self) -> None:
        if not self._lower.display or not self.size.height:
            return
        row = self._table.cursor_item
        if self._why.display:
            of = of_cluster(self.showing, row.cluster) if row else ""
            title = f"Why  {of}{short_place(row.address)}" if row else "Why"
            self._why.title_line.show(title, "W all")
            self._evidence.show(self._about(row) if row else [])
        if self._talkers.display:
            self._talkers.title_line.show("Top talkers", "in + out")
            self._talkers_table.show(self._top.rows, version=self._top)
        if self._events.display:
            self._events.title_line.show("Newest events", "E all")
            newest = self.showing.store.events.newest(MOST_EVENTS)
            marked = row and row.address, tuple(self._letters.items())
            self._events_table.show(newest, version=(self.showing.version, marked))

        if self._members.display:
            self._members.title_line.show("Members and limits")
            self._members_text.update_from(self.showing)

    def _about(self, row: BacklogRow) -> list[Line]:
        """What is wrong with a backlog; and its past, where there is no lane for that."""
        wide, high = max(20, self._evidence.size.width - 2), self._evidence.size.height
        cause = cause_lines(self.showing, row, wide)
        if self._shape.selected or high < len(cause) + 3:
            lines = [*cause, *evidence_lines(self.showing, row, wide, high - len(cause))]
            parts = self._parts(row, wide)
            if self._shape.selected >= FACTS + len(self._parts(row, self._shape.left)):
                parts = []
            return lines + fitting((parts, usual_lines(self._usual)), high - len(lines))
        axis = self._axis(self._shape._replace(left=1), wide)
        lane = selected_lane(self.showing, row, axis, max(2, min(6, high - len(cause) - 2)))
        chart = lane_lines(lane._replace(facts=()), axis)
        above = [*cause, *chart, axis_line(axis, (), self._clock)]
        return [*above, *evidence_lines(self.showing, row, wide, high - len(above))]

    def _parts(self, row: BacklogRow | None, width: int) -> list[Line]:
        parts = parts_of(self.showing.store.pulsar, row) if row else []
        return partition_lines(parts, width, ascii_only=self.showing.glyphs == "ascii")

    def _why_empty(self) -> str:
        halves = {lane.TITLE: self.showing.store.half(lane.SYSTEM) for lane in self._systems}
        silent = [name for name, half in halves.items() if half in ("waiting", "down")]
        known = [name for name, half in halves.items() if half in ("up", "partly")]
        if not known:
            return "Backlogs are unknown: no server has answered."
        partly = [name for name, half in halves.items() if half == "partly"]
        if partly and not silent:
            return f"No backlog as far as known: {' and '.join(partly)} not fully answering."
        if silent:
            return f"No backlog in {known[0]}.  {silent[0]} is not answering."
        return "No backlog: every subscription and consumer has caught up."

    # -- what the cursor is on --------------------------------------------------------------------

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Show another backlog, and ask for its consumers once the cursor rests on it."""
        event.stop()
        if event.table is self._table:
            self.draw()
            if self._settling:
                self._settling.stop()
            self._settling = self.set_timer(SETTLED, self._ask_about)

    def on_show(self) -> None:
        """Ask again for what was asked for before another view was on screen."""
        self._ask_about()

    def on_hide(self) -> None:
        """Stop polling for this view, and drop the tip."""
        self.showing.tip = ""
        if any(self._asked):
            self._asked = ("", "")
            self.showing.watcher.open_topic("")

    def _ask_about(self) -> None:
        row = self._table.cursor_item
        asked = (row.place, row.cluster) if row and row.system == "pulsar" else ("", "")
        if asked != self._asked and self.is_on_screen:
            self._asked = asked
            self.showing.watcher.open_topic(*asked)

    @property
    def is_on_screen(self) -> bool:
        """Whether this is the view on show."""
        return bool(self.display and self.is_mounted)

    # -- keys -------------------------------------------------------------------------------------

    def action_next_pane(self, step: int) -> None:
        """Give the focus to the next pane, around the ends."""
        if pane := next_of(self.panes, step):
            pane.take_focus()

    def action_layout(self) -> None:
        """Show another layout: everything, the ranking alone, larger charts."""
        fits = [n for n in self.LAYOUTS if n != "charts" or shape_of(*self.app.size).selected]
        at = fits.index(self.layout_name) if self.layout_name in fits else -1
        self.layout_name = fits[(at + 1) % len(fits)]
        self._table.focus()
        self.draw()

    def action_zoom(self) -> None:
        """Give the whole view to the pane with the focus, or to all again."""
        chosen = next((pane for pane in self.panes if pane.is_focused), self._ranking)
        self.layout_name = "" if self.zoomed else f"{ZOOM}{chosen.id}"
        self.draw()

    def point_at(self, at: float) -> None:
        self._moment = at
        self.draw()

    def action_point(self, step: int) -> None:
        """Read all lanes at an earlier or later moment; the first is the newest."""
        shape = self._shape
        axis = self._axis(shape, self._lanes.inner_width)
        if shape.has_axis and axis.width:
            x = axis.width - 1 if axis.pointed is None else axis.pointed + step
            cell = (axis.end - axis.start) / axis.width
            # the middle of a cell, which rounding cannot move to the next
            self.point_at(axis.start + (max(0, min(axis.width - 1, x)) + 0.5) * cell)

    def action_leave_moment(self) -> None:
        """Go back to now."""
        self._moment = None
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to others while nothing is read out; offer that where there are charts."""
        if action == "leave_moment":
            return self._moment is not None
        return self._shape.has_axis if action == "point" else True

    def action_window(self, step: int) -> None:
        """Look back less far, or farther."""
        at = WINDOWS.index(self._window or self._usual_window()) + step
        self._window = WINDOWS[max(0, min(len(WINDOWS) - 1, at))]
        self.draw()

    def on_evidence_resized(self, event: Evidence.Resized) -> None:
        """Wrap its sentences anew."""
        event.stop()
        self._draw_lower()

    def on_evidence_opened(self, event: Evidence.Opened) -> None:
        """Open the row that it is about."""
        event.stop()
        self._open_selected()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open the row where it lives."""
        event.stop()
        if event.table is self._table:
            self._open_selected()
        elif event.table is self._talkers_table:
            self._open_talker()
        elif row := self._events_table.cursor_item:
            self._open(thing_at(self.showing.store, row.place), at=row.at)

    def _open_selected(self) -> None:
        self._open(self.thing_of(self._table.cursor_item), walks=True)

    def _open_talker(self) -> None:
        if row := self._talkers_table.cursor_item:
            self._open(thing_of_talker(self.showing, row))

    def _open(self, thing: Thing | None, *, walks: bool = False, at: float | None = None) -> None:
        if thing:
            self.post_message(self.GoTo(thing, walks=walks, at=at))
