"""`arcwatch doctor`: faults that real brokers have, what is well beside them, and what is told."""

import asyncio
import contextlib
import io
import json
import os
import time
import uuid
from urllib.parse import urlsplit

import httpx
import nats
import pulsar
import pytest
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from arcwatch.cli import run
from arcwatch.doctor import pulsar_cluster, pulsar_topics
from arcwatch.doctor.table import BY_ID, CHECKS
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.open_topic import quotas_of
from arcwatch.stack.traffic.transactional_producer import LOOKUP, PRODUCER
from arcwatch.wire.pulsar_frames import frame, octets, varint

CONNECT = 2
"""The command of Pulsar's protocol."""

MARK = uuid.uuid4().hex[:8]
S = f"DOC-{MARK}"
JS, WELL = f"js:{S}", f"js:{S}-WELL"
SPACE = f"doc-{MARK}/bad"
PULSAR, FINE = f"pulsar:{SPACE}", f"doc-{MARK}/fine"
HOUR = 3600.0

FOUND = {
    "nats-old-client": "go 1.9.1",
    "js-unbounded": JS,
    "js-one-replica": JS,
    "js-full": f"{JS}-FULL",
    "js-in-memory": f"{JS}-MEM",
    "js-unread": f"{JS}-WQ",
    "js-long-duplicates": f"{JS}-DUP",
    "js-ack-pending": f"{JS}#narrow",
    "js-endless-redelivery": f"{JS}#endless",
    "js-short-ack-wait": f"{JS}#endless",
    "js-flow-control": f"{JS}#pushed",
    "js-unserved": f"{JS}#pushed",
    "js-generated-name": f"{JS}#worker-7f3a91c0",
    "js-paused": f"{JS}#paused",
    "js-filter": f"{JS}#lost",
    "js-pulls": f"{JS}#pulls",
    "pulsar-keeps-for-ever": SPACE,
    "pulsar-ensemble": f"namespace {SPACE}",
    "pulsar-quota-evicts": f"{FINE}-evicts",
    "pulsar-ttl-quota": f"{FINE}-evicts",
    "pulsar-subscription-pins": f"{PULSAR}/orders#nobody",
    "pulsar-generated-name": f"{PULSAR}/orders#sub-7f3a91",
    "pulsar-no-schema": f"{PULSAR}/orders",
    "pulsar-skew": f"{PULSAR}/parted",
    "pulsar-blocked": f"{PULSAR}/orders#blocked",
    "pulsar-no-quota": f"doc-{MARK}/free",
    "pulsar-quota-retention": f"doc-{MARK}/both",
    "pulsar-holes": f"{PULSAR}/orders#holey",
    "pulsar-lost-soon": f"pulsar:doc-{MARK}/soon/orders#slow",
    "pulsar-replication": f"pulsar:doc-{MARK}/geo/out",
    "pulsar-old-client": "CPP 2.8.1",
    "nats-no-auth": "n1",
    "pulsar-no-auth": "cluster standalone",
    "pulsar-single-bookie": "cluster standalone",
    "pulsar-auto-topics": "cluster standalone",
}
"""Where the brokers of the tests have a fault, by the check that finds it."""

NOT_FOUND = {
    "js-unbounded": WELL,
    "js-in-memory": WELL,
    "js-full": WELL,
    "js-unread": JS,
    "js-long-duplicates": JS,
    "js-ack-pending": f"{WELL}#fine",
    "js-endless-redelivery": f"{JS}#narrow",
    "js-unserved": f"{WELL}#fine",
    "js-generated-name": f"{JS}#narrow",
    "js-paused": f"{JS}#narrow",
    "js-filter": f"{JS}#narrow",
    "js-pulls": f"{JS}#narrow",
    "pulsar-keeps-for-ever": FINE,
    "pulsar-ensemble": f"namespace {FINE}",
    "pulsar-quota-evicts": FINE,
    "pulsar-subscription-pins": f"{PULSAR}/orders#blocked",
    "pulsar-generated-name": f"{PULSAR}/orders#nobody",
    "pulsar-no-schema": f"{PULSAR}/typed",
    "pulsar-skew": f"{PULSAR}/orders",
    "pulsar-blocked": f"{PULSAR}/orders#nobody",
    "pulsar-no-quota": SPACE,
    "pulsar-quota-retention": f"{FINE}-evicts",
    "pulsar-holes": f"{PULSAR}/orders#blocked",
    "pulsar-replication": f"{PULSAR}/orders",
    "pulsar-lost-soon": f"pulsar:doc-{MARK}/late/orders#slow",
}
"""Places beside them that are well in this respect."""

