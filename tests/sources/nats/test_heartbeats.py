"""Which configured subjects were heard, and those that turn out to be more than heartbeats."""

import asyncio
import uuid
from contextlib import aclosing

import nats
import pytest

from arcwatch.config.settings import load
from arcwatch.model.nats import Heartbeats
from arcwatch.model.reading import Failure
from arcwatch.sources.nats import heartbeats as module
from arcwatch.sources.nats.heartbeats import heartbeats
from tests.processed import processed


@pytest.fixture
def subject():
    return f"beat{uuid.uuid4().hex[:8]}"


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.02)


async def until(readings, wanted):
    async with asyncio.timeout(10):
        async for reading in readings:
            if wanted(reading):
                return reading
    return None


async def test_each_subject_that_was_heard_is_named_once_a_beat(stack, subject, hasty):
    client = await nats.connect(stack.nats)
    settings = load({"nats": stack.nats, "pulsar": "off"})
    async with aclosing(heartbeats(settings, [f"{subject}.>"])) as readings:
        await until(readings, lambda reading: reading == Heartbeats(begins=True))
        # time passes for members that are waited for, though nobody is heard
        await until(readings, lambda reading: reading == Heartbeats())
        heard = asyncio.create_task(until(readings, lambda reading: len(reading.subjects) > 1))
        while not heard.done():
            # nothing says when a server has heard of a subscription
            for name in ("b", "a", "b"):
                await client.publish(f"{subject}.{name}", b"")
            await processed(client)
            await asyncio.sleep(0.01)
        assert heard.result().subjects == (f"{subject}.a", f"{subject}.b")
    await client.close()


async def test_what_is_too_much_to_be_heartbeats_is_left_alone(stack, subject, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.05)
    monkeypatch.setattr(module, "MOST", 10)
    client = await nats.connect(stack.nats)
    settings = load({"nats": stack.nats, "pulsar": "off"})
    async with aclosing(heartbeats(settings, [subject])) as readings:
        await until(readings, lambda reading: reading == Heartbeats(begins=True))
        leaving = asyncio.create_task(until(readings, lambda one: isinstance(one, Failure)))
        while not leaving.done():
            for _ in range(100):
                await client.publish(subject, b"")
            await asyncio.sleep(0.01)
        left = leaving.result()
        assert (left.what, left.where) == ("stopped listening", subject)
        assert left.why.endswith("messages a second: too many to be heartbeats")
        await client.publish(subject, b"")
        await processed(client)
        assert (await until(readings, lambda reading: True)).subjects == ()
    await client.close()


async def test_without_a_connection_no_member_can_be_reported_lost(hasty):
    settings = load({"nats": "nats://127.0.0.1:1", "pulsar": "off"})
    async with aclosing(heartbeats(settings, ["a"])) as readings:
        failure = await until(readings, lambda reading: True)
        assert (failure.what, failure.where) == (
            "cannot receive heartbeats",
            "nats://127.0.0.1:1",
        )
        assert "no member" in failure.hint


@pytest.mark.parametrize(("given", "subjects"), [("off", ["a"]), ("nats://127.0.0.1:1", [])])
async def test_nothing_is_listened_to_unless_it_is_named(given, subjects):
    settings = load({"nats": given, "pulsar": "off"})
    assert [reading async for reading in heartbeats(settings, subjects)] == []
