"""One system as a lane: health, traffic and what it holds, or why there is nothing to see."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from arcwatch.charts.reduce import slots
from arcwatch.model.reading import System
from arcwatch.store.problems import end_of
from arcwatch.store.series.rates import known_sum
from arcwatch.store.series.series import SeriesTable
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.braille import strip
from arcwatch.ui.widgets.lane_picture import Flow
from arcwatch.ui.widgets.lanes import Axis, Lane
from arcwatch.ui.widgets.panel import Line, PanelTone, listed

DEGRADED = "degraded"
"""The state of a system that answers and has a problem."""

STRIP = 14
"""Cells of a chart among the figures, where a system has no more than two lines."""

NAMED = 9
"""Cells of a system's name and what follows it."""


class Direction(NamedTuple):
    """Messages in one direction."""

    label: str
    messages: float
    """Per second."""
    size: float
    """Bytes per second."""
    tables: Sequence[tuple[SeriesTable, str]]
    """Where its past is."""
    field: str
    own: float | None = None
    """What our own tail takes of it, per second; None where nothing is tailed."""


class Figures(NamedTuple):
    """What is known of a system."""

    facts: Sequence[str]
    """Beside its name; empty ones are left out."""
    into: Direction
    out: Direction
    more: Sequence[str]
    """The most important first."""


