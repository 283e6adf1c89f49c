"""What was done to a real nats-server and a real Pulsar, read back from the list of events."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
import uuid

import nats
import pulsar
import pytest
from nats.js.api import ConsumerConfig, StreamConfig

from arcwatch.engine.engine import Engine
from arcwatch.model.pulsar_opened import TopicAbout
from arcwatch.model.reading import Failure
from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from tests.live.conftest import NOBODY

BEAT = 0.4
"""Seconds between two looks at Pulsar's figures."""


@pytest.fixture
def mortal(tmp_path):
    """A nats-server of the test's own, which comes back when it is killed."""
    server = local.start(tmp_path, ports=Ports.free(), pulsar=False, disposable=True)
    try:
        server.ready(60)
        yield server
    finally:
        server.stop()


def found(store, place):
    """Kind, text and change of every event of one place."""
    return {(one.kind, one.text, one.change) for one in store.events if one.place == place}


def answered(store):
    """The parts of which there was an answer that told something."""
    return {one.part for one in store.readings if not isinstance(one.body, Failure)}


async def test_streams_consumers_clients_and_a_restart(mortal, watch, until):
    arcwatch = watch(nats_monitor=mortal.endpoints.nats_monitor)
    async with arcwatch.running(refresh=0.3) as (_, store):
        await until(lambda: {"varz", "jsz", "connz"} <= answered(store))
        client = await nats.connect(mortal.endpoints.nats, name="worker")
        jetstream = client.jetstream()
        await jetstream.add_stream(StreamConfig(name="EVENTS", subjects=["events"]))
        config = ConsumerConfig("c", "c", ack_policy="explicit", max_ack_pending=10)
        await jetstream.add_consumer("EVENTS", config)
        created = ("created", "stream created", "")
        await until(lambda: created in found(store, "js:EVENTS"))
        await until(lambda: ("created", "consumer created", "") in found(store, "js:EVENTS#c"))
        # connections are a question of their own
        came = ("came", "client:worker")
        await until(lambda: came in {(e.kind, e.place.partition("#")[0]) for e in store.events})

        await jetstream.update_stream(StreamConfig(name="EVENTS", subjects=["events"], max_age=60))
        await jetstream.add_consumer("EVENTS", config.evolve(max_ack_pending=20))
        change = ("changed", "max age changed", "none → 1m 00s")
        await until(lambda: change in found(store, "js:EVENTS"))
        change = ("changed", "max ack pending changed", "10 → 20")
        await until(lambda: change in found(store, "js:EVENTS#c"))

        await jetstream.delete_stream("EVENTS")
        await client.close()
        await until(lambda: ("deleted", "stream deleted", "") in found(store, "js:EVENTS"))
        await until(lambda: any(e.kind == "went" for e in store.events))

        os.kill(mortal.status().nats.pid, signal.SIGKILL)
        await until(lambda: any(e.kind == "gone" for e in store.events))
        await until(lambda: any(e.kind == "restarted" for e in store.events), seconds=60)
        await until(lambda: any(e.kind == "back" for e in store.events))
    # questions of different kinds are asked beside each other
    for place in {event.place for event in store.events}:
        times = [event.at for event in store.events if event.place == place]
        assert times == sorted(times)


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(Engine, "page_interval", BEAT)
    monkeypatch.setattr("arcwatch.engine.questions.SCRAPE_SHARE", 1)


