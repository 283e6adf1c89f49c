"""The backlog under the cursor: its figures, and its past in a lane."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import ceil

from arcwatch.store.backlog.parts import PartBacklog
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.text import units
from arcwatch.ui.problems import of_cluster, short_place
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.lane_picture import Flow
from arcwatch.ui.widgets.lanes import Axis, Lane
from arcwatch.ui.widgets.panel import Line, PanelTone

from .cells import age_of, drains_in, waiting_of

FACTS = 7
"""Lines of figures, where there is room for all of them."""

CELLS = 22
"""Of one partition: its number, a bar, and what waits."""

BAR = 8

LINES = 4
"""Lines of partitions at most, the largest ones."""


def selected_lane(
    showing: ViewContext,
    row: BacklogRow | None,
    axis: Axis,
    height: int,
    usual: str = "",
    more: Sequence[Line] = (),
) -> Lane:
    """The lane of a row, with whether it is as usual and what else there is room for.

    Without a row its head reads that it is empty.
    """
    if row is None:
        nothing: Line = [("SELECTED  ", "strong"), ("no backlog", "dim")]
        return Lane([nothing], (), height, units.count)
    system: PanelTone = "pulsar" if row.system == "pulsar" else "nats"
    found = showing.store.backlog_series(row)
    values = [float("nan")] * axis.buckets
    if found:
        table, key = found
        values = table.window(key, "backlog", axis.start, axis.end, axis.buckets)
    scale = row.messages / row.entries if row.entries and row.messages == row.messages else 1.0
    flow = Flow([value * scale for value in values], system, "msgs", row.stale)
    if row.messages != row.messages:
        flow = flow._replace(label="entries")
    called = of_cluster(showing, row.cluster) + short_place(row.address)
    return Lane([*facts_of(row, called, height, usual), *more], (flow,), height, units.count)


def facts_of(row: BacklogRow, called: str, height: int, usual: str) -> list[Line]:
    """Its figures in ``height`` lines."""
    name: Line = [("SELECTED  ", "label"), (called, "strong")]
    waits, oldest = waiting_of(row), age_of(row)
    if height < 5:
        first: Line = [(f"  {waits}", "strong"), (" waiting   oldest ", "label"), (oldest, "")]
        return [name, first, _rates(row, long=False)]
    entries = f"  ({units.things(row.entries, 'entry')})" if row.entries else ""
    unit = " msgs" if row.messages == row.messages else ""
    return [
        name,
        [("  waiting    ", "label"), (waits, "strong"), (f"{unit}{entries}", "")],
        [("  oldest     ", "label"), (oldest, "")],
        _rates(row, long=True),
        [("  drains in  ", "label"), (drains_in(row)[0], "")],
        [("  as usual?  ", "label"), (usual, "")],
        [("  unacked    ", "label"), (units.whole(row.unacked), "")],
    ]


def _rates(row: BacklogRow, *, long: bool) -> Line:
    unit = "/s" if long else ""
    growth = units.UNKNOWN if row.stale else units.signed_rate(row.growth)
    return [
        ("  in ", "label"),
        (f"{units.rate(row.in_rate)}{unit}", ""),
        ("   out " if long else "  out ", "label"),
        (f"{units.rate(row.out_rate)}{unit}", ""),
        ("   growth " if long else "  growth ", "label"),
        (f"{growth}/s", ""),
    ]


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
