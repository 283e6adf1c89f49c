"""A stream followed: from its end or a place on, and across what becomes of it."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from nats.js.api import RetentionPolicy, StreamConfig

from arcwatch.config.settings import load
from arcwatch.errors import UsageError
from arcwatch.model.tail import Resumed, TailOptions
from arcwatch.notation.address import parse_address
from arcwatch.sources.connections import Servers
from arcwatch.sources.intake import Intake, Lane
from arcwatch.sources.jetstream.tail import stream_tail
from arcwatch.sources.tail_start import NEW, Start

EARLIEST = Start(earliest=True)


@pytest.fixture
def following(stack):
    """A lane into which a stream is followed: ``async with following(name) as (lane, taken)``."""

    @asynccontextmanager
    async def follow(name, start=EARLIEST, resumed=None, **options):
        servers = Servers(load({"nats": stack.nats, "pulsar": "off"}))
        address, intake = f"js:{name}", Intake(1_000)
        lane = Lane(intake, address, 0, resumed)
        asked = TailOptions((address,), **options)
        follower = stream_tail(servers, lane, parse_address(address), start, asked)
        task, found = asyncio.create_task(follower.follow()), []

        async def taken(count):
            async with asyncio.timeout(10):
                while len(found) < count:
                    await intake.wait(0.1)
                    found.extend(intake.take())
            return found

        try:
            yield lane, taken
        finally:
            task.cancel()
            await asyncio.wait([task])
            await servers.close()

    return follow


async def test_from_its_end_only_what_comes_is_told(client, stored, following):
    name = await stored(("a", b"1"))
    async with following(name, NEW) as (lane, taken):
        async with asyncio.timeout(5):
            while lane.counts().state != "following":  # noqa: ASYNC110 - a lane tells nobody
                await asyncio.sleep(0.01)
        await client.jetstream().publish(f"{name}.a", b"2")
        (message,) = await taken(1)
    assert (message.body, message.id, message.subject) == (b"2", "#2", f"{name}.a")


async def test_a_work_queues_messages_are_dated_when_they_came(stored, following):
    name = await stored(("a", b"1"), retention=RetentionPolicy.WORK_QUEUE, allow_direct=True)
    began = time.time_ns()
    async with following(name) as (lane, taken):
        (message,) = await taken(1)
        assert began <= message.received_time <= time.time_ns()
        assert lane.counts().text == (
            "workqueue stream: messages consumed before they are read are missed"
        )


async def test_it_goes_on_behind_the_last_message_and_says_what_was_removed(
    client, stored, following
):
    name = await stored(*(("a", b"%d" % n) for n in range(1, 7)))
    await client.jetstream().purge_stream(name, seq=5)
    async with following(name, resumed=Resumed(0, {f"js:{name}": "#2"})) as (lane, taken):
        found = await taken(2)
        assert [message.id for message in found] == ["#5", "#6"]
        assert lane.counts().text == "2 messages were removed before they could be read"
        assert lane.counts().gaps == 1


async def test_a_stream_that_was_made_anew_is_read_from_its_beginning(client, stored, following):
    name = await stored(("a", b"1"))
    async with following(name, resumed=Resumed(0, {f"js:{name}": "#9"})) as (lane, taken):
        (message,) = await taken(1)
        assert message.id == "#1"
        assert lane.counts().text.startswith(
            "the stream was recreated, or lost its newest messages"
        )


async def test_one_that_is_not_there_fails_and_one_that_was_is_waited_for(
    client, stored, following
):
    name = await stored(("a", b"1"))
    async with following(name) as (lane, taken):
        await taken(1)
        await client.jetstream().delete_stream(name)
        async with asyncio.timeout(8):
            while lane.counts().state == "following":  # noqa: ASYNC110 - a lane tells nobody
                await asyncio.sleep(0.01)
        assert lane.counts().state == "reconnecting"
        config = StreamConfig(name=name, subjects=[f"{name}.>"])
        await client.jetstream().add_stream(config)


async def test_a_place_in_a_topic_is_none_in_a_stream():
    lane = Lane(Intake(100), "js:A", 0)
    start = Start(message_id=(1, 2, -1, -1))
    with pytest.raises(UsageError, match="not a place in a stream") as caught:
        stream_tail(None, lane, parse_address("js:A"), start, TailOptions())
    assert caught.value.hint == "write #SEQUENCE, or a time"
