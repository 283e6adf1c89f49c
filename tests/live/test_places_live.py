"""What is wrong with topics, remotes, connections and links: made on real brokers, read back."""

import asyncio
import json
import socket
import time
import uuid

import nats
import pulsar
import pytest

from arcwatch.cli import run
from arcwatch.engine.engine import Engine

BEAT = 1.5
"""Seconds between two pages: in each, a limit by the second is met."""


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(Engine, "page_interval", BEAT)
    monkeypatch.setattr("arcwatch.engine.questions.SCRAPE_SHARE", 1)


def causes(rows, name):
    """Kind and text of the cause of the row whose name ends so."""
    found = [row for row in rows if getattr(row, "name", row.topic).endswith(name)]
    return [(row.cause.kind, row.cause.text) for row in found if row.cause]


@pytest.fixture
def limited(admin, namespace):
    """A topic that dispatches five messages a second, and one that takes five."""
    run = uuid.uuid4().hex[:8]
    slow, few = f"{namespace}/dispatch-{run}", f"{namespace}/publish-{run}"
    for topic in (slow, few):
        (admin.put(f"persistent/{topic}")).raise_for_status()
    rate = {"dispatchThrottlingRateInMsg": 5, "dispatchThrottlingRateInByte": -1}
    rate |= {"ratePeriodInSecond": 1, "relativeToPublishRate": False}
    answer = admin.post(f"persistent/{slow}/dispatchRate", json=rate)
    answer.raise_for_status()
    rate = {"publishThrottlingRateInMsg": 5, "publishThrottlingRateInByte": -1}
    answer = admin.post(f"persistent/{few}/publishRate", json=rate)
    answer.raise_for_status()
    yield slow, few
    for topic in (slow, few):
        admin.delete(f"persistent/{topic}?force=true")


async def test_limits_are_named_that_a_topic_meets(stack, watch, until, limited, hasty):
    slow, few = limited
    clients = [pulsar.Client(stack.pulsar, logger=quiet_logger()) for _ in limited]

    def send(client, topic, stop):
        client.subscribe(topic, "s", pulsar.ConsumerType.Shared)
        producer = client.create_producer(topic, batching_enabled=False)
        while not stop.is_set():
            producer.send_async(b"x", lambda *_: None)
            time.sleep(0.01)

    stop = asyncio.Event()
    sending = [
        asyncio.create_task(asyncio.to_thread(send, client, topic, stop))
        for client, topic in zip(clients, limited, strict=True)
    ]
    try:
        async with watch(pulsar_admin=stack.pulsar_admin).running() as (_, store):

            def found(topic):
                return causes(store.caused(store.pulsar_tree()), topic)

            await until(lambda: found(slow) == [("throttled", "throttled: topic dispatch rate")])
            (chain,) = store.why(f"pulsar:{slow}#s")
            assert (chain.evidence[0].figure, chain.evidence[0].value) == ("throttled by", "topic")
            text = "producers throttled: publish rate"
            await until(lambda: found(few) == [("producers-throttled", text)])
            assert store.why(f"pulsar:{few}")[0].cause.text == text
    finally:
        stop.set()
        await asyncio.gather(*sending)
        for client in clients:
            # the broker does not read from a connection that it holds up
            client.shutdown()


def quiet_logger():
    return pulsar.FileLogger(pulsar.LoggerLevel.Error, "/dev/null")


@pytest.fixture
def dead_remote(stack, admin):
    """A topic that is replicated to a cluster which nobody runs."""
    run = uuid.uuid4().hex[:8]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    there = {"serviceUrl": f"http://127.0.0.1:{port}"}
    there["brokerServiceUrl"] = f"pulsar://127.0.0.1:{port}"
    (local,) = admin.get("clusters").json()[:1]
    remote, tenant = f"eu-{run}", f"geo-{run}"
    (admin.put(f"clusters/{remote}", json=there)).raise_for_status()
    allowed = {"allowedClusters": [local, remote], "adminRoles": []}
    (admin.put(f"tenants/{tenant}", json=allowed)).raise_for_status()
    both = {"replication_clusters": [local, remote]}
    (admin.put(f"namespaces/{tenant}/ns", json=both)).raise_for_status()
    yield f"{tenant}/ns/orders", remote
    admin.post(f"namespaces/{tenant}/ns/replication", json=[local])
    admin.delete(f"namespaces/{tenant}/ns?force=true")
    admin.delete(f"tenants/{tenant}?force=true")
    admin.delete(f"clusters/{remote}")