CLEAN = [
    "nats-anonymous-user nats-plain-tcp nats-monitoring-open nats-mixed-versions nats-old-version",
    "nats-max-payload nats-write-deadline nats-connections-limit nats-storage-limit",
    "nats-meta-leader nats-unhealthy nats-clock pulsar-plain-tcp pulsar-unacked-limit",
    "pulsar-direct-memory pulsar-heap pulsar-old-version pulsar-mixed-versions pulsar-not-ready",
]


def places(stack):
    return [
        *("--nats", stack.nats, "--nats-monitor", stack.nats_monitor),
        *("--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin),
    ]


@pytest.fixture(scope="module")
def told(stack):
    """What a check-up says of brokers with faults: a document of all, and one of ours alone."""
    with contextlib.ExitStack() as ending, pytest.MonkeyPatch.context() as patched:
        patched.setattr(pulsar_topics, "MANY_HOLES", 3)
        _spoil_pulsar(stack, ending)
        return asyncio.run(_spoilt_nats(stack))


async def _spoilt_nats(stack):
    client = await nats.connect(stack.nats, name="doctor test")
    js = client.jetstream()
    try:
        await _streams(js)
        await _consumers(client, js)
        async with _old_client(stack), _old_producer(stack):
            return [await asyncio.to_thread(_document, stack, *about) for about in ((), (MARK,))]
    finally:
        for info in await js.streams_info():
            if info.config.name.startswith(S):
                await js.delete_stream(info.config.name)
        await client.close()


def _document(stack, *about):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        run(["doctor", *about, "--json", *places(stack)])
    return json.loads(out.getvalue())


async def _streams(js):
    hours = 3 * HOUR
    for name, told in {
        "": {"subjects": [f"{S}.>", f"{S}-lost"]},
        "-WELL": {"max_age": hours},
        "-FULL": {"max_msgs": 2, "discard": DiscardPolicy.NEW},
        "-MEM": {"storage": StorageType.MEMORY, "max_age": hours},
        "-WQ": {"retention": RetentionPolicy.WORK_QUEUE, "max_age": hours},
        "-DUP": {"duplicate_window": 2 * HOUR, "max_age": hours},
    }.items():
        subjects = [f"{S}{name}"] if name else []
        await js.add_stream(StreamConfig(name=S + name, **{"subjects": subjects} | told))
    for subject in (f"{S}.a", f"{S}-WELL", f"{S}-FULL", f"{S}-MEM", f"{S}-WQ"):
        for _ in range(5 if subject == f"{S}.a" else 2):
            await js.publish(subject, b"x")


async def _consumers(client, js):
    async def add(stream, name, **told):
        await js.add_consumer(stream, ConsumerConfig(durable_name=name, **told))
        return stream, name

    async def pulled(stream, name):
        return await js.pull_subscribe_bind(name, stream)

    explicit = {"ack_policy": AckPolicy.EXPLICIT}
    narrow = await pulled(*await add(S, "narrow", max_ack_pending=2, max_deliver=9, **explicit))
    await narrow.fetch(2)
    endless = await pulled(*await add(S, "endless", ack_wait=1, **explicit))
    (message,) = await endless.fetch(1)
    await message.nak()
    # the server may deliver others before it takes note of that
    while not (await js.consumer_info(S, "endless")).num_redelivered:
        await endless.fetch(1)
    await add(S, "pushed", deliver_subject=f"{S}-nobody", ack_policy=AckPolicy.NONE)
    await add(S, "worker-7f3a91c0", **explicit)
    await add(S, "paused", **explicit)
    until = json.dumps({"pause_until": "2099-01-01T00:00:00Z"}).encode()
    await client.request(f"$JS.API.CONSUMER.PAUSE.{S}.paused", until)
    await add(S, "lost", filter_subject=f"{S}-lost", **explicit)
    await js.update_stream(StreamConfig(name=S, subjects=[f"{S}.>"]))
    await add(S, "pulls", max_waiting=2, filter_subject=f"{S}.none", **explicit)
    inbox = client.new_inbox()
    await client.subscribe(inbox)
    for _ in range(2):
        ask = json.dumps({"batch": 1, "expires": 60_000_000_000}).encode()
        await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{S}.pulls", ask, reply=inbox)
    await add(f"{S}-MEM", "reader", **explicit)
    await add(f"{S}-WELL", "fine", max_deliver=9, **explicit)
    await client.flush()


@contextlib.asynccontextmanager
async def _old_client(stack):
    at = urlsplit(stack.nats)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    await reader.readline()
    who = {"lang": "go", "version": "1.9.1", "name": "ancient", "verbose": False}
    writer.write(f"CONNECT {json.dumps(who)}\r\nPING\r\n".encode())
    assert await reader.readline() == b"PONG\r\n"
    try:
        yield
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def _old_producer(stack):
    """A client of Pulsar's protocol that calls itself one of 2021, connected to a topic."""
    at = urlsplit(stack.pulsar)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    who = octets(1, b"Pulsar-CPP-v2.8.1") + varint(4, 15)
    topic = f"persistent://{SPACE}/orders".encode()
    looked_up = octets(1, topic) + varint(2, 1)
    producer = octets(1, topic) + varint(2, 1) + varint(3, 2)
    asked = ((CONNECT, who), (LOOKUP, looked_up), (PRODUCER, producer))
    for kind, body in asked:
        writer.write(frame(kind, body))
        size = int.from_bytes(await reader.readexactly(4), "big")
        await reader.readexactly(size)
    try:
        yield
    finally:
        writer.close()


def _spoil_pulsar(stack, ending):
    admin = f"{stack.pulsar_admin}/admin/v2"
    with httpx.Client(timeout=30) as web:

        def send(method, path, body):
            web.request(method, f"{admin}/{path}", json=body).raise_for_status()

        far = f"far-{MARK}"
        nobody = {"serviceUrl": "http://127.0.0.1:1", "brokerServiceUrl": "pulsar://127.0.0.1:1"}
        send("PUT", f"clusters/{far}", nobody)
        send("PUT", f"tenants/doc-{MARK}", {"allowedClusters": ["standalone", far]})
        both = {"replication_clusters": ["standalone", far]}
        send("PUT", f"namespaces/doc-{MARK}/geo", both)
        ending.callback(_end_replication, web_of(stack), far)
        size = {"limitSize": 10 << 20, "limitTime": -1, "policy": "producer_exception"}
        kept = {"retentionTimeInMinutes": 60, "retentionSizeInMB": 10}
        policies = {"backlog_quota_map": {"destination_storage": size}, "retention_policies": kept}
        send("PUT", f"namespaces/doc-{MARK}/both", policies)
        send("PUT", f"namespaces/doc-{MARK}/free", {})
        without = {"limitSize": -1, "policy": "producer_exception"}
        send("POST", f"namespaces/doc-{MARK}/free/backlogQuota", without)
        for space in (SPACE, FINE, f"{FINE}-evicts"):
            send("PUT", f"namespaces/{space}", {})
        forever = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        send("POST", f"namespaces/{SPACE}/retention", forever)
        send("POST", f"namespaces/{SPACE}/maxUnackedMessagesPerSubscription", 2)
        send("PUT", f"persistent/{SPACE}/parted/partitions", 4)
        aged = {"limitTime": 3600, "policy": "consumer_backlog_eviction"}
        send("POST", f"namespaces/{FINE}-evicts/backlogQuota?backlogQuotaType=message_age", aged)
        send("POST", f"namespaces/{FINE}-evicts/messageTTL", 600)
        send("POST", f"namespaces/{FINE}/messageTTL", 600)
        for space, ttl in (("soon", 12 * HOUR), ("late", 100 * HOUR)):
            send("PUT", f"namespaces/doc-{MARK}/{space}", {})
            send("POST", f"namespaces/doc-{MARK}/{space}/messageTTL", int(ttl))
        _topics(stack, ending)
        # last: no topic could be created with it
        bookies = dict.fromkeys(("Ensemble", "WriteQuorum", "AckQuorum"), 3)
        kept = {f"bookkeeper{name}": count for name, count in bookies.items()}
        send(
            "POST", f"namespaces/{SPACE}/persistence", kept | {"managedLedgerMaxMarkDeleteRate": 0}
        )


def web_of(stack):
    return f"{stack.pulsar_admin}/admin/v2"


def _end_replication(admin, far):
    """Others' brokers are not to try for ever."""
    with httpx.Client(timeout=30) as web:
        web.post(f"{admin}/namespaces/doc-{MARK}/geo/replication", json=["standalone"])
        web.delete(f"{admin}/persistent/doc-{MARK}/geo/out?force=true")
        web.post(f"{admin}/tenants/doc-{MARK}", json={"allowedClusters": ["standalone"]})
        web.delete(f"{admin}/clusters/{far}")


def _topics(stack, ending):
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(stack.pulsar, logger=quiet)
    ending.callback(client.close)
    orders, parted = f"persistent://{SPACE}/orders", f"persistent://{SPACE}/parted"
    for name in ("nobody", "sub-7f3a91", "holey"):
        client.subscribe(orders, name).close()
    for space in ("soon", "late"):
        topic = f"persistent://doc-{MARK}/{space}/orders"
        client.subscribe(topic, "slow").close()
        unread = client.create_producer(topic, batching_enabled=False)
        for _ in range(20):
            unread.send(b"x")
    blocked = client.subscribe(orders, "blocked", pulsar.ConsumerType.Shared)
    producer = client.create_producer(orders, batching_enabled=False)
    for _ in range(9):
        producer.send(b"x")
    blocked.receive(10_000)
    earliest = pulsar.InitialPosition.Earliest
    holey = client.subscribe(
        orders,
        "holey",
        pulsar.ConsumerType.Shared,
        initial_position=earliest,
    )
    for number in range(9):
        message = holey.receive(10_000)
        if number % 2:
            holey.acknowledge(message)
    client.create_producer(f"persistent://doc-{MARK}/geo/out", batching_enabled=False).send(b"x")
    typed = client.create_producer(
        f"persistent://{SPACE}/typed", schema=pulsar.schema.StringSchema()
    )
    typed.send("x")
    skewed = client.create_producer(parted, batching_enabled=True)
    for _ in range(1_000):
        skewed.send_async(b"x", None, partition_key="one")
    skewed.flush()


def places_of(told, check):
    return {one["place"] for one in told["findings"] if one["id"] == check}


@pytest.mark.parametrize("check", FOUND)
def test_a_fault_of_a_real_broker_is_found(told, check):
    everything, ours = told
    assert FOUND[check] in places_of(everything, check) | places_of(ours, check)


@pytest.mark.parametrize("check", NOT_FOUND)
def test_what_is_well_beside_it_is_not(told, check):
    _, ours = told
    assert NOT_FOUND[check] not in places_of(ours, check)
    assert places_of(ours, check), "nothing found at all"


@pytest.mark.parametrize("check", " ".join(CLEAN).split())
def test_what_these_brokers_do_well_is_ok(told, check):
    states = {one["id"]: one["state"] for one in told[0]["checks"]}
    assert states[check] == "ok"


def test_counts_and_findings_agree(told):
    for document in told:
        counts, states = document["counts"], [one["state"] for one in document["checks"]]
        assert counts["checks"] == len(states) == len(CHECKS)
        assert counts["ok"] == states.count("ok")
        for severity in ("critical", "warning", "note"):
            found = [one for one in document["findings"] if one["severity"] == severity]
            assert counts[severity] == len(found)
        assert {one["id"] for one in document["findings"]} <= BY_ID.keys()


def test_a_check_that_does_not_exist_is_refused(stack, capsys):
    assert run(["doctor", "--only", "js-unbound", *places(stack)]) == 3
    assert "did you mean js-unbounded?" in capsys.readouterr().err


def test_nobody_answers(capsys):
    there = ["--nats", "off", "--pulsar-admin", "http://127.0.0.1:1", "--pulsar", "off"]
    assert run(["doctor", "--nats-monitor", "http://127.0.0.1:1", *there]) == 3
    out, err = capsys.readouterr()
    assert (out, "cannot connect" in err) == ("", True)


def test_a_silence_is_kept_and_dropped(told, stack, capsys):
    silenced = [
        "doctor",
        "--silence",
        "nats-no-auth",
        "--reason",
        "a test",
        "--until",
        "2099-01-01",
    ]
    assert run([*silenced, *places(stack)]) == 0
    only = ["doctor", "--only", "nats-no-auth", "--all", *places(stack)]
    assert run(only) == 0
    text = capsys.readouterr().out
    assert "1 silenced" in text
    assert "clients need no login  n1  a test until 2099-01-01" in text
    assert run(["doctor", "--unsilence", "nats-no-auth", *places(stack)]) == 0
    assert run([*only, "--fail-on", "note"]) == 1
    assert "silenced" not in capsys.readouterr().out.split("\n", 1)[1]


def test_the_list_asks_nobody(capsys):
    assert run(["doctor", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CHECKS)
    assert run(["doctor", "--list", "--json"]) == 0
    assert [check["id"] for check in json.loads(capsys.readouterr().out)] == [*BY_ID]


def only(stack, capsys, *checks):
    """What some checks came to."""
    flags = [flag for check in checks for flag in ("--only", check)]
    run(["doctor", "--json", *flags, *places(stack)])
    return {one["id"]: one["state"] for one in json.loads(capsys.readouterr().out)["checks"]}


def test_a_broker_beyond_what_counts_as_full_or_as_maintained(stack, capsys, monkeypatch):
    checks = ("pulsar-heap", "pulsar-direct-memory", "pulsar-old-version")
    assert only(stack, capsys, *checks) == dict.fromkeys(checks, "ok")
    monkeypatch.setattr(pulsar_cluster, "NEAR", 0.001)
    monkeypatch.setattr(pulsar_cluster, "PULSAR_ENDED", {(4, 0): "2020-01-01"})
    assert only(stack, capsys, *checks) == dict.fromkeys(checks, "found")


@pytest.mark.slow
def test_what_is_redelivered_for_ever_lacks_a_dead_letter_topic(stack, capsys):
    """The broker tells how much is redelivered once a minute."""
    with contextlib.ExitStack() as ending:
        client = pulsar.Client(
            stack.pulsar, logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
        )
        ending.callback(client.close)
        consumer = client.subscribe(
            f"persistent://public/default/again-{MARK}",
            "s",
            pulsar.ConsumerType.Shared,
            negative_ack_redelivery_delay_ms=200,
            message_listener=lambda receiver, message: receiver.negative_acknowledge(message),
        )
        ending.callback(consumer.unsubscribe)
        assert only(stack, capsys, "pulsar-dlq-missing") == {"pulsar-dlq-missing": "ok"}
        client.create_producer(consumer.topic()).send(b"fails")
        end = time.monotonic() + 150
        while only(stack, capsys, "pulsar-dlq-missing") != {"pulsar-dlq-missing": "found"}:
            assert time.monotonic() < end


def test_looking_at_quotas_sets_none(stack):
    """``applied=true`` would leave the broker's default among the namespace's policies."""
    admin, name = web_of(stack), f"doc-{MARK}q/plain"
    with httpx.Client(timeout=30) as web:
        tenant = {"allowedClusters": ["standalone"]}
        web.put(f"{admin}/tenants/doc-{MARK}q", json=tenant).raise_for_status()
        web.put(f"{admin}/namespaces/{name}", json={}).raise_for_status()
        web.put(f"{admin}/persistent/{name}/t").raise_for_status()

        async def asked():
            async with new_client() as client:
                cluster = PulsarCluster(stack.pulsar_admin, client)
                return await quotas_of(cluster, f"persistent://{name}/t")

        (default,) = asyncio.run(asked())
        assert (default.kind, default.size) == ("destination_storage", 10 << 30)
        for path in (f"namespaces/{name}/backlogQuotaMap", f"persistent/{name}/t/backlogQuotaMap"):
            assert web.get(f"{admin}/{path}").json() == {}
        own = {"limitSize": 5000, "policy": "producer_exception"}
        web.post(f"{admin}/namespaces/{name}/backlogQuota", json=own).raise_for_status()
        assert [one.size for one in asyncio.run(asked())] == [5000]
        none = {"limitSize": -1, "policy": "producer_exception"}
        web.post(f"{admin}/namespaces/{name}/backlogQuota", json=none).raise_for_status()
        assert asyncio.run(asked()) == ()


def test_a_context_is_named_instead_of_an_address(stack, capsys, tmp_path, monkeypatch):
    config = tmp_path / "arcwatch.toml"
    config.write_text(
        f'[context.field]\nnats = "{stack.nats}"\nnats_monitor = "{stack.nats_monitor}"\n'
        'pulsar = "off"\npulsar_admin = "off"\n'
    )
    monkeypatch.setenv("ARCWATCH_CONFIG", str(config))
    assert run(["doctor", "field", "--json", "--only", "nats-no-auth"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["context"] == "field"
    assert [one["place"] for one in document["findings"]] == ["n1"]
    assert run(["doctor", "field", "--context", "other", "--only", "nats-no-auth"]) == 3
    assert "two contexts" in capsys.readouterr().err
    for severity, code in (("never", 0), ("critical", 0), ("warning", 0), ("note", 1)):
        flags = ["--only", "nats-no-auth", "--fail-on", severity]
        assert run(["doctor", "field", *flags]) == code, severity
    capsys.readouterr()
