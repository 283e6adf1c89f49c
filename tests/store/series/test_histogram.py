"""Histograms against the samples that went into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.store.series.histogram import MOST, Latencies, LatencyMeter


@given(st.lists(st.integers(1, MOST), min_size=1, max_size=200))
def test_a_percentile_is_the_sample_of_that_rank_to_three_digits(micros):
    latencies = Latencies()
    for each in micros:
        latencies.record(each / 1e6)
    ranked = sorted(micros)
    for percentile in (50.0, 90.0, 99.0, 100.0):
        exact = ranked[max(1, int(percentile / 100 * len(ranked) + 0.5)) - 1] / 1e6
        assert abs(latencies.at(percentile) - exact) <= exact / 1000


def test_an_hour_is_an_hour_and_no_ceiling_is_told_as_a_figure():
    latencies = Latencies()
    for _ in range(3):
        latencies.record(3_600.0)
    assert latencies.at(50.0) == pytest.approx(3_600, rel=1e-3)
    latencies.record(MOST / 1e6 + 1)
    latencies.record(1e300)
    summary = latencies.summary()
    assert (summary.count, summary.beyond) == (5, 2)
    assert summary.p50 == pytest.approx(3_600, rel=1e-3)
    assert (summary.p90, summary.max) == (None, None)
    assert Latencies().summary().p99 is None


def test_a_clock_that_went_back_measures_the_least():
    latencies = Latencies()
    latencies.record(-1.0)
    assert latencies.summary().min == 1e-6


def test_what_took_too_long_to_be_told_is_told_of():
    measuring = LatencyMeter()
    measuring.record(1.0)
    measuring.record(MOST / 1e6 * 2)
    told = measuring.snapshot("a", "probe", "b", note="by a clock")
    assert told.note == "by a clock; 1 took more than 30 days"
    assert 100.0 not in dict(told.quantiles)


@given(st.lists(st.integers(1, 60_000_000), min_size=1, max_size=200))
def test_what_was_told_lately_is_left_out_of_what_is_told_next_but_not_of_all(micros):
    measuring = LatencyMeter()
    measuring.record(59.0)
    measuring.snapshot("a", "probe", "b")
    for each in micros:
        measuring.record(each / 1e6)
    told = measuring.snapshot("a", "probe", "b")
    assert told.at(100.0) >= 59.0
    assert abs(dict(told.recent)[100.0] - max(micros) / 1e6) <= max(micros) / 1e9
    assert sum(count for _, count in told.spread) == len(micros)


def test_the_text_of_a_distribution_says_what_the_histogram_does():
    latencies = Latencies()
    for micros in range(1, 10_001):
        latencies.record(micros / 1e6)
    lines = [line.split() for line in latencies.hgrm().splitlines()]
    rows = [list(map(float, line)) for line in lines if line and line[0][0].isdigit()]
    assert rows[-1][:3] == [pytest.approx(10.0, rel=1e-3), 1.0, 10_000]
    for milliseconds, share, count, *_ in rows:
        assert milliseconds == pytest.approx(latencies.at(share * 100) * 1000, rel=2e-3)
        assert count >= share * 10_000 - 1
