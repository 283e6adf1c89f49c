"""Series over each other."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcwatch.ui.widgets.plot import MARKS, Series, largest_in, nice, plot, with_cursor


def text_of(picture):
    return ["".join(text for text, _ in line) for line in picture]


def test_a_line_is_drawn_over_the_area_which_shows_through_its_blanks():
    picture = plot([Series("in", [8, 8, 8, 8]), Series("out", [0, 0, math.nan, 8])], 2, 2, 8)
    assert text_of(picture) == ["⣿⠈", "⣀⣿"]
    assert picture[1][0][1] == "series-2"


def test_four_series_each_have_a_mark_of_their_own():
    series = [Series(str(n), [n * 2.0] * 4) for n in range(1, 5)]
    picture = plot(series, 4, 8, 8, "block")
    assert text_of(picture)[::2] == ["××××", "••••", "────", "████"]
    assert [line[0][1] for line in picture][::2] == [f"series-{n}" for n in (4, 3, 2, 1)]


def test_a_sixth_series_is_not_drawn():
    series = [Series(str(n), [1.0]) for n in range(6)]
    assert plot(series, 3, 3, 1) == plot(series[:5], 3, 3, 1)


@pytest.mark.parametrize("glyphs", MARKS)
def test_marks_cannot_be_mistaken_for_each_other_or_for_the_area(glyphs):
    area_marks = {"braille": "", "block": "▁▂▃▄▅▆▇", "ascii": ".:-=+*"}[glyphs]
    assert len(set(MARKS[glyphs] + area_marks)) == 5 + len(area_marks)


def test_no_series_is_an_empty_picture():
    assert text_of(plot([], 3, 2, 1)) == ["   ", "   "]


def test_the_cursor_marks_what_is_there_or_stands_in_the_blank():
    assert with_cursor([("ab c", "x"), ("de", "y")], 2, "|") == [
        ("ab", "x"),
        ("|", "cursor"),
        ("c", "x"),
        ("de", "y"),
    ]
    assert ("d", "cursor") in with_cursor([("ab c", "x"), ("de", "y")], 4, "|")


def test_a_cell_reads_what_it_draws():
    assert largest_in([1, 5, 2, 3], 2, 0, "braille") == 5
    assert largest_in([1, 5, 2, 3], 2, 1, "braille") == 3
    assert math.isnan(largest_in([math.nan, math.nan, 2, 3], 2, 0, "braille"))


@settings(deadline=None)
@given(st.floats(min_value=1e-9, max_value=1e18))
def test_a_nice_scale_holds_its_data_and_wastes_at_most_a_third(top):
    assert top <= nice(top) <= top * 1.5 * (1 + 1e-9)


@pytest.mark.parametrize("top", [0, -1, math.nan, math.inf])
def test_a_scale_for_nothing_ends_at_one(top):
    assert nice(top) == 1
