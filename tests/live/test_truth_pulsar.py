"""Pulsar's counts, backlogs and sizes, held against the admin API's and against what was sent."""

import asyncio

import pulsar
import pytest

BATCH = 100


@pytest.fixture
def arcwatch(stack, watch):
    return watch(pulsar_admin=stack.pulsar_admin)


@pytest.fixture
def topic(namespace, request):
    """A topic of the test's own: its full name."""
    return f"persistent://{namespace}/{request.node.originalname}"


@pytest.fixture
def ask(admin):
    """What the admin API answers about a topic: ``ask(topic, "stats")``."""

    def get(topic, what):
        answer = admin.get(f"{path(topic)}/{what}").raise_for_status()
        return answer.json()

    return get


def path(topic):
    return topic.replace("://", "/")


def send(pulsar_client, topic, count, size=50, **options):
    producer = pulsar_client.create_producer(topic, **options)
    for _ in range(count):
        producer.send_async(bytes(size), lambda *answer: None)
    producer.flush()
    producer.close()


def consume(pulsar_client, topic, name, count, kind=pulsar.ConsumerType.Shared):
    """Acknowledge so many messages; the subscription stays."""
    consumer = pulsar_client.subscribe(
        topic, name, kind, initial_position=pulsar.InitialPosition.Earliest, receiver_queue_size=1
    )
    for _ in range(count):
        consumer.acknowledge(consumer.receive(10_000))
    consumer.close()


def row_of(document, topic):
    (row,) = [row for row in document["pulsar"]["topics"] if row["topic"] == topic]
    return row


def in_batches(pulsar_client, topic, batches):
    """Send so many entries of a hundred messages each."""
    send(
        pulsar_client,
        topic,
        batches * BATCH,
        batching_enabled=True,
        batching_max_messages=BATCH,
        batching_max_publish_delay_ms=60_000,
        block_if_queue_full=True,
    )


# -- counts, levels and sizes -------------------------------------------------------------------


async def test_counts_levels_and_sizes_are_the_brokers(arcwatch, pulsar_client, topic, ask):
    pulsar_client.subscribe(topic, "idle", pulsar.ConsumerType.Failover).close()
    send(pulsar_client, topic, 777)
    consume(pulsar_client, topic, "reads", 300)
    holding = pulsar_client.subscribe(
        topic, "reads", pulsar.ConsumerType.Shared, receiver_queue_size=10
    )
    holding.receive(10_000)
    store, stats = await arcwatch.look(), ask(topic, "stats")
    holding.close()
    (part,) = store.pulsar[0].parts_of(topic)
    counts = (part.topic.in_messages, part.topic.in_bytes, part.topic.out_messages)
    assert counts == (777, stats["bytesInCounter"], stats["msgOutCounter"])
    (row,) = [row for row in store.pulsar_topics() if row.topic == topic]
    assert (row.storage_size, row.backlog_entries) == (stats["storageSize"], 777 + 477)
    assert {sub.name: levels(sub) for sub in row.subscriptions} == {
        name: levels_told(sub) for name, sub in stats["subscriptions"].items()
    }
    assert [sub.unacked_messages for sub in row.subscriptions if sub.name == "reads"] == [10]


def levels(sub):
    return (
        sub.type,
        sub.backlog_entries,
        sub.backlog_messages,
        sub.backlog_size,
        sub.unacked_messages,
        sub.consumers,
    )


def levels_told(stats):
    """The same of the broker; every entry of these topics is one message."""
    return (
        stats["type"],
        stats["msgBacklog"],
        stats["msgBacklog"],
        stats["backlogSize"],
        stats["unackedMessages"],
        len(stats["consumers"]),
    )


async def test_the_type_of_a_subscription_is_the_brokers(arcwatch, pulsar_client, topic, ask):
    kinds = pulsar.ConsumerType.__members__
    consumers = [pulsar_client.subscribe(topic, name, kind) for name, kind in kinds.items()]
    told = {name: sub["type"] for name, sub in ask(topic, "stats")["subscriptions"].items()}
    row = row_of(await arcwatch.status(), topic)
    for consumer in consumers:
        consumer.close()
    assert {sub["name"]: sub["type"] for sub in row["subscriptions"]} == told
    assert len(set(told.values())) == len(kinds)


async def test_a_partitioned_topic_is_the_sum_of_its_partitions(
    arcwatch, pulsar_client, topic, admin, ask
):
    admin.put(f"{path(topic)}/partitions", json=3).raise_for_status()
    pulsar_client.subscribe(topic, "all").close()
    send(pulsar_client, f"{topic}-partition-0", 70)
    send(pulsar_client, f"{topic}-partition-2", 5)
    row, stats = row_of(await arcwatch.status(), topic), ask(topic, "partitioned-stats")
    (sub,), told = row["subscriptions"], stats["subscriptions"]["all"]
    assert (row["partitions"], row["storage_size"]) == (3, stats["storageSize"])
    assert (sub["backlog_entries"], sub["backlog_messages"]) == (75, 75)
    assert (sub["backlog_entries"], sub["backlog_size"]) == (
        told["msgBacklog"],
        told["backlogSize"],
    )
    assert sub["type"] == told["type"] == "Exclusive"


