"""Charts of verbs that look once: samples over a stated time, and a picture of each named row."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from arcwatch.charts import canvas, time_chart
from arcwatch.charts.figure import Picture, Run
from arcwatch.charts.reduce import slots
from arcwatch.charts.time_chart import Scale, TimeChart, linear, scaled
from arcwatch.config.settings import Settings
from arcwatch.engine.engine import Engine
from arcwatch.store.charted import Charted, lines_of
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .chart_output import Room, put_chart, room
from .flag_values import seconds
from .tailing import print_note, run_until_ended

USUAL = 60.0
"""Seconds that samples are taken for."""
MOST = 6
"""Rows that are drawn of those that a name fits."""
BEAT = 1.0
"""Seconds between two looks at which rows are to be kept, and two lines of progress."""
SELDOM = 10
"""Beats between two lines of progress where they stay."""

Find = Callable[[Store], Sequence[Charted]]
"""The rows that are charted, as far as they are known by now."""


def add_span_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag for how long to sample."""
    parser.add_argument(
        "--for",
        dest="span",
        metavar="TIME",
        type=seconds,
        default=USUAL,
        help="with --chart, sample this long (1m)",
    )


def sampled(settings: Settings, span: float, find: Find) -> Store:
    """A store after watching for ``span`` seconds, or until ctrl-c.

    Args:
        span: Seconds.
        find: The rows whose series are kept whole.
    """
    store = Store()
    run_until_ended(_sample(store, settings, span, find))
    return store


async def _sample(store: Store, settings: Settings, span: float, find: Find) -> None:
    on_terminal, begun = sys.stderr.isatty(), time.monotonic()

    async def keep() -> None:
        for beat in range(math.ceil(span / BEAT)):
            for each in find(store):
                each.table.deepen([each.key], claim="chart")
            _report(time.monotonic() - begun, span, beat, on_terminal=on_terminal)
            await asyncio.sleep(min(BEAT, max(0.0, begun + span - time.monotonic())))
        running.cancel()

    running = asyncio.create_task(Engine(settings, store, beside={"chart": keep}).run())
    try:
        # when it is cancelled, all has been said
        await asyncio.wait([running])
        if not running.cancelled():
            running.result()
    finally:
        running.cancel()
        if on_terminal:
            sys.stderr.write("\r\x1b[K")


def _report(passed: float, span: float, beat: int, *, on_terminal: bool) -> None:
    line = f"sampling: {passed:.0f} of {units.duration(span)}; ctrl-c draws what there is"
    if on_terminal:
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()
    elif beat % SELDOM == 0:
        print_note(line)


def write_charts(args: argparse.Namespace, found: Iterable[Charted], span: float) -> None:
    """Write a picture of each row to the place that the flags select."""
    space, lines, title = room(args), list[list[Run]](), ""
    for charted in found:
        lines += [*([[]] if lines else []), *drawn(charted, span, space)]
        title = title or charted.title
    put_chart(args, lines, title)


def drawn(
    charted: Charted,
    span: float,
    space: Room,
    drawn_as: Callable[[float], float] = float,
    as_text: Callable[[float], str] = units.rate,
    scaling: Callable[[Sequence[float], Callable[[float], str]], Scale] = linear,
) -> Picture:
    """The title, the names with their last values, and the chart of one row.

    Args:
        span: Seconds before its last sample.
    """
    width, height, glyphs = space
    end = charted.table.last
    start = end - span
    count = slots(width, "ascii" if glyphs == "ascii" else "braille")
    named = [
        (
            line.name,
            line.waits,
            [*map(drawn_as, line.table.window(line.key, line.field, start, end, count))],
        )
        for line in lines_of(charted)
    ]
    lines, scales = scaled(named, as_text, scaling)
    filled = scaling is linear and len(lines) == 1
    chart = TimeChart(lines, start, end, scales, filled, clock=partial(units.clock, utc=False))
    legend = time_chart.legend(chart, time_chart.newest(chart), glyphs)
    figure = time_chart.figure(chart, width, height, glyphs)
    title = [(printable(charted.title, limit=200), "title"), (f"  {chart.axes}", "axis")]
    return [title, legend, *canvas.drawn(figure, width, height, glyphs)]
