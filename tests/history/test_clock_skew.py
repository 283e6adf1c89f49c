"""Dates that run backwards in one place."""

import pytest

from arcwatch.history.clock_skew import ClockSkew
from arcwatch.model.message import Message

MINUTE = 60 * 10**9
PARTS = ("pulsar:a/b/c-partition-0", "pulsar:a/b/c-partition-1")


def told(times, *, reverse=False):
    clocks = ClockSkew(reverse=reverse)
    stored = [
        Message("pulsar", PARTS[place], 0, 0, b"", publish_time=at * MINUTE) for place, at in times
    ]
    for message in stored[::-1] if reverse else stored:
        clocks.note(message)
    return clocks.summary


@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_dated_before_its_neighbour_is_counted_whichever_way_they_are_read(reverse):
    said = told([(0, 100), (0, 40), (1, 100), (0, 102), (1, 70)], reverse=reverse)
    assert said.startswith("2 are dated up to 1h 00m before what was stored before")


def test_partitions_are_not_compared_with_each_other():
    assert told([(0, 100), (1, 40), (0, 101), (1, 41)]) == ""
