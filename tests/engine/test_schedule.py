"""When to ask next, with chance and clocks of our own."""

import pytest

from arcwatch.engine.schedule import JITTER, MAX_BACKOFF, Clock, PollSchedule, SleepDetector


def test_who_is_down_is_asked_ever_more_rarely_and_no_later_than_the_bound():
    beat, now, waits = PollSchedule(1.0, 0.0, lambda: 0.0), 0.0, []
    for _ in range(6):
        beat.failed()
        waits.append(beat.seconds_left(now, failing=True))
        now += waits[-1]
    assert waits == [2, 4, 8, MAX_BACKOFF, MAX_BACKOFF, MAX_BACKOFF]
    beat.answered()
    assert beat.seconds_left(now, failing=False) == 1.0


def test_what_is_asked_very_rarely_is_asked_again_sooner_where_it_failed():
    beat, now, waits = PollSchedule(600.0, 0.0, lambda: 0.0), 0.0, []
    for _ in range(8):
        beat.failed()
        waits.append(beat.seconds_left(now, failing=True))
        now += waits[-1]
    assert waits == [10, 20, 40, 80, 160, 320, 600, 600]
    beat.answered()
    assert beat.seconds_left(now, failing=False) == 600.0


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_chance_makes_a_wait_shorter_and_never_longer(chance):
    beat = PollSchedule(1.0, 0.0, lambda: chance)
    beat.failed()
    assert beat.seconds_left(0.0, failing=True) == pytest.approx(2 * (1 - JITTER * chance))
    beat.answered()
    # what answers keeps to its grid
    assert beat.seconds_left(2.0, failing=False) == 1.0


async def test_a_pause_is_told_once_and_only_while_there_is_a_pulse():
    clock, told = [0.0], []
    awake = SleepDetector(lambda: clock[0], told.append)
    clock[0] += 100
    awake.check()
    assert told == []
    beating = awake.run()
    beating.send(None)
    clock[0] += 100
    awake.check()
    awake.check()
    assert told == [99.0]
    beating.close()
    clock[0] += 100
    awake.check()
    assert told == [99.0]


def test_the_steady_clock_does_not_go_back():
    clock = Clock()
    assert clock.steady() <= clock.steady()
