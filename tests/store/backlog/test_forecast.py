"""When a backlog meets its limits."""

from math import inf, isnan, nan
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.model.pulsar_opened import Quota
from arcwatch.store.backlog.forecast import EXPIRES, FULL, HELD, Waiting, on_jetstream, on_pulsar
from arcwatch.store.backlog.pace import Pace, drains_in, is_outpaced, pace_of
from arcwatch.store.series.series import SeriesTable
from tests.ui.filled import Platform


def waiting(**fields):
    """1,000 messages of 100 bytes, the oldest a minute old; 10/s come and nobody takes any."""
    usual = {"messages": 1000, "size": 100_000, "age": 60.0, "keeps_up": False}
    moves = {"in_rate": 10, "out_rate": 0, "growth": 10.0, "recent_growth": 10.0, "seconds": 60.0}
    pace = Pace(**{name: fields.pop(name, usual) for name, usual in moves.items()})
    return Waiting(**usual | {"pace": pace} | fields)


def size(limit, policy="producer_request_hold"):
    return Quota("destination_storage", limit, None, policy)


def stream(**fields):
    usual = {"max_age": None, "max_messages": None, "max_bytes": None}
    return SimpleNamespace(**{**usual, "messages": 10, "bytes": 1_000, **fields})


@pytest.mark.parametrize(
    ("backlog", "ttl", "seconds"),
    [
        (waiting(), 3_600, 3_540),
        # half of what comes goes: the oldest of later came half as late
        (waiting(out_rate=5), 3_600, 7_080),
        (waiting(out_rate=10), 3_600, inf),
        (waiting(in_rate=0), 3_600, 3_540),
        (waiting(in_rate=0, out_rate=5), 3_600, inf),
        (waiting(age=7_200.0), 3_600, 0),
        (waiting(messages=0, age=nan), 3_600, inf),
    ],
)
def test_what_nobody_takes_expires_when_its_oldest_is_old_enough(backlog, ttl, seconds):
    loss = on_pulsar(backlog, ttl, ())
    assert (loss.seconds, loss.how) == (pytest.approx(seconds), EXPIRES)


@pytest.mark.parametrize("backlog", [waiting(age=nan), waiting(in_rate=nan), waiting(out_rate=nan)])
def test_what_is_not_known_is_no_loss(backlog):
    assert isnan(on_pulsar(backlog, 3_600, ()).seconds)


def test_without_a_limit_nothing_is_lost_and_nothing_is_known():
    assert isnan(on_pulsar(waiting(), None, ()).seconds)
    assert isnan(on_jetstream(waiting(), stream()).seconds)


def test_of_several_limits_the_nearest_counts_with_what_happens_there():
    quotas = (size(200_000), size(150_000, "consumer_backlog_eviction"))
    loss = on_pulsar(waiting(), 3_600, quotas)
    assert loss == (pytest.approx(50.0), FULL)
    assert on_pulsar(waiting(), 3_600, quotas[:1]) == (pytest.approx(100.0), HELD)


def test_what_shrinks_never_fills_anything():
    assert on_pulsar(waiting(growth=-3.0), None, (size(200_000),)).seconds == inf


def test_a_known_never_beside_what_is_not_known_is_no_never():
    assert isnan(on_pulsar(waiting(growth=-3.0, age=nan), 60, (size(200_000),)).seconds)


def test_a_stream_drops_what_is_too_old_too_many_or_too_large():
    assert on_jetstream(waiting(), stream(max_age=120.0)) == (60.0, EXPIRES)
    assert on_jetstream(waiting(), stream(max_messages=3_000)) == (200.0, FULL)
    # the mean message of the stream has 100 bytes
    assert on_jetstream(waiting(), stream(max_bytes=400_000)) == (pytest.approx(300.0), FULL)


@given(
    age=st.floats(0, 1e4),
    in_rate=st.floats(0.1, 1e4),
    share=st.floats(0, 0.99),
    ttl=st.integers(1, 100_000),
)
def test_a_replay_of_the_same_rates_loses_its_first_message_when_it_was_forecast(
    age, in_rate, share, ttl
):
    loss = on_pulsar(waiting(age=age, in_rate=in_rate, out_rate=in_rate * share), ttl, ())
    # after so long the oldest is what came after all that has been taken since
    taken = in_rate * share * loss.seconds
    oldest = age + loss.seconds - taken / in_rate
    assert oldest == pytest.approx(max(age, ttl), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "backlog",
    [
        # half a second behind, a little less out than in by chance
        waiting(messages=5, age=0.5, in_rate=10.0, out_rate=9.9999, growth=0.0001, keeps_up=True),
        # rests: the rates differ by chance
        waiting(in_rate=10.0, out_rate=9.99, growth=0.01),
        waiting(in_rate=10.0, out_rate=13.0, growth=-3.0),
    ],
)
def test_who_keeps_up_is_not_at_risk_and_has_no_date(backlog):
    assert on_jetstream(backlog, stream(max_age=3_600.0, max_messages=10_000)).seconds == inf


def test_near_the_limit_a_slow_drift_counts():
    drift = waiting(age=1_900.0, in_rate=10.0, out_rate=9.99, growth=0.01)
    assert on_pulsar(drift, 3_600, ()).seconds == pytest.approx(1_700_000, rel=0.01)


@pytest.mark.parametrize(
    ("minute", "seconds", "drained"),
    [
        (-10.0, -12.0, 100.0),
        (10.0, 12.0, inf),
        (0.0, 0.0, inf),
        # the minute and the last seconds disagree
        (-10.0, 12.0, nan),
        (10.0, -12.0, nan),
        (-10.0, 0.0, nan),
        (nan, nan, nan),
    ],
)
def test_a_drain_is_forecast_while_the_last_seconds_agree_with_the_minute(minute, seconds, drained):
    pace = Pace(10.0, 20.0, minute, seconds, 60.0)
    assert drains_in(1_000.0, pace) == pytest.approx(drained, nan_ok=True)
    assert isnan(drains_in(4.0, pace, keeps_up=True)) == isnan(minute)


def test_who_is_outpaced_is_so_for_most_of_a_minute():
    pace = Pace(20.0, 10.0, 10.0, 10.0, 60.0, 1.0)
    assert is_outpaced(pace, 1_000.0, keeps_up=False)
    assert not is_outpaced(pace, 1_000.0, keeps_up=True)
    assert not is_outpaced(pace._replace(seconds=20.0), 1_000.0, keeps_up=False)
    # who rests for most of it, or has only begun, is not outpaced by what comes in
    assert not is_outpaced(pace._replace(busy=0.3), 1_000.0, keeps_up=False)
    assert not is_outpaced(pace, 1e6, keeps_up=False)


def test_what_comes_in_less_what_goes_out_is_the_growth():
    table, waiting = SeriesTable(("in", "out", "backlog")), 500.0
    for at, (came, went) in enumerate([(nan, nan), (40, 10), (90, 0), (0, 70), (30, 30), (5, 20)]):
        waiting += 2 * (came - went) if came == came else 0
        table.push(2.0 * at, {"x": (came, went, waiting)})
    pace = pace_of(table, "x", ("in", "out", "backlog"))
    assert (pace.in_rate, pace.out_rate, pace.seconds) == (33, 26, 10)
    assert pace.growth == pace.in_rate - pace.out_rate
    assert pace.busy == pytest.approx(0.75)


def test_nothing_is_foretold_of_what_does_not_answer():
    rows = Platform(dark=True).store.backlogs()
    assert rows
    assert all(row.stale for row in rows)
    assert all(row.drains_in != row.drains_in and row.growth != row.growth for row in rows)
