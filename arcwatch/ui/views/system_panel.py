"""One system in a few lines: is it well, what flows through it, what it holds."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from math import nan
from typing import ClassVar

from arcwatch import units
from arcwatch.model.reading import System
from arcwatch.store.rates import known_sum
from arcwatch.store.series import SeriesTable
from arcwatch.ui.showing import Showing
from arcwatch.ui.widgets.braille import area, peak, slots
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone

WINDOW = 600.0
"""Seconds that the charts look back."""

FIGURES = 30
"""Cells of a flow's label and figures, left of its chart."""

PEAK = 12
"""Cells of the chart's largest value, right of it."""


class SystemPanel(Panel):
    """What both halves of the overview have in common.

    Args:
        showing: Where to look, and how figures are told.
    """

    SYSTEM: ClassVar[System]
    TITLE: ClassVar[str]

    def __init__(self, showing: Showing) -> None:
        super().__init__(id=f"{self.SYSTEM}-panel")
        self.showing = showing

    def draw(self) -> None:
        """Bring the panel up to date with the store."""
        figures = self.figures()
        if figures is None:
            self.show(self._headline([]), self._reason())
        else:
            facts, lines = figures
            self.show(self._headline(facts), lines)

    def figures(self) -> tuple[list[str], list[Line]] | None:
        """Facts for the title, and the lines; None while nothing has ever been told."""
        raise NotImplementedError

    # -- title, or why there is nothing to see --------------------------------------------------

    def _headline(self, facts: Sequence[str]) -> Line:
        word, tone = self._health()
        title: list[tuple[str, PanelTone]] = [(self.TITLE, "strong"), (f" ─ {word}", tone)]
        return [*title, *((f" ─ {fact}", "") for fact in facts if fact)]

    def _health(self) -> tuple[str, PanelTone]:
        store = self.showing.store
        stage = store.stages.get(self.SYSTEM)
        if stage and stage.failed:
            return "did not start", "bad"
        half = store.half(self.SYSTEM)
        mine = [c for c in store.contacts.values() if c.system == self.SYSTEM and c.failing]
        since = min((contact.failing_since for contact in mine), default=None)
        if half == "off":
            return "left out", "dim"
        if stage and stage.text:
            return "starting", "warn"
        if half == "down" and since is not None:
            return f"DOWN since {units.clock(since, utc=self.showing.utc)}", "bad"
        if any(p.system == self.SYSTEM for p in store.problems()):
            return "not all well", "warn"
        return ("asking", "dim") if half == "waiting" else ("OK", "good")

    def _reason(self) -> list[Line]:
        """Why there are no figures, and what to try."""
        store, width = self.showing.store, max(20, self.inner_width)
        stage = store.stages.get(self.SYSTEM)
        if stage and stage.text:
            return _wrapped(stage.text, width, "bad" if stage.failed else "")
        lines: list[Line] = []
        for problem in store.problems():
            if problem.system == self.SYSTEM:
                where = f" ({problem.where})" if problem.where else ""
                why = f": {problem.why}" if problem.why else ""
                lines += _wrapped(f"{problem.what}{where}{why}", width, "")
                lines += _wrapped(f"try: {problem.hint}" if problem.hint else "", width, "label")
        return lines or _wrapped("asking …", width, "dim")

    # -- lines ----------------------------------------------------------------------------------

    def flow(
        self, label: str, messages: float, size: float, values: Sequence[float], height: int
    ) -> list[Line]:
        """A flow's figures and its chart, on ``height`` lines."""
        width = max(4, self.inner_width - FIGURES - PEAK)
        chart = area(values, width, height, glyphs=self.showing.glyphs)
        high = f" max {units.rate(peak(values) or nan)}"
        lines: list[Line] = [
            [(" " * FIGURES, ""), (line, "chart"), ((high if y == 0 else "").rjust(PEAK), "label")]
            for y, line in enumerate(chart)
        ]
        figures: Line = [
            (f"{label:4}", "label"),
            (f"{units.rate(messages):>7}", "strong"),
            (" msg/s ", "label"),
            (f"{units.size(size) + '/s':>{FIGURES - 20}}", ""),
            ("  ", ""),
        ]
        lines[-1] = [*figures, *lines[-1][1:]]
        return lines

    def chart_values(self, tables: Sequence[tuple[SeriesTable, str]], field: str) -> list[float]:
        """One field of several rows, added up over the charts' window."""
        width = max(4, self.inner_width - FIGURES - PEAK)
        end = max((t.last for t, _ in tables if t.last == t.last), default=0.0)
        windows = [
            table.window(key, field, end - WINDOW, end, slots(width, self.showing.glyphs))
            for table, key in tables
        ]
        return [known_sum(bucket) for bucket in zip(*windows, strict=True)]

    @property
    def chart_height(self) -> int:
        """Lines that each of two charts may take, beside two lines of figures."""
        return max(1, (self.inner_height - 2) // 2)


def figures_line(*pairs: tuple[str, str]) -> Line:
    """Labels and figures on one line."""
    line: list[tuple[str, PanelTone]] = []
    for label, figure in pairs:
        line += [(f"{label} ", "label"), (f"{figure}   ", "")]
    return line


def _wrapped(text: str, width: int, tone: PanelTone) -> list[Line]:
    return [[(line, tone)] for line in textwrap.wrap(text, width)[:4]]
