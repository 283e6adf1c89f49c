"""Numbers of 64 bits, and those that say that there is none."""

from math import isnan

import msgspec
import pytest

from arcwatch.text.units import LATEST_NS
from arcwatch.wire.numbers import (
    BEYOND,
    LAST_MS,
    Count,
    Int64,
    Real,
    known,
    known_or_none,
    nanoseconds_of,
    seconds_of,
)


@pytest.mark.parametrize("value", [0, 1, BEYOND - 1])
def test_a_count_is_itself(value):
    assert (known(value), known_or_none(value)) == (value, value)


@pytest.mark.parametrize("value", [-1, BEYOND, 2**64 - 1, -(2**63)])
def test_what_is_no_count_is_unknown(value):
    assert isnan(known(value))
    assert known_or_none(value) is None


def test_a_time_is_one_between_1970_and_the_last_calendar():
    assert [seconds_of(ms) for ms in (-1, 0, 1, LAST_MS, LAST_MS + 1)] == [
        None,
        None,
        0.001,
        LAST_MS / 1000,
        None,
    ]
    assert [nanoseconds_of(ms) for ms in (-1, 0, 1, 2**62, BEYOND)] == [
        None,
        None,
        1_000_000,
        LATEST_NS,
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "number", "is_read"),
    [
        (Int64, -(2**63), True),
        (Int64, 2**63, False),
        (Count, 2**64 - 1, True),
        (Count, -1, True),
        (Real, 1e18, True),
        (Real, 1e19, False),
    ],
)
def test_what_is_not_of_64_bits_is_refused_where_it_must_be(kind, number, is_read):
    body = msgspec.json.encode(number)
    if is_read:
        assert msgspec.json.decode(body, type=kind) == number
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=kind)
