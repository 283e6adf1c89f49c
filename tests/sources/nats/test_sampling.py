"""How much a server may send, and the estimate of what it was not asked for."""

import pytest

from arcwatch.sources.nats.sampling import BURST, BYTES, CEILING, Allowance, RateMeter, Windows


def followed(rate, seconds, average=100.0):
    """Messages that an allowance lets through of ``rate`` a second, and when it was used up."""
    allowance = Allowance()
    granted, received, now = allowance.begin(0.0), 0.0, 0.0
    while now < seconds:
        now += 0.1
        received += rate * 0.1
        if received >= granted:
            return now
        granted = allowance.grow(now, int(received), average)
    return None


def test_all_of_what_is_slow_enough_is_let_through():
    assert followed(4_000, 60) is None


def test_more_than_the_ceiling_is_used_up_soon():
    assert followed(CEILING * 1.5, 10) is not None


def test_a_burst_after_a_quiet_time_is_let_through():
    allowance = Allowance()
    allowance.begin(0.0)
    for beat in range(1, 50):
        granted = allowance.grow(beat / 10, 0, 100.0)
    assert granted == BURST


def test_what_is_under_way_is_bounded_in_bytes():
    allowance = Allowance()
    granted = allowance.begin(0.0, 0)
    for beat in range(1, 50):
        granted = allowance.grow(beat / 10, 0, 1_000_000.0)
    assert granted == BYTES // 1_000_000


def sampled(rate, seconds, *, rtt=0.0, most=None):
    """Windows over a steady ``rate``: what was seen, and the windows."""
    windows, now, seen = Windows(most), 0.0, 0
    windows.begin(now)
    while now < seconds:
        size = windows.open(now, 100.0)
        filled = now + rtt + size / rate
        windows.opened(now + rtt)
        if filled - now < 0.25:
            windows.update(filled, size)
            seen += size
            now += 0.25
            windows.close(now)
        else:
            count = int(rate * 0.25)
            windows.update(now + 0.25, count)
            seen += count
            now += 0.25
            windows.extend(now, count, 100.0)
    return seen, windows


@pytest.mark.parametrize("rtt", [0.0, 0.02])
@pytest.mark.parametrize("rate", [10_000, 120_000, 1_000_000])
def test_what_passed_unseen_is_estimated(rate, rtt):
    seen, windows = sampled(rate, 20, rtt=rtt)
    assert seen + windows.away == pytest.approx(rate * 20, rel=0.1)
    assert windows.ratio == pytest.approx(rate * 20 / seen, rel=0.3)


def test_a_small_part_of_fast_traffic_is_seen():
    assert sampled(1_000_000, 20)[0] < 20 * 10_000


def test_all_of_slow_traffic_is_seen():
    seen, windows = sampled(1_000, 5)
    assert seen == pytest.approx(5_000, rel=0.1)
    assert windows.away == 0
    assert windows.ratio == 1


def test_a_rate_asked_for_is_kept():
    assert sampled(50_000, 20, most=100)[0] <= 2_100


@pytest.mark.parametrize(("rate", "calm"), [(1_000, True), (20_000, True), (200_000, False)])
def test_it_is_calm_when_all_could_be_asked_for(rate, calm):
    _, windows = sampled(rate, 20)
    assert (windows.calm_for(20.0) > 5) is calm


def test_a_pace_begins_anew_with_its_counter():
    pace = RateMeter()
    for beat in range(5):
        pace.update(beat * 0.1, beat * 100)
    assert pace.rate == pytest.approx(1_000)
    pace.update(0.5, 0)
    assert pace.rate == 0
