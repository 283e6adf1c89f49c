"""Ten shapes of load: a forecast is within a fifth of what then happened, or there is none."""

from math import isnan

import pytest

from arcwatch.store.backlog.course import Course, course_of, is_sure
from tests.store.loads import LOADS, forecasts


@pytest.mark.parametrize("every", [2.0, 6.0])
@pytest.mark.parametrize("name", LOADS)
def test_a_forecast_is_right_within_a_fifth_or_there_is_none(name, every):
    for seed in (1, 2):
        found = forecasts(LOADS[name], seed, every)
        assert [one for one in found if not one.is_right(every)] == []
        if every == 2.0:
            told = sum(not isnan(one.said) for one in found)
            assert told >= LOADS[name].told * len(found)


def test_a_straight_course_has_no_bend_and_chance_is_none():
    straight = course_of([(2.0 * at, 1_000.0 - 20 * at) for at in range(31)])
    assert straight == Course(seconds=60.0)
    assert is_sure(straight, 400.0, -10.0)


def test_what_goes_faster_and_faster_is_not_drained_when_the_minute_says():
    faster = course_of([(2.0 * at, 1_000.0 - at**2 / 2) for at in range(31)])
    assert faster.bend == pytest.approx(-0.25)
    assert not is_sure(faster, 550.0, -7.5)
    # what is over in a moment is so at any pace
    assert is_sure(Course(seconds=2.0, bend=-0.25), 7.5, -7.5)


def test_two_readings_that_stand_out_are_a_turn_unless_the_habit_is_such():
    steady = [(2.0 * at, 1_000.0 - 20 * at) for at in range(29)]
    turned = [*steady, (58.0, 440.0), (60.0, 440.0)]
    assert course_of(turned).turn == 0.0
    assert not is_sure(course_of(turned), 440.0, -9.3)
    batches = [(2.0 * at, 1_000.0 - 60 * (at // 3)) for at in range(31)]
    assert course_of(batches).turn is None
    assert 40.0 <= course_of(batches).extent < 80.0


def test_what_grows_by_less_than_chance_is_neither_never_nor_ever():
    assert not is_sure(Course(seconds=60.0, noise=1.0), 500.0, 2.0)
    assert is_sure(Course(seconds=60.0, noise=1.0), 500.0, 4.0)
    assert is_sure(Course(), 500.0, 0.0)
