"""View 1: both systems side by side, and the worst backlogs of both in one ranking."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from arcwatch.store.backlog.forecast import HELD, REFUSED
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.causes.cause import Severity
from arcwatch.store.causes.kinds import STRENGTH
from arcwatch.store.series.trend import TREND
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.latency.line import LatencyLine
from arcwatch.ui.views.view import View
from arcwatch.ui.widgets.braille import slots, strip
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .nats_panel import NatsPanel
from .pulsar_panel import PulsarPanel
from .system_panel import WINDOW

STRIP = 14
"""Cells of a backlog's chart."""

LONGEST = 99 * 86_400
"""Seconds beyond which what will be lost is no warning yet."""

_COLUMNS = (
    Column("way", "", 1),
    Column("system", "", 6, drop=2),
    Column("address", "BACKLOG", 32, flex=2, elide="middle"),
    Column("waiting", "waiting", 11, "right"),
    Column("age", "oldest", 8, "right", drop=1),
    Column("in", "in/s", 7, "right", drop=4),
    Column("out", "out/s", 7, "right", drop=4),
    Column("trend", "last 10 min", STRIP, drop=6),
    Column("growth", "net/s 1m", 8, "right", drop=5),
    Column("growth_long", "net/s 10m", 9, "right", drop=7),
    Column("drains", "drains in", 14, "right", drop=1),
    Column("cause", "cause", 28, flex=1, drop=3),
)


_TONES: dict[Severity, Tone] = {"critical": "bad", "warning": "warn", "info": "dim"}


class Overview(View):
    """Is it healthy, what is falling behind, and when will it catch up?"""

    NAME: ClassVar[str] = "Overview"

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(showing)
        self._panels = (NatsPanel(showing), PulsarPanel(showing))
        self._table: RowTable[BacklogRow] = RowTable(
            _COLUMNS,
            key=_key,
            cells=self._cells,
            sort_values={
                "system": lambda row: row.system,
                "address": lambda row: row.address,
                "waiting": lambda row: row.waiting,
                "age": lambda row: row.age,
                "in": lambda row: row.in_rate,
                "out": lambda row: row.out_rate,
                "growth": lambda row: row.growth,
                "drains": lambda row: row.drains_in,
                "cause": lambda row: STRENGTH[row.cause.kind] if row.cause else len(STRENGTH),
            },
            haystack=lambda row: printable(row.address),
            dim=lambda row: row.stale,
            sort=Sort("waiting", reverse=True),
            id="backlogs",
        )
        self._table.mark = self.mark
        self._latency = LatencyLine(showing)

    def compose(self) -> ComposeResult:
        """Both panels, and the ranking under them."""
        yield Horizontal(*self._panels, id="systems")
        yield self._table
        yield self._latency

    @property
    def table(self) -> RowTable[BacklogRow]:
        """The ranking."""
        return self._table

    def go_to(self, place: str, member: str) -> None:
        """Put the cursor on a backlog."""
        self.select_shown(lambda row: row.place == place and row.address.endswith(f"#{member}"))

    def draw(self) -> None:
        """Both panels and the ranking."""
        for panel in self._panels:
            panel.draw()
        self._latency.draw()
        self._table.empty = self._why_empty()
        self._table.show(self.showing.store.backlogs(), version=self.showing.version)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open the row where it lives."""
        event.stop()
        if row := self._table.cursor_item:
            view = "pulsar" if row.system == "pulsar" else "nats"
            # a copy is a stream, and no consumer of one
            member = row.address.rpartition("#")[2] if "#" in row.address else ""
            self.post_message(self.GoTo(view, row.place, member))

    def _why_empty(self) -> str:
        halves = {panel.TITLE: self.showing.store.half(panel.SYSTEM) for panel in self._panels}
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

    def _cells(self, row: BacklogRow) -> list[Cell]:
        return [
            _way(row),
            (row.system, "pulsar" if row.system == "pulsar" else "nats"),
            row.address.partition(":")[2],
            _waiting(row),
            _age(row),
            units.rate(row.in_rate),
            units.rate(row.out_rate),
            (self._trend(row), "pulsar" if row.system == "pulsar" else "nats"),
            units.UNKNOWN if row.stale else units.signed_rate(row.growth),
            units.UNKNOWN if row.stale else units.signed_rate(self._growth_long(row)),
            _drains_in(row),
            _cause(row),
        ]

    def _growth_long(self, row: BacklogRow) -> float:
        # for rows on screen alone: thousands of points are looked at
        return self.showing.store.backlog_growth(row, WINDOW)

    def _trend(self, row: BacklogRow) -> str:
        glyphs = self.showing.glyphs
        values = self.showing.store.backlog_window(row, WINDOW, slots(STRIP, glyphs))
        return strip(values, STRIP, glyphs=glyphs)


def _key(row: BacklogRow) -> str:
    return f"{row.cluster} {row.address}"


def _way(row: BacklogRow) -> Cell:
    is_known = row.waiting == row.waiting and (row.growth == row.growth or row.keeps_up)
    if row.stale or not is_known:
        return ("?", "dim")
    if row.keeps_up or abs(row.growth) * TREND < 0.02 * row.waiting:
        return ("=", "dim")
    return ("▲", "bad") if row.growth > 0 else ("▼", "good")


def _drains_in(row: BacklogRow) -> Cell:
    if row.stale or row.growth != row.growth or row.drains_in != row.drains_in:
        return units.UNKNOWN
    if row.keeps_up:
        return ("keeping up", "good")
    if row.drains_in < inf:
        return units.duration(row.drains_in)
    return (f"growing {units.rate(row.growth)}/s" if row.growth > 0 else "never", "bad")


def _age(row: BacklogRow) -> str:
    return units.age(row.age, at_least=row.age_at_least, exact=row.age_exact)


def _cause(row: BacklogRow) -> Cell:
    """Why it waits, and what will come of it."""
    notes = [row.cause.text] if row.cause else []
    if not row.stale and row.lost_in < LONGEST:
        # the largest unit alone: what changes every second is no cause
        when = f"in {units.duration(row.lost_in).split()[0]}" if row.lost_in else "now"
        notes.append(_loss(row.lost_how, when))
    if row.dead_letters:
        notes.append(f"{units.whole(row.dead_letters)} dead letters")
    return ("; ".join(notes), _TONES[row.cause.severity] if row.cause else "warn")


def _loss(how: str, when: str) -> str:
    return f"quota reached {when}, {how}" if how in (HELD, REFUSED) else f"{how} {when}"


def _waiting(row: BacklogRow) -> str:
    if row.messages != row.messages:
        return units.UNKNOWN if row.entries is None else f"{units.whole(row.entries)} ent."
    if row.exact or row.messages < 1e6:
        return units.estimate(row.messages, exact=row.exact)
    return f"≈ {units.count(row.messages)}"
