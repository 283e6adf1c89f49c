"""Advisories of messages that are delivered no more, as they are heard."""

import asyncio
import json
import uuid
from contextlib import aclosing

import nats
import pytest

from arcwatch.config.settings import load
from arcwatch.model.nats_advisories import JsAdvisories
from arcwatch.sources.nats import advisories as module
from arcwatch.sources.nats.advisories import advisories
from tests.processed import processed
from tests.wire.test_nats_advisories import GOOD


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.05)


@pytest.fixture
async def heard(stack):
    """Readings, and a way to publish advisories of a stream of our own."""
    client, name = await nats.connect(stack.nats), f"S{uuid.uuid4().hex[:8]}"

    async def say(*bodies):
        for body in bodies:
            told = json.dumps(GOOD | body | {"stream": name}).encode() if body else b"{"
            await client.publish(f"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.{name}.c", told)
        await processed(client)

    settings = load({"nats": stack.nats, "pulsar": "off"})
    async with aclosing(advisories(settings)) as readings, asyncio.timeout(10):
        assert await anext(readings) == JsAdvisories(begins=True)
        yield readings, say
    await client.close()


async def test_what_was_heard_comes_together_and_in_order(heard):
    readings, say = heard
    await say({"stream_seq": 1}, {"stream_seq": 2})
    found = await anext(readings)
    assert [one.sequence for one in found.advisories] == [1, 2]
    assert found.dropped == 0


async def test_what_is_no_advisory_is_left_out(heard):
    readings, say = heard
    await say(None, {"stream_seq": 3})
    found = await anext(readings)
    assert [one.sequence for one in found.advisories] == [3]


async def test_more_than_are_reported_at_once_are_counted(heard, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    readings, say = heard
    await say(*({"stream_seq": number} for number in range(1, 6)))
    found = await anext(readings)
    assert (len(found.advisories), found.dropped) == (2, 3)


async def test_an_advisory_of_another_domain_is_of_another_stream(heard):
    readings, say = heard
    await say({"stream_seq": 1, "domain": "elsewhere"}, {"stream_seq": 2})
    assert [one.sequence for one in (await anext(readings)).advisories] == [2]


async def test_without_a_connection_what_is_sent_meanwhile_is_lost():
    settings = load({"nats": "nats://127.0.0.1:1", "pulsar": "off"})
    async with aclosing(advisories(settings)) as readings, asyncio.timeout(10):
        failure = await anext(readings)
    assert failure.what == "cannot receive JetStream advisories"
    assert failure.hint == "advisories sent in the meantime are lost"
    assert [one async for one in advisories(load({"nats": "off", "pulsar": "off"}))] == []
