"""The Pulsar source against a real broker: its figures are the clients' own, to the message."""

import asyncio
import time
import uuid
from urllib.parse import quote

import httpx
import pulsar
import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster

PATIENCE = 30.0
"""Seconds for the broker to have counted what it told a client has happened."""

EARLIEST = {"ledgerId": -1, "entryId": -1}
ODD_NAMES = [
    'quo"te',
    "back\\",
    "brace} 5",
    'comma,topic="x"',
    "ünïcode-€-日本",
    "hash#and?query=1&b",
    "per%41cent",
    "sp ace",
    "esc\x1b[2J",
]


@pytest.fixture
async def cluster(stack):
    async with new_client() as client:
        yield PulsarCluster(stack.pulsar_admin, client)


@pytest.fixture
async def broker(cluster):
    (name,) = (await cluster.brokers()).brokers
    return name


@pytest.fixture
def admin(stack):
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2", timeout=30.0) as admin:
        yield admin


@pytest.fixture
def namespace(admin):
    """One that no other test uses."""
    name = f"public/t{uuid.uuid4().hex[:12]}"
    admin.put(f"namespaces/{name}").raise_for_status()
    return name


@pytest.fixture
def orders(pulsar_client, namespace):
    """25 messages one by one: ``billing`` has received and acked 5, ``audit`` nothing."""
    topic = f"persistent://{namespace}/orders"
    pulsar_client.subscribe(topic, "audit").close()
    billing = pulsar_client.subscribe(topic, "billing", pulsar.ConsumerType.Shared)
    producer = pulsar_client.create_producer(topic, batching_enabled=False)
    for number in range(25):
        producer.send(b"order %d" % number)
    for _ in range(5):
        billing.acknowledge(billing.receive(10_000))
    return topic


async def settled(cluster, broker, topic, true):
    """The topic on the first page where ``true(topic, {name: subscription})``, and that page."""
    async with asyncio.timeout(PATIENCE):
        while True:
            page = await cluster.metrics(broker)
            for found in page.topics:
                if found.name == topic and true(found, subscriptions(found)):
                    return found, page
            await asyncio.sleep(0.05)


def subscriptions(topic):
    return {found.name: found for found in topic.subscriptions}


def stats_of(admin, topic):
    return admin.get(f"{topic.replace('://', '/')}/stats").json()


# -- the cluster --------------------------------------------------------------------------------


async def test_the_broker_says_who_it_is(cluster, broker, stack):
    page = await cluster.metrics(broker)
    assert broker == stack.pulsar_admin.removeprefix("http://")
    assert (page.broker, page.cluster, page.version) == (broker, "standalone", "4.0.8")
    assert page.topic_metrics
    assert time.time() - 3600 < page.started < time.time()
    assert 0 < page.heap_used <= page.heap_max
    assert 0 < page.direct_used <= page.direct_max


async def test_a_broker_that_runs_is_ready(cluster, broker):
    health = await cluster.ready(broker)
    assert (health.broker, health.healthy, health.error) == (broker, True, "")


# -- what was published is what is counted ------------------------------------------------------


async def test_counts_are_those_of_the_clients(cluster, broker, orders):
    topic, _ = await settled(
        cluster,
        broker,
        orders,
        lambda _, subs: (subs["billing"].backlog_entries, subs["billing"].out_messages) == (20, 25),
    )
    audit, billing = subscriptions(topic)["audit"], subscriptions(topic)["billing"]
    assert topic.in_messages == 25
    assert topic.in_bytes > 25 * len("order 1")
    assert (topic.producers, topic.consumers) == (1, 1)
    assert (audit.backlog_entries, audit.consumers, audit.out_messages) == (25, 0, 0)
    assert (audit.last_consumed, audit.last_acked) == (None, None)
    assert (billing.consumers, billing.unacked_messages) == (1, 20)
    assert billing.last_acked == pytest.approx(time.time(), abs=PATIENCE)
    assert topic.out_messages == billing.out_messages
    assert topic.out_bytes == billing.out_bytes


async def test_counts_are_those_of_the_admin_api(cluster, broker, admin, orders):
    topic, _ = await settled(
        cluster,
        broker,
        orders,
        lambda topic, subs: (
            subs["billing"].backlog_entries == 20
            and topic.out_messages == stats_of(admin, orders)["msgOutCounter"]
        ),
    )
    stats = stats_of(admin, orders)
    assert topic.in_messages == stats["msgInCounter"]
    assert topic.in_bytes == stats["bytesInCounter"]
    assert topic.out_messages == stats["msgOutCounter"]
    assert topic.storage_size == stats["storageSize"]
    assert topic.backlog_size == stats["backlogSize"]
    for name, told in stats["subscriptions"].items():
        found = subscriptions(topic)[name]
        assert found.backlog_entries == told["msgBacklog"]
        assert found.unacked_messages == told["unackedMessages"]
        assert found.out_messages == told["msgOutCounter"]
        assert found.out_bytes == told["bytesOutCounter"]


