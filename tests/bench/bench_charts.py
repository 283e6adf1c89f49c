"""What a chart costs that people study: at most two are drawn a second, beside the frames.

The peer is one strip of braille of the same data, as panels and tables have them.
"""

import math
import statistics
import time

import pytest

from arcwatch.charts import canvas, time_chart
from arcwatch.charts.time_chart import Line, TimeChart, linear
from arcwatch.text import units
from arcwatch.ui.widgets.braille import area

POINTS, TIMES = 600, 40
SIZES = ((78, 8), (150, 10), (150, 16), (210, 30))
BUDGET = 50.0
"""Milliseconds on a thread that no frame waits for: at two a second a tenth of a core."""


def line(nth):
    """A series unlike the others."""
    return [5000 + 4000 * math.sin(n / (40 + 9 * nth)) + 300 * nth for n in range(POINTS)]


def cost(draw):
    """The median of milliseconds of processor, and the longest."""
    draw()
    taken = []
    for _ in range(TIMES):
        begun = time.thread_time()
        draw()
        taken.append((time.thread_time() - begun) * 1000)
    return statistics.median(taken), max(taken)


def chart_of(lines, width, height):
    """Reduces, scales and draws, as a widget does it for new data."""
    values = [value for each in lines for value in each]
    named = [Line(str(nth), each) for nth, each in enumerate(lines)]
    scales = [linear(values, units.rate)]
    shown = TimeChart(named, 0.0, 600.0, scales, filled=len(lines) == 1)
    return canvas.drawn(time_chart.figure(shown, width, height), width, height)


@pytest.mark.bench
def test_what_a_chart_costs(capsys):
    told = [f"a chart of {POINTS} points a line, budget {BUDGET:g} ms"]
    medians = []
    for width, height in SIZES:
        for count in (1, 2, 4):
            lines = [line(nth) for nth in range(count)]
            median, most = cost(lambda: chart_of(lines, width, height))  # noqa: B023  # called here
            strip, _ = cost(lambda: area(lines[0], width, height, 10_000.0))  # noqa: B023  # likewise
            medians.append(median)
            told.append(
                f"  {count} at {width:3}x{height:2}: median {median:5.2f} ms, longest {most:5.2f}"
                f" ms; one braille area {strip:.2f} ms"
            )
    with capsys.disabled():
        print("", *told, sep="\n")  # noqa: T201  # figures are what a bench is for
    assert max(medians) < BUDGET
