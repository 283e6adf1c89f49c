"""What is read of a topic at most, and what becomes of readers that lost their connection."""

import asyncio
import threading

import pulsar
import pytest

from arcwatch.sources.pulsar.reader import (
    QUEUE,
    Bound,
    Watch,
    bound_of,
    close_reader,
    closed,
    reason,
)
from arcwatch.wire.pulsar_reading import Quota


@pytest.mark.parametrize(
    ("quota", "bound", "queue"),
    [
        (Quota(None, None), Bound(None, None), QUEUE),
        (Quota(100.0, None), Bound(10.0, None), 10),
        (Quota(5.0, 1_000.0), Bound(0.5, 100.0), 1),
        (Quota(1e9, None), Bound(1e8, None), QUEUE),
    ],
)
def test_a_tenth_of_a_topics_rate_is_taken_and_a_message_at_least(quota, bound, queue):
    assert (bound_of(quota), bound_of(quota).queue) == (bound, queue)


class Reader:
    """Is connected until a test says otherwise, and notes that it was closed."""

    def __init__(self, error=None):
        self.connected, self.closed, self._error = True, threading.Event(), error

    def is_connected(self):
        return self.connected

    def close(self):
        self.closed.set()
        if self._error:
            raise self._error


def test_a_reader_that_lost_its_connection_is_closed_before_the_library_brings_it_back():
    watch, lost, kept, removed = Watch(), Reader(), Reader(), Reader()
    for reader in (lost, kept, removed):
        watch.add(reader)
    watch.remove(removed)
    removed.connected = lost.connected = False
    watch.start()
    try:
        assert lost.closed.wait(5)
        assert not kept.closed.is_set()
        assert not removed.closed.is_set()
    finally:
        watch.end()
        watch.join(5)
    assert not watch.is_alive()


@pytest.mark.parametrize("error", [None, pulsar.AlreadyClosed("x"), ValueError("x")])
def test_closing_twice_is_no_error(error):
    reader = Reader(error)
    close_reader(reader)
    assert reader.closed.is_set()


def test_an_error_of_the_library_is_told_in_its_words():
    assert reason(OSError("Pulsar error: TopicNotFound")) == "TopicNotFound"
    assert reason(TimeoutError()) == "TimeoutError"


async def test_a_client_that_hangs_is_left():
    class Client:
        def __init__(self):
            self.leave = threading.Event()

        def shutdown(self):
            self.leave.wait(10)

    client = Client()
    async with asyncio.timeout(2):
        await closed(client, timeout=0.1)
    client.leave.set()
