"""A tail of Pulsar: everything that is sent, and nothing left, moved or made."""

import asyncio
import json
import os
import signal
import sys
from itertools import pairwise

import nats

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.sources.pulsar import tail as pulsar_tail
from arcwatch.store.store import Store
from tests.live.conftest import NOBODY

SECOND = 1_000_000_000
"""In nanoseconds, which messages are dated in."""


def of_users(admin, topic):
    """What the topic's durable subscriptions are told to be."""
    stats = admin.get(f"{topic}/stats").json()
    names = ("msgBacklog", "msgOutCounter", "unackedMessages", "lastConsumedTimestamp")
    return {
        name: {key: told[key] for key in names}
        for name, told in stats["subscriptions"].items()
        if told["durable"]
    }


def everything(admin, namespace):
    topics = admin.get(f"namespaces/{namespace}/topics", params={"mode": "ALL"}).json()
    return {
        topic: sorted(
            admin.get(f"{topic.replace('://', '/')}/internal-info").json().get("cursors", ())
        )
        for topic in topics
    }


async def test_it_sees_everything_and_leaves_nothing(
    settings, pulsar_client, admin, namespace, until, watch, stack, tailed
):
    plain, parts = f"persistent/{namespace}/plain", f"persistent/{namespace}/parts"
    admin.put(f"{parts}/partitions", json=3).raise_for_status()
    pulsar_client.subscribe(f"{namespace}/plain", "waits").close()
    producer = pulsar_client.create_producer(f"{namespace}/plain", block_if_queue_full=True)
    spread = pulsar_client.create_producer(f"{namespace}/parts", batching_enabled=True)
    for number in range(5):
        producer.send(b"old %d" % number)
    before, users = everything(admin, namespace), of_users(admin, plain)
    places = [f"pulsar:{namespace}/{name}" for name in ("plain", "parts", "nope", "pa*", "plain")]
    async with tailed(settings, *places[:4], since="earliest") as (tail, seen, counts):
        await until(lambda: len([m for m in seen if m.origin == 0]) == 5)
        tail.add(places[4])
        await until(lambda: counts.get(1) and counts[1].state == "following")
        for number in range(300):
            key = f"k{number % 7}"
            spread.send_async(
                b"%d" % number, None, partition_key=key, properties={"n": str(number)}
            )
        spread.flush()
        producer.send(b"new", event_timestamp=7)
        await until(lambda: len(seen) >= 5 + 2 * 300 + 1)
        mine = [m for m in seen if m.origin == 1]
        assert sorted(int(m.body) for m in mine) == list(range(300))
        for partition in range(3):
            numbers = [int(m.body) for m in mine if m.partition == partition]
            assert numbers == sorted(numbers)
        assert {m.headers for m in mine} == {(("n", str(n)),) for n in range(300)}
        assert counts[2].state == "failed"
        assert counts[2].text.startswith("no such topic")
        (new,) = [m for m in seen if m.body == b"new" and m.origin == 0]
        assert new.event_time == 7_000_000
        assert new.address == places[0]
        store = Store()
        looking = load({"nats": "off", "pulsar_admin": stack.pulsar_admin}, environ=NOBODY)
        await Engine(looking, store).sample_twice(0.1, topic=f"persistent://{namespace}/plain")
        shown = [row for row in store.pulsar_topics() if row.topic.endswith(f"{namespace}/plain")]
        assert [row.consumers for row in shown] == [0]
        # the new message waits for its own subscription, and for nobody else's
        users["waits"]["msgBacklog"] += 1
        assert of_users(admin, plain) == users
    producer.close()
    spread.close()
    assert everything(admin, namespace) == before