async def test_a_remote_that_is_dead_is_a_backlog_with_its_name(
    stack, watch, until, pulsar_client, dead_remote, hasty, capsys
):
    topic, remote = dead_remote

    def send():
        producer = pulsar_client.create_producer(topic, batching_enabled=False)
        for _ in range(20):
            producer.send(b"x")
        producer.close()

    await asyncio.to_thread(send)
    address, text = f"pulsar:{topic}#pulsar.repl.{remote}", f"not connected to {remote}"
    async with watch(pulsar_admin=stack.pulsar_admin).running() as (_, store):

        def found():
            return {row.address: row for row in store.backlogs()}.get(address)

        row = await until(lambda: (row := found()) and row.cause and row)
        assert (row.cause.text, row.entries) == (text, 20)
        assert causes(store.caused(store.pulsar_topics()), topic) == [("disconnected", text)]
        (chain,) = store.why(address)
        assert chain.evidence[0].figure == "connected"
    argv = ["--nats=off", "--nats-monitor=off", f"--pulsar={stack.pulsar}"]
    argv += [f"--pulsar-admin={stack.pulsar_admin}"]
    assert await asyncio.to_thread(run, [*argv, "why", address, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["cause"]["kind"], told["cause"]["text"]) == ("disconnected", text)
    assert await asyncio.to_thread(run, [*argv, "pulsar", "topics", "--filter", topic]) == 0
    assert text in capsys.readouterr().out


@pytest.mark.timeout(150)
async def test_what_nobody_was_ready_for_is_lost(stack, watch, until, pulsar_client, hasty):
    """The broker tells it as a rate over its last minute."""
    topic = f"non-persistent://public/default/lossy-{uuid.uuid4().hex[:8]}"
    consumer = pulsar_client.subscribe(
        topic, "s", pulsar.ConsumerType.Shared, receiver_queue_size=1
    )
    producer = pulsar_client.create_producer(topic, batching_enabled=False)

    def send():
        for _ in range(50):
            producer.send(b"x")

    async with watch(pulsar_admin=stack.pulsar_admin).running() as (_, store):

        def lost():
            return causes(store.caused(store.pulsar_tree()), topic)

        end = time.monotonic() + 120
        while not lost() and time.monotonic() < end:
            await asyncio.to_thread(send)
            await asyncio.sleep(0.5)
        assert lost() == [("loss", "messages lost: no consumer was ready")]
        (chain,) = [one for one in store.why(f"{topic}") if one.cause]
        assert chain.evidence[0].figure == "lost"
    consumer.close()


async def test_a_client_that_dozes_is_told_before_it_is_cut_off(quiet, watch, until, capsys):
    host, port = quiet.nats.removeprefix("nats://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    writer.write(b'CONNECT {"verbose":false,"name":"dozes"}\r\nSUB big 1\r\nPING\r\n')
    await reader.readuntil(b"PONG\r\n")
    async with watch(nats_monitor=quiet.nats_monitor).running(refresh=0.3) as (_, store):

        def found():
            rows = store.caused(store.nats_connections())
            return [row for row in rows if row.cause and row.name == "dozes"]

        async with await nats.connect(quiet.nats) as client:
            for _ in range(50):
                await client.publish("big", bytes(1_000_000))
            (row,) = await until(found)
            assert (row.cause.kind, row.cause.severity) == ("near-cut", "critical")
            (chain,) = store.why(f"client:dozes#{row.cid}")
            assert chain.cause.text == "near its pending limit: reads too slowly"
            assert [one.figure for one in chain.evidence[:2]] == ["pending", "limit"]
            assert store.why(f"{row.ip}:{row.port}") == [chain]
            argv = [f"--nats={quiet.nats}", f"--nats-monitor={quiet.nats_monitor}"]
            argv += ["--pulsar=off", "--pulsar-admin=off"]
            told = await asyncio.to_thread(run, [*argv, "why", f"client:dozes#{row.cid}"])
            assert told == 0
            assert "CAUSE     near its pending limit" in capsys.readouterr().out
    writer.close()
