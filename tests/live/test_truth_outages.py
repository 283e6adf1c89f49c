"""Servers that die, come back, or never answer: a gap that says since when, and no other delay."""

import asyncio
import math
import os
import signal
import time

import nats
import pulsar
import pytest

from arcwatch.config.settings import load
from arcwatch.history.open import open_history
from arcwatch.stack import local
from arcwatch.stack.ports import Ports

pytestmark = pytest.mark.slow

NOBODY = {"ARCWATCH_CONFIG": os.devnull}
SCANNED = 60_000
"""Messages: more than are read ahead."""

START = 180.0
"""Seconds for Pulsar to start, on a machine that does much else."""


@pytest.fixture(scope="module")
def mortal(tmp_path_factory):
    """Brokers of the module's own, which come back when they are killed; Pulsar comes later."""
    brokers = local.start(tmp_path_factory.mktemp("mortal"), ports=Ports.free(), disposable=True)
    try:
        yield brokers
    finally:
        brokers.stop()


def kill(pid):
    """What no program can prepare for; its parent starts it again."""
    os.kill(pid, signal.SIGKILL)
    return time.time()


def on_their_beat(readings, beat):
    """Whether none came much later than its beat, or than 20 times what the last one took."""
    due = [first.steady + 2 * max(beat, 20 * first.took) + 1 for first in readings]
    came = [then.steady for then in readings[1:]]
    return all(then < at for then, at in zip([*came, time.monotonic()], due, strict=True))


async def test_a_nats_server_that_is_killed_is_a_gap(
    mortal, stack, watch, paced, until, admin, namespace
):
    admin.put(f"persistent/{namespace}/elsewhere").raise_for_status()
    await until(lambda: mortal.status().nats.ready)
    url = mortal.endpoints.nats_monitor
    client = await nats.connect(mortal.endpoints.nats)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await client.jetstream().publish("kept", b"x")
    await client.close()
    paced("nats", mortal.endpoints.nats, {"subject": "pub", "rate": 400}).flows()
    arcwatch = watch(nats_monitor=url, pulsar_admin=stack.pulsar_admin)
    async with arcwatch.running(refresh=0.5) as (engine, store):
        await until(lambda: rate(store) > 300 and store.nats_streams() and store.pulsar_topics())
        killed = kill(mortal.status().nats.pid)
        # it comes back after two seconds, before everything has been asked on its beat
        engine.refresh()
        await until(lambda: all(row.stale for row in everything(store)))
        (problem,) = [p for p in store.problems() if p.system == "nats"]
        assert problem.where.startswith(url)
        assert problem.since == pytest.approx(killed, abs=1.5)
        assert all(math.isnan(figure) for figure in rates(store))
        assert store.nats_servers()[0].healthy is not True
        assert not any(row.stale for row in [*store.pulsar_brokers(), *store.pulsar_topics()])

        await until(lambda: rate(store) > 300 and not store.problems(), seconds=60)
        await until(lambda: not any(row.stale for row in everything(store)))
        assert on_their_beat(store.of("metrics"), 2)
    assert [row.messages for row in store.nats_streams()] == [1]
    born = {reading.body.server_id: reading.at for reading in reversed(answers(store, "varz"))}
    told = dict(store.nats[0].traffic.points(url, "in_msgs", 0))
    assert len(born) == 2
    assert not told.keys() & born.values(), "the first answer of a server tells no rate"
    assert max(told.values()) < 800


def answers(store, part):
    return [reading for reading in store.of(part) if hasattr(reading.body, "now")]


def rate(store):
    return max((row.in_msgs_rate for row in store.nats_servers()), default=0.0)


def everything(store):
    return [
        *store.nats_servers(),
        *store.nats_connections(),
        *store.nats_streams(),
        *store.nats_consumers(),
    ]


def rates(store):
    return [
        *(row.in_msgs_rate for row in store.nats_servers()),
        *(row.in_msgs_rate for row in store.nats_connections()),
        *(row.in_msgs_rate for row in store.nats_streams()),
    ]


