"""What measuring latencies costs: of each that is taken, of each word on it, and in memory.

The peer is a bare HdrHistogram of the same width, and a list that keeps every sample.
"""

import random
import time
import tracemalloc

import pytest
from hdrh.histogram import HdrHistogram

from arcwatch.model.latency import Latency
from arcwatch.store.series.histogram import DIGITS, LEAST, MOST, LatencyMeter
from arcwatch.store.series.latency_history import MOST as PLACES
from arcwatch.store.series.latency_history import LatencyHistory

SAMPLES, HOUR = 200_000, 3_600


def cost(take, samples):
    """Seconds of processor for each sample."""
    begun = time.thread_time()
    for sample in samples:
        take(sample)
    return (time.thread_time() - begun) / len(samples)


def size_of(make):
    """Bytes that what this makes keeps."""
    tracemalloc.start()
    kept = make()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size, kept


def hour_of(places):
    """As many distributions, told each second for an hour."""
    past = LatencyHistory()
    quantiles = ((50.0, 0.001), (99.0, 0.01))
    told = [Latency("x", "probe", str(n), quantiles, spread=((0.001, 9),)) for n in range(places)]
    for second in range(HOUR):
        for one in told:
            past.update("nats", "c", one, float(second))
    return past


@pytest.mark.bench
def test_what_measuring_costs(capsys):
    rng = random.Random(7)
    samples = [rng.lognormvariate(-7, 1) for _ in range(SAMPLES)]
    measuring, bare, kept = LatencyMeter(), HdrHistogram(LEAST, MOST, DIGITS), []
    size, _ = size_of(LatencyMeter)
    ours, peer = (
        cost(measuring.record, samples),
        cost(lambda s: bare.record_value(round(s * 1e6)), samples),
    )
    listed, _ = size_of(lambda: [kept.append(float(s) + 0.0) for s in samples])
    begun = time.thread_time()
    told = measuring.snapshot("x", "probe", "y")
    word = time.thread_time() - begun
    begun = time.thread_time()
    past_size, _ = size_of(lambda: hour_of(2))
    with capsys.disabled():
        print(  # noqa: T201  # figures are what a bench is for
            f"\n  a latency taken     {ours * 1e6:6.2f} us   a bare HdrHistogram {peer * 1e6:.2f}"
            f"\n  a word on them      {word * 1e3:6.2f} ms   once a second"
            f"\n  a measurement       {size / 1e3:6.0f} kB   a list {listed / 1e3:,.0f}"
            f"\n  an hour of a row    {past_size / 2e3:6.0f} kB   at most {PLACES} rows"
        )
    assert told.count == SAMPLES
    # two histograms and a class for each
    assert ours < 4 * peer
    assert size < 500_000
    assert past_size / 2 < 200_000
