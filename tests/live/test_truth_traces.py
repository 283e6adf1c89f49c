"""Watching leaves nothing behind on either system, and wakes nothing that sleeps."""

import asyncio
import itertools
import os

import httpx
import nats
import pulsar
import pytest
from pulsar.schema import JsonSchema, Record, String

pytestmark = pytest.mark.slow

WATCHED = 10
"""Seconds."""


class Event(Record):
    name = String()


@pytest.fixture
async def places(stack, admin, namespace):
    """Something of every kind: a busy topic, a partitioned one, and one that nobody has loaded."""
    jetstream = (client := await nats.connect(stack.nats)).jetstream()
    await jetstream.add_stream(name="TRACES", subjects=["traces"])
    await jetstream.add_consumer("TRACES", durable_name="c", ack_policy="explicit")
    await jetstream.publish("traces", b"x")
    admin.put(f"persistent/{namespace}/parts/partitions", json=2).raise_for_status()
    await asyncio.to_thread(_fill, stack.pulsar, namespace)
    admin.put(f"persistent/{namespace}/asleep/unload").raise_for_status()
    yield f"persistent://{namespace}/"
    await client.close()


def _fill(url, namespace):
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(url, logger=quiet)
    for name in ("busy", "parts", "asleep"):
        topic = f"persistent://{namespace}/{name}"
        client.subscribe(topic, "waits", schema=JsonSchema(Event)).close()
        producer = client.create_producer(topic, schema=JsonSchema(Event))
        for _ in range(10):
            producer.send(Event(name="x"))
        producer.close()
    client.close()


async def test_watching_leaves_nothing_behind_and_wakes_nothing(
    stack, watch, admin, namespace, places
):
    before, moved = everything(stack, admin), counters(admin, namespace)
    assert places + "asleep" in before["topics"]
    assert places + "asleep" not in before["loaded"]
    arcwatch = watch(nats_monitor=stack.nats_monitor, pulsar_admin=stack.pulsar_admin)
    async with arcwatch.running(refresh=0.5) as (engine, store):
        engine.focus([places + name for name in ("busy", "parts", "asleep")])
        engine.list_names(["truth", namespace])
        await asyncio.sleep(WATCHED)
    assert everything(stack, admin) == before
    assert counters(admin, namespace) == moved
    asked = {topic.name for reading in store.of("topic") for topic in reading.body.topics}
    assert {f"{places}busy", f"{places}parts-partition-0", f"{places}parts-partition-1"} <= asked
    assert store.of("names")


def everything(stack, admin):
    """The names of all there is on both brokers; asking for them loads nothing."""
    connections = httpx.get(f"{stack.nats_monitor}/connz", params={"limit": 10_000}).json()
    accounts = httpx.get(f"{stack.nats_monitor}/jsz", params={"consumers": 1}).json()
    return {
        "connections": sorted(row["cid"] for row in connections["connections"]),
        "streams": sorted(streams(accounts)),
        "tenants": sorted(tenants := admin.get("tenants").json()),
        "namespaces": sorted(spaces := flat(admin.get(f"namespaces/{t}").json() for t in tenants)),
        "partitioned": sorted(
            flat(admin.get(f"persistent/{s}/partitioned").json() for s in spaces)
        ),
        "topics": {
            topic: about(admin, topic.replace("://", "/"))
            for topic in flat(names(admin, space) for space in spaces)
        },
        "loaded": loaded(stack),
    }


def flat(lists):
    return list(itertools.chain.from_iterable(lists))


def streams(jsz):
    for account in jsz["account_details"]:
        for stream in account.get("stream_detail", []):
            yield stream["name"], *sorted(c["name"] for c in stream.get("consumer_detail", []))


def names(admin, namespace):
    everything = {"mode": "ALL", "includeSystemTopic": "true"}
    return admin.get(f"namespaces/{namespace}/topics", params=everything).json()


def about(admin, path):
    """Its subscriptions, and how many schemas it has, from the metadata alone."""
    cursors = admin.get(f"{path}/internal-info").json()["cursors"]
    _, tenant, namespace, name = path.split("/")
    schemas = admin.get(f"schemas/{tenant}/{namespace}/{name}/schemas")
    return sorted(cursors), len(schemas.json().get("getSchemaResponses", ()))


def loaded(stack):
    """The topics that the broker has in memory."""
    page = httpx.get(f"{stack.pulsar_admin}/metrics/").text
    begin = "pulsar_in_messages_total{"
    lines = [line for line in page.splitlines() if line.startswith(begin)]
    return {line.partition('topic="')[2].partition('"')[0] for line in lines}


def counters(admin, namespace):
    """What moved so far on the topics that are loaded."""
    told = {}
    for name in ("busy", "parts-partition-0", "parts-partition-1"):
        stats = admin.get(f"persistent/{namespace}/{name}/stats").json()
        told[name] = (
            stats["msgInCounter"],
            stats["msgOutCounter"],
            {sub: found["msgBacklog"] for sub, found in stats["subscriptions"].items()},
        )
    return told