async def test_a_topic_that_is_deleted_does_not_come_back(
    settings, pulsar_client, admin, namespace, until, monkeypatch, tailed
):
    monkeypatch.setattr(pulsar_tail, "RELIST", 0.3)
    topic = f"persistent/{namespace}/gone"
    pulsar_client.create_producer(f"{namespace}/gone").close()
    async with tailed(settings, f"pulsar:{namespace}/gone") as (_, seen, counts):
        await until(lambda: counts and counts[0].state == "following")
        admin.delete(topic, params={"force": "true"}).raise_for_status()
        await until(lambda: "deleted" in counts[0].text)
        assert f"persistent://{namespace}/gone" not in everything(admin, namespace)
        producer = pulsar_client.create_producer(f"{namespace}/gone")
        producer.send(b"again")
        await until(lambda: seen)
        producer.close()


async def test_a_quota_is_left_to_the_topics_own_subscriptions(
    settings, pulsar_client, admin, namespace, until, tailed
):
    producer = pulsar_client.create_producer(f"{namespace}/quota")
    rate = {"dispatchThrottlingRateInMsg": 100, "ratePeriodInSecond": 1}
    admin.post(f"namespaces/{namespace}/dispatchRate", json=rate).raise_for_status()
    told = f"persistent/{namespace}/quota/dispatchRate?applied=true"
    try:
        # it takes a moment until the broker goes by it
        await until(lambda: b'"dispatchThrottlingRateInMsg":100' in admin.get(told).content)
        async with tailed(settings, f"pulsar:{namespace}/quota") as (_, seen, counts):
            await until(lambda: counts and "10 %" in counts[0].text)
            for number in range(100):
                producer.send_async(b"%d" % number, None)
            producer.flush()
            await until(lambda: len(seen) >= 40, seconds=60)
            # a tenth of the quota: four seconds, had the first not been late on a busy machine
            assert seen[39].received_time - seen[0].received_time > 2 * SECOND
    finally:
        admin.delete(f"namespaces/{namespace}/dispatchRate")
        producer.close()


async def run(stack, *argv, interrupt=False):
    """What the verb printed, complained and left with."""
    flags = [f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}"]
    flags += [f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "arcwatch", *argv, *flags),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | NOBODY,
    )
    if interrupt:
        await process.stdout.readline()
        process.send_signal(signal.SIGINT)
    printed, told = await process.communicate()
    return process.returncode, printed.decode(), told.decode()


async def test_the_verb_prints_records_and_totals(stack, pulsar_client, namespace):
    producer = pulsar_client.create_producer(f"{namespace}/verb")
    for number in range(20):
        producer.send(b'{"n":%d,"text":"\xc2\x9b2J"}' % number, partition_key="k")
    address = f"pulsar:{namespace}/verb"
    begin = ("tail", address, "--since", "earliest")
    (code, printed, told), lines, stopped, missing = await asyncio.gather(
        run(stack, *begin, "--json", "--filter", ".value.n >= 10", "--count", "5"),
        run(stack, *begin, "--count", "20"),
        run(stack, *begin, interrupt=True),
        run(stack, "tail", f"pulsar:{namespace}/missing"),
    )
    records = [json.loads(line) for line in printed.splitlines()]
    assert code == 0
    assert [record["value"]["n"] for record in records] == [10, 11, 12, 13, 14]
    assert (records[0]["address"], records[0]["key"]) == (address, "k")
    assert "shown 5, filtered out 10, dropped (client) 0" in told
    assert lines[0] == 0
    assert len(lines[1].splitlines()) == 20
    assert "\x9b" not in printed + lines[1]
    assert "seen 20 (" in lines[2]
    assert stopped[0] == 0
    assert f"{address}: seen 20 (" in stopped[2]
    assert missing[0] == 1
    assert missing[2].startswith("arcwatch: no such topic")
    producer.close()


