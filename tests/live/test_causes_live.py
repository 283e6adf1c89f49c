"""Each cause made on real brokers, and read back from the store, the text and the JSON."""

import asyncio
import contextlib
import datetime
import json
import time
import uuid
from types import SimpleNamespace

import nats
import pulsar
import pytest
from nats.js.api import ConsumerConfig, StreamConfig

from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.engine.past_file import PastKeeper
from arcwatch.store.backlog.past import DAY
from arcwatch.store.causes.steady import HOLDS
from arcwatch.text import units

BEAT = 0.4
"""Seconds between two looks at the broker's figures."""

STUCK = 2.0
SHARED, EXCLUSIVE = pulsar.ConsumerType.Shared, pulsar.ConsumerType.Exclusive


@pytest.fixture
def hasty(monkeypatch):
    """The same patience in seconds instead of minutes."""
    monkeypatch.setattr(Engine, "page_interval", BEAT)
    monkeypatch.setattr("arcwatch.engine.questions.SCRAPE_SHARE", 1)
    monkeypatch.setattr("arcwatch.store.series.samples.STEP", BEAT / 2)
    monkeypatch.setattr("arcwatch.store.causes.of_pulsar.STUCK", STUCK)
    monkeypatch.setattr("arcwatch.store.causes.of_jetstream.STUCK", STUCK)
    monkeypatch.setattr("arcwatch.engine.topic_details.AGE", BEAT)
    monkeypatch.setattr("arcwatch.engine.topic_details.EVERY", BEAT)


@pytest.fixture
def verb(stack, capsys):
    """What a verb prints of the shared brokers."""

    def tell(*argv):
        places = (f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}")
        places += (f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}")
        code = run([*places, *argv])
        assert code == 0
        return capsys.readouterr().out

    return tell


def shown(store, address):
    """Kind and text of the cause of one backlog, once it is ranked."""
    rows = [row for row in store.backlogs() if row.address == address]
    return (rows[0].cause.kind, rows[0].cause.text) if rows and rows[0].cause else None


class Subscriptions:
    """Topics of which each has one subscription in one kind of trouble."""

    def __init__(self, client, namespace):
        self._client, run = client, uuid.uuid4().hex[:8]
        self.name = f"{namespace}/{{}}-{run}"
        self._held = []

    def topic(self, which):
        return f"persistent://{self.name.format(which)}"

    def address(self, which):
        return f"pulsar:{self.name.format(which)}#s"

    def subscribe(self, which, kind=SHARED, **options):
        consumer = self._client.subscribe(self.topic(which), "s", kind, **options)
        self._held.append(consumer)
        return consumer

    def send(self, which, count, **options):
        producer = self._client.create_producer(self.topic(which), batching_enabled=False)
        for _ in range(count):
            producer.send(b"x", **options)
        producer.close()

    def make(self):
        self.subscribe("sleepy", receiver_queue_size=5)
        self.subscribe("idle", EXCLUSIVE, receiver_queue_size=1)
        self.subscribe("nobody").close()
        self.subscribe("later")
        for which in ("sleepy", "idle", "nobody"):
            self.send(which, 50)
        self.send("later", 20, deliver_after=datetime.timedelta(hours=6))

    def close(self):
        for consumer in self._held[:2] + self._held[3:]:
            consumer.close()


PULSAR = {
    "sleepy": ("stalled", "stalled: its consumer acks nothing"),
    "idle": ("stalled", "stalled: nothing taken"),
    "nobody": ("no-consumers", "no consumers"),
    "later": ("delayed", "delayed: waits for its time"),
}


async def test_what_is_wrong_with_subscriptions_is_what_was_done_to_them(
    stack, watch, until, pulsar_client, namespace, hasty, admin
):
    made = Subscriptions(pulsar_client, namespace)
    await asyncio.to_thread(made.make)
    try:
        async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
            engine.focus(made.topic(which) for which in PULSAR)

            def found():
                return {which: shown(store, made.address(which)) for which in PULSAR}

            def why():
                (chain,) = store.why(made.address("idle"))
                return {one.figure: (one.value, one.source) for one in chain.evidence}, chain

            await until(lambda: found() == PULSAR)
            figures, chain = await until(lambda: "permits" in why()[0] and why())
            rows = {row.address: row for row in store.backlogs()}
        later = rows[made.address("later")]
        assert (later.waiting, later.delayed, later.says) == (0, 20, (PULSAR["later"][1],))
        assert figures["permits"] == ("0: the broker sends no more", "topic stats")
        assert figures["unacked"] == ("0", "metrics")
        assert chain.cause.since == pytest.approx(time.time(), abs=30)
        assert chain.try_
    finally:
        await asyncio.to_thread(made.close)


@pytest.fixture
async def jetstream(quiet):
    client = await nats.connect(quiet.nats)
    yield client.jetstream()
    await client.close()


