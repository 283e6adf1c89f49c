"""Messages of our own at a steady pace."""

import asyncio
import time

import pytest

from arcwatch.changes.probe import measure


class Stalling:
    """Hands every message back at once, but one during which everything stands still."""

    path = "stalling"

    def __init__(self, stall):
        self._stall, self.sent, self.closed = stall, 0, False

    async def open(self, take):
        self._take = take

    def send(self, body):
        self.sent += 1
        if self.sent == 10:
            time.sleep(self._stall)
        if self.sent != 20:
            self._take(body)

    async def close(self):
        self.closed = True


async def test_all_that_had_to_wait_in_a_stall_count_and_what_is_lost_is_told():
    probe, measured = Stalling(0.1), []
    async with asyncio.timeout(10):
        await measure(probe, rate=200, size=20, seconds=0.25, found=measured)
    (found,) = measured
    assert (found.sent, found.lost, found.latencies.count, probe.closed) == (50, 1, 49, True)
    # twenty were due while nothing moved, of which a closed loop would tell one
    assert found.latencies.at(65.0) < 0.05 < found.latencies.at(85.0)


async def test_what_was_measured_is_there_when_measuring_is_interrupted():
    probe, measured = Stalling(0.0), []
    measuring = asyncio.create_task(measure(probe, rate=500, size=20, seconds=60.0, found=measured))
    async with asyncio.timeout(10):
        while probe.sent < 25:  # noqa: ASYNC110 - nothing tells of it but this
            await asyncio.sleep(0.001)
    measuring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await measuring
    (found,) = measured
    assert found.sent == probe.sent >= 25
    # one never came back, and is neither lost yet nor measured
    assert (found.latencies.count, found.lost, found.waiting) == (found.sent - 1, 0, 1)
