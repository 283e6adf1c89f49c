"""Natural order, and the unknown always last."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcwatch.ui.widgets.order import ordered

values = st.one_of(st.none(), st.floats(), st.integers(), st.text(), st.booleans())


def test_numbers_in_names_count_as_numbers_and_case_does_not_count():
    names = ["t10", "T2", "t1", "t2-b", "t2-a10", "t2-a9", ""]
    assert ordered(names, str) == ["", "t1", "T2", "t2-a9", "t2-a10", "t2-b", "t10"]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_unknown_is_last_in_both_directions(reverse):
    rows = [("a", None), ("b", 2), ("c", math.nan), ("d", 1)]
    keys = [key for key, _ in ordered(rows, lambda row: row[1], reverse=reverse)]
    assert keys == (["b", "d", "a", "c"] if reverse else ["d", "b", "a", "c"])


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_that_tie_keep_their_order(reverse):
    rows = ["b1", "a1", "c1"]
    assert ordered(rows, lambda row: row[1], reverse=reverse) == rows


def test_text_and_numbers_in_one_column_do_not_clash():
    assert ordered(["b", 3, "a", 1.5], lambda row: row) == [1.5, 3, "a", "b"]


@pytest.mark.parametrize("digits", ["9" * 5_000, "²", "٣", "1" * 19])
def test_no_digits_are_too_many_or_too_strange(digits):
    assert sorted(ordered([f"t{digits}", "a1"], str)) == sorted(["a1", f"t{digits}"])


@settings(deadline=None)
@given(st.lists(values), st.booleans())
def test_any_values_at_all_are_sorted_without_losing_one(rows, reverse):
    found = ordered(rows, lambda row: row, reverse=reverse)
    assert sorted(map(id, found)) == sorted(map(id, rows))
    numbers = [row for row in found if isinstance(row, int | float) and row == row]
    assert numbers == sorted(numbers, reverse=reverse)
