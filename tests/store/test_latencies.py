"""Histograms against the samples that went into them."""

from hypothesis import given
from hypothesis import strategies as st

from arcwatch.store.latencies import Latencies


@given(st.lists(st.integers(1, 60_000_000), min_size=1, max_size=200))
def test_a_percentile_is_the_sample_of_that_rank_to_three_digits(micros):
    latencies = Latencies()
    for each in micros:
        latencies.record(each / 1e6)
    ranked = sorted(micros)
    for percentile in (50.0, 90.0, 99.0, 100.0):
        exact = ranked[max(1, int(percentile / 100 * len(ranked) + 0.5)) - 1] / 1e6
        assert abs(latencies.at(percentile) - exact) <= exact / 1000


def test_what_is_longer_than_a_minute_is_counted_beside():
    latencies = Latencies()
    latencies.record(90.0)
    latencies.record(-1.0)
    summary = latencies.summary()
    assert (summary.count, summary.beyond, summary.min) == (2, 1, 1e-6)
    assert Latencies().summary().p99 is None
