"""Where a backlog is going and how old its oldest is, told from our own samples."""

import pickle
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.store.series.samples import MOST, STEP, BacklogSamples


def fed(samples, *, step=STEP):
    """A past of one topic ``t`` and its backlog ``t#s``, from ``(messages in, backlog)`` pairs."""
    past = BacklogSamples()
    for n, (count, backlog) in enumerate(samples):
        told = {} if count is None else {"t": count}
        backlogs = {} if backlog is None else {"t#s": backlog}
        past.update(n * step, told, backlogs, ["t"] if backlog else [])
    return past


def test_a_backlog_that_grows_says_by_how_much_after_a_minute():
    growing = [(n * 500, n * 50) for n in range(8)]
    assert fed(growing).growth("t#s") == 5.0
    assert fed(growing[:6]).growth("t#s") != fed(growing[:6]).growth("t#s")


def test_a_gap_is_no_growth_until_a_minute_after_it():
    steady = [(n * 10, n * 10) for n in range(20)]
    for gap in range(13, 20):
        told = list(steady)
        told[gap] = (None, None)
        assert fed(told).growth("t#s") != fed(told).growth("t#s")
    told = list(steady)
    told[12] = (None, None)
    assert fed(told).growth("t#s") == 1.0


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 30), st.integers(8, 30))
def test_one_leap_of_a_backlog_is_never_growth(before, after, leap, length):
    backlogs = [before if n < leap else after for n in range(length)]
    assert fed([(0, b) for b in backlogs]).growth("t#s") in (0.0,)


@given(st.lists(st.integers(1, 1000), min_size=8, max_size=200), st.data())
def test_the_age_of_the_oldest_lies_between_the_samples_around_it(steps, data):
    """Counted by hand: message ``n`` came in the step in which the counter passed ``n``."""
    counts = [sum(steps[: n + 1]) for n in range(len(steps))]
    backlog = data.draw(st.integers(1, counts[-1] - counts[0]))
    past = fed([(count, backlog) for count in counts])
    oldest = counts[-1] - backlog
    step = next(n for n, count in enumerate(counts) if count > oldest)
    last = STEP * (len(counts) - 1)
    age = past.age("t", backlog)
    assert not age.at_least
    assert last - step * STEP - 1e-6 <= age.seconds <= last - (step - 1) * STEP + 1e-6


def test_what_waited_from_before_is_at_least_as_old_as_our_samples():
    past = fed([(1000 + n, 500) for n in range(7)])
    assert past.age("t", 500) == (60.0, True)


def test_a_backlog_that_begins_to_wait_is_as_old_as_the_sample_before_says():
    past = fed([(100, 0), (200, 0), (300, 100)])
    assert past.age("t", 100) == (10.0, False)


def test_a_counter_that_is_set_back_makes_a_new_past():
    past = fed([(1000 + 100 * n, 50) for n in range(6)] + [(10, 50), (20, 50)])
    assert past.age("t", 50) == (10.0, True)


def test_what_is_not_known_has_no_age():
    past = fed([(10, 5)])
    assert past.age("elsewhere", 5).seconds != past.age("elsewhere", 5).seconds
    assert past.age("t", nan).seconds != past.age("t", nan).seconds
    assert past.age("elsewhere", 0).seconds == 0.0


def test_a_day_of_samples_takes_no_more_room_and_stays_right():
    past = fed([(n * 100, 100 * min(n, 5000)) for n in range(8640)])
    # a sample is two floats of a counter
    assert len(pickle.dumps(past)) < 3 * 8 * MOST
    assert past.age("t", 100 * 2000).seconds == pytest.approx(20_000, rel=0.02)


def test_a_steady_flow_that_ends_is_missed_and_one_message_is_not():
    flowing = [(n * 10, 0) for n in range(9)]
    assert fed(flowing).stopped("t") == 0.0
    assert fed([*flowing, *[(80, 0)] * 3]).stopped("t") == 30.0
    assert fed([(0, 0), (1, 0), *[(1, 0)] * 9]).stopped("t") == 0.0
    assert fed([*flowing, *[(80, 0)] * 3, (81, 0)]).stopped("t") == 0.0


def test_a_still_past_stays_as_it_is():
    past = fed([(n * 100, n * 10) for n in range(8)])
    frozen = past.freeze()
    seen = frozen.age("t", 150), frozen.growth("t#s")
    for n in range(8, 20):
        past.update(n * STEP, {"t": n * 900}, {"t#s": 0}, ["t"])
    assert (frozen.age("t", 150), frozen.growth("t#s")) == seen
