"""Charts as text: exact, and honest about gaps."""

import math
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from arcwatch.charts.reduce import folded, slots
from arcwatch.ui.widgets.braille import area, strip

NAN = math.nan
INF = math.inf
GLYPHS = ["braille", "block", "ascii"]
glyphs = st.sampled_from(GLYPHS)
series = st.lists(st.floats(), max_size=80)
tops = st.none() | st.floats()
LEVELS = {"braille": 4, "block": 8, "ascii": 7}


def height_of(lines, glyph):
    """How many levels the one value of a chart one cell wide fills, from the bottom up."""
    scale = {"braille": " ⢀⢠⢰⢸", "block": " ▁▂▃▄▅▆▇█", "ascii": " .:-=+*#"}[glyph]
    levels = [scale.index(line[0]) for line in lines]
    full = LEVELS[glyph]
    # nothing stands on a cell that is not full
    assert all(below == full for above, below in pairwise(levels) if above)
    return sum(levels)


@pytest.mark.parametrize(
    ("glyph", "drawn"), [("braille", "⣀⣠⣴⣾"), ("block", "▁▁▂▃▄▅▆█"), ("ascii", "..:-=+*#")]
)
def test_a_ramp(glyph, drawn):
    assert strip([0, 1, 2, 3, 4, 5, 6, 8], slots_wide(glyph, 8), glyphs=glyph) == drawn


def slots_wide(glyph, count):
    return count // slots(1, glyph)


def test_an_area_fills_from_the_bottom():
    assert area([0, 4, 8, 8], 2, 2) == [" ⣿", "⣸⣿"]


@pytest.mark.parametrize("glyph", GLYPHS)
def test_zero_is_drawn_and_a_gap_is_not(glyph):
    width = slots_wide(glyph, 4)
    assert strip([NAN] * 4, width, glyphs=glyph) == " " * width
    assert " " not in strip([0] * 4, width, glyphs=glyph)


@settings(deadline=None)
@given(series, st.integers(0, 40), st.integers(1, 6), tops, glyphs)
def test_always_exactly_as_large_as_asked(values, width, height, top, glyph):
    lines = area(values, width, height, top, glyph)
    assert [cell_len(line) for line in lines] == [width] * height
    assert [len(line) for line in lines] == [width] * height


@settings(deadline=None)
@given(st.floats(), st.floats(), st.floats(), st.integers(1, 5), glyphs)
@example(5e-324, 1e308, 1e-300, 3, "braille")
@example(INF, 1.0, INF, 2, "block")
def test_a_larger_value_never_draws_lower(one, other, top, height, glyph):
    low, high = min(one, other), max(one, other)
    if math.isnan(one) or math.isnan(other):
        return
    drawn = [height_of(area([v], 1, height, top, glyph), glyph) for v in (low, high)]
    assert 1 <= drawn[0] <= drawn[1] <= LEVELS[glyph] * height


@settings(deadline=None)
@given(st.floats(min_value=1e-6, max_value=1e12), st.integers(1, 5), glyphs)
def test_the_top_fills_it_and_what_is_above_fills_no_more(top, height, glyph):
    full = LEVELS[glyph] * height
    for value in (top, top * 2, INF):
        assert height_of(area([value], 1, height, top, glyph), glyph) == full


@settings(deadline=None)
@given(series, st.integers(1, 40))
def test_gaps_are_blank_and_nothing_else_is(values, width):
    blanks = [math.isnan(value) for value in folded(values, width)]
    assert [char == " " for char in strip(values, width, glyphs="block")] == blanks
