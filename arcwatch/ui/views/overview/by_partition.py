"""How a backlog is spread over partitions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import ceil

from arcwatch.store.backlog.parts import PartBacklog
from arcwatch.text import units
from arcwatch.ui.widgets.panel import Line

CELLS = 22
"""Of one partition: its number, a bar, and what waits."""

BAR = 8

LINES = 4
"""Lines of partitions at most, the largest ones."""


def partition_lines(parts: Sequence[PartBacklog], width: int, *, ascii_only: bool) -> list[Line]:
    """A bar and a figure for each partition, by number; none where there are no partitions."""
    if not parts:
        return []
    in_messages = all(part.messages == part.messages for part in parts)
    waits = {part: part.messages if in_messages else part.entries for part in parts}
    most = max(waits.values())
    beside = max(1, (width - 2) // CELLS)
    largest = sorted(parts, key=lambda part: -waits[part])
    shown = sorted(largest[: beside * LINES])
    rows = ceil(len(shown) / beside)
    sign = "#" if ascii_only else "█"
    pieces = [_partition(part, waits[part], most, sign) for part in shown]
    lines: list[Line] = [[(_head(in_messages, parts, len(shown)), "label")]]
    # down the columns: what is next to each other by number is so on the screen
    return lines + [[("  ", ""), *chain.from_iterable(pieces[n::rows])] for n in range(rows)]


def _head(in_messages: bool, parts: Sequence[PartBacklog], shown: int) -> str:
    unit = "≈ msgs" if in_messages else "entries"
    which = f"the largest {shown} of {len(parts)}" if shown < len(parts) else f"{shown} loaded"
    frozen = "   ? no answer" if any(part.stale for part in parts) else ""
    return f"BY PARTITION   {unit}, {which}{frozen}"


def _partition(part: PartBacklog, waits: float, most: float, sign: str) -> Line:
    length = ceil(waits / most * BAR) if most > 0 else 0
    figure = f"{units.count(waits)}{'?' * part.stale}"
    return [
        (f"p{part.number:<3} ", "label"),
        (sign * length, "pulsar"),
        (f"{' ' * (BAR - length)} {figure:>6}  ", ""),
    ]