async def test_topics_subscriptions_and_a_rewind(
    stack, watch, until, pulsar_client, namespace, admin, hasty
):
    name = f"{namespace}/events-{uuid.uuid4().hex[:8]}"
    topic, sub = f"pulsar:{name}", f"pulsar:{name}#s"

    def make():
        consumer = pulsar_client.subscribe(name, "s", pulsar.ConsumerType.Shared)
        producer = pulsar_client.create_producer(name, batching_enabled=False)
        for _ in range(50):
            producer.send(b"x")
        for _ in range(50):
            consumer.acknowledge(consumer.receive(10_000))
        producer.close()
        return consumer

    async with watch(pulsar_admin=stack.pulsar_admin).running() as (_, store):
        await until(lambda: len(store.of("metrics")) > 1)
        consumer = await asyncio.to_thread(make)
        await until(lambda: ("created", "topic created or loaded", "") in found(store, topic))

        def row():
            return next((row for row in store.pulsar_topics() if row.topic.endswith(name)), None)

        await until(lambda: row() and row().consumers == 1 and row().backlog_entries == 0)
        reset = f"persistent/{name}/subscription/s/resetcursor/{1_000_000_000_000}"
        await asyncio.to_thread(lambda: admin.post(reset).raise_for_status())
        await until(lambda: any(kind == "cursor" for kind, *_ in found(store, sub)))
        await asyncio.to_thread(consumer.close)
        await until(lambda: any(k == "went" and t == "consumers" for k, t, _ in found(store, sub)))


async def test_the_verb_prints_them_as_they_happen_and_again_later(mortal):
    argv = [sys.executable, "-m", "arcwatch", "--pulsar=off", "--pulsar-admin=off"]
    argv += [f"--nats-monitor={mortal.endpoints.nats_monitor}", "events", "--json"]
    argv += ["--filter", "VERB"]
    piped = {"stdout": asyncio.subprocess.PIPE, "env": os.environ | NOBODY}
    process = await asyncio.create_subprocess_exec(*argv, **piped)
    client = await nats.connect(mortal.endpoints.nats)

    async def create():
        # until the verb has looked once, what there is is no event
        for number in itertools.count():
            # a busy server may not answer in time
            with contextlib.suppress(nats.errors.Error):
                await client.jetstream().add_stream(name=f"VERB{number}", subjects=[f"v{number}"])
            await asyncio.sleep(0.5)

    making = asyncio.create_task(create())
    reading = asyncio.create_task(process.stdout.readline())
    try:
        done, _ = await asyncio.wait({making, reading}, return_when=asyncio.FIRST_COMPLETED)
        event = json.loads(done.pop().result())
        assert event["place"].startswith("js:VERB")
        assert (event["kind"], event["how"], event["system"]) == ("created", "compared", "nats")
    finally:
        making.cancel()
        process.send_signal(signal.SIGINT)
        await process.wait()
        await client.close()
    # and once nobody looks any more, from the state folder
    process = await asyncio.create_subprocess_exec(*argv, "--since", "5m", **piped)
    kept, _ = await process.communicate()
    assert event in map(json.loads, kept.splitlines())


async def test_policies_of_a_topic_that_is_looked_at(stack, watch, until, admin, monkeypatch):
    monkeypatch.setattr("arcwatch.engine.open_topic.RARELY", 1.0)
    own = f"events-{uuid.uuid4().hex[:8]}"
    admin.put(f"tenants/{own}", json={"allowedClusters": ["standalone"]}).raise_for_status()
    admin.put(f"namespaces/{own}/ns").raise_for_status()
    admin.put(f"persistent/{own}/ns/policies").raise_for_status()
    place = f"pulsar:{own}/ns/policies"

    def change(text):
        return next((change for _, said, change in found(store, place) if said == text), "")

    async with watch(pulsar_admin=stack.pulsar_admin).running() as (engine, store):
        engine.open_topic(f"persistent://{own}/ns/policies")
        await until(lambda: any(isinstance(r.body, TopicAbout) for r in store.readings))
        admin.post(f"namespaces/{own}/ns/messageTTL", json=120).raise_for_status()
        await until(lambda: change("TTL changed") == "none → 2m 00s")
        size = {"limitSize": 5_000_000, "policy": "producer_exception"}
        admin.post(f"namespaces/{own}/ns/backlogQuota", json=size).raise_for_status()
        refused = "→ 5.00 MB, then producers are refused"
        await until(lambda: change("backlog quota changed").endswith(refused))
        kept = {"retentionTimeInMinutes": 60, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{own}/ns/retention", json=kept).raise_for_status()
        await until(lambda: change("retention changed").endswith("1h 00m"))
