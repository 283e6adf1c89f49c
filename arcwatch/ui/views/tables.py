"""A view of several tables, one visible at a time, with a chart of the selected row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from arcwatch.charts.time_chart import Scale, lettered, linear, scaled
from arcwatch.model.reading import System
from arcwatch.store.charted import Charted, ChartedLine, lines_of
from arcwatch.store.events.event import Event
from arcwatch.store.series.series import SeriesTable
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.problems import of_cluster
from arcwatch.ui.trail import Whereabouts
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.view import ZOOM
from arcwatch.ui.widgets.chart import Chart
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone
from arcwatch.ui.widgets.row_table import RowTable

from .addresses import located
from .detail import Detail, Fact, grid
from .fields import cause_cell
from .happened import MOST_EVENTS, events_table, time_of
from .row_panes import AROUND, LAYOUTS, LIST, PANES, Contents, RowPanes, fitting
from .sheets import Sheet, titles
from .things import Thing, thing_at
from .view import View

WINDOWS = (60.0, 300.0, 900.0, 3600.0, 14_400.0)
"""Seconds that a chart can look back."""

FRAME = 2
"""Cells left and right of facts."""

NAMED = 40
"""Characters of the name of a row that is compared."""

LEAST = 6
"""Lines that an opened row leaves to its table, its titles included."""

SETTLED = 0.7
"""Seconds that the cursor rests on a row before its server is asked more about it."""

COMPARED = 4
"""Rows that one chart can hold."""


class TablesView(View):
    """Tables that take turns; ``L`` goes to the next.  A row may open, and has tables too."""

    SYSTEM: ClassVar[System]
    HOMES: ClassVar[Mapping[type, str]] = {}
    """The table of the view that rows of each kind are in."""
    SCALE: ClassVar[tuple[Callable[[float], float], Callable[[float], str]]] = (float, units.rate)
    """The scale of the chart, and how its values are formatted."""
    SCALING: ClassVar[Callable[[Sequence[float], Callable[[float], str]], Scale]] = linear
    """Makes the scale of a chart, from what is drawn."""
    LAYOUTS: ClassVar[Sequence[str]] = LAYOUTS
    PANES: ClassVar[Sequence[str]] = PANES
    HAPPENS: ClassVar[bool] = True
    """Whether the newest events of the system are shown where there is room."""
    FEW: ClassVar[bool] = False
    """See :attr:`Contents.few`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("L", "turn(1)", "Next tab", id="view.next-table"),
        Binding("H", "turn(-1)", "Previous tab", show=False, id="view.last-table"),
        Binding("tab", "pane(1)", "Next pane", show=False, id="view.next-pane"),
        Binding("shift+tab", "pane(-1)", "Previous pane", show=False, id="view.last-pane"),
        Binding("v", "layout", "Layout", id="chart.size"),
        Binding("V", "zoom_pane", "Zoom", id="view.zoom"),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", show=False, id="chart.zoom-in"),
        Binding("minus", "zoom(1)", "Zoom out", show=False, id="chart.zoom-out"),
        Binding("c", "compare", "Compare", show=False, id="chart.compare"),
        Binding("less_than_sign", "point(-1)", "Earlier", show=False, id="chart.point-earlier"),
        Binding("greater_than_sign", "point(1)", "Later", show=False, id="chart.point-later"),
        Binding("comma", "event(-1)", "Previous event", show=False, id="chart.last-event"),
        Binding("full_stop", "event(1)", "Next event", show=False, id="chart.next-event"),
        Binding("J", "step(1)", "Next row", show=False, id="view.next-row"),
        Binding("K", "step(-1)", "Previous row", show=False, id="view.last-row"),
        Binding("escape", "step_back", "Back", show=False, id="view.step-back"),
    ]

    def __init__(
        self, showing: ViewContext, sheets: Sequence[Sheet], details: Sequence[Detail[Any]] = ()
    ) -> None:
        super().__init__(showing)
        self._sheets, self._details = tuple(sheets), tuple(details)
        self._opened: Detail[Any] | None = None
        self._opened_from = self._sheets[0]
        self._open_row: Any = None
        self._walks = False
        self._previewed: Detail[Any] | None = None
        self._under: object = None
        """The row whose details are shown beside the list."""
        self._rests: Timer | None = None
        """Runs until the cursor has rested on it."""
        self._is_settled = False
        self._most = 0
        """Rows that there were of the list on show."""
        self._titles = Panel(id=f"{self.id}-sheets")
        self._titles.add_class("sheets")
        self._chart = Chart(clock=self._clock, glyphs=showing.glyphs)
        self._chart.set_class(self.SYSTEM == "pulsar", "-pulsar")
        self._window = WINDOWS[1]
        self._letters: dict[float, str] = {}
        """Of the events on the chart, by their moments."""
        self._compared: list[Charted] = []
        within = [sheet for detail in self._details for sheet in detail.sheets]
        every = (*self._sheets, *within)
        for sheet in every:
            sheet.table.mark = self.mark
            sheet.table.opens = sheet.opens
        self._events = events_table(showing, self._letter_of)
        lists = [sheet.table for sheet in self._sheets]
        self._panes = RowPanes(lists, [s.table for s in within], self._chart, self._events)

    def compose(self) -> ComposeResult:
        """The titles of the tables, the one on show, and what there is room for beside it."""
        yield self._titles
        yield self._panes

    @property
    def sheets(self) -> Sequence[Sheet]:
        """All tables, the most important first."""
        return self._sheets

    @property
    def opened(self) -> Detail[Any] | None:
        """The row that is open, if one is."""
        return self._opened

    @property
    def table(self) -> RowTable[Any]:
        """The table on show."""
        return self.sheet.table

    @property
    def sheet(self) -> Sheet:
        """The table on show, with its name."""
        switcher = self._panes.within if self._opened else self._panes.lists
        return next(s for s in self._cycled if s.id == switcher.current)

    @property
    def _cycled(self) -> Sequence[Sheet]:
        if self._opened:
            return self._opened.sheets
        shown = self._panes.lists.current
        return [sheet for sheet in self._sheets if sheet.id == shown or self.has(sheet)]

    def has(self, sheet: Sheet) -> bool:
        """Whether a table is of something that there is here."""
        return True

    @property
    def address(self) -> str:
        """See :attr:`View.address`: while what is open has no rows yet, its own."""
        return super().address or self._opened_address

    @property
    def _opened_address(self) -> str:
        return located(self.showing.store, self._open_row) if self._opened else ""

    @property
    def version(self) -> object:
        """Changes whenever the rows may have changed."""
        return self.showing.version_of(self.SYSTEM)

    def show_sheet(self, sheet: str) -> None:
        """Close what is open and show one of the view's own tables."""
        if sheet in {each.id for each in self._sheets}:
            self._close()
            self._show(sheet)

    def leave_row(self) -> None:
        if self._opened:
            self.show_sheet(self._opened_from.id)

    @property
    def current_sheet(self) -> str:
        return self.sheet.id

    def open(self, row: Any) -> bool:
        """Open a row; False if rows of its kind do not open."""
        detail = next((detail for detail in self._details if detail.open(row)), None)
        if detail is None:
            return False
        if not self._opened:
            self._opened_from, self._walks = self.sheet, False
        elif self._opened is not detail:
            self._opened.close()
        self._opened, self._open_row = detail, row
        self._previewed = self._under = None
        current = self._panes.within.current
        self._show(current if current in [s.id for s in detail.sheets] else detail.sheets[0].id)
        return True

    def action_turn(self, step: int) -> None:
        """Show the next table, around the ends."""
        at = self._cycled.index(self.sheet)
        self._show(self._cycled[(at + step) % len(self._cycled)].id)

    @property
    def stops(self) -> Sequence[Widget]:
        """See :attr:`View.stops`: the table on show, and what is beside it."""
        beside: tuple[Widget, ...] = (self._chart, self._events)
        return (self.table, *(pane for pane in beside if pane.region.height))

    def action_step(self, step: int) -> None:
        """Open the next row of the list that the opened one is in."""
        if self._walks:
            self.post_message(self.Walk(step))
            return
        table = self._opened_from.table
        table.action_move(step)
        self.open(table.cursor_item)

    def action_step_back(self) -> None:
        """Chart the row under the cursor alone again."""
        self._compared.clear()
        self._draw_chart()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open what the row is about, here or in the view where it lives."""
        event.stop()
        if event.table is not self._events:
            self.activate(event.table.cursor_item)
        elif row := self._events.cursor_item:
            self._go(thing_at(self.showing.store, row.place), row.at)

    def _go(self, thing: Thing | None, at: float | None = None) -> None:
        if thing:
            self.post_message(self.GoTo(thing, at=at))

    def activate(self, row: Any) -> None:
        """Open what a row is about, here or in the view where it lives."""
        place = self.whereabouts
        if thing := self.thing_of(row):
            self._go(thing, row.at if isinstance(row, Event) else None)
        elif self._open_anywhere(row):
            self.showing.trail.leave(place)
            self.draw()

    def _open_anywhere(self, row: Any) -> bool:
        """Open a row; one of an opened row's tables, as if from the list that it is in."""
        if self._opened and type(row) in self.HOMES:
            self.go_to(row)
            return True
        return self.open(row)

    # -- where the user is ----------------------------------------------------------------------

    def go_to(self, row: Any, *, walks: bool = False) -> None:
        self.show_sheet(self.HOMES[type(row)])
        table = self.table
        if not table.select_item(row):
            table.filter = ""
            table.select_item(row)
        self.open(row)
        self._walks = walks

    @property
    def spot(self) -> object:
        """See :attr:`View.spot`: the list, and what is open of it."""
        opened = (self._open_row, self.sheet.id, self.table.cursor_key, self._walks)
        listed = self._opened_from if self._opened else self.sheet
        return (listed.id, listed.table.cursor_key, opened if self._opened else None)

    def return_to(self, spot: Any) -> None:
        listed, cursor, opened = spot
        self.show_sheet(listed)
        self.table.select(cursor)
        if opened is not None and self.open(opened[0]):
            self._show(opened[1])
            self.table.select(opened[2])
            self._walks = opened[3]

    @property
    def whereabouts(self) -> Whereabouts:
        name = self._opened.title if self._opened else self.sheet.title
        return super().whereabouts._replace(name=name)

    def draw(self) -> None:
        """The titles and the table on show; the others cost nothing."""
        sheet, opened = self.sheet, self._opened
        self._titles.show([self._title_line()])
        waits = (opened or self).why_empty(sheet)
        sheet.table.empty = self._why_empty() or waits or sheet.empty
        rows = self.showing.store.caused(opened.rows(sheet)) if opened else self.rows(sheet)
        version = self.version if opened else self.version_of(sheet)
        marks = self.showing.store.alerts.version
        sheet.table.show(rows, version=(version, marks, opened and opened.title))
        self._most = max(self._most, len(rows))
        self._deepen()
        self._draw_beside()

    def _show(self, sheet: str) -> None:
        switcher = self._panes.within if self._opened else self._panes.lists
        switcher.current = sheet
        self._most = 0
        self.table.focus()
        self.draw()
        self.post_message(self.SheetChanged())

    @property
    def browsed(self) -> tuple[str, str]:
        """See :attr:`View.browsed`: the moment under the chart's cursor, if that is out."""
        moment = self._chart.moment
        return self.address, "" if moment is None else time_of(moment)

    def point_at(self, at: float) -> None:
        """See :meth:`View.point_at`: a chart that does not reach back so far has no cursor."""
        self._chart.moment = at

    @property
    def has_totals(self) -> bool:
        return self.sheet.totals

    def _close(self) -> None:
        if self._opened:
            self._opened.close()
            self._opened = None

    # -- what is beside the list -----------------------------------------------------------------

    @property
    def shown_detail(self) -> Detail[Any] | None:
        """The details on screen, opened or beside the list: what is worth polling for."""
        is_visible = self._is_settled and self._panes.about.display
        return self._opened or (self._previewed if is_visible else None)

    def _preview(self) -> None:
        row = None if self._opened else self.table.cursor_item
        under = (self.sheet.id, self.table.cursor_key) if row is not None else None
        if self._opened or under == self._under:
            return
        if self._previewed:
            self._previewed.close()
        self._under, self._is_settled = under, False
        details = self._details if self.previews(row) else ()
        self._previewed = next((each for each in details if each.open(row)), None)
        if self._rests:
            self._rests.stop()
        if self._previewed:
            self._panes.within.current = self._previewed.sheets[0].id
            self._rests = self.set_timer(SETTLED, self._settle)

    def previews(self, row: Any) -> bool:
        """Whether a row's details are shown beside the list."""
        return True

    def _settle(self) -> None:
        self._is_settled = True
        if self.display:
            self.draw()

    def _draw_beside(self) -> None:
        self._preview()
        if self._arrange():
            # what takes another place has another size after the next layout
            self.call_after_refresh(self.draw)
        detail, panes = self._opened or self._previewed, self._panes
        if detail and panes.about.display:
            self._draw_about(detail)
        self._draw_chart()
        if panes.happened.display:
            panes.happened.title_line.show("Newest events", "E all")
            marked = tuple(self._letters.items())
            self._events.show(self._happening(), version=(self.version, self._opened, marked))

    def _draw_about(self, detail: Detail[Any]) -> None:
        """Facts, also before they have a size; and its first table, where it is not open."""
        panes, sheet, title = self._panes, detail.sheets[0], self._title_of(detail)
        high = self.size.height or self.app.size.height - AROUND
        if self._opened:
            room = high - LEAST if self.layout_name == LIST else high // 2
        else:
            room = (panes.size.height or high) // 3
            sheet.table.empty = detail.why_empty(sheet) or sheet.empty
            rows = self.showing.store.caused(detail.rows(sheet))
            sheet.table.show(rows, version=(self.version, title))
        facts = [*self._cause_of(self._open_row if self._opened else self.table.cursor_item)]
        lines = grid([*facts, *detail.facts()], panes.details_width - FRAME, max(1, room))
        panes.show_facts(title, "" if self._opened else "enter opens", lines)

    def _title_of(self, detail: Detail[Any]) -> str:
        """What a detail describes, and in which of several clusters."""
        row = self._open_row if self._opened else self.table.cursor_item
        return of_cluster(self.showing, getattr(row, "cluster", "")) + detail.title

    def _cause_of(self, row: object) -> Iterator[Fact]:
        """Why something is wrong with a row, and since when: what people open it for."""
        if cause := self.showing.store.cause_of(row):
            text, tone = cause_cell(cause)
            known = cause.since is not None and not cause.since_at_least
            since = f"  since {self._clock(cause.since or 0.0)}" if known else ""
            yield Fact("cause", f"{text}{since}", tone)

    def _happening(self) -> Sequence[Event]:
        place, events = self._opened_address, self.showing.store.events
        if not self.HAPPENS:
            return ()
        return events.newest(MOST_EVENTS, inside=place, system="" if place else self.SYSTEM)

    def _letter_of(self, event: Event) -> str:
        is_charted = event.kind == "gap" or event.place == self.address
        return self._letters.get(event.at, "") if is_charted else ""

    def _arrange(self) -> bool:
        """Place every pane; return whether the layout changed."""
        charted = bool(self._charted_row() or self._side_by_side)
        detail = self._opened or self._previewed
        opened, events = self._opened is not None, len(self._happening())
        about = len(detail.rows(detail.sheets[0])) if detail else None
        contents = Contents(self._most, opened, about, charted, events, self.FEW)
        return self._panes.lay_out(self.layout_name, self.zoomed, contents)

    def action_layout(self) -> None:
        """Show another layout: all panes, a larger chart, panes at the right, the list alone."""
        fits = fitting(self.app.size)
        at = fits.index(self.layout_name) if self.layout_name in fits else -1
        self.layout_name = fits[(at + 1) % len(fits)]
        self.table.focus()
        self.draw()

    def action_zoom_pane(self) -> None:
        """Give the whole view to the pane with the focus, or to all again."""
        panes = {"chart": self._chart, "happened": self._events}
        focused = next((name for name, pane in panes.items() if pane.has_focus), "list")
        self.layout_name = "" if self.zoomed else f"{ZOOM}{focused}"
        self.draw()

    def on_resize(self) -> None:
        """Use the room there is now, once the parts of the view have it."""
        if self.display:
            self.call_after_refresh(self.draw)

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Chart another row, and show its details."""
        event.stop()
        if event.table is self.table:
            self._draw_beside()

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        """Every row of a table, in any order."""
        raise NotImplementedError

    def version_of(self, sheet: Sheet) -> object:
        """Changes whenever the rows of one of the tables may have changed."""
        return self.version

    def count(self, sheet: Sheet) -> str:
        """How many rows a table has."""
        return f"{len(self.rows(sheet)):,}"

    def why_empty(self, sheet: Sheet) -> str:
        """Why a table has no rows yet; empty when the sheet's own words will do."""
        return ""

    def charted(self, row: Any) -> Charted | None:
        """The series of a row; None when it has none."""
        raise NotImplementedError

    def together(self, row: Any) -> Sequence[Charted]:
        """Series charted together for a row without its own: its children, or its siblings."""
        return ()

    def action_zoom(self, step: int) -> None:
        """Look back less far, or farther."""
        at = WINDOWS.index(self._window) + step
        self._window = WINDOWS[max(0, min(len(WINDOWS) - 1, at))]
        self._draw_chart()

    def action_compare(self) -> None:
        """Put the row under the cursor into one chart with others, or take it out again."""
        charted = self._charted_row()
        if charted is None:
            return
        if charted in self._compared:
            self._compared.remove(charted)
        elif len(self._compared) < COMPARED:
            self._compared.append(charted)
        else:
            self.notify(f"at most {COMPARED} rows in a chart; esc clears it", markup=False)
        self._draw_chart()

    def action_point(self, step: int) -> None:
        """Move the chart's cursor, which reads out the values of a moment."""
        self._chart.action_point(step)

    def action_event(self, step: int) -> None:
        """Move the chart's cursor to the next event, or to the one before."""
        self._chart.action_event(step)

    def go_live(self) -> None:
        self._chart.action_leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave keys to others where there is nothing for them to do here."""
        if action == "step_back":
            return bool(self._compared)
        if action == "step":
            return self._opened is not None
        if action == "layout":
            return bool(self.table.total or self._opened)
        if action == "zoom_pane":
            return bool(self.zoomed or len(self.stops) > 1)
        if action == "event":
            return self._chart.has_events
        return len(self._cycled) > 1 if action == "turn" else True

    def _charted_row(self) -> Charted | None:
        return self._charted_of(self.table.cursor_item)

    def _charted_of(self, row: Any | None) -> Charted | None:
        if self._opened:
            return self._opened.charted(row)
        return self.charted(row) if row is not None else None

    def _deepen(self) -> None:
        top, height = self.table.scroll_offset.y, self.table.size.height
        shown = (self._charted_of(row) for row in self.table.items[top : top + height])
        keys_by_table: dict[int, tuple[SeriesTable, list[str]]] = {}
        for charted in (*filter(None, shown), *self._compared):
            keys_by_table.setdefault(id(charted.table), (charted.table, []))[1].append(charted.key)
        for table, keys in keys_by_table.values():
            table.deepen(keys, claim=f"view {self.id}")

    def _why_empty(self) -> str:
        store = self.showing.store
        stage = store.stages.get(self.SYSTEM)
        if stage and stage.text:
            return f"{stage.text}.  {stage.hint}" if stage.hint else stage.text
        if store.half(self.SYSTEM) not in ("down", "waiting"):
            return ""
        problems = [p for p in store.problems() if p.system == self.SYSTEM]
        texts = [f"{p.title} ({p.where}).  {p.hint}" for p in problems[:1]]
        return texts[0] if texts else "Connecting …"

    @property
    def _side_by_side(self) -> Sequence[Charted]:
        """What is in one chart: what the user compares, or what the row is made of."""
        if self._compared or self._opened or self._charted_row():
            return self._compared
        return self.together(self.table.cursor_item)

    def _draw_chart(self) -> None:
        chart, row, several = self._chart, self._charted_row(), self._side_by_side
        nothing = row is None and not several
        if chart.has_class("-nothing") and not nothing:
            # what is not to be seen has no size; it has one after the next layout
            self.call_after_refresh(self._draw_chart)
        chart.set_class(nothing, "-nothing")
        self._letters = {}
        if not chart.size.height or nothing:
            return
        lines = _first_lines(several) or lines_of(row)
        moments = [line.table.last for line in lines]
        end = max((at for at in moments if at == at), default=0.0)
        start, buckets = end - self._window, chart.buckets
        title = f"compared: {several[0].lines[0][0]}" if several else row.title if row else ""
        drawn = self.SCALE[0]
        values = [
            [*map(drawn, line.table.window(line.key, line.field, start, end, buckets))]
            for line in lines
        ]
        named = zip(lines, values, strict=True)
        charting, scales = scaled(
            [(line.name, line.waits, each) for line, each in named],
            self.SCALE[1],
            type(self).SCALING,
        )
        # an area begins at zero, which no logarithm does, and what crosses it cannot be followed
        filled = type(self).SCALING is linear and len(lines) == 1
        happened = lettered(() if several else self._happened(start, end))
        self._letters = {event.at: event.mark for event in happened if event.mark.isalpha()}
        chart.show(title, charting, (start, end), scales, filled=filled, happened=happened)

    def _happened(self, start: float, end: float) -> list[tuple[float, str]]:
        """What happened to the charted row in a window, and when nothing was read; oldest first."""
        happened = self.showing.store.events.about(self.address)
        return [each for each in happened if start <= each[0] < end]

    def _clock(self, at: float) -> str:
        return units.clock(at, utc=self.showing.utc)

    def _title_line(self) -> Line:
        before, after = list[tuple[str, PanelTone]](), list[tuple[str, PanelTone]]()
        if self._opened:
            trail = self.showing.trail.last
            most = max(NAMED, self._titles.inner_width // 2)
            name = printable(trail.name if trail else self._opened_from.title, most)
            before.append((f"‹ {name}  ", "dim"))
        if self.showing.totals and self.sheet.totals:
            after.append(("totals", "warn"))
        if self._opened:
            after.append((f"{self._nth}  esc back", "label"))
        taken = sum(cell_len(text) for text, _ in (*before, *after))
        count = self._opened.count if self._opened else self.count
        width = self._titles.inner_width - taken
        line = titles(self._cycled, self.sheet, count, width)
        blank = width - sum(cell_len(text) for text, _ in line)
        return [*before, *line, (" " * (blank if self._opened else 0), ""), *after]

    @property
    def _nth(self) -> str:
        """Which row of its list is open, and the keys to its neighbours."""
        if self._walks:
            return "J K next, previous"
        table = self._opened_from.table
        at = table.items.index(table.cursor_item) + 1 if table.cursor_item in table.items else 0
        return f"{at:,} of {len(table.items):,}  J K"


def _first_lines(several: Sequence[Charted]) -> list[ChartedLine]:
    """The first figure of each row that is compared."""
    return [lines_of(one)[0]._replace(name=printable(one.title, NAMED)) for one in several]
