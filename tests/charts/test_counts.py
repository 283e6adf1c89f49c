"""Counts of stored messages over time."""

import math

import pytest

from arcwatch.charts.canvas import drawn
from arcwatch.charts.counts import NARROW, Counts, figure, plot_width

NAN = math.nan


def counts(*values, far=()):
    return Counts(values, far or [False] * len(values))


def picture(shown, width, height, glyphs="braille", **rest):
    return drawn(figure(shown, width, height, "{:g}".format, glyphs, **rest), width, height, glyphs)


def text_of(lines):
    return ["".join(text for text, _ in line) for line in lines]


def test_what_is_gone_far_and_empty_look_unlike_each_other():
    lines = picture(counts(NAN, 8, 0, 8, far=(False, True, False, False)), 4, 1, "ascii")
    assert text_of(lines) == ["-:##"]
    assert [look for _, look in lines[0]] == ["gap", "far", "series-1"]


def test_two_lines_make_one_bar():
    assert text_of(picture(counts(8, 8, 4, 4, 1, 1), 3, 2)) == ["⣿  ", "⣿⣿⣤"]


def test_what_is_there_at_all_is_seen_beside_a_million():
    assert text_of(picture(counts(1e6, 1e6, 1, 0), 2, 1, "braille"))[0][1] != " "


def test_a_burst_does_not_flatten_the_rest():
    values = [5.0] * 400
    values[7] = 5e6
    lines = text_of(picture(counts(*values), 208, 4))
    assert lines[0][:200] == "⣿" * 200
    assert lines[0].endswith("├ 5     ")


def test_there_is_a_scale_where_there_is_room():
    assert plot_width(NARROW, 2) < NARROW
    assert plot_width(NARROW - 1, 2) == NARROW - 1
    assert plot_width(200, 1) == 200


def test_times_are_below():
    lines = text_of(picture(counts(*[1.0] * 40), 20, 3, below=[(0, "└a"), (10, "└b")]))
    assert lines[2] == "└a        └b        "


@pytest.mark.parametrize("values", [[], [NAN], [0.0], [math.inf]])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (100, 5)])
def test_anything_is_drawn_in_any_size(values, size):
    lines = text_of(picture(counts(*values), *size))
    assert [len(line) for line in lines] == [size[0]] * size[1]
