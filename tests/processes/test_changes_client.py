"""The process that rewinds and replays, asked over its pipes, on real servers."""

import asyncio
import os
import uuid

import httpx
import nats
import pytest
from nats.js.api import StreamConfig

from arcwatch.config.settings import load
from arcwatch.errors import ArcwatchError
from arcwatch.model.replay import ReplayRequest
from arcwatch.model.rewind import way_back
from arcwatch.processes.changes_client import ChangesProcess
from arcwatch.processes.changes_protocol import (
    CountRewind,
    MoveSubscription,
    PlanReplay,
    PreviewRewind,
    PublishReplay,
)

COUNT = 200


@pytest.fixture
def topic(stack, pulsar_client):
    """Numbered messages in batches on two partitions, all of them acknowledged by `billing`."""
    namespace = f"moved/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/moved", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{namespace}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{namespace}/retention", json=keep).raise_for_status()
        admin.put(f"persistent/{namespace}/orders/partitions", json=2).raise_for_status()
    name = f"persistent://{namespace}/orders"
    consumer = pulsar_client.subscribe(name, "billing")
    producer = pulsar_client.create_producer(name, batching_enabled=True, batching_max_messages=10)
    for number in range(COUNT):
        producer.send_async(b"%d" % number, lambda *_: None, partition_key=f"k{number}")
    producer.flush()
    for _ in range(COUNT):
        consumer.acknowledge(consumer.receive(5_000))
    producer.close()
    consumer.close()
    return f"pulsar:{namespace}/orders"


@pytest.fixture
async def process(stack):
    processes = []

    def begin(*, allowed=True):
        places = {"nats": stack.nats, "pulsar": stack.pulsar, "pulsar_admin": stack.pulsar_admin}
        settings = load(places, environ={"ARCWATCH_CONFIG": os.devnull})
        processes.append(ChangesProcess(settings, allowed=allowed))
        return processes[-1]

    yield begin
    for each in processes:
        await each.close()


async def test_a_subscription_goes_there_and_back(process, topic):
    changes, where = process(), f"{topic}#billing"
    await changes.start()
    previewed = await changes.ask(PreviewRewind(where, "earliest"))
    assert {part.direction for part in previewed.parts} == {"back"}
    *_, counted = [step.rewind async for step in changes.task(CountRewind()).steps()]
    assert sum(part.redelivered.messages for part in counted.parts) == COUNT
    moved = await changes.ask(MoveSubscription(counted.parts))
    assert [one.backlog for one in moved] == [part.redelivered.entries for part in counted.parts]
    returned = await changes.ask(MoveSubscription(way_back(moved)))
    assert [(one.next, one.backlog) for one in returned] == [
        (part.now, 0) for part in previewed.parts
    ]
    with pytest.raises(ArcwatchError, match="no such subscription"):
        await changes.ask(PreviewRewind(f"{topic}#nobody", "earliest"))


async def test_nothing_is_changed_without_leave(process, topic):
    changes = process(allowed=False)
    previewed = await changes.ask(PreviewRewind(f"{topic}#billing", "earliest"))
    with pytest.raises(ArcwatchError, match="nothing may be changed"):
        await changes.ask(MoveSubscription(previewed.parts))
    wish = ReplayRequest(topic, "nats:x", "x9", "earliest", "latest")
    *_, plan = [step async for step in changes.task(PlanReplay(wish)).steps()]
    assert plan.plan.messages == COUNT
    with pytest.raises(ArcwatchError, match="nothing may be changed"):
        await anext(changes.task(PublishReplay()).steps())
    again = await changes.ask(PreviewRewind(f"{topic}#billing", "earliest"))
    assert [part.now for part in again.parts] == [part.now for part in previewed.parts]


async def test_a_replay_pauses_goes_on_and_is_left_with_exact_totals(process, topic, stack):
    client = await nats.connect(stack.nats)
    name = f"REPL{uuid.uuid4().hex[:8]}"
    stream = client.jetstream()
    await stream.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"]))
    wish = ReplayRequest(topic, f"nats:{name}.all", "100/s", "earliest", "latest", limit=COUNT)
    changes, told = process(), []
    *_, planned = [step async for step in changes.task(PlanReplay(wish)).steps()]
    assert planned.plan.targets == {f"nats:{name}.all": COUNT}
    task = changes.task(PublishReplay())
    async for step in task.steps():
        told.append(step)
        if step.published >= 20 and not step.is_over:
            task.hold(True)
            await asyncio.sleep(0)
            task.hold(False)
            task.finish()
    last = told[-1]
    assert last.interrupted
    assert 20 <= last.published < COUNT
    stored = (await stream.stream_info(name)).state.messages
    assert (last.acknowledged, stored) == (last.published, last.published)
    *_, again = [step async for step in changes.task(PlanReplay(wish)).steps()]
    assert [done.published for done in again.plan.earlier] == [last.published]
    await client.close()