# -- messages that wait -------------------------------------------------------------------------


async def test_messages_that_wait_in_uniform_batches_are_what_an_analysis_counts(
    arcwatch, pulsar_client, topic, admin
):
    pulsar_client.subscribe(topic, "all").close()
    in_batches(pulsar_client, topic, 150)
    consume(pulsar_client, topic, "some", 30 * BATCH)
    row = row_of(await arcwatch.status(), topic)
    told = {
        sub["name"]: (sub["backlog_entries"], sub["backlog_messages"])
        for sub in row["subscriptions"]
    }
    assert told == {name: analysed(admin, topic, name) for name in ("all", "some")}
    assert told == {"all": (150, 15_000), "some": (120, 12_000)}
    assert (row["backlog_entries"], row["backlog_messages"]) == (270, 27_000)


def analysed(admin, topic, subscription):
    """Entries and messages that wait, as the broker finds by reading all of them."""
    answer = admin.post(
        f"{path(topic)}/subscription/{subscription}/analyzeBacklog",
        headers={"content-type": "application/json"},
    ).json()
    assert not answer["aborted"]
    return answer["entries"], answer["messages"]


async def test_messages_are_not_known_of_entries_from_before_the_counters(
    arcwatch, pulsar_client, topic, admin, ask
):
    pulsar_client.subscribe(topic, "all").close()
    in_batches(pulsar_client, topic, 15)
    admin.put(f"{path(topic)}/unload").raise_for_status()
    # a broker loads a topic when it is asked for its statistics
    assert ask(topic, "stats")["msgInCounter"] == 0
    row = row_of(await arcwatch.status(), topic)
    assert (row["backlog_entries"], row["backlog_messages"]) == (15, None)
    send(pulsar_client, topic, 1)
    row = row_of(await arcwatch.status(), topic)
    assert (row["backlog_entries"], row["backlog_messages"]) == (16, None)


# -- topics that come and go --------------------------------------------------------------------


async def test_a_topic_that_is_made_between_two_looks_has_its_rate(arcwatch, pulsar_client, topic):
    async with arcwatch.between_looks(2, "metrics") as store:
        await asyncio.to_thread(pulsar_client.subscribe(topic, "all").close)
        await asyncio.to_thread(send, pulsar_client, topic, 200)
    (row,) = [row for row in store.pulsar_topics() if row.topic == topic]
    first, then = store.of("metrics")
    assert row.msg_rate_in == pytest.approx(200 / (then.body.clock - first.body.clock))


async def test_a_reader_that_goes_away_hides_no_rate(arcwatch, pulsar_client, topic):
    send(pulsar_client, topic, 100)
    reader = pulsar_client.create_reader(topic, pulsar.MessageId.earliest)
    for _ in range(100):
        reader.read_next(10_000)
    async with arcwatch.between_looks(2, "metrics") as store:
        await asyncio.to_thread(reader.close)
        await asyncio.to_thread(send, pulsar_client, topic, 60)
    (row,) = [row for row in store.pulsar_topics() if row.topic == topic]
    first, then = store.of("metrics")
    elapsed = then.body.clock - first.body.clock
    assert (row.msg_rate_in, row.msg_rate_out) == (pytest.approx(60 / elapsed), 0)


async def test_a_topic_that_is_deleted_disappears(arcwatch, pulsar_client, topic, admin, until):
    send(pulsar_client, topic, 1)
    async with arcwatch.running() as (engine, store):
        await until(lambda: named(store, topic))
        admin.delete(path(topic), params={"force": "true"}).raise_for_status()
        engine.refresh()
        await until(lambda: not named(store, topic))
        assert store.problems() == []


def named(store, topic):
    return [row for row in store.pulsar_topics() if row.topic == topic]


async def test_a_topic_that_is_unloaded_has_a_gap_and_neither_a_spike_nor_a_fall(
    arcwatch, topic, admin, ask, stack, paced, until
):
    paced("pulsar", stack.pulsar, {"topic": topic, "rate": 200}).flows()
    async with arcwatch.running() as (engine, store):

        async def pages(count):
            until_then = len(store.of("metrics")) + count
            while len(store.of("metrics")) < until_then:
                engine.refresh()
                await asyncio.sleep(1)

        await pages(3)
        admin.put(f"{path(topic)}/unload").raise_for_status()
        await until(lambda: 0 < ask(topic, "stats")["msgInCounter"] < 200)
        await pages(3)
        (cluster,) = store.pulsar
        rates = [rate for _, rate in cluster.topic_rates.points(topic, "msg_rate_in", 0)]
    # the first page tells no rate, and neither does the first after the counters fell
    assert len(rates) == len(store.of("metrics")) - 2
    assert all(100 < rate < 300 for rate in rates)
