"""Counters become rates only where a rate can be known."""

import math
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.store.series.rates import Counted, known_sum, rates_between


def counted(at, epoch="run 1", **totals):
    return Counted(epoch, at, {key: tuple(values) for key, values in totals.items()})


def unknown(rates):
    return all(math.isnan(rate) for rate in rates)


def test_a_rate_is_the_growth_over_the_real_interval():
    rates = rates_between(counted(10.0, a=(100, 0)), counted(12.5, a=(350, 5)))
    assert rates == {"a": (100.0, 2.0)}


def test_the_first_answer_has_no_rates():
    assert unknown(rates_between(None, counted(10.0, a=(100,)))["a"])


def test_a_restart_has_no_rates_even_where_the_counters_are_higher_than_before():
    before, after = counted(10.0, a=(100,)), counted(12.0, "run 2", a=(150,))
    assert unknown(rates_between(before, after)["a"])


@pytest.mark.parametrize("at", [10.0, 9.0])
def test_an_answer_that_is_repeated_or_older_has_no_rates(at):
    assert unknown(rates_between(counted(10.0, a=(100,)), counted(at, a=(150,)))["a"])


def test_one_counter_that_fell_makes_all_of_its_row_unknown_and_no_other():
    before = counted(10.0, a=(100, 100), b=(1, 1))
    rates = rates_between(before, counted(12.0, a=(50, 200), b=(3, 1)))
    assert unknown(rates["a"])
    assert rates["b"] == (1.0, 0.0)


def test_a_counter_that_stands_still_is_zero_and_not_unknown():
    assert rates_between(counted(1.0, a=(7,)), counted(2.0, a=(7,)))["a"] == (0.0,)


def test_a_counter_that_is_not_known_has_no_rate_and_its_neighbour_has():
    same = counted(10.0, a=(nan, 4)).totals["a"]
    rates = rates_between(Counted("run 1", 10.0, {"a": same}), Counted("run 1", 12.0, {"a": same}))
    assert unknown(rates["a"][:1])
    assert rates["a"][1] == 0.0
    rates = rates_between(counted(10.0, a=(nan, 4)), counted(12.0, a=(5, 6)))
    assert unknown(rates["a"][:1])
    assert rates["a"][1] == 1.0


def test_a_new_row_is_unknown_unless_it_is_known_to_count_from_zero():
    before, after = counted(10.0, a=(5,)), counted(12.0, a=(5,), b=(60,), c=(60,))
    rates = rates_between(before, after, fresh=lambda key: key == "b")
    assert rates["b"] == (30.0,)
    assert unknown(rates["c"])


def test_a_row_that_is_gone_has_no_rates():
    assert rates_between(counted(10.0, a=(5,), b=(5,)), counted(12.0, b=(5,))).keys() == {"b"}


@given(st.integers(0, 2**64), st.integers(0, 2**64), st.floats(0, 1e9), st.floats(-10, 1e6))
def test_a_rate_is_never_below_zero_and_never_an_error(then, now, at, step):
    (rate,) = rates_between(counted(at, a=(then,)), counted(at + step, a=(now,)))["a"]
    assert math.isnan(rate) or rate >= 0


@pytest.mark.parametrize(
    ("values", "total"), [([], nan), ([nan], nan), ([nan, 2.0], 2.0), ([0.0, nan], 0.0)]
)
def test_a_sum_of_what_is_known_is_unknown_only_where_nothing_is(values, total):
    assert known_sum(values) == pytest.approx(total, nan_ok=True)