async def test_a_tail_tells_when_delayed_messages_are_due(stack, pulsar_client, namespace):
    producer = pulsar_client.create_producer(f"{namespace}/due")
    producer.send(b"1")
    producer.send(b"2", deliver_at=1_900_000_000_123)
    producer.close()
    batched = pulsar_client.create_producer(f"{namespace}/due", batching_enabled=True)
    await asyncio.to_thread(batched.send, b"3")
    batched.close()
    begin = ("tail", f"pulsar:{namespace}/due", "--since", "earliest")
    (_, text, _), (_, printed, _), (_, late, _) = await asyncio.gather(
        run(stack, *begin, "--count", "3"),
        run(stack, *begin, "--count", "3", "--json"),
        run(stack, *begin, "--count", "1", "--filter", '.deliver_at > "2030"'),
    )
    due = "2030-03-17T17:46:40.123Z"
    assert [f"  due {due}  " in line for line in text.splitlines()] == [False, True, False]
    told = [json.loads(line)["deliver_at"] for line in printed.splitlines()]
    assert told == [None, due, None]
    assert late.endswith(f"due {due}  2\n")


async def test_a_tail_since_a_message_in_chunks_begins_with_it(stack, pulsar_client, namespace):
    producer = pulsar_client.create_producer(
        f"{namespace}/in-chunks", chunking_enabled=True, batching_enabled=False
    )
    for body in (b'"1"', b'"%s"' % (b"2" * 6_000_000), b'"3"'):
        producer.send(body)
    producer.close()
    address = f"pulsar:{namespace}/in-chunks"
    _, printed, _ = await run(stack, "tail", address, "--since", "earliest", "--count=3", "--json")
    ids = [json.loads(line)["id"] for line in printed.splitlines()]
    runs = (run(stack, "tail", address, "--since", f"id:{id}", "--count=1", "--json") for id in ids)
    begun = [json.loads(printed) for _, printed, _ in await asyncio.gather(*runs)]
    assert [each["id"] for each in begun] == ids
    assert [each["size"] for each in begun] == [3, 6_000_002, 3]


async def test_subjects_and_presence_are_told(stack):
    import nats

    connection = await nats.connect(stack.nats)

    async def beat():
        while True:
            await connection.publish("telltale.a.beat", b"1")
            await connection.publish("telltale.b.beat", b'{"x": 1}')
            # late is 2.5 intervals of silence: no pause of a busy machine is as long
            await asyncio.sleep(1)

    beating = asyncio.create_task(beat())
    subjects, presence = await asyncio.gather(
        run(stack, "subjects", "telltale.>", "--for", "2s", "--json"),
        run(stack, "presence", "telltale.*.beat", "--for", "5s", "--json"),
    )
    beating.cancel()
    assert {row["subject"]: row["last_value"] for row in json.loads(subjects[1])} == {
        "telltale.a.beat": "1",
        "telltale.b.beat": '{"x": 1}',
    }
    assert [(row["name"], row["state"]) for row in json.loads(presence[1])] == [
        ("a", "alive"),
        ("b", "alive"),
    ]
    assert "adds a subscription" in subjects[2]
    await connection.close()


async def test_sources_together_are_in_the_order_of_their_arrival(
    settings, pulsar_client, namespace, until, stack, tailed
):
    places = ["nats:arrival.order.>", f"pulsar:{namespace}/order"]
    client = await nats.connect(stack.nats)
    producer = pulsar_client.create_producer(f"{namespace}/order")
    async with tailed(settings, *places, clock="received") as (_, seen, counts):
        await until(lambda: [c.state for c in counts.values()] == ["following"] * 2)
        for number in range(400):
            await client.publish(f"arrival.order.{number % 3}", b"%d" % number)
            producer.send_async(b"%d" % number, None)
            if number % 20 == 0:
                await asyncio.sleep(0.01)
        await client.flush()
        producer.flush()
        await until(lambda: len(seen) == 800)
        times = [message.received_time for message in seen]
        back = [before - after for before, after in pairwise(times) if after < before]
        assert back == []
        assert {message.origin for message in seen[:100]} == {0, 1}
    producer.close()
    await client.close()
