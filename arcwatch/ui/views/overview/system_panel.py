"""One system in a few lines: health, traffic and storage."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from math import nan
from typing import ClassVar, NamedTuple

from rich.cells import cell_len

from arcwatch.model.reading import System
from arcwatch.store.series.rates import known_sum
from arcwatch.store.series.series import SeriesTable
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.braille import area, peak, slots, strip
from arcwatch.ui.widgets.cells import fit
from arcwatch.ui.widgets.chart import span_name
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone

DEGRADED = "degraded"
"""The state of a system that answers and has a problem."""

CAUSE = 30
"""Cells of the reason beside it, at most."""

WINDOW = 600.0
"""Seconds that a backlog's chart looks back."""

WINDOWS = (60.0, 300.0, 600.0)
"""Seconds that the panels' charts look back: the shortest that has room for what is held."""

FIGURES = 30
"""Cells of a flow's label and figures, left of its chart."""

PEAK = 17
"""Cells of the chart's largest value, right of it."""


COMPACT = 3
"""Lines up to which a panel does without its frame."""

ROOMY = 20
"""Lines of a screen from which on a panel without figures may take more, for what to try."""

COMPACT_STRIP = 8
"""Cells of a chart, at most, where a system has only two lines."""

GAP = 2
"""Cells between what comes in and what goes out there."""


class Flow(NamedTuple):
    """Messages in one direction."""

    label: str
    messages: float
    """Per second."""
    size: float
    """Bytes per second."""
    window: float
    """Seconds that ``values`` cover."""
    values: Sequence[float]


