"""Figures as plotext draws them."""

import pytest

from arcwatch.charts.canvas import drawn
from arcwatch.charts.figure import Box, Figure, Note, Tick, Trace

NAN = float("nan")


def text_of(picture):
    return ["".join(text for text, _ in line) for line in picture]


def figure(*shapes, **rest):
    return Figure((0, 8), [(0, 8)], shapes, **rest)


def looks_of(picture):
    return {look for line in picture for text, look in line if text.strip()}


def test_a_line_goes_through_its_points_and_not_across_a_gap():
    points = [(n + 0.5, n if n != 4 else NAN) for n in range(8)]
    picture = drawn(figure(Trace(points, "series-2")), 4, 2)
    assert text_of(picture) == ["  ⢀⠔", "⡠⠊  "]
    assert looks_of(picture) == {"series-2"}


def test_an_area_is_filled_down_to_zero():
    points = [(n + 0.5, 7.9) for n in range(4)]
    assert text_of(drawn(figure(Trace(points, "series-1", filled=True)), 4, 2)) == ["⣿⣿  "] * 2


def test_two_scales_share_one_plot():
    left = Trace([(0.5, 7.9)], "series-1")
    right = Trace([(7.5, 79.0)], "series-2", side=1)
    picture = drawn(Figure((0, 8), [(0, 8), (0, 80)], [left, right]), 4, 1)
    assert text_of(picture) == ["⠁  ⠈"]
    assert [look for text, look in picture[0] if text.strip()] == ["series-1", "series-2"]


def test_what_stands_around_the_plot_is_where_it_belongs():
    picture = drawn(
        figure(
            Box((2, 5.9), (0, 3.9), "heat"),
            Note(0, 7.9, "▴12", "peak"),
            Note(7.9, 3.9, "12▴", "peak", ends=True),
            rules=[7],
            scale=[Tick(0, "0"), Tick(7.9, "8")],
            below=[Tick(0, "└then")],
        ),
        11,
        5,
    )
    assert text_of(picture) == [
        "▴12   ┊ ├ 8",
        "      ┊ │  ",
        "  ███12▴│  ",
        "  ████┊ ├ 0",
        "└then      ",
    ]
    assert {"peak", "heat", "event", "axis"} <= looks_of(picture)


@pytest.mark.parametrize("size", [(0, 3), (3, 0), (1, 1), (2, 1), (1, 4), (300, 80)])
def test_any_size_is_drawn_exactly(size):
    width, height = size
    shape = Trace([(0.5, 1.0), (1.5, NAN), (2.5, 8.0)], "series-1")
    lines = text_of(drawn(figure(shape), width, height))
    assert [len(line) for line in lines] == [width] * (height if width else 0)


def test_ascii_is_ascii():
    shape = Trace([(n + 0.5, n) for n in range(8)], "series-1", "*")
    picture = drawn(
        figure(shape, Note(0, 7, "▴1", "peak"), rules=[3], scale=[Tick(0, "0")]), 20, 5, "ascii"
    )
    assert "".join(text_of(picture)).isascii()


def test_one_figure_leaves_nothing_in_the_next():
    drawn(figure(Trace([(1, 1)], "series-1"), rules=[2], below=[Tick(0, "x")]), 8, 4)
    assert looks_of(drawn(figure(), 8, 4)) == set()


def test_what_a_figure_is_of_is_never_written_to_the_terminal(capsys):
    drawn(Figure((0, 1), [(0.0, 5e-324)], [Trace([(0.5, 1e300)], "series-1")]), 8, 4)
    drawn(figure(Trace([(0.5, float("inf"))], "series-1")), 8, 4)
    assert capsys.readouterr() == ("", "")