class SystemLane:
    """What both systems have in common."""

    SYSTEM: ClassVar[System]
    TITLE: ClassVar[str]

    def __init__(self, showing: ViewContext) -> None:
        self.showing = showing

    def figures(self) -> Figures | None:
        """All figures; None while nothing was reported."""
        raise NotImplementedError

    # -- as lines ---------------------------------------------------------------------------------

    def lane(self, axis: Axis, height: int, width: int) -> Lane:
        """The lane in ``height`` lines of ``width`` cells."""
        figures = self.figures()
        if figures is None:
            facts = self._why_nothing(height, width)
            return Lane(facts, (), len(facts), units.rate)
        if not axis.width:
            return Lane(self._in_few(figures, height, width), (), height, units.rate)
        flows = [self._flow(each, axis) for each in (figures.into, figures.out)]
        facts = self._facts(figures, axis.left) if height > 2 else self._two(figures)
        return Lane(self._greyed(facts), flows, height, units.rate)

    def _facts(self, figures: Figures, width: int) -> list[Line]:
        shown = [fact for fact in figures.facts if fact]
        word, tone = self.health()
        head: Line = [(f"{self.TITLE:{NAMED}}", "strong"), (word, tone)]
        room = width - NAMED - len(word)
        while shown and sum(len(fact) + 3 for fact in shown) > room:
            shown.pop()
        head = [*head, *((f" · {fact}", "") for fact in shown)]
        rest: list[Line] = [[(f"  {line}", "")] for line in listed(figures.more, width - 4)]
        return [head, self._wide(figures.into), self._wide(figures.out), *rest]

    def _wide(self, flow: Direction) -> Line:
        size = f"{units.size(flow.size)}/s"
        line: Line = [
            (f"  {flow.label:5}", "label"),
            (f"{units.rate(flow.messages):>7}", "strong"),
            (" msg/s", "label"),
            (f"{size:>13}", ""),
        ]
        return [*line, *self._own(flow)]

    def _own(self, flow: Direction) -> Line:
        if flow.own is None:
            return []
        return [("  tail ", "label"), (units.rate(flow.own), "")]

    def _two(self, figures: Figures) -> list[Line]:
        word, tone = self.health()
        short = {"degraded": "●"}.get(word.partition(":")[0], word.partition(" ")[0])
        heads: list[Line] = [[(f"{self.TITLE:7}", "strong")], [(f"{short[:6]:7}", tone)]]
        flows = (figures.into, figures.out)
        return [[*head, *self._narrow(flow)] for head, flow in zip(heads, flows, strict=True)]

    def _narrow(self, flow: Direction) -> Line:
        size = f"{units.size(flow.size)}/s"
        return [
            (f"{flow.label:4}", "label"),
            (f"{units.rate(flow.messages) + '/s':>8}", "strong"),
            (f"{size:>12}", ""),
        ]

    def _in_few(self, figures: Figures, height: int, width: int) -> list[Line]:
        word, tone = self.health()
        word = DEGRADED if word.startswith(DEGRADED) else word
        name: Line = [(f"{self.TITLE:{NAMED}}", "strong")]
        into, out = self._short(figures.into), self._short(figures.out)
        if height == 1:
            rates = [units.rate(each.messages) for each in (figures.into, figures.out)]
            return [[*name, (f"in {rates[0]}/s  out {rates[1]}/s  ", ""), (word, tone)]]
        cells = min(STRIP, width - 10 - len(word) - _length(into) - _length(out) - NAMED)
        window = self._past(figures.into, 300.0, slots(max(0, cells), self.showing.glyphs))
        chart = strip(window, cells, glyphs=self.showing.glyphs) if cells > 3 else ""
        first: Line = [*name, *into, (f" {chart}  ", self.SYSTEM), *out, ("  ", "")]
        lines: list[Line] = [[*first, (word.rjust(width - _length(first)), tone)]]
        more, left = "", width - NAMED
        for fact in figures.more:
            if len(more) + len(fact) + 3 <= left:
                more += f"{fact}   "
        return self._greyed([*lines, [(" " * NAMED, ""), (more, "")]])[:height]

    def _short(self, flow: Direction) -> Line:
        rate, size = units.rate(flow.messages), units.size(flow.size)
        return [(f"{flow.label} ", "label"), (f"{rate:>5}/s ", "strong"), (f"{size:>7}/s", "")]

    def _flow(self, flow: Direction, axis: Axis) -> Flow:
        windows = [
            table.window(key, flow.field, axis.start, axis.end, axis.buckets)
            for table, key in flow.tables
        ]
        values = [known_sum(bucket) for bucket in zip(*windows, strict=True)]
        silent = self.showing.store.half(self.SYSTEM) == "down"
        return Flow(values, self.SYSTEM, flow.label, silent)

    def _past(self, flow: Direction, seconds: float, buckets: int) -> list[float]:
        end = self.showing.store.now
        windows = [
            table.window(key, flow.field, end - seconds, end, buckets) for table, key in flow.tables
        ]
        return [known_sum(bucket) for bucket in zip(*windows, strict=True)]

    def _greyed(self, lines: Sequence[Line]) -> list[Line]:
        """Figures from before the system stopped answering are grey, but for the note about it."""
        if self.showing.store.half(self.SYSTEM) != "down":
            return list(lines)
        grey = [[(text, _dimmed(tone)) for text, tone in line] for line in lines]
        return [lines[0], *grey[1:]]

    # -- health, or why there is nothing to see ---------------------------------------------------

    def health(self) -> tuple[str, PanelTone]:
        """The state of the system in a few words."""
        store = self.showing.store
        stage = store.stages.get(self.SYSTEM)
        if stage and stage.failed:
            return end_of(store, self.SYSTEM), "bad"
        half = store.half(self.SYSTEM)
        if stage and stage.off:
            return f"off · {stage.text}", "dim"
        mine = [c for c in store.contacts.values() if c.system == self.SYSTEM and c.failing]
        since = min((contact.failing_since for contact in mine), default=None)
        silent = f"since {units.clock(since, utc=self.showing.utc)}" if since is not None else ""
        if stage and stage.text:
            again = silent and any(contact.answers for contact in mine)
            return (f"starting, no answer {silent}" if again else "starting"), "warn"
        if half == "down" and silent:
            return f"DOWN {silent}", "bad"
        if cause := self._cause():
            return f"{DEGRADED}: {cause}"[:30], "warn"
        return ("connecting", "dim") if half == "waiting" else ("ok", "good")

    def _cause(self) -> str:
        """The worst of what is wrong, in a few words; empty where nothing is known to be."""
        store = self.showing.store
        mine = next((p for p in store.problems() if p.system == self.SYSTEM), None)
        if mine is not None:
            return mine.rule or mine.what
        rows = (row for row in store.backlogs() if row.system == self.SYSTEM and not row.stale)
        return next((row.lost_how for row in rows if row.lost_in == 0), "")

    def _why_nothing(self, height: int, width: int) -> list[Line]:
        word, tone = self.health()
        lines: list[Line] = [[(f"{self.TITLE:{NAMED}}", "strong"), (word, tone)]]
        for text, look in self.reasons():
            wide = max(20, width - NAMED)
            lines += [[(" " * NAMED + line, look)] for line in textwrap.wrap(text, wide)[:3]]
        return lines[: max(height, 4 if height > 1 else 1)]

    def silence(self, width: int) -> list[Line]:
        """What was answered last, and what to try, below figures of a system that is silent."""
        if self.showing.store.half(self.SYSTEM) != "down" or self.figures() is None:
            return []
        lines: list[Line] = []
        for text, look in self.reasons()[:2]:
            lines += [[("  " + line, look)] for line in textwrap.wrap(text, max(20, width - 2))[:2]]
        return lines

    def reasons(self) -> list[tuple[str, PanelTone]]:
        """Why there are no figures, and what to try, as sentences."""
        store = self.showing.store
        stage = store.stages.get(self.SYSTEM)
        if stage and stage.off:
            # the line of its health names the cause
            return []
        if stage and stage.text:
            lines: list[tuple[str, PanelTone]] = [(stage.text, "bad" if stage.failed else "")]
            return [*lines, (f"try: {stage.hint}", "label")] if stage.hint else lines
        lines = []
        for problem in store.problems():
            if problem.system == self.SYSTEM and not problem.rule:
                where = f" ({problem.where})" if problem.where else ""
                why = f": {problem.why}" if problem.why else ""
                lines.append((f"{problem.title}{where}{why}", ""))
                lines += [(f"try: {problem.hint}", "label")] if problem.hint else []
        return lines or [("connecting …", "dim")]


def _length(line: Line) -> int:
    return sum(len(text) for text, _ in line)


def _dimmed(tone: PanelTone) -> PanelTone:
    return tone if tone in ("nats", "pulsar") else "dim"
