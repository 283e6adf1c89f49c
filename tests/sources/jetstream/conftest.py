"""Real streams, and what reads them."""

import asyncio
import os
import uuid
from contextlib import AsyncExitStack

import nats
import pytest
from nats.js.api import RetentionPolicy, StreamConfig

from arcwatch.config.settings import load
from arcwatch.history.open import open_history
from arcwatch.sources.nats.connection import NatsConnection
from tests.sources.outcome import Outcome

COUNT = 3_000
GAPS = {*range(40, 90), 200, *range(900, 1_900, 2), COUNT}
"""Sequences that are deleted."""


NOWHERE = {"ARCWATCH_CONFIG": os.devnull}
KINDS = {
    "plain": StreamConfig(allow_direct=True),
    "leader": StreamConfig(allow_direct=False),
    "work": StreamConfig(allow_direct=True, retention=RetentionPolicy.WORK_QUEUE),
}
EACH = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
async def client(stack):
    client = await nats.connect(stack.nats)
    yield client
    await client.close()


@pytest.fixture(scope="session")
def streams():
    """Names of the streams that are there by now, and what each holds as (ns, sequence)."""
    return {}


@pytest.fixture
async def truth(stack, client, streams, kind):
    if kind not in streams:
        js, name = client.jetstream(), f"PAST{uuid.uuid4().hex[:8]}"
        config = KINDS[kind].evolve(name=name, subjects=[f"{name}.>"])
        await js.add_stream(config)
        for number in range(1, COUNT):
            subject = f"{name}.{'rare' if number % 500 == 3 else 'often'}.{number % 4}"
            await client.publish(subject, b"late" if number % 50 == 7 else b"%d" % number)
        # its answer says that all before it are stored
        await js.publish(f"{name}.often.0", b"last")
        for sequence in sorted(GAPS):
            await js.delete_msg(name, sequence)
        streams[kind] = (name, [n for n in range(1, COUNT + 1) if n not in GAPS])
    return streams[kind]


@pytest.fixture
async def opened(stack):
    settings = load({"nats": stack.nats, "pulsar": "off"}, environ=NOWHERE)
    async with AsyncExitStack() as open_now:
        yield lambda address: open_now.enter_async_context(open_history(settings, address))


@pytest.fixture
async def connection(stack):
    """Our own connection, as sources have it."""
    connection, outcome = NatsConnection(stack.nats), Outcome()
    connection.add(outcome)
    connection.open()
    async with asyncio.timeout(10):
        assert await outcome.said.get() == "connected"
    yield connection
    await connection.close()


@pytest.fixture
async def stored(client):
    """Makes a stream with a message for each subject and body given, and deletes it again."""
    names = []

    async def make(*messages, **config):
        js, name = client.jetstream(), f"HELD{uuid.uuid4().hex[:8]}"
        await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"]).evolve(**config))
        names.append(name)
        for subject, body in messages:
            await js.publish(f"{name}.{subject}", body)
        return name

    yield make
    for name in names:
        await client.jetstream().delete_stream(name)
