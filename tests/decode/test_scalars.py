"""Moments that a calendar has, those that it has not, and numbers without a needless digit."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.decode.scalars import day, real, single, time_of_day, timestamp

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (-719_162, "0001-01-01"),
        (-719_163, -719_163),
        (2_932_896, "9999-12-31"),
        (2_932_897, 2_932_897),
    ],
)
def test_the_first_and_the_last_day_of_the_calendar(count, said):
    assert day(count) == said
    assert timestamp(count * DAY_MS, 3) == (
        f"{said}T00:00:00.000Z" if isinstance(said, str) else said * DAY_MS
    )


def test_a_time_of_day_is_of_one_day():
    assert time_of_day(86_399, 0) == "23:59:59"
    assert time_of_day(86_400, 0) == 86_400
    assert time_of_day(1, 9) == "00:00:00.000000001"


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_single_is_the_same_number_however_short_it_is_told(number):
    said = single(number)
    assert struct.pack(">f", said) == struct.pack(">f", number)
    assert len(repr(said)) <= len(repr(number))


def test_what_json_has_no_number_for_has_a_name():
    assert [real(x) for x in (math.nan, math.inf, -math.inf)] == ["NaN", "Infinity", "-Infinity"]
    assert single(math.nan) == "NaN"
