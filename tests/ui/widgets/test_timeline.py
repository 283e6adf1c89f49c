"""A timeline's cells: what is stored when, what is gone, and the marks on it."""

import math

import pytest

from arcwatch.ui.widgets.timeline_lines import (
    Label,
    Laid,
    bars,
    column_of,
    labelled,
    marked,
    moment_of,
    page_columns,
)

NAN = math.nan


def text(line):
    return "".join(char for char, _ in line)


def laid(*values, far=(), **more):
    far = far or [False] * len(values)
    return Laid(0, 1_000, values, far, **more)


def test_what_is_gone_far_and_empty_look_unlike_each_other():
    shown = laid(NAN, 8, 0, 8, far=(False, True, False, False))
    (line,) = bars(shown, 4, 1, "block")
    assert text(line) == "╌░▁█"
    assert [look for _, look in line] == ["gone", "far", "bar", "bar"]


def test_two_lines_make_one_bar():
    upper, lower = bars(laid(8, 4, 1), 3, 2, "block")
    assert (text(upper), text(lower)) == ("█  ", "██▂")


def test_braille_has_two_values_in_a_cell_and_a_cell_is_gone_where_both_are():
    (line,) = bars(laid(NAN, NAN, NAN, 4), 2, 1, "braille")
    assert text(line) == "╌⢸"


@pytest.mark.parametrize("width", [7, 80, 158])
def test_the_middle_of_a_cell_falls_in_that_cell(width):
    shown = Laid(1_763_200_000_000_000_001, 1_763_300_000_000_000_000, (), ())
    columns = [column_of(shown, moment_of(shown, x, width), width) for x in range(width)]
    assert columns == list(range(width))
    assert column_of(shown, shown.end, width) is None


def test_the_page_and_the_cursor_are_marked_as_far_as_they_are_shown():
    shown = laid(1, page=(450, 5_000), cursor=120)
    assert page_columns(shown, 10) == range(4, 10)
    assert text(marked([(" ", "")] * 10, shown, "ascii")) == " *  ^^^^^^"
    assert page_columns(laid(1, page=(2_000, 3_000)), 10) == range(0)


def test_labels_stand_where_there_is_room_and_none_twice():
    line = [(" ", "")] * 3 + [("▲", "page")] + [(" ", "")] * 8
    labels = [Label("4:00", "page", 5), Label("4:00", "page", 2, ends=True)]
    assert text(labelled(line, [*labels, Label("ab", "axis", 0), Label("longer", "axis", 6)])) == (
        "ab ▲ 4:00   "
    )