async def test_a_pulsar_broker_that_is_killed_is_a_gap(mortal, stack, watch, until, monkeypatch):
    monkeypatch.setattr("arcwatch.engine.schedule.MAX_BACKOFF", 2.0)
    await until(lambda: mortal.status().pulsar.ready, seconds=START)
    ends, topic = mortal.endpoints, "persistent://public/default/kept"
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(ends.pulsar, logger=quiet)
    # whoever is subscribed has the topic loaded again
    client.subscribe(topic, "all", receiver_queue_size=0)
    producer = client.create_producer(topic)
    for _ in range(10):
        producer.send(b"x")
    producer.close()
    arcwatch = watch(nats_monitor=stack.nats_monitor, pulsar_admin=ends.pulsar_admin)
    async with arcwatch.running() as (engine, store):
        await until(lambda: kept(store) and kept(store).backlog_messages == 10)
        await until(lambda: kept(store).msg_rate_in == 0)
        killed = kill(mortal.status().pulsar.pid)
        engine.refresh()

        await until(lambda: kept(store).stale and all(r.stale for r in store.pulsar_brokers()))
        (problem,) = store.problems()
        assert (problem.system, problem.since) == ("pulsar", pytest.approx(killed, abs=1.5))
        (broker,) = store.pulsar_brokers()
        figures = [kept(store).msg_rate_in, kept(store).msg_rate_out, broker.msg_rate_in]
        assert all(math.isnan(figure) for figure in figures)
        assert broker.healthy is not True
        assert not any(row.stale for row in everything(store))

        await until(lambda: mortal.status().pulsar.ready, seconds=START)
        await until(lambda: kept(store) and not kept(store).stale and not store.problems())
        assert on_their_beat(store.of("varz"), 1)
        assert kept(store).backlog_entries == 10
        assert kept(store).backlog_messages == 10 or math.isnan(kept(store).backlog_messages)
        (cluster,) = store.pulsar
        told = [rate for _, rate in cluster.topic_rates.points(topic, "msg_rate_in", 0)]
        assert set(told) <= {0.0}
    await asyncio.to_thread(client.close)


async def test_a_scan_goes_on_where_it_was_when_the_broker_comes_back(mortal, until):
    await until(lambda: mortal.status().pulsar.ready, seconds=START)
    ends, topic = mortal.endpoints, "persistent://public/default/scanned"
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(ends.pulsar, logger=quiet)
    # whatever nobody subscribes to is removed when the broker starts again
    client.subscribe(topic, "all", receiver_queue_size=0).close()
    producer = client.create_producer(topic, block_if_queue_full=True)
    for number in range(SCANNED):
        producer.send_async(b"%d" % number, lambda *_: None)
    producer.flush()
    client.close()

    def die():
        kill(mortal.status().pulsar.pid)

    assert await scanned(ends, "pulsar:public/default/scanned", die) == [*range(SCANNED)]


async def test_a_scan_goes_on_where_it_was_when_the_nats_server_comes_back(mortal, until):
    await until(lambda: mortal.status().nats.ready)
    client = await nats.connect(mortal.endpoints.nats)
    await client.jetstream().add_stream(name="SCANNED", subjects=["scanned"])
    for number in range(SCANNED - 1):
        await client.publish("scanned", b"%d" % number)
    await client.jetstream().publish("scanned", b"%d" % (SCANNED - 1))
    await client.close()

    def die():
        kill(mortal.status().nats.pid)

    assert await scanned(mortal.endpoints, "js:SCANNED", die) == [*range(SCANNED)]


async def scanned(ends, address, die):
    """The numbers that a scan brings whose broker dies after the first of them."""
    places = {"pulsar": ends.pulsar, "pulsar_admin": ends.pulsar_admin, "nats": ends.nats}
    found = []
    async with open_history(load(places, environ=NOBODY), address) as history:
        start, end = await history.earliest(), await history.latest()
        async for step in history.scan(start, end):
            if step.messages and not found:
                die()
            found += [int(message.body) for message in step.messages]
    return found


def kept(store):
    return next((row for row in store.pulsar_topics() if row.topic.endswith("/kept")), None)


async def test_servers_that_never_answer_delay_nobody(stack, watch, serve):
    async def listen(reader, writer):
        """Take a connection, and say nothing."""
        await reader.read()

    ports = [await serve(listen) for _ in range(6)]
    arcwatch = watch(
        nats_monitor=",".join([*(f"http://127.0.0.1:{p}" for p in ports), stack.nats_monitor]),
        pulsar_admin=stack.pulsar_admin,
    )
    async with arcwatch.running(refresh=0.25) as (_, store):
        await asyncio.sleep(3)
    for part, beat in [("varz", 0.25), ("connz", 0.5), ("jsz", 0.5)]:
        assert on_their_beat(store.of(part, stack.nats_monitor), beat)
    assert on_their_beat(store.of("metrics"), 2)
    assert len(store.of("varz", stack.nats_monitor)) >= 4
    assert store.problems() == []
