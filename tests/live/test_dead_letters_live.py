"""Messages that nobody could consume, on real brokers, beside whose they are."""

import asyncio
import contextlib
import json
import uuid

import nats
import nats.errors
import pulsar
import pytest
from nats.js.api import ConsumerConfig

from arcwatch.cli import run


@pytest.fixture
async def stream(stack):
    """A stream of three messages, and a consumer that may be sent each only twice."""
    client = await nats.connect(stack.nats)
    jetstream, name = client.jetstream(), f"DEAD-{uuid.uuid4().hex[:8]}"
    await jetstream.add_stream(name=name, subjects=[name])
    for word in (b"good", b"silent", b"bad"):
        await jetstream.publish(name, word)
    config = ConsumerConfig(max_deliver=2, ack_wait=1.0)
    yield name, await jetstream.pull_subscribe(name, "billing", stream=name, config=config)
    await jetstream.delete_stream(name)
    await client.close()


@pytest.fixture
def topic(namespace):
    return f"persistent://{namespace}/orders-{uuid.uuid4().hex[:8]}"


async def give_up(pulls):
    """Acknowledge what is good, refuse what is bad, and be silent about the rest, for ever."""
    while True:
        with contextlib.suppress(TimeoutError):
            # one alone: of several, what came before the time was over is lost
            (message,) = await pulls.fetch(1, timeout=5)
            if message.data == b"good":
                await message.ack()
            elif message.data == b"bad":
                await message.term()


def bury(client, topic, count):
    """Refuse so many messages until the client's own policy buries them."""
    policy = pulsar.ConsumerDeadLetterPolicy(max_redeliver_count=1)
    consumer = client.subscribe(
        topic,
        "late-billing",
        pulsar.ConsumerType.Shared,
        dead_letter_policy=policy,
        negative_ack_redelivery_delay_ms=100,
    )
    producer = client.create_producer(topic)
    for _ in range(count):
        producer.send(b"x")
    for _ in range(2 * count):
        consumer.negative_acknowledge(consumer.receive(10_000))
    return consumer


async def test_dead_letters_of_both_systems_are_told_with_their_message(
    stack, watch, until, stream, topic, pulsar_client, capsys
):
    name, pulls = stream
    arcwatch = watch(
        nats=stack.nats, nats_monitor=stack.nats_monitor, pulsar_admin=stack.pulsar_admin
    )
    async with arcwatch.running() as (engine, store):

        def told(place):
            return {row.what: row for row in store.dead_letters() if row.place == place}

        engine.watch_advisories()
        await until(lambda: all(one.since == one.since for one in store.advisories.values()))
        pulling = asyncio.create_task(give_up(pulls))
        consumer = await asyncio.to_thread(bury, pulsar_client, topic, 3)
        await until(lambda: len(told(f"js:{name}")) == 2)
        pulling.cancel()
        source, dead = topic.replace("persistent://", "pulsar:"), f"{topic}-late-billing-DLQ"
        place = dead.replace("persistent://", "pulsar:")
        await until(lambda: told(place) and told(place)["dead letters"].count == 3)
        found = told(f"js:{name}")
        buried = told(place)["dead letters"]
        await asyncio.to_thread(consumer.close)
    assert buried.source == f"{source}#late-billing"
    assert {row.source for row in found.values()} == {f"js:{name}#billing"}
    assert (found["gave up"].last_id, found["gave up"].count) == ("#2", 1)
    assert (found["terminated"].last_id, found["terminated"].count) == ("#3", 1)
    assert "2 deliveries" in found["gave up"].cause

    flags = [f"--nats={stack.nats}", "--nats-monitor=off", "--pulsar=off", "--pulsar-admin=off"]
    at = found["gave up"].last_id
    argv = ["history", f"js:{name}", "--at", at, "--limit", "1", "--json", *flags]
    assert await asyncio.to_thread(run, argv) == 0
    assert json.loads(capsys.readouterr().out)["value"] == "silent"