class SystemPanel(Panel):
    """What both halves of the overview have in common.

    Args:
        showing: Where to look, and how figures are told.
    """

    SYSTEM: ClassVar[System]
    TITLE: ClassVar[str]

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(id=f"{self.SYSTEM}-panel")
        self.showing = showing

    def draw(self) -> None:
        """Bring the panel up to date with the store."""
        self.framed = self.size.height > COMPACT
        figures = self.figures()
        self.set_class(figures is None and self.screen.size.height >= ROOMY, "-reason")
        if figures is None:
            self.show(self._headline([]), self._reason())
        else:
            facts, lines = figures
            old = self.showing.store.half(self.SYSTEM) == "down"
            # without a frame the first line is the headline, too
            told = 0 if self.framed else 1
            lines[told:] = [_greyed(line) if old else line for line in lines[told:]]
            self.show(self._headline(facts), lines)

    def on_resize(self) -> None:
        """Use the room there is now."""
        self.draw()

    def figures(self) -> tuple[list[str], list[Line]] | None:
        """Facts for the title, and the lines; None while nothing was reported."""
        raise NotImplementedError

    # -- title, or why there is nothing to see --------------------------------------------------

    def _headline(self, facts: Sequence[str]) -> Line:
        word, tone = self._health()
        if word == DEGRADED and (cause := self._cause()):
            word = f"{word}: {fit(cause, min(CAUSE, cell_len(printable(cause)))).rstrip()}"
        title: list[tuple[str, PanelTone]] = [(self.TITLE, "strong"), (f" ─ {word}", tone)]
        return [*title, *((f" ─ {fact}", "") for fact in facts if fact)]

    def _health(self) -> tuple[str, PanelTone]:
        store = self.showing.store
        stage = store.stages.get(self.SYSTEM)
        if stage and stage.failed:
            return "did not start", "bad"
        half = store.half(self.SYSTEM)
        if half == "off":
            return "disabled", "dim"
        mine = [c for c in store.contacts.values() if c.system == self.SYSTEM and c.failing]
        since = min((contact.failing_since for contact in mine), default=None)
        silent = f"since {units.clock(since, utc=self.showing.utc)}" if since is not None else ""
        if stage and stage.text:
            again = silent and any(contact.answers for contact in mine)
            return (f"starting, no answer {silent}" if again else "starting"), "warn"
        if half == "down" and silent:
            return f"DOWN {silent}", "bad"
        if self._cause():
            return DEGRADED, "warn"
        return ("connecting", "dim") if half == "waiting" else ("OK", "good")

    def _cause(self) -> str:
        """The worst of what is wrong, in a few words; empty where nothing is known to be."""
        store = self.showing.store
        mine = next((p for p in store.problems() if p.system == self.SYSTEM), None)
        if mine is not None:
            return mine.rule or mine.what
        rows = (row for row in store.backlogs() if row.system == self.SYSTEM and not row.stale)
        return next((row.lost_how for row in rows if row.lost_in == 0), "")

    def _reason(self) -> list[Line]:
        """Why there are no figures, and what to try."""
        store, width = self.showing.store, max(20, self.inner_width)
        stage = store.stages.get(self.SYSTEM)
        lines: list[Line] = []
        if not self.framed:
            word, tone = self._health()
            lines = [[(f"{self.TITLE:7}", "strong"), (word, tone)]]
        if stage and stage.text:
            lines += _wrapped(stage.text, width, "bad" if stage.failed else "")
            return [*lines, *_wrapped(f"try: {stage.hint}" if stage.hint else "", width, "label")]
        for problem in store.problems():
            if problem.system == self.SYSTEM:
                where = f" ({problem.where})" if problem.where else ""
                why = f": {problem.why}" if problem.why else ""
                lines += _wrapped(f"{problem.title}{where}{why}", width, "")
                lines += _wrapped(f"try: {problem.hint}" if problem.hint else "", width, "label")
        return lines or _wrapped("connecting …", width, "dim")

    # -- lines ----------------------------------------------------------------------------------

    def flow(self, flow: Flow) -> list[Line]:
        """A flow's figures and its chart, as high as there is room."""
        width, height = self._chart_width, self._chart_height
        chart = area(flow.values, width, height, glyphs=self.showing.glyphs)
        known = any(value == value for value in flow.values)
        high = f" max {units.rate(peak(flow.values) if known else nan)} in {span_name(flow.window)}"
        lines: list[Line] = [
            [
                (" " * FIGURES, ""),
                (line, self.SYSTEM),
                ((high if y == 0 else "").rjust(PEAK), "label"),
            ]
            for y, line in enumerate(chart)
        ]
        figures: Line = [
            (f"{flow.label:4}", "label"),
            (f"{units.rate(flow.messages):>7}", "strong"),
            (" msg/s ", "label"),
            (f"{units.size(flow.size) + '/s':>{FIGURES - 20}}", ""),
            ("  ", ""),
        ]
        lines[-1] = [*figures, *lines[-1][1:]]
        return lines

    def both_flows(self, into: Flow, out: Flow) -> list[Line]:
        """Incoming and outgoing rates: charts if there is room, else one line for both."""
        if self.framed:
            return [*self.flow(into), *self.flow(out)]
        word, tone = self._health()
        head: Line = [(f"{self.TITLE:7}", "strong"), (f"{word}  " if word != "OK" else "", tone)]
        told = [self._told(into), self._told(out)]
        taken = sum(len(text) for text, _ in (*head, *told[0], *told[1])) + GAP
        cells = min(COMPACT_STRIP, (self.inner_width - taken) // 2)
        charts = [strip(flow.values, cells, glyphs=self.showing.glyphs) for flow in (into, out)]
        between = " " * GAP
        first, last = (charts[0] + between, self.SYSTEM), (charts[1], self.SYSTEM)
        return [[*head, *told[0], first, *told[1], last]]

    def _told(self, flow: Flow) -> Line:
        rate, size = units.rate(flow.messages), units.size(flow.size)
        return [(f"{flow.label} ", "label"), (f"{rate}/s ", "strong"), (f"{size}/s ", "")]

    def window(
        self, tables: Sequence[tuple[SeriesTable, str]], field: str
    ) -> tuple[float, list[float]]:
        """One field of several rows, summed; the time span in seconds comes first."""
        end = max((t.last for t, _ in tables if t.last == t.last), default=0.0)
        held = end - min((t.first for t, _ in tables if t.first == t.first), default=end)
        window = next((w for w in WINDOWS if held <= w), WINDOWS[-1])
        buckets = slots(self._chart_width, self.showing.glyphs)
        windows = [table.window(key, field, end - window, end, buckets) for table, key in tables]
        return window, [known_sum(bucket) for bucket in zip(*windows, strict=True)]

    @property
    def _chart_width(self) -> int:
        return max(4, self.inner_width - FIGURES - PEAK) if self.framed else COMPACT_STRIP

    @property
    def _chart_height(self) -> int:
        """Lines that each of two charts may take, beside two lines of figures."""
        return max(1, (self.inner_height - 2) // 2)


def figures_line(*pairs: tuple[str, str]) -> Line:
    """Labels and figures on one line."""
    line: list[tuple[str, PanelTone]] = []
    for nth, (label, figure) in enumerate(pairs):
        line += [(f"{'   ' if nth else ''}{label} ", "label"), (figure, "")]
    return line


def _greyed(line: Line) -> Line:
    """A dimmed line of figures from before its servers stopped answering."""
    return [(text, tone if tone in ("nats", "pulsar") else "dim") for text, tone in line]


def _wrapped(text: str, width: int, tone: PanelTone) -> list[Line]:
    return [[(line, tone)] for line in textwrap.wrap(text, width)[:4]]
