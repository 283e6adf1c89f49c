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

LOW = 20
"""Lines of the screen below which a list has all of them."""

TALL, TALLER = 30, 44
"""Lines of the screen from which on a chart has room below a list, and more of it."""

WIDE = 180
"""Cells of the screen from which on there is room for panes at the right of a list."""

FEW = 3
"""Rows of what is open that leave room for a chart on the smallest screen."""

DETAILS = 58
"""Cells of the details left of a chart and of the line between them, as in the style."""

SPARE, FACTS = 7, 16
"""Lines below a short list that are enough for a chart of the row under the cursor, and for facts
beside it."""

AROUND = 4
"""Lines of the screen that no view has: of the header, the problems, titles and keys."""

USUAL, CHART, COLUMNS, LIST = "", "charts", "columns", "list"
LAYOUTS = (USUAL, CHART, COLUMNS, LIST)
"""Panes below the list; the chart alone; panes at the right of the list; the list alone."""

PANES = ("list", "chart", "happened")
"""The panes that can be zoomed."""


class Contents(NamedTuple):
    """What the panes hold, by which their places are chosen."""

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


def placed(screen: Size, room: int, layout: str, content: Contents) -> Places:
    """The places of all parts in ``room`` lines.

    >>> placed(Size(80, 24), 20, "", Contents(7, False, 2, True, 3))
    Places(listed='8', facts=False, within='', happened='', chart='1fr', across=False)
    >>> placed(Size(160, 48), 44, "", Contents(7, False, 2, True, 3))
    Places(listed='8', facts=True, within='3', happened='1fr', chart='1fr', across=False)
    """
    if not is_large_screen(screen):
        return _small(screen, room, layout, content)
    chart = "1fr" * (layout != LIST and content.chart)
    happens = layout in (USUAL, COLUMNS) and bool(content.events)
    if content.opened:
        within = str(max(4, min(content.rows + 1, room // 3))) if chart else "1fr"
        happened = str(min(content.events + 2, room // 4)) if happens else ""
        return Places("", True, within, happened, chart)
    about = None if layout in (CHART, LIST) else content.about
    across = layout == COLUMNS and screen.width >= WIDE
    if about is None and not (happens or chart):
        return Places()
    most = room // (4 if layout == CHART else 2)
    listed = "1fr" if across else str(max(4, min(content.rows + 1, most)))
    if about is None:
        happened = str(min(content.events + 2, room // 4)) if chart else "1fr"
        return Places(listed, happened=happened * happens, chart=chart, across=across)
    within = str(max(3, min(about + 1, room // 4))) if happens or chart else "1fr"
    return Places(listed, True, within, "1fr" * happens, chart, across)


def _small(screen: Size, room: int, layout: str, content: Contents) -> Places:
    is_tall = screen.height >= TALL
    if (
        layout == USUAL
        and not content.opened
        and (left := room - max(3, content.rows + 1)) >= SPARE
    ):
        facts = content.about is not None and (left >= FACTS or not content.chart)
        if content.chart or facts:
            within = "1fr" * (not content.chart)
            return Places(str(room - left), facts, within, chart="1fr" * content.chart)
    few = content.rows <= (room // 3 if is_tall else FEW)
    if layout == USUAL and content.chart and content.opened and few:
        return Places("", True, str(max(3, content.rows + 1)), chart="1fr")
    chart = ""
    if layout == CHART:
        chart = "2fr"
    elif layout != LIST and (is_tall or (content.few and not content.opened)):
        chart = "9" if screen.height < TALLER else "12"
    chart *= content.chart
    return Places("", True, "1fr", chart=chart) if content.opened else Places(chart=chart)


def zoomed_places(pane: str, content: Contents) -> Places:
    """The places while one pane has the whole view."""
    if pane == "list":
        return Places("", within="1fr") if content.opened else Places()
    if pane == "happened":
        return Places("", happened="1fr")
    return Places("", chart="1fr")


class RowPanes(Container):
    """A list, and beside it a row's details, its chart and its events."""

    DEFAULT_CSS = """
    RowPanes {
        height: 1fr;
        & > ContentSwitcher { height: 1fr; }
        & > .below { layout: horizontal; }
        & .details { width: 58; height: 1fr; }
        & .details.-divides { border-right: solid $border-blurred; }
        & .about { height: auto; width: 1fr; }
        & .facts { height: auto; }
        &.-stacked > .below, &.-across > .below { layout: vertical; }
        &.-stacked .details, &.-across .details { width: 1fr; border-right: none; }
        & .details.-alone { width: 1fr; }
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
        self.within = ContentSwitcher(*within)
        self.about = Pane(self.facts, self.within, classes="about")
        self.chart = chart
        self.happened = Pane(events)
        self._details = Vertical(self.about, self.happened, classes="details")
        self._below = Container(self._details, chart, classes="below")
        self._arranged: object = None

    def compose(self) -> ComposeResult:
        """The list first."""
        yield self.lists
        yield self._below

    def lay_out(self, layout: str, zoomed: str, content: Contents) -> bool:
        """Place every part, or zoom one of them; return whether the layout changed."""
        screen = self.app.size
        room = self.size.height or screen.height - AROUND
        to = zoomed_places(zoomed, content) if zoomed else placed(screen, room, layout, content)
        if (arranged := (to, content.opened, screen)) == self._arranged:
            return False
        self._arranged = arranged
        self._place(to, opened=content.opened)
        return True

    def _place(self, to: Places, *, opened: bool) -> None:
        # with nothing below the facts they take a few lines of the whole width
        divides = is_large_screen(self.app.size) and (to.happened or to.across or not to.chart)
        self.set_class(opened or not to.facts or not divides, "-stacked")
        self.set_class(to.across, "-across")
        has_details = to.facts or bool(to.within or to.happened)
        self._details.set_class(bool(to.chart), "-divides")
        self._details.set_class(not to.chart, "-alone")
        self.facts.display = self.about.title_line.display = to.facts
        self.about.display = to.facts or bool(to.within)
        self._details.display, self._below.display = has_details, has_details or bool(to.chart)
        self._details.styles.height = "1fr" if "1fr" in (to.within, to.happened) else "auto"
        self.about.styles.height = "1fr" if to.within == "1fr" else "auto"
        small = to.listed == "1fr" and not has_details
        self._below.styles.height = to.chart if small and to.chart else "1fr"
        self.chart.styles.height = "1fr" if small or not to.chart else to.chart
        self.chart.display = bool(to.chart)
        parts = (self.lists, to.listed), (self.within, to.within), (self.happened, to.happened)
        for part, height in parts:
            part.display = bool(height)
            part.styles.height = height or "1fr"

    @property
    def details_width(self) -> int:
        """Cells of the details once the requested layout is done."""
        width = self.size.width or self.app.size.width
        if self.has_class("-across"):
            return width // 3
        beside = self.chart.display and not self.has_class("-stacked")
        return min(DETAILS, width) - 1 if beside else width

    def show_facts(self, title: str, scope: str, facts: Sequence[Line]) -> None:
        """Show lines of facts under a title, with a note at its right."""
        self.about.title_line.show(title, scope)
        self.facts.styles.height = len(facts)
        self.facts.show(facts)
