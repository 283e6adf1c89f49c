"""The counts of a tail, which add up to every message it has received."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len

from arcwatch.session.tail import Tailing
from arcwatch.text import units
from arcwatch.text.control_characters import elide_middle, printable
from arcwatch.ui.widgets.panel import Line, PanelTone
from arcwatch.ui.widgets.row_table import RowTable

from .analysis import AnalysisTables

DROPPED = "dropped (client)"
"""Messages that arrived at this client and found no room, which slow consumers are not."""

LEAST = 13
"""Cells that what a list is ordered by takes at least."""

ROOMY = 100
"""Cells of a line that has room for that label."""


def counts_line(tailing: Tailing, state: tuple[str, PanelTone], width: int) -> Line:
    """What the list does, and the counts, of which the last are left out where it is narrow.

    Args:
        width: Cells of the line.
    """
    found = tailing.kept.live
    dropped = sum(row.dropped_here for row in tailing.counts)
    away = sum(row.sampled_away for row in tailing.counts)
    out = found.filtered_out if found else 0
    pieces: list[tuple[str, str, PanelTone]] = [
        ("seen", units.whole(tailing.ring.end + dropped), "strong"),
        ("shown", units.whole(found.matched if found else tailing.ring.end), ""),
        ("filtered out", units.whole(out), ""),
        ("evicted", units.whole(tailing.ring.start), ""),
        (DROPPED if width >= ROOMY else "dropped", units.whole(dropped), "warn" if dropped else ""),
    ]
    if found and found.missed:
        pieces.append(("not filtered", units.whole(found.missed), "warn"))
    if away:
        pieces.append(("≈ sampled out", units.count(away), "warn"))
    line: list[tuple[str, PanelTone]] = [state, (" ", "")]
    room = width - cell_len(state[0]) - 1
    for label, value, tone in pieces:
        room -= len(label) + len(value) + 3
        if room >= 0:
            line += [(f"  {label} ", "label"), (value, tone)]
    return line


def heading(analysis: AnalysisTables, part: RowTable[Any] | None, scope: str, width: int) -> Line:
    """The tabs, and at the right what the list is ordered by, as far as there is room."""
    line: list[tuple[str, PanelTone]] = []
    for tab in analysis.tabs:
        named = analysis.name(tab)
        line += [(f"▸ {named}  ", "strong")] if tab is part else [(f"  {named}  ", "label")]
    room = width - sum(cell_len(text) for text, _ in line)
    scope = printable(scope)
    scope = elide_middle(scope, room) if part is None and room >= LEAST else ""
    return [*line, (scope.rjust(room), "dim")]


def filter_status(tailing: Tailing) -> str:
    """Why the filter cannot be parsed, or how many messages match and how many were skipped."""
    if problem := tailing.filter_problem:
        return f"{tailing.filter_kind}  {printable(problem.why or problem.what, 120)}"
    found = tailing.kept.matches
    if found is None or tailing.is_reading:
        # messages that the last filter could not check are no failures of this one
        return tailing.filter_kind
    ring = tailing.kept.ring
    of = f"of the last {ring.kept:,}" if ring.start else f"of {ring.kept:,} received"
    parts = [tailing.filter_kind, f"{found.end - found.start:,} shown {of}"]
    if found.failed:
        parts.append(f"{found.failed:,} failed: {printable(str(found.failure), 60)}")
    if found.behind:
        parts.append(f"{found.behind:,} to check")
    return "  ".join(parts)
