"""Where a tail begins in what is stored."""

import time

import pytest

from arcwatch.errors import NotationError
from arcwatch.sources.tail_start import NEW, Start, start_of


@pytest.mark.parametrize("since", ["", "  ", "now", "latest"])
def test_without_a_time_it_begins_with_the_next_message(since):
    assert start_of(since) == NEW
    assert start_of(since).is_new


def test_a_time_to_come_is_from_now_on():
    """A broker that is asked for a moment to come may begin anywhere."""
    assert start_of("2199-01-01").is_new


def test_a_moment_is_itself_whatever_it_is_written_as():
    assert start_of("1970-01-01T00:00:05Z") == Start(time=5 * 10**9)
    hour = start_of("1h ago").time
    assert abs(time.time_ns() - 3_600 * 10**9 - hour) < 60 * 10**9


@pytest.mark.parametrize(
    ("since", "start"),
    [
        ("earliest", Start(earliest=True)),
        ("#5", Start(sequence=5)),
        ("id:1:2", Start(message_id=(1, 2, -1, -1))),
        ("id:1:2:3:4", Start(message_id=(1, 2, 3, 4))),
    ],
)
def test_a_place_is_that_place(since, start):
    assert start_of(since) == start
    assert not start.is_new


def test_what_is_no_time_says_so():
    with pytest.raises(NotationError):
        start_of("when it was")
