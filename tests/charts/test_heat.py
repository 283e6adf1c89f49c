"""A heat map, as text."""

from arcwatch.charts.heat import heat_rows, shade


def test_only_classes_that_were_seen_take_lines_and_a_gap_stays_one():
    slices = [(0, 0, 3, 0, 0), None, (0, 0, 0, 1, 0)]
    assert heat_rows(slices, 5) == [(2, [3, None, 0]), (3, [0, None, 1])]


def test_neighbours_share_a_line_where_there_are_few():
    assert heat_rows([(1, 2, 4)], 2) == [(1, [3]), (2, [4])]
    assert heat_rows([None, (0, 0)], 3) == []


def test_the_darkest_is_the_most_and_a_single_one_is_still_seen():
    assert [shade(n, 1_000_000, "·░▒▓█") for n in (1, 999_999)] == ["░", "█"]
