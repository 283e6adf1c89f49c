"""What the probe sends faster than a Pulsar broker takes it, as after a broker that stood still."""

import asyncio
import uuid

import pytest

from arcwatch.actions.probe_pulsar import PulsarProbe

COUNT = 5_000


async def test_what_has_to_wait_for_the_broker_is_late_and_not_lost(stack, pulsar_client):
    loop, came, all_came = asyncio.get_running_loop(), set(), asyncio.Event()

    def take(body):
        came.add(body)
        if len(came) == COUNT:
            loop.call_soon_threadsafe(all_came.set)

    topic = f"persistent://public/default/burst-{uuid.uuid4().hex[:8]}"

    async def reach():
        pytest.fail("it was connected all the time")

    probe = PulsarProbe(pulsar_client, topic, 100, reach)
    await probe.open(take)
    try:
        for number in range(COUNT):
            probe.send(b"%d" % number)
        async with asyncio.timeout(60):
            await all_came.wait()
    finally:
        await probe.close()
    assert len(came) == COUNT
