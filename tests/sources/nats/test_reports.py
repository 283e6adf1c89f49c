"""What servers publish of themselves, a beat's at a time and no more."""

import asyncio
import uuid
from contextlib import aclosing

import nats
import pytest

from arcwatch.config.settings import load
from arcwatch.model.nats_reports import NatsReports
from arcwatch.model.reading import Failure
from arcwatch.sources.nats import reports as module
from arcwatch.sources.nats import system_account
from arcwatch.sources.nats.reports import reports
from tests.processed import processed


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.05)
    monkeypatch.setattr(system_account, "PATIENCE", 0.2)


LOST = (
    '{"type":"io.nats.jetstream.advisory.v1.stream_quorum_lost","id":"i",'
    '"timestamp":"2026-11-30T20:35:49Z","stream":"%s","replicas":[]}'
)


async def said_until_heard(readings, say):
    """The next reading; nothing says when a server has heard of a subscription."""
    reading = asyncio.create_task(anext(readings))
    async with asyncio.timeout(8):
        while not reading.done():
            await say(None)
            await asyncio.sleep(0.02)
    return reading.result()


@pytest.fixture
async def heard(stack):
    client, name = await nats.connect(stack.nats), f"S{uuid.uuid4().hex[:8]}"

    async def say(*bodies):
        for body in bodies:
            subject = f"$JS.EVENT.ADVISORY.STREAM.QUORUM_LOST.{name}"
            await client.publish(subject, body or (LOST % name).encode())
        await processed(client)

    settings = load({"nats": stack.nats, "pulsar": "off"})
    async with aclosing(reports(settings)) as readings, asyncio.timeout(10):
        first = await anext(readings)
        # an ordinary user hears of its own streams, and of no clients
        assert (first.reports, first.of_clients, first.is_limited) == ((), False, False)
        await said_until_heard(readings, say)
        yield readings, say, name
    await client.close()


async def ours(readings, name):
    async with asyncio.timeout(8):
        return await _ours(readings, name)


async def _ours(readings, name):
    async for reading in readings:
        if any(one.stream == name for one in reading.reports):
            return reading
    return None


async def test_what_was_published_is_reported_and_what_is_no_report_is_none(heard):
    readings, say, name = heard
    await say(b"{", None)
    found = await ours(readings, name)
    assert {one.kind for one in found.reports} == {"quorum lost"}
    assert not found.is_limited


async def test_of_a_subject_that_is_flooded_so_many_are_read_and_it_is_said(heard, monkeypatch):
    readings, say, name = heard
    await say(*[None] * 300)
    found = await ours(readings, name)
    assert len(found.reports) <= module.MOST
    async with asyncio.timeout(5):
        while not found.is_limited:
            found = await anext(readings)
    # and it is listened to again
    assert (await said_until_heard(readings, say)).reports


async def test_without_a_connection_that_is_said_once():
    settings = load({"nats": "nats://127.0.0.1:1", "pulsar": "off"})
    async with aclosing(reports(settings)) as readings, asyncio.timeout(10):
        failure = await anext(readings)
    assert isinstance(failure, Failure)
    assert (failure.what, failure.where) == ("cannot receive server events", "nats://127.0.0.1:1")
    off = load({"nats": "off", "pulsar": "off"})
    assert [one async for one in reports(off) if isinstance(one, NatsReports)] == []
