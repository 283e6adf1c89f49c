"""Two loads on a real server: what is said of when they drain is what then happens, or nothing."""

import asyncio
import contextlib
import time
from math import inf, isnan

import nats
import pytest

from arcwatch.store.backlog.rows import keeps_up

WINDOW = 12.0
"""Seconds that a forecast looks back here, instead of a minute."""

LOOK = 1.0
WAITS = 2_400


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr("arcwatch.store.backlog.pace.TREND", WINDOW)
    monkeypatch.setattr("arcwatch.store.backlog.pace.RECENT", WINDOW / 4)


async def fill(jetstream, name):
    await jetstream.add_stream(name=name, subjects=[name])
    pull = await jetstream.pull_subscribe(name, "c", stream=name)
    for _ in range(WAITS):
        await jetstream.publish(name, b"x")
    return pull


async def take(pull, until=inf):
    """Acknowledge 12 messages each tenth of a second, by the clock."""
    begun, taken = time.monotonic(), 0
    while time.monotonic() < until:
        due = int((time.monotonic() - begun) * 120) - taken
        if due >= 12:
            for message in await pull.fetch(due):
                await message.ack()
            taken += due
        await asyncio.sleep(0.02)


async def test_what_is_said_of_when_it_drains_is_what_then_happens(quiet, watch, hasty):
    async with await nats.connect(quiet.nats) as client:
        steady = await fill(client.jetstream(), "STEADY")
        dying = await fill(client.jetstream(), "DYING")
        said = {"STEADY": {}, "DYING": {}}
        drained = None
        async with watch(nats_monitor=quiet.nats_monitor).running(refresh=LOOK / 2) as (_, store):
            dies = time.monotonic() + WINDOW
            working = asyncio.gather(take(steady), take(dying, until=dies))
            while drained is None:
                await asyncio.sleep(LOOK / 5)
                for row in store.backlogs():
                    if row.place in said and not keeps_up(row.messages, row.in_rate):
                        said[row.place][store.now] = (time.monotonic(), row.drains_in)
                waits = [row.messages for row in store.backlogs() if row.place == "STEADY"]
                drained = time.monotonic() if said["STEADY"] and sum(waits) <= 12 else None
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
    told = [one for one in said["STEADY"].values() if not isnan(one[1])]
    assert len(told) >= 4
    for at, seconds in told:
        assert seconds == pytest.approx(drained - at, rel=0.2, abs=2 * LOOK)
    # after two looks nobody takes it for draining
    late = [seconds for at, seconds in said["DYING"].values() if at > dies + 3 * LOOK]
    assert late
    assert all(isnan(seconds) or seconds == inf for seconds in late)