async def streams_in_trouble(jetstream):
    """One stream a kind of trouble; each consumer is called ``c``."""
    manager = jetstream
    for name in ("UNPULLED", "PAUSED", "FULL", "QUEUE"):
        retention = "workqueue" if name == "QUEUE" else "limits"
        await manager.add_stream(StreamConfig(name=name, subjects=[name], retention=retention))
    await manager.add_consumer("UNPULLED", ConsumerConfig("c", "c", ack_policy="explicit"))
    until = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).isoformat()
    await manager.add_consumer("PAUSED", ConsumerConfig("c", "c", pause_until=until))
    await manager.add_consumer(
        "FULL", ConsumerConfig("c", "c", ack_policy="explicit", max_ack_pending=10, ack_wait=300)
    )
    await manager.add_consumer(
        "QUEUE", ConsumerConfig("c", "c", ack_policy="explicit", max_deliver=1, ack_wait=0.5)
    )
    for name in ("UNPULLED", "PAUSED", "FULL", "QUEUE"):
        for _ in range(13):
            await manager.publish(name, b"x")
    holds = await manager.pull_subscribe_bind("c", "FULL")
    await holds.fetch(10)
    queue = await manager.pull_subscribe_bind("c", "QUEUE")
    for message in (await queue.fetch(13))[:4]:
        await message.ack_sync()


JETSTREAM = {
    "js:UNPULLED#c": ("not-pulling", "no client pulls"),
    "js:PAUSED#c": ("paused", "paused"),
    "js:FULL#c": ("stalled", "stalled: at max ack pending"),
    "js:QUEUE": ("stranded", "stranded: nobody gets them"),
}


async def test_what_is_wrong_with_consumers_is_what_was_done_to_them(
    quiet, watch, until, jetstream, hasty
):
    await streams_in_trouble(jetstream)
    async with watch(nats_monitor=quiet.nats_monitor).running() as (_, store):

        def stuck():
            rows = [row for row in store.backlogs() if row.address == "js:QUEUE"]
            return [(row.messages, row.exact) for row in rows]

        await until(lambda: {a: shown(store, a) for a in JETSTREAM} == JETSTREAM)
        # acknowledged ones apart, nobody will get what the maximum of deliveries has ended
        await until(lambda: stuck() == [(9, True)])
        (stranded,) = [chain for chain in store.why("js:QUEUE") if chain.address == "js:QUEUE"]
        assert ("stranded", "9 messages") in [(e.figure, e.value) for e in stranded.evidence]


async def test_noise_of_a_busy_consumer_never_shows_a_cause(quiet, watch, until, hasty):
    """A consumer that fetches, works and acknowledges flips its figures with every look."""
    client = await nats.connect(quiet.nats)
    jetstream = client.jetstream()
    await jetstream.add_stream(name="BUSY", subjects=["busy"], retention="workqueue")
    pull = await jetstream.pull_subscribe("busy", "c", stream="BUSY")
    async with watch(nats_monitor=quiet.nats_monitor).running(refresh=0.2) as (_, store):

        async def looked():
            looks = len(store.of("jsz"))
            await until(lambda: len(store.of("jsz")) > looks)
            rows = [row for row in store.backlogs() if row.place == "BUSY"]
            return {row.cause.kind for row in rows if row.cause}

        async def work():
            """Fetch, look, acknowledge as much as there is new, and look."""
            messages = await pull.fetch(20)
            held = await looked()
            for message in messages:
                await message.ack()
            for _ in range(20):
                await jetstream.publish("busy", b"x")
            return held | await looked()

        for _ in range(20):
            await jetstream.publish("busy", b"x")
        # the first looks show whatever they find, and it takes others until that is gone
        for _ in range(HOLDS + 1):
            await work()
        end = time.monotonic() + 3 * STUCK
        while time.monotonic() < end:
            assert await work() == set()
    await client.close()


def test_the_verb_tells_the_chain_as_text_and_as_json(stack, verb, pulsar_client, namespace):
    made = Subscriptions(pulsar_client, namespace)
    made.subscribe("nobody").close()
    made.send("nobody", 3)
    address = made.address("nobody")
    (chain,) = json.loads(verb("why", address, "--json"))
    assert (chain["address"], chain["cause"]["kind"]) == (address, "no-consumers")
    assert chain["try"]
    assert {"figure": "consumers", "value": "0"}.items() <= chain["evidence"][0].items()
    text = verb("why", address)
    assert "CAUSE     no consumers  (warning)" in text
    for one in chain["evidence"]:
        assert one["figure"] in text
    (row,) = json.loads(verb("backlog", address, "--json"))
    assert row["cause"]["text"] == "no consumers"
    assert "no consumers" in verb("backlog", address)
    assert units.whole(3) in text


async def test_a_broker_whose_direct_memory_counts_as_nearly_full(
    stack, watch, until, verb, monkeypatch
):
    """One that has really filled it ends itself: here it counts as full from what it holds."""

    def causes(store):
        return {row.cause.kind for row in store.caused(store.pulsar_brokers()) if row.cause}

    async with watch(pulsar_admin=stack.pulsar_admin).running() as (_, store):
        await until(lambda: [row for row in store.pulsar_brokers() if row.direct_used])
        assert causes(store) == set()
    monkeypatch.setattr("arcwatch.store.causes.of_servers.MEMORY", 0.001)
    async with watch(pulsar_admin=stack.pulsar_admin).running() as (_, store):
        await until(lambda: causes(store) == {"memory-full"})
        (broker,) = store.pulsar_brokers()
    (chain,) = json.loads(await asyncio.to_thread(verb, "why", f"server:{broker.broker}", "--json"))
    assert chain["cause"]["text"] == "direct memory nearly full"
    assert " of " in chain["evidence"][0]["value"]


