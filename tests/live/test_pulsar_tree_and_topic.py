"""The tree and an opened topic against a real broker: every figure is the broker's own."""

import asyncio
import time

import pulsar
import pytest

from arcwatch.model.pulsar_opened import TopicGone
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.names import names, namespaces, tenants
from arcwatch.sources.pulsar.open_topic import about, opened

SENT = 60


@pytest.fixture(scope="module")
def shop(admin, pulsar_client, namespace):
    """A topic that is read and written, one with partitions, and one that nobody has loaded."""
    orders, parted = f"persistent://{namespace}/orders", f"persistent://{namespace}/parted"
    path = f"persistent/{namespace}"
    admin.put(f"{path}/parted/partitions", json=3).raise_for_status()
    reader = pulsar_client.subscribe(
        orders, "billing", pulsar.ConsumerType.Shared, consumer_name="b1"
    )
    pulsar_client.subscribe(orders, "idle").close()
    part_reader = pulsar_client.subscribe(parted, "workers", consumer_name="w1")
    producers = [
        pulsar_client.create_producer(orders, producer_name="gate", batching_enabled=False),
        pulsar_client.create_producer(parted, batching_enabled=False),
    ]
    for producer in producers:
        for number in range(SENT):
            producer.send(b"x" * 50, partition_key=str(number))
    for _ in range(20):
        reader.acknowledge(reader.receive(10_000))
    pulsar_client.create_producer(f"persistent://{namespace}/asleep").close()
    admin.put(f"{path}/asleep/unload").raise_for_status()
    policies = f"namespaces/{namespace}"
    admin.post(
        f"{policies}/retention", json={"retentionTimeInMinutes": 60, "retentionSizeInMB": 100}
    ).raise_for_status()
    admin.post(f"{policies}/messageTTL", json=7200).raise_for_status()
    yield orders, parted
    del reader, part_reader, producers


@pytest.fixture
async def cluster(stack):
    async with new_client() as http:
        yield PulsarCluster(stack.pulsar_admin, http)


def loaded(admin, stack, topic):
    page = admin.get(f"{stack.pulsar_admin}/metrics/").text
    return f'topic="{topic}"' in page


async def test_everything_is_listed_by_name(cluster, admin, namespace, shop):
    assert set((await tenants(cluster)).tenants) == set(admin.get("tenants").json())
    assert namespace in (await namespaces(cluster, "truth")).namespaces
    told = await names(cluster, namespace)
    assert set(told.topics) == set(admin.get(f"persistent/{namespace}").json())
    assert told.partitioned == (shop[1],)


async def test_what_is_not_there_is_an_empty_list(cluster):
    assert (await namespaces(cluster, "nobody")).namespaces == ()
    assert (await names(cluster, "nobody/nothing")).topics == ()


async def test_a_topic_that_is_not_loaded_stays_so_while_the_tree_is_looked_at(
    watch, stack, admin, namespace, shop, until
):
    asleep = f"persistent://{namespace}/asleep"
    async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
        engine.list_names([namespace])
        engine.focus([asleep])

        def row():
            return next((r for r in store.pulsar_tree() if r.name == asleep), None)

        assert not (await until(row)).loaded
        asked = len(store.of("metrics"))
        await until(lambda: len(store.of("metrics")) > asked + 2)
        assert not row().loaded
    assert not loaded(admin, stack, asleep)


async def test_the_tree_is_what_the_broker_says_of_each_topic(
    watch, stack, admin, namespace, shop, until
):
    orders, parted = shop
    async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
        engine.list_names([namespace])

        def rows():
            found = {row.name: row for row in store.pulsar_tree(opened=[parted])}
            return found if found.get(namespace) and found[namespace].all_listed else None

        found = await until(rows)
    told = {orders: admin.get(f"persistent/{namespace}/orders/stats").json()}
    partitioned = admin.get(f"persistent/{namespace}/parted/partitioned-stats?perPartition=true")
    told |= partitioned.json()["partitions"]
    for name, stats in told.items():
        row = found[name]
        subs = stats["subscriptions"].values()
        assert row.backlog_entries == sum(sub["msgBacklog"] for sub in subs)
        assert row.storage_size == stats["storageSize"]
        assert row.offloaded_size == stats["offloadedStorageSize"]
        assert (row.subscriptions, row.producers) == (len(subs), len(stats["publishers"]))
        assert row.consumers == sum(len(sub["consumers"]) for sub in subs)
    above = found[namespace]
    assert above.storage_size == sum(stats["storageSize"] for stats in told.values())
    assert (above.topics, above.not_loaded, above.partitions) == (3, 1, 3)