async def test_a_backlog_counts_batches_and_the_topic_tells_their_size(
    cluster, broker, pulsar_client, admin, namespace
):
    name = f"persistent://{namespace}/batched"
    pulsar_client.subscribe(name, "all").close()
    producer = pulsar_client.create_producer(
        name, batching_enabled=True, batching_max_messages=50, batching_max_publish_delay_ms=60_000
    )
    for number in range(200):
        producer.send_async(b"%d" % number, lambda result, message_id: None)
    producer.flush()
    topic, _ = await settled(cluster, broker, name, lambda topic, _: topic.in_messages == 200)
    detail = await cluster.topic(name)
    assert topic.subscriptions[0].backlog_entries == 4
    assert (detail.in_messages, detail.entries_added) == (200, 4)
    assert stats_of(admin, name)["subscriptions"]["all"]["msgBacklog"] == 4


async def test_a_topic_tells_of_its_subscriptions(cluster, pulsar_client, admin, orders):
    failover = pulsar_client.subscribe(orders, "standby", pulsar.ConsumerType.Failover)
    reader = pulsar_client.create_reader(orders, pulsar.MessageId.earliest)
    quoted = orders.replace("://", "/")
    admin.put(f"{quoted}/subscription/idle", json=EARLIEST)
    found = {each.name: each for each in (await cluster.topic(orders)).subscriptions}
    reading = next(name for name in found if name.startswith("reader-"))
    assert {name: each.type for name, each in found.items()} == {
        "audit": "Exclusive",
        "billing": "Shared",
        "standby": "Failover",
        "idle": None,
        reading: "Exclusive",
    }
    assert [name for name, each in found.items() if not each.durable] == [reading]
    assert found["audit"].backlog_size == found["idle"].backlog_size > 0
    failover.close()
    reader.close()


# -- names --------------------------------------------------------------------------------------


async def test_names_are_read_and_asked_for_as_they_are(cluster, broker, admin, namespace):
    for name in ODD_NAMES:
        topic = f"persistent/{namespace}/{quote(name, safe='')}"
        # the broker takes the quotes off a subscription's name twice
        subscription = quote(quote(name, safe=""), safe="")
        admin.put(topic).raise_for_status()
        admin.put(f"{topic}/subscription/{subscription}", json=EARLIEST).raise_for_status()
    page = await cluster.metrics(broker)
    found = {topic.name: topic for topic in page.topics}
    for name in ODD_NAMES:
        topic = f"persistent://{namespace}/{name}"
        assert subscriptions(found[topic]).keys() == {name}
        assert [each.name for each in (await cluster.topic(topic)).subscriptions] == [name]


async def test_a_name_with_a_line_end_is_missing_and_said_to_be(cluster, broker, admin, namespace):
    quoted = f"persistent/{namespace}/two%0Alines"
    admin.put(quoted).raise_for_status()
    try:
        page = await cluster.metrics(broker)
    finally:
        admin.delete(quoted, params={"force": "true"}).raise_for_status()
    assert page.skipped > 0
    assert not any("lines" in topic.name for topic in page.topics)


@pytest.mark.parametrize("partitions", [0, 2])
async def test_a_topic_that_is_not_there_is_a_sentence(cluster, admin, namespace, partitions):
    name = f"persistent://{namespace}/nothing"
    if partitions:
        admin.put(
            f"persistent/{namespace}/nothing/partitions",
            content=str(partitions),
            headers={"content-type": "application/json"},
        ).raise_for_status()
    with pytest.raises(SourceError, match="no such topic") as caught:
        await cluster.topic(name)
    assert (caught.value.where, bool(caught.value.why)) == (name, True)
    assert admin.get(f"persistent/{namespace}").json() == [
        f"{name}-partition-{number}" for number in range(partitions)
    ], "asking has not created it"


# -- watching costs the broker nothing ----------------------------------------------------------


async def test_watching_loads_no_topic(cluster, broker, admin, namespace):
    topic = f"persistent/{namespace}/idle"
    admin.put(topic).raise_for_status()
    admin.put(f"{topic}/subscription/nobody", json=EARLIEST).raise_for_status()
    name = topic.replace("/", "://", 1)
    assert name in {found.name for found in (await cluster.metrics(broker)).topics}
    admin.put(f"{topic}/unload").raise_for_status()
    for _ in range(3):
        await cluster.brokers()
        await cluster.ready(broker)
        assert name not in {found.name for found in (await cluster.metrics(broker)).topics}