async def test_the_verb_compares_with_yesterday_once_the_screen_was_open_then(
    stack, verb, watch, until, pulsar_client, namespace
):
    made = Subscriptions(pulsar_client, namespace)
    made.subscribe("nobody").close()
    made.send("nobody", 3)
    address = made.address("nobody")
    async with watch(pulsar_admin=stack.pulsar_admin).running() as (_, store):
        await until(lambda: any(row.address == address for row in store.backlogs()))
    clock = SimpleNamespace(now=lambda: time.time() - DAY)
    keeper = PastKeeper(store, load({}).context, clock=clock)
    keeper.sample()
    keeper.save()
    await asyncio.to_thread(made.send, "nobody", 3)
    for flags in ((), ("--json",)):
        told = await asyncio.to_thread(verb, "why", address, *flags)
        assert "2.0 × yesterday at this time" in told


def test_what_is_not_there_or_keeps_nothing_says_what_to_try(stack, capsys):
    places = [f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}", "--pulsar=off"]
    assert run([*places, "--pulsar-admin=off", "why", "js:NOT-THERE#c"]) == 1
    assert "nothing found at this address" in capsys.readouterr().err
    assert run([*places, "--pulsar-admin=off", "why", "nats:a.b"]) == 2
    assert "a subject keeps no messages" in capsys.readouterr().err


async def test_one_slow_consumer_of_many_is_told_from_too_few(
    stack, watch, until, pulsar_client, namespace, hasty, monkeypatch
):
    """Of two consumers one acknowledges nothing; of another topic both do, and lack a half."""
    monkeypatch.setattr("arcwatch.store.backlog.pace.TREND", 8.0)
    monkeypatch.setattr("arcwatch.store.backlog.pace.RECENT", 2.0)
    made, stop = Subscriptions(pulsar_client, namespace), asyncio.Event()
    made.subscribe("uneven", receiver_queue_size=1)
    busy = [
        made.subscribe("uneven", receiver_queue_size=10),
        made.subscribe("many", receiver_queue_size=10),
    ]

    def work():
        """Five batches a second of twenty messages, of which half are taken."""
        producers = [
            pulsar_client.create_producer(made.topic(which), batching_enabled=False)
            for which in ("uneven", "many")
        ]
        while not stop.is_set():
            for producer in producers:
                for _ in range(20):
                    producer.send_async(b"x", None)
                producer.flush()
            for consumer in busy:
                for _ in range(10):
                    consumer.acknowledge(consumer.receive(5_000))
            time.sleep(0.2)

    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
            engine.focus(made.topic(which) for which in ("uneven", "many"))
            slow = ("one-slow", "slow: 1 of 2 acks nothing")
            await until(lambda: shown(store, made.address("uneven")) == slow, seconds=60)
            (chain,) = store.why(made.address("uneven"))
            assert chain.evidence[0].figure == "slowest"
            few = ("too-few", "too few: 1 consumer")
            await until(lambda: shown(store, made.address("many")) == few, seconds=60)
            (chain,) = store.why(made.address("many"))
            needed = {one.figure: one.value for one in chain.evidence}["needed"]
            assert float(needed.split(" ×")[0]) == pytest.approx(2.0, abs=0.3)
    finally:
        stop.set()
        await working


async def test_keys_that_wait_for_their_old_consumer_are_told(
    stack, watch, until, pulsar_client, namespace, hasty
):
    """One holds ten keys and acknowledges none; another joins, and acknowledges its fresh keys."""
    made, stop = Subscriptions(pulsar_client, namespace), asyncio.Event()
    keyed = pulsar.ConsumerType.KeyShared
    old = made.subscribe("keys", keyed, consumer_name="old", receiver_queue_size=10)
    for number in range(10):
        made.send("keys", 1, partition_key=f"k{number}")
    held = [old.receive(5_000) for _ in range(10)]
    new = made.subscribe("keys", keyed, consumer_name="new")
    for number in range(10):
        made.send("keys", 1, partition_key=f"k{number}")

    def work():
        producer = pulsar_client.create_producer(made.topic("keys"), batching_enabled=False)
        while not stop.is_set():
            producer.send(b"x", partition_key=uuid.uuid4().hex)
            with contextlib.suppress(pulsar.Timeout):
                new.acknowledge(new.receive(200))

    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
            engine.focus([made.topic("keys")])
            expected = ("draining", "keys wait for their old consumer")
            await until(lambda: shown(store, made.address("keys")) == expected, seconds=60)
            (chain,) = store.why(made.address("keys"))
            figures = {one.figure: one.value for one in chain.evidence}
            assert figures["slowest"].startswith("old holds")
            assert "unacked" in figures["draining"]
    finally:
        stop.set()
        await working
    assert len(held) == 10
