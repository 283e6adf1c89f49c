"""Series in as many values as there is room for."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcwatch.charts.reduce import ceiling, folded, peak, spread

NAN = math.nan
INF = math.inf


def test_too_few_values_stand_at_the_right():
    assert folded([1, 2], 4)[2:] == [1, 2]
    assert all(map(math.isnan, folded([1, 2], 4)[:2]))


def test_too_many_values_are_folded_so_that_a_spike_survives():
    assert folded([1, 9, 2, 3, NAN, 4], 3) == [9, 3, 4]
    assert math.isnan(folded([NAN, NAN, 1, 2], 2)[0])


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1), st.integers(1, 50))
def test_folding_and_spreading_keep_the_largest(values, count):
    assert max(spread(values, count)) == max(values) or len(values) > count
    if len(values) > count:
        assert max(folded(values, count)) == max(values)


def test_spreading_few_values_makes_steps_over_the_same_time():
    assert spread([1, 2], 6) == [1, 1, 1, 2, 2, 2]
    assert len(spread([], 3)) == 3


@pytest.mark.parametrize(
    ("values", "found"),
    [([], 0), ([NAN], 0), ([-3, 0], 0), ([NAN, 2, INF], 2), ([5, 7, 1], 7)],
)
def test_the_peak_is_the_largest_that_a_scale_can_end_at(values, found):
    assert peak(values) == found


def test_a_burst_of_a_tenth_of_the_time_is_above_the_ceiling_and_what_varies_is_below():
    assert ceiling([70.0] * 18 + [2600.0, 2500.0]) == 70
    assert ceiling([20.0] * 10 + [70.0] * 10) == 70
    assert ceiling([70.0] * 17 + [2600.0] * 3) == 2600
    assert ceiling([NAN, INF, -1.0, 0.0]) == 0
