"""What limits a topic, its compaction and its deduplication, against a real broker."""

import asyncio

import pulsar
import pytest

from arcwatch.model.pulsar_opened import TopicPolicy
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.open_topic import about, opened


@pytest.fixture
async def cluster(stack):
    async with new_client() as http:
        yield PulsarCluster(stack.pulsar_admin, http)


async def eventually(ask):
    for _ in range(300):
        if found := await ask():
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come in time")


def dispatch(messages):
    return {
        "dispatchThrottlingRateInMsg": messages,
        "dispatchThrottlingRateInByte": -1,
        "ratePeriodInSecond": 1,
    }


async def policies_of(cluster, topic):
    return {one.name: one for one in (await about(cluster, topic)).policies}


async def test_the_nearest_that_is_set_holds(cluster, admin, pulsar_client, namespace):
    topic = f"persistent://{namespace}/limited"
    pulsar_client.create_producer(topic).close()
    found = await policies_of(cluster, topic)
    assert found["dispatch_rate"] == TopicPolicy("dispatch_rate", "broker", None, None, 1)
    assert found["deduplication"] == TopicPolicy("deduplication", "broker", value="off")
    space, path = f"namespaces/{namespace}", f"persistent/{namespace}/limited"
    admin.post(f"{space}/dispatchRate", json=dispatch(70)).raise_for_status()
    admin.post(f"{space}/deduplication", json=True).raise_for_status()
    found = await policies_of(cluster, topic)
    assert found["dispatch_rate"] == TopicPolicy("dispatch_rate", "namespace", 70, None, 1)
    assert found["deduplication"] == TopicPolicy("deduplication", "namespace", value="on")
    admin.post(f"{path}/dispatchRate", json=dispatch(5)).raise_for_status()

    async def own():
        found = await policies_of(cluster, topic)
        return found["dispatch_rate"] == TopicPolicy("dispatch_rate", "topic", 5, None, 1)

    # a topic's own go through a topic of Pulsar's own
    await eventually(own)


async def test_schemas_are_read_only_while_they_are_looked_at(
    watch, stack, admin, pulsar_client, namespace, until
):
    topic = f"persistent://{namespace}/typed"
    pulsar_client.create_producer(topic, schema=pulsar.schema.StringSchema()).close()
    async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
        engine.open_topic(topic)
        row = await until(lambda: (row := store.opened_topic(topic)) and row.about)
        assert row.schema_type == "STRING"
        assert store.opened_schemas(topic) is None
        engine.show_parts(["topic-schemas"])
        found = await until(lambda: store.opened_schemas(topic))
    assert [(one.type, one.version) for one in found.schemas] == [("STRING", 0)]
    assert found.schemas[0].created


async def test_compaction_says_what_it_removed(cluster, admin, pulsar_client, namespace):
    topic = f"persistent://{namespace}/compacted"
    producer = pulsar_client.create_producer(topic, batching_enabled=False)
    for number in range(100):
        producer.send(b"x", partition_key=str(number % 10))
    (part,) = (await opened(cluster, topic)).parts
    assert part.compaction.last is None
    assert (await about(cluster, topic)).compaction_status == "NOT_RUN"
    admin.put(f"persistent/{namespace}/compacted/compaction").raise_for_status()

    async def done():
        return (await about(cluster, topic)).compaction_status == "SUCCESS"

    await eventually(done)
    (part,) = (await opened(cluster, topic)).parts
    assert part.compaction.removed == 90
    assert part.compaction.last
    told = await about(cluster, topic)
    assert told.ledgers.compacted_entries == 10
    del producer


async def test_deduplication_tells_what_it_keeps(cluster, admin, pulsar_client, namespace):
    topic = f"persistent://{namespace}/deduplicated"
    first = pulsar_client.create_producer(topic)
    admin.post(
        f"persistent/{namespace}/deduplicated/deduplicationEnabled", json=True
    ).raise_for_status()

    async def enabled():
        (part,) = (await opened(cluster, topic)).parts
        return part.deduplication == "Enabled"

    await eventually(enabled)
    producer = pulsar_client.create_producer(topic, producer_name="gate", batching_enabled=False)
    for _ in range(1100):
        producer.send_async(b"x", lambda *_: None)
    producer.flush()

    async def snapshot():
        ledgers = (await about(cluster, topic)).ledgers
        return ledgers if ledgers.deduplicated_producers else None

    # of every thousand entries there is a snapshot
    ledgers = await eventually(snapshot)
    assert ledgers.deduplicated_producers == 1
    assert abs(ledgers.entries - 1000 - ledgers.since_snapshot) <= 1
    del first, producer
