"""The line below a timeline: marks and times."""

import pytest

from arcwatch.charts.counts import Counts
from arcwatch.ui.widgets.timeline_lines import (
    Label,
    Laid,
    column_of,
    labelled,
    marked,
    moment_of,
    page_columns,
)


def text(line):
    return "".join(char for char, _ in line)


def laid(*values, **more):
    return Laid(0, 1_000, Counts(values, [False] * len(values)), **more)


@pytest.mark.parametrize("width", [7, 80, 158])
def test_the_middle_of_a_cell_falls_in_that_cell(width):
    shown = Laid(1_763_200_000_000_000_001, 1_763_300_000_000_000_000, Counts((), ()))
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
