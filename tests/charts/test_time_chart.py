"""Charts over time: scales, bursts, gaps, events, and what is read out."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcwatch.charts.canvas import drawn
from arcwatch.charts.time_chart import (
    MARKS,
    Event,
    Line,
    Scale,
    TimeChart,
    at_column,
    figure,
    legend,
    lettered,
    linear,
    logarithmic,
    newest,
    nice,
    plot_width,
    scaled,
)

NAN = math.nan


def told(value):
    return f"{value:g}"


def chart(*values, scales=None, sides=None, **rest):
    sides = sides or [0] * len(values)
    lines = [Line(f"n{n}", *line) for n, line in enumerate(zip(values, sides, strict=True))]
    flat = [value for each in values for value in each]
    return TimeChart(lines, 0.0, 100.0, scales or [linear(flat, told)], **rest)


def picture(shown, width, height, glyphs="braille"):
    return drawn(figure(shown, width, height, glyphs), width, height, glyphs)


def text_of(shown, width, height, glyphs="braille"):
    return ["".join(text for text, _ in line) for line in picture(shown, width, height, glyphs)]


def looks_at(shown, width, height):
    return {look for line in picture(shown, width, height) for text, look in line if text.strip()}


def test_the_scale_stands_at_the_right_and_the_times_below():
    lines = text_of(chart([10.0] * 40, clock="{:.0f}s".format), 30, 7)
    assert lines[0].endswith("├ 10")
    assert lines[5].endswith("├ 0 ")
    assert lines[6].split() == ["└0s", "└100s"]


def test_nothing_known_has_no_scale():
    assert not any("├" in line for line in text_of(chart([NAN, NAN]), 40, 8))


def test_two_scales_are_named_side_by_side():
    scales = [Scale(0, 10_000, told), Scale(0, 330, "{:g}/s".format)]
    shown = chart([1.0], [330.0], scales=scales, sides=[0, 1])
    lines = text_of(shown, 40, 8)
    assert lines[0].endswith("├ 10000  330/s")
    assert lines[6].endswith("├ 0      0/s  ")


def test_a_burst_is_clipped_and_its_true_size_stands_beside_it():
    values = [5.0] * 200
    values[100] = 1500.0
    lines = text_of(chart(values), 60, 8)
    assert lines[0].endswith("├ 5  ")
    assert "▴1500" in lines[0]


def test_a_burst_at_the_right_edge_has_its_size_at_its_left():
    assert "1500▴" in text_of(chart([5.0] * 199 + [1500.0]), 60, 8)[0]


def test_what_is_high_for_a_while_is_not_a_burst():
    assert linear([5.0] * 100 + [50.0] * 15, told).high == 50


def test_of_few_values_none_is_a_burst():
    assert linear([5.0] * 10 + [50.0], told).high == 50
    assert linear([NAN] * 100 + [5.0] * 10 + [50.0], told).high == 50


def test_unknown_is_no_line_and_zero_is():
    shown = chart([NAN] * 20 + [0.0] * 20)
    bottom = text_of(shown, 43, 4)[2]
    assert bottom[:20] == "░" * 20
    assert set(bottom[20:39]) == {"⣀"}


def test_a_gap_of_one_line_is_no_gap_of_the_chart():
    assert "gap" not in looks_at(chart([1.0] * 40, [NAN] * 20 + [1.0] * 20), 43, 6)


def test_lines_are_told_apart_without_colour():
    same = [[5.0] * 100] * 5
    lines = "".join(text_of(chart(*same), 143, 6))
    assert all(mark in lines for mark in MARKS["braille"][1:])


def test_an_event_is_a_line_with_its_letter_below():
    lines = text_of(chart([NAN], events=[Event(50.0, "a"), Event(500.0, "b")]), 44, 6)
    place = lines[5].index("◆a")
    assert {line[place] for line in lines[:4]} == {"┊"}
    assert abs(place - plot_width(chart([NAN]), 44) / 2) <= 1
    assert "◆b" not in lines[5]


def test_an_event_takes_the_place_of_a_time_that_it_meets():
    lines = text_of(chart([NAN], events=[Event(0.5, "a")], clock=str), 44, 6)
    assert lines[5].startswith("◆a")
    assert "└0.0" not in lines[5]


def test_logarithms_begin_at_a_decade_and_every_decade_is_named():
    scale = logarithmic([3.2, 4.1, NAN], lambda drawn: f"1e{drawn:g}")
    assert (scale.low, scale.high) == (3, 5)
    lines = text_of(chart([3.2, 4.1], scales=[scale]), 40, 12)
    assert [line[-3:] for line in lines if "├" in line] == ["1e5", "1e4", "1e3"]


@pytest.mark.parametrize("values", [[], [NAN], [math.inf], [-1.0]])
def test_nothing_to_scale_by_is_a_scale(values):
    for scale in (linear(values, told), logarithmic(values, told)):
        assert scale.low < scale.high


def test_a_cell_reads_what_is_drawn_in_it():
    shown = chart([1.0, 5.0, 2.0, 3.0])
    assert at_column(shown, 2, 0, "braille") == [5]
    assert at_column(shown, 2, 1, "braille") == [3]
    assert math.isnan(at_column(chart([NAN, NAN, 2.0, 3.0]), 2, 0, "braille")[0])


def test_the_legend_names_each_line_with_its_value():
    shown = chart([1.0, 10.0], [NAN])
    said = "".join(text for text, _ in legend(shown, newest(shown), "braille"))
    assert said == "── n0 10   ─•─ n1  –"


def test_names_are_hostile():
    shown = TimeChart([Line("in\x1b[2J", [1.0])], 0, 1, [Scale(0, 1, told)])
    assert "\x1b" not in "".join(text_of(shown, 60, 5))
    assert "\x1b" not in "".join(text for text, _ in legend(shown, [1.0], "braille"))


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (24, 3), (20, 3), (300, 80)])
@pytest.mark.parametrize("glyphs", ["braille", "block", "ascii"])
def test_any_size_and_any_values_can_be_drawn(size, glyphs):
    for values in ([], [NAN], [-1.0, math.inf], [0.0] * 1_000, [1e300, 5e-324]):
        lines = text_of(chart(values, values, clock=str), *size, glyphs)
        assert [len(line) for line in lines] == [size[0]] * size[1]
        assert glyphs != "ascii" or "".join(lines).isascii()


@settings(deadline=None)
@given(st.floats(min_value=1e-9, max_value=1e18))
def test_a_nice_scale_holds_its_data_and_wastes_at_most_a_third(top):
    assert top <= nice(top) <= top * 1.5 * (1 + 1e-9)


def test_what_waits_and_what_flows_have_scales_of_their_own_and_equal_ones_are_equal():
    named = [("waiting", True, [4000.0]), ("out", False, [12.0])]
    lines, scales = scaled(named, told)
    assert [line.side for line in lines] == [0, 1]
    assert [scale.as_text(scale.high) for scale in scales] == ["4000", "15/s"]
    assert scaled(named, told)[1] == scales
    assert [line.side for line in scaled(named[:1], told)[0]] == [0]
    assert [line.side for line in scaled(named[1:], told)[0]] == [0]


def test_events_that_are_near_each_other_become_one_where_there_are_many():
    happened = [(float(n * 100), f"{n}") for n in range(12)] + [(1101.0, "x"), (1102.0, "x")]
    events = lettered(happened)
    assert len(events) == 12
    assert [event.mark for event in events] == [*"abcdefghijk", "3"]
    assert (events[-1].at, events[-1].text) == (1100.0, "11; x")


@pytest.mark.parametrize("top", [0, -1, math.nan, math.inf, 5e-324])
def test_a_scale_for_nothing_ends_at_one(top):
    assert nice(top) == 1
