"""The timeline above a history's list: message counts over time, and the list's position."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message as Event

from arcwatch.charts.counts import FAR, GONE, Counts
from arcwatch.charts.time_chart import lettered
from arcwatch.history.time_buckets import buckets
from arcwatch.model.history import Extent
from arcwatch.model.tail import time_of
from arcwatch.session.history_timeline import Shown, TimelineQuery
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.message_rows import clock, moment
from arcwatch.ui.views.tail.view import TALL
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone
from arcwatch.ui.widgets.timeline import Timeline
from arcwatch.ui.widgets.timeline_lines import SIGNS, Laid, column_of

ZOOM = 2.0
"""How much longer or shorter what is shown becomes with one key."""

HIGH = 40
"""Lines of a view that has room for higher bars."""

HINT = "   < > point  , . event  + - zoom"
"""Hints about keys, where there is room."""

DAY = 86_400 * 10**9
"""Nanoseconds."""


class HistoryTimeline(Vertical):
    """The bars, and a line that names their edge and what they cost."""

    DEFAULT_CSS = """
    HistoryTimeline { height: auto; display: none; }
    HistoryTimeline > #history-edge { height: 1; }
    HistoryTimeline.-low > #history-edge { display: none; }
    """

    class JumpRequested(Event):
        """The user chose a moment to jump to.

        Attributes:
            at: Nanoseconds since the epoch.
        """

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    NAME: ClassVar[str] = "timeline"

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(id="history-timeline")
        self._showing = showing
        self.bars = Timeline(self._clock, glyphs=showing.glyphs)
        self._edge = Panel(id="history-edge")
        self._spread: tuple[object, Laid | None] = (None, None)
        self._page: tuple[int, int] | None = None
        self._asked: tuple[int, range, bool] | None = None
        self._matches: tuple[int, ...] = ()
        self._happened: Sequence[tuple[float, str]] = ()
        self._looked: object = None

    def compose(self) -> ComposeResult:
        """Bars, and their edge."""
        yield self.bars
        yield self._edge

    @property
    def timeline_query(self) -> TimelineQuery:
        """What is known."""
        return self._showing.browsing.timeline_query

    @property
    def is_there(self) -> bool:
        """Whether anything can be pointed at."""
        return bool(self.display and self.timeline_query.shown)

    @property
    def is_marked(self) -> bool:
        """Whether there are matches or events to go to."""
        return self.is_there and bool(self._matches or self._happened)

    # -- keys ---------------------------------------------------------------------------------

    def step(self, cells: int) -> None:
        """Point at a moment so many cells aside."""
        self.bars.focus()
        self.bars.action_point(cells)

    def zoom(self, step: int) -> None:
        """Show less time, or more where ``step`` is negative, about the cursor or the page."""
        shown = self.timeline_query.shown
        if shown is None:
            return
        middle = sum(self._page) // 2 if self._page else shown.end
        around = middle if self.timeline_query.cursor is None else self.timeline_query.cursor
        if not shown.start <= around < shown.end:
            around = (shown.start + shown.end) // 2
        self.timeline_query.zoom(ZOOM**-step, around)

    def near(self, step: int, from_: int) -> None:
        """Point at the next match or event, or at the one before where ``step`` is -1.

        Args:
            from_: Where the list is, for the first step: nanoseconds since the epoch.
        """
        whole, cursor = self.timeline_query.whole, self.timeline_query.cursor
        now = from_ if cursor is None else cursor
        times = sorted({*self._matches, *(round(at * 1e9) for at, _ in self._happened)})
        later = [at for at in times if (at - now) * step > 0 and whole and at < whole.end]
        if later:
            self.bars.focus()
            at = later[0 if step > 0 else -1]
            self.timeline_query.reveal(at)
            self.timeline_query.point(at)

    def on_timeline_pointed(self, event: Timeline.Pointed) -> None:
        """Point there; beyond an edge what is shown moves along."""
        event.stop()
        if event.at is not None:
            self.timeline_query.reveal(event.at)
        self.timeline_query.point(event.at)

    def on_timeline_chosen(self, event: Timeline.Chosen) -> None:
        """Go there."""
        event.stop()
        self.post_message(self.JumpRequested(event.at))

    # -- drawing ------------------------------------------------------------------------------

    def draw(self, height: int, shown: range, *, inspecting: bool) -> None:
        """Bring it up to date.

        Args:
            inspecting: Whether a message is open, which needs the room of a small screen.
        """
        self._asked = (height, shown, inspecting)
        browsing, low = self._showing.browsing, height < TALL
        self.display = bool(browsing.address) and not (inspecting and low)
        self.set_class(low, "-low")
        self.bars.set_class(low, "-low")
        self.bars.set_class(height >= HIGH, "-high")
        if not self.display:
            return
        self._follow(shown)
        self._look_around()
        self.bars.set_class(bool(self._matches or self._happened), "-marked")
        self.bars.show(self._laid(), self._why_not(), version=self._showing.utc)
        self._edge.show([self._edge_line()])

    def on_timeline_resized(self, event: Timeline.Resized) -> None:
        """Use the room there is now."""
        event.stop()
        if self._asked:
            height, shown, inspecting = self._asked
            self.draw(height, shown, inspecting=inspecting)

    def _follow(self, shown: range) -> None:
        """Keep the page in what is shown, unless something else is pointed at."""
        rows, before = self._showing.browsing.rows, self._page
        if (
            self._showing.browsing.state_query.asked
            or not shown
            or shown.start < rows.start
            or shown.stop > rows.end
        ):
            return
        times = time_of(rows.message(shown.start)), time_of(rows.message(shown.stop - 1))
        self._page = (min(times), max(times))
        self.timeline_query.renew(self._page[1])
        if self._page != before and self.timeline_query.cursor is None:
            self.timeline_query.reveal(self._page[0])

    def _laid(self) -> Laid | None:
        query, slots = self.timeline_query, self.bars.slots
        shown, extent = query.shown, query.extent
        if shown is None or extent is None or not slots:
            return None
        stretches = query.stretches
        known = (id(extent), id(stretches), shown, slots)
        if self._spread[0] != known:
            self._spread = (known, _spread(query, extent, shown, slots))
        laid = self._spread[1]
        if laid is None:
            return None
        start, end = laid.start / 1e9, laid.end / 1e9
        events = lettered([each for each in self._happened if start <= each[0] < end])
        return laid._replace(
            page=self._page, cursor=query.cursor, matches=self._matches, events=events
        )

    def _look_around(self) -> None:
        """Find what is marked: the matches so far, and what happened to what is open."""
        browsing, events = self._showing.browsing, self._showing.store.events
        times = browsing.search.hits.times if browsing.search.hits else ()
        if len(times) != len(self._matches):
            self._matches = tuple(times)
        if (looked := (browsing.address, events.version)) != self._looked:
            self._looked = looked
            servers = servers_of(self._showing)
            self._happened = events.about(browsing.address, inside=True, servers=servers)

    def _why_not(self) -> str:
        if self.timeline_query.failure:
            return printable(f"no timeline: {self.timeline_query.failure.headline}", 200)
        if self.timeline_query.extent:
            return "no messages stored"
        return "reading message counts …" if self._showing.browsing.opened else ""

    def _clock(self, at: int, length: int) -> str:
        return moment_text(at, length, utc=self._showing.utc)

    @property
    def pointed(self) -> Line:
        """What lies at the moment that is pointed at, where no other line has room for it."""
        cursor = self.timeline_query.cursor
        return self._cursor_line(cursor) if cursor is not None and self.has_class("-low") else []

    def _edge_line(self) -> Line:
        query, extent = self.timeline_query, self.timeline_query.extent
        if extent is None:
            return []
        if query.cursor is not None:
            return self._cursor_line(query.cursor)
        glyphs = self._showing.glyphs
        line: list[tuple[str, PanelTone]] = [(f"{GONE[glyphs]} ", "dim"), *edge(extent, self._utc)]
        if any(stretch.offloaded for stretch in extent.stretches):
            words = "in tiered storage: reading it is slow and may be billed"
            line += [(f"   {FAR[glyphs]} ", "label"), (words, "warn")]
        line += [(f"   {SIGNS[glyphs].page} ", "strong"), ("on screen", "label")]
        if laid := self._laid():
            most = max((value for value in laid.counts.values if value == value), default=0.0)
            length = (laid.end - laid.start) / len(laid.counts.values) / 1e9
            line.append((f"   at most {units.count(most)} in {units.duration(length)}", "label"))
        line.append((f"   {cost(query, self._utc)}", "dim"))
        room = self._edge.inner_width - sum(cell_len(text) for text, _ in line)
        return [*line, (HINT, "dim")] if room >= len(HINT) else line

    @property
    def _utc(self) -> bool:
        return self._showing.utc

    def _cursor_line(self, cursor: int) -> Line:
        laid = self._laid()
        if laid is None:
            return []
        length = laid.end - laid.start
        width = max(self.bars.plot_width, 1)
        cell = length // width
        each = len(laid.counts.values) // width
        column = min((cursor - laid.start) * width // length, width - 1)
        values = [v for v in laid.counts.values[column * each : (column + 1) * each] if v == v]
        lies = f"≈ {units.rate(sum(values))} messages" if values else "no messages stored"
        far = any(laid.counts.far[column * each : (column + 1) * each])
        happened = [
            f"  ◆{event.mark} {printable(event.text, 100)}"
            for event in laid.events
            if column_of(laid, round(event.at * 1e9), width) == column
        ]
        return [
            (f"{SIGNS[self._showing.glyphs].cursor} ", "warn"),
            (moment_text(cursor, length, utc=self._utc), "strong"),
            (f"  {lies} in {units.duration(max(cell / 1e9, 0.001))}", "label"),
            ("".join(happened), "strong"),
            ("  in tiered storage: reading it is slow and may be billed" if far else "", "warn"),
            ("   enter: go there  < > step  , . event  + - zoom  esc: close", "dim"),
        ]


def servers_of(showing: ViewContext) -> str:
    """The system of the open history; empty if it has several clusters."""
    is_stream = showing.browsing.address.startswith("js:")
    return "" if showing.store.called else "nats" if is_stream else "pulsar"


def _spread(query: TimelineQuery, extent: Extent, shown: Shown, slots: int) -> Laid:
    """What is known in so many equal spans; NaN before and behind all that is stored."""
    found = buckets(query.stretches, shown.start, shown.end, slots)
    width = (shown.end - shown.start) / slots
    first, last = extent.first_time or 0, extent.last_time or 0
    values = [
        each.messages if each.start + width > first and each.start <= last else math.nan
        for each in found
    ]
    far = [each.offloaded for each in found]
    return Laid(shown.start, shown.end, Counts(values, far))


def edge(extent: Extent, utc: bool) -> Line:
    """Why there is nothing older, and what the oldest is."""
    if extent.first_time is None:
        return [(extent.edge, "label")]
    first = moment(extent.first_time, utc=utc)[:19]
    if not extent.is_first_read:
        return [(f"{extent.edge}; the first stored message is not later than {first}", "label")]
    return [(f"{extent.edge}; the first stored message is ", "label"), (first, "")]


def cost(query: TimelineQuery, utc: bool) -> str:
    """What it took to know it, and when that was: it is never read whole."""
    at = clock(query.at, utc=utc, digits=0).rstrip(".")
    return f"{query.looks:,} read in {query.took:.2f} s at {at}"


def moment_text(at: int, length: int, *, utc: bool) -> str:
    """A moment with the precision that the visible span requires.

    >>> moment_text(1_700_000_000_012_000_000, 3 * DAY, utc=True)
    '2023-11-14 22:13'
    >>> moment_text(1_700_000_000_012_000_000, 60 * 10**9, utc=True)
    '22:13:20.012'
    """
    text = moment(at, utc=utc)
    if length > 2 * DAY:
        return text[:16]
    date = text[5:11] if length > DAY / 2 else ""
    digits = 0 if length > 600 * 10**9 else 4
    return f"{date}{text[11 : 19 + digits]}"
