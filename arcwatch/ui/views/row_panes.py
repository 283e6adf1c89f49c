"""Details of the row under the cursor of a list, and where they are placed beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from arcwatch.store.events.event import Event
from arcwatch.ui.widgets.chart import Chart
from arcwatch.ui.widgets.panel import Line, Panel
from arcwatch.ui.widgets.panes import Pane
from arcwatch.ui.widgets.row_table import RowTable

LARGE = Size(132, 30)
"""Cells and lines of the screen from which on panes stand beside each other."""

TALL, TALLER = 30, 44
"""Lines of the screen from which on a chart has room below a list, and more of it."""

WIDE = 180
"""Cells of the screen from which on there is room for panes at the right of a list."""

FEW = 3
"""Rows of what is open that leave room for a chart on the smallest screen."""

TOLD = 58
"""Cells of what is told at the left of a chart and of the line between them, as in the style."""

AROUND = 4
"""Lines of the screen that no view has: of the header, the problems, titles and keys."""

USUAL, CHART, COLUMNS, LIST = "", "charts", "columns", "list"
LAYOUTS = (USUAL, CHART, COLUMNS, LIST)
"""Panes below the list; the chart alone; panes at the right of the list; the list alone."""

PANES = ("list", "chart", "happened")
"""The panes that can be zoomed."""


class Wanted(NamedTuple):
    """What there is to find room for."""

    rows: int
    """Of the list, or of the table of what is open."""
    opened: bool
    about: int | None
    """Rows of the detail table of the row under the cursor; None where there is none."""
    chart: bool
    events: int
    few: bool = False
    """Whether so few rows are usual that there is room for a chart on every screen."""


class Places(NamedTuple):
    """The height of each part, as styles have it; empty where it is not on screen."""

    listed: str = "1fr"
    facts: bool = False
    within: str = ""
    """Of the table below the facts."""
    happened: str = ""
    chart: str = ""
    across: bool = False
    """Whether all that stands at the right of the list."""


def is_large_screen(screen: Size) -> bool:
    """Whether the screen is large enough for panes side by side."""
    return screen.width >= LARGE.width and screen.height >= LARGE.height


def fitting(screen: Size) -> Sequence[str]:
    """The layouts that differ on a screen.

    >>> fitting(Size(160, 48)), fitting(Size(80, 24))
    (('', 'charts', 'list'), ('', 'charts'))
    """
    if not is_large_screen(screen):
        return (USUAL, CHART, LIST) if screen.height >= TALL else (USUAL, CHART)
    return LAYOUTS if screen.width >= WIDE else (USUAL, CHART, LIST)


def placed(screen: Size, room: int, layout: str, want: Wanted) -> Places:
    """The places of all parts in ``room`` lines.

    >>> placed(Size(80, 24), 20, "", Wanted(7, False, 2, True, 3))
    Places(listed='1fr', facts=False, within='', happened='', chart='', across=False)
    >>> placed(Size(160, 48), 44, "", Wanted(7, False, 2, True, 3))
    Places(listed='8', facts=True, within='3', happened='1fr', chart='1fr', across=False)
    """
    if not is_large_screen(screen):
        return _small(screen, room, layout, want)
    chart = "1fr" * (layout != LIST and want.chart)
    happens = layout in (USUAL, COLUMNS) and bool(want.events)
    if want.opened:
        within = str(max(4, min(want.rows + 1, room // 3))) if chart else "1fr"
        happened = str(min(want.events + 2, room // 4)) if happens else ""
        return Places("", True, within, happened, chart)
    told = None if layout in (CHART, LIST) else want.about
    across = layout == COLUMNS and screen.width >= WIDE
    if told is None and not (happens or chart):
        return Places()
    most = room // (4 if layout == CHART else 2)
    listed = "1fr" if across else str(max(4, min(want.rows + 1, most)))
    if told is None:
        happened = str(min(want.events + 2, room // 4)) if chart else "1fr"
        return Places(listed, happened=happened * happens, chart=chart, across=across)
    within = str(max(3, min(told + 1, room // 4))) if happens else "1fr"
    return Places(listed, True, within, "1fr" * happens, chart, across)


def _small(screen: Size, room: int, layout: str, want: Wanted) -> Places:
    chart = ""
    is_tall = screen.height >= TALL
    few = want.rows <= (room // 3 if is_tall else FEW)
    if layout == USUAL and want.chart and few and (is_tall or want.opened):
        rows = str(max(3, want.rows + 1))
        return Places("" if want.opened else rows, want.opened, rows * want.opened, chart="1fr")
    if layout == CHART:
        chart = "2fr"
    elif layout != LIST and (is_tall or (want.few and not want.opened)):
        chart = "9" if screen.height < TALLER else "12"
    return Places("", True, "1fr", chart=chart) if want.opened else Places(chart=chart)


def alone(pane: str, want: Wanted) -> Places:
    """The places while one pane has the whole view."""
    if pane == "list":
        return Places("", within="1fr") if want.opened else Places()
    if pane == "happened":
        return Places("", happened="1fr")
    return Places("", chart="1fr")


class RowPanes(Container):
    """A list, and beside it a row's details, its chart and its events.

    Args:
        lists: The tables that take turns.
        within: The tables of what is told, which take turns.
        chart: The past of the row.
        events: What happened.
    """

    DEFAULT_CSS = """
    RowPanes {
        height: 1fr;
        & > ContentSwitcher { height: 1fr; }
        & > .below { layout: horizontal; }
        & .told { width: 58; height: 1fr; }
        & .told.-divides { border-right: solid $border-blurred; }
        & .about { height: auto; width: 1fr; }
        & .facts { height: auto; }
        &.-stacked > .below, &.-across > .below { layout: vertical; }
        &.-stacked .told, &.-across .told { width: 1fr; border-right: none; }
        & .told.-alone { width: 1fr; }
        &.-across { layout: horizontal; }
        &.-across > ContentSwitcher { width: 2fr; border-right: solid $border-blurred; }
        &.-across > .below { width: 1fr; }
    }
    """

    def __init__(
        self,
        lists: Sequence[Widget],
        within: Sequence[Widget],
        chart: Chart,
        events: RowTable[Event],
    ) -> None:
        super().__init__()
        self.lists = ContentSwitcher(*lists, initial=lists[0].id)
        self.facts = Panel(classes="facts")
        self.facts.framed = False
        self.within = ContentSwitcher(*within)
        self.about = Pane(self.facts, self.within, classes="about")
        self.chart = chart
        self.happened = Pane(events)
        self._told = Vertical(self.about, self.happened, classes="told")
        self._below = Container(self._told, chart, classes="below")
        self._arranged: object = None

    def compose(self) -> ComposeResult:
        """The list first."""
        yield self.lists
        yield self._below

    def make_room(self, layout: str, zoomed: str, want: Wanted) -> bool:
        """Give each part its place, or all to one; whether that is another than before."""
        screen = self.app.size
        room = self.size.height or screen.height - AROUND
        to = alone(zoomed, want) if zoomed else placed(screen, room, layout, want)
        if (arranged := (to, want.opened, screen)) == self._arranged:
            return False
        self._arranged = arranged
        self._place(to, opened=want.opened)
        return True

    def _place(self, to: Places, *, opened: bool) -> None:
        self.set_class(opened or not to.facts, "-stacked")
        self.set_class(to.across, "-across")
        told = to.facts or bool(to.within or to.happened)
        self._told.set_class(bool(to.chart), "-divides")
        self._told.set_class(not to.chart, "-alone")
        self.facts.display = self.about.title_line.display = to.facts
        self.about.display = to.facts or bool(to.within)
        self._told.display, self._below.display = told, told or bool(to.chart)
        self._told.styles.height = "1fr" if "1fr" in (to.within, to.happened) else "auto"
        self.about.styles.height = "1fr" if to.within == "1fr" else "auto"
        small = to.listed == "1fr" and not told
        self._below.styles.height = to.chart if small and to.chart else "1fr"
        self.chart.styles.height = "1fr" if small or not to.chart else to.chart
        self.chart.display = bool(to.chart)
        parts = (self.lists, to.listed), (self.within, to.within), (self.happened, to.happened)
        for part, height in parts:
            part.display = bool(height)
            part.styles.height = height or "1fr"

    @property
    def told_width(self) -> int:
        """Cells of what is told, as they are once the layout that was asked for is done."""
        width = self.size.width or self.app.size.width
        if self.has_class("-across"):
            return width // 3
        beside = self.chart.display and not self.has_class("-stacked")
        return min(TOLD, width) - 1 if beside else width

    def tell(self, title: str, scope: str, facts: Sequence[Line]) -> None:
        """Show lines of facts under a title, with a note at its right."""
        self.about.title_line.tell(title, scope)
        self.facts.styles.height = len(facts)
        self.facts.show((), facts)