async def test_an_opened_topic_is_what_the_broker_says(cluster, admin, namespace, shop):
    orders, _ = shop
    (part,) = (await opened(cluster, orders)).parts
    stats = admin.get(f"persistent/{namespace}/orders/stats").json()
    assert (part.in_messages, part.in_bytes) == (stats["msgInCounter"], stats["bytesInCounter"])
    assert part.in_messages == SENT
    assert part.storage_size == stats["storageSize"]
    assert {sub.name for sub in part.subscriptions} == {"billing", "idle"}
    for sub in part.subscriptions:
        said = stats["subscriptions"][sub.name]
        assert (sub.type, sub.backlog_entries) == (said["type"], said["msgBacklog"])
        assert (sub.backlog_size, sub.durable) == (said["backlogSize"], said["isDurable"])
        assert (sub.out_messages, sub.out_bytes) == (said["msgOutCounter"], said["bytesOutCounter"])
        assert (sub.unacked_messages, sub.delayed_messages) == (
            said["unackedMessages"],
            said["msgDelayed"],
        )
        assert sub.blocked == said["blockedSubscriptionOnUnackedMsgs"]
        assert len(sub.consumers) == len(said["consumers"])
    (billing,) = [sub for sub in part.subscriptions if sub.name == "billing"]
    (consumer,) = billing.consumers
    (said,) = stats["subscriptions"]["billing"]["consumers"]
    assert (consumer.name, f"/{consumer.address}") == ("b1", said["address"])
    assert consumer.version == said["clientVersion"]
    assert abs(time.time() - consumer.since) < 600
    assert billing.backlog_entries == SENT - 20
    assert billing.last_acked == stats["subscriptions"]["billing"]["lastAckedTimestamp"] / 1000
    (producer,) = part.producers
    assert producer.name == "gate"
    assert f"/{producer.address}" == stats["publishers"][0]["address"]


async def test_each_partition_has_its_clients(cluster, shop):
    told = await opened(cluster, shop[1])
    assert told.partitions == len(told.parts) == 3
    assert sum(part.in_messages for part in told.parts) == SENT
    assert all(part.subscriptions[0].consumers[0].address for part in told.parts)
    assert all(part.producers[0].name for part in told.parts)


@pytest.mark.parametrize("which", [0, 1])
async def test_what_holds_for_it_is_the_effective_policy(cluster, shop, which):
    told = await about(cluster, shop[which])
    assert told.unknown == ()
    assert (told.retention_seconds, told.retention_size) == (3600, 100 << 20)
    assert told.ttl == 7200
    assert told.schema_type is None
    assert told.ledgers.entries == SENT
    assert told.ledgers.size > SENT * 50
    assert told.offload_status == ("NOT_RUN" if which == 0 else None)


async def test_a_topic_that_is_not_there_is_gone_and_is_not_made(cluster, admin, namespace):
    name = f"persistent://{namespace}/nosuch"
    assert await opened(cluster, name) == TopicGone(name)
    assert await about(cluster, name) == TopicGone(name)
    assert name not in admin.get(f"persistent/{namespace}").json()


async def test_a_topic_that_is_deleted_while_it_is_open_says_so_and_what_follows_is_told(
    watch, stack, admin, pulsar_client, namespace, until
):
    name, path = f"persistent://{namespace}/brief", f"persistent/{namespace}/brief"
    pulsar_client.create_producer(name).close()
    async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
        engine.open_topic(name)
        row = await until(lambda: store.opened_topic(name))
        assert not row.gone
        admin.delete(path).raise_for_status()
        await until(lambda: store.opened_topic(name).gone)
        assert store.problems() == []
        pulsar_client.create_producer(name).close()
        await until(lambda: not store.opened_topic(name).gone)
        engine.open_topic("")
        await until(lambda: store.opened_topic(name) is None)


async def test_nothing_is_left_behind_in_a_topic_that_was_looked_into(cluster, admin, shop):
    path = shop[0].replace("://", "/")
    before = admin.get(f"{path}/subscriptions").json()
    await asyncio.gather(opened(cluster, shop[0]), about(cluster, shop[0]))
    assert admin.get(f"{path}/subscriptions").json() == before
