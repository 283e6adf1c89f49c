"""Any mix of addresses as one stream; one that cannot be followed says so alone."""

import asyncio
import uuid
from contextlib import aclosing

import nats
import pytest

from arcwatch.config.settings import load
from arcwatch.model.tail import TailOptions, decode_messages
from arcwatch.sources import tail as module
from arcwatch.sources.tail import Tail


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(module, "ALIVE", 0.05)
    monkeypatch.setattr(module, "BEAT", 0.01)


@pytest.fixture
def tail(stack):
    def start(*addresses, **options):
        settings = load({"nats": stack.nats, "pulsar": "off"})
        return Tail(settings, TailOptions(addresses, **options))

    return start


async def until(frames, wanted):
    async with asyncio.timeout(10):
        async for frame in frames:
            if wanted(frame):
                return frame
    return None


def states(frame):
    return {one.origin: one.state for one in frame.counts}


async def test_what_cannot_be_followed_says_why_and_the_others_go_on(stack, tail):
    subject = f"t{uuid.uuid4().hex[:8]}"
    client = await nats.connect(stack.nats)
    async with (
        tail("", subject, "a b", "pulsar:a/b/c") as tailing,
        aclosing(tailing.frames()) as frames,
    ):
        settled = {1: "following", 2: "failed", 3: "failed"}
        frame = await until(frames, lambda frame: states(frame) == settled)
        why = {one.origin: one.text for one in frame.counts}
        assert why[2].startswith("not an address")
        assert why[3].startswith("Pulsar")
        heard = asyncio.create_task(until(frames, lambda frame: frame.count))
        while not heard.done():
            # nothing says when a server has heard of a subscription
            await client.publish(subject, b"1")
            await asyncio.sleep(0.01)
        (message, *_) = decode_messages(heard.result().messages)
        assert (message.subject, message.origin) == (subject, 1)
    await client.close()


async def test_a_number_is_never_given_to_another_address(tail):
    async with tail("a b") as tailing:
        assert tailing.add("c d") == 1
        tailing.remove("c d")
        assert tailing.add("e f") == 2
        assert [one.origin for one in tailing.counts()] == [0, 2]


async def test_an_empty_frame_says_now_and_then_that_all_was_handed_on(tail):
    async with tail("a b") as tailing, aclosing(tailing.frames()) as frames:
        await until(frames, lambda frame: states(frame) == {0: "failed"})
        first = await until(frames, lambda frame: True)
        second = await until(frames, lambda frame: True)
        assert (first.count, second.count) == (0, 0)
        assert second.at > first.at > 0


async def test_of_a_context_that_is_not_there_only_its_address_fails(tail):
    async with tail("nobodys::nats:a") as tailing, aclosing(tailing.frames()) as frames:
        frame = await until(frames, lambda frame: states(frame) == {0: "failed"})
        assert "nobodys" in frame.counts[0].text
