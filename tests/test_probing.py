"""Messages of our own at a steady pace."""

import asyncio
import time

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
