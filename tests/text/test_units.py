"""Figures keep three digits that matter, their unit and a width, whatever the value."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.text import units

ANY = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**20), 10**20) | st.none()
POSITIVE = st.floats(0, 9e17)


@pytest.mark.parametrize("told", [units.count, units.rate, units.size, units.whole, units.duration])
@pytest.mark.parametrize("unknown", [None, nan])
def test_what_is_not_known_is_a_dash_and_never_a_zero(told, unknown):
    assert told(unknown) == "–"


@pytest.mark.parametrize(
    ("told", "value", "text"),
    [
        (units.count, 999, "999"),
        (units.count, 999.5, "1.00k"),
        (units.count, 1_234, "1.23k"),
        (units.count, 99_949, "99.9k"),
        (units.count, 99_951, "100k"),
        (units.count, 999_499, "999k"),
        (units.count, 999_500, "1.00M"),
        (units.count, -12_431, "-12.4k"),
        (units.count, inf, "∞"),
        (units.rate, 0.0949, "0.09"),
        (units.rate, 0.095, "0.1"),
        (units.rate, 99.94, "99.9"),
        (units.rate, 99.96, "100"),
        (units.rate, 1e-9, "<0.01"),
        (units.rate, -1e-9, ">-0.01"),
        (units.rate, -3.26, "-3.3"),
        (units.rate, inf, "∞"),
        (units.size, 999, "999 B"),
        (units.size, 1_000, "1.00 kB"),
        (units.size, 5e17, "500 PB"),
        (units.whole, 1_234_567.4, "1,234,567"),
        (units.whole, inf, "∞"),
        (units.duration, 0, "0s"),
        (units.duration, 0.00099996, "1.00 ms"),
        (units.duration, 0.9994, "999 ms"),
        (units.duration, 0.9996, "1.0s"),
        (units.duration, 9.94, "9.9s"),
        (units.duration, 9.96, "10s"),
        (units.duration, 59.4, "59s"),
        (units.duration, 59.6, "1m 00s"),
        (units.duration, 3_599.6, "1h 00m"),
        (units.duration, 86_399.6, "1d 00h"),
        (units.duration, -92, "-1m 32s"),
    ],
)
def test_a_figure_is_rounded_before_its_unit_is_chosen(told, value, text):
    assert told(value) == text


@given(ANY)
def test_no_value_is_too_much(value):
    for told in (units.count, units.rate, units.size, units.whole, units.duration):
        assert told(value)


@given(POSITIVE)
def test_counts_and_rates_fit_six_cells(value):
    assert len(units.count(value)) <= 6
    assert len(units.rate(value)) <= 6


@given(POSITIVE)
def test_a_count_is_within_half_a_percent(value):
    text = units.count(value)
    digits = text.rstrip("kMGTP")
    scale = 1000 ** " kMGTP".index(text[-1]) if text[-1] in "kMGTP" else 1
    assert float(digits) * scale == pytest.approx(value, rel=0.00501, abs=0.51)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_never_reads_as_less(one, other):
    less, more = sorted((one, other))
    assert seconds_in(units.duration(less)) <= seconds_in(units.duration(more))


def seconds_in(text):
    scales = {"d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6}
    total, parts = 0.0, text.split()
    if len(parts) == 2 and parts[1] in ("ms", "µs"):
        return float(parts[0]) * scales[parts[1]]
    for part in parts:
        total += float(part[:-1]) * scales[part[-1]]
    return total


@pytest.mark.parametrize("at", [nan, inf, -inf, 1e20, -1e20])
def test_a_moment_that_no_calendar_has_is_a_dash(at):
    assert units.clock(at, utc=True) == units.clock(at, utc=False) == "–"


def test_moments_are_told_in_utc_to_the_millisecond():
    assert units.rfc3339(1_700_000_000.9996) == "2023-11-14T22:13:20.999Z"
