"""Stored messages published again, against a ledger of what was sent."""

import asyncio
import json
import os
import re
import signal
import sys
import uuid
from collections import Counter

import httpx
import nats
import pulsar
import pytest
from nats.js.api import StreamConfig
from pulsar.schema import AvroSchema, Integer, Record, String

from arcwatch.cli import run
from tests.processed import processed

COUNT = 300


@pytest.fixture(scope="module")
def namespace(stack):
    name = f"again/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/again", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{name}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{name}/retention", json=keep).raise_for_status()
        anything = admin.put(
            f"namespaces/{name}/schemaCompatibilityStrategy", json="ALWAYS_COMPATIBLE"
        )
        anything.raise_for_status()
        for topic in ("orders", "copies"):
            admin.put(f"persistent/{name}/{topic}/partitions", json=2).raise_for_status()
        for topic in ("orders-billing-DLQ", "from-stream"):
            admin.put(f"persistent/{name}/{topic}").raise_for_status()
    return name


@pytest.fixture(scope="module")
def orders(namespace, pulsar_client):
    producer = pulsar_client.create_producer(
        f"persistent://{namespace}/orders", batching_enabled=True
    )
    for number in range(COUNT):
        producer.send_async(
            json.dumps({"n": number}).encode(),
            lambda *_: None,
            partition_key=f"k{number % 7}",
            properties={"trace": f"t{number}"},
            event_timestamp=1_700_000_000_000 + number,
        )
    producer.flush()
    producer.close()
    return f"pulsar:{namespace}/orders"


@pytest.fixture
def told(stack, capsys, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    places = ["--nats", stack.nats, "--nats-monitor", stack.nats_monitor]
    places += ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]

    def replay(*argv):
        code = run(["replay", *argv, *places])
        return code, *capsys.readouterr()

    return replay


def stored(pulsar_client, namespace, topic):
    """All messages of a topic, partition by partition."""
    found = []
    for name in pulsar_client.get_topic_partitions(f"persistent://{namespace}/{topic}"):
        reader = pulsar_client.create_reader(name, pulsar.MessageId.earliest)
        while reader.has_message_available():
            found.append(reader.read_next(5_000))
        reader.close()
    return found


def test_copies_keep_key_properties_event_time_and_the_order_of_each_key(
    orders, namespace, pulsar_client, told
):
    argv = [orders, "--from", "earliest", "--onto", f"pulsar:{namespace}/copies", "--pace", "x1000"]
    code, printed, said = told(*argv)
    assert (code, stored(pulsar_client, namespace, "copies")) == (0, [])
    assert f"300 messages to pulsar:{namespace}/copies" in printed
    assert "dry run: nothing was published" in said

    code, printed, said = told(*argv, "--json", "--allow-changes", "--yes")
    document = json.loads(printed)
    assert (code, document["published"], document["acknowledged"], document["failed"]) == (
        *(0, COUNT, COUNT, 0),
    )
    assert "published 300 of 300 messages, 300 acknowledged" in said
    assert "warning" not in said
    copies = stored(pulsar_client, namespace, "copies")
    assert len(copies) == COUNT
    order = {}
    for copy in copies:
        number = json.loads(copy.data())["n"]
        properties = copy.properties()
        origin = properties.pop("arcwatch-replayed-from")
        assert origin.startswith(f"{orders}-partition-")
        assert properties == {"trace": f"t{number}"}
        assert copy.partition_key() == f"k{number % 7}"
        assert copy.event_timestamp() == 1_700_000_000_000 + number
        order.setdefault(copy.partition_key(), []).append(number)
    assert all(numbers == sorted(numbers) for numbers in order.values())

    _, _, said = told(*argv, "--filter", ".value.n < 10")
    assert "warning: 300 messages were already replayed from here to there" in said
    elsewhere = [*argv[:3], "--onto", f"pulsar:{namespace}/from-stream"]
    assert "warning" not in told(*elsewhere)[2]


class Old(Record):
    n = Integer()


class New(Record):
    n = Integer()
    state = String()


def test_copies_keep_the_schema_where_the_target_has_it_and_their_order(
    namespace, pulsar_client, told
):
    source, target = (f"persistent://{namespace}/written-{one}" for one in ("there", "again"))
    sent = [Old(n=1), Old(n=2), New(n=3, state="late"), Old(n=4)]
    # the target's versions are numbered the other way round
    for topic, shapes in ((source, (Old, New)), (target, (New, Old))):
        for shape in shapes:
            pulsar_client.create_producer(topic, schema=AvroSchema(shape)).close()
    for record in sent:
        producer = pulsar_client.create_producer(source, schema=AvroSchema(type(record)))
        producer.send(record)
        producer.close()
    argv = [f"pulsar:{namespace}/written-there", "--from", "earliest", "--pace", "x9"]
    _, printed, _ = told(*argv, "--onto", f"pulsar:{namespace}/copies")
    assert "4 are published as bytes, without a schema" in printed
    code, printed, _ = told(
        *argv, "--onto", f"pulsar:{namespace}/written-again", "--allow-changes", "--yes"
    )
    assert (code, "without a schema" in printed) == (0, False)
    found = stored(pulsar_client, namespace, "written-again")
    assert [ord(m.schema_version()[-1]) for m in found] == [1, 1, 0, 1]
    assert [m.data() for m in found] == [AvroSchema(type(r)).encode(r) for r in sent]


def test_a_target_that_is_not_there_gets_nothing_and_that_is_a_failure(orders, namespace, told):
    onto = f"pulsar:{namespace}/not-there"
    argv = [orders, "--from", "earliest", "--limit", "3", "--onto", onto]
    code, printed, said = told(*argv)
    assert (code, "dry run" in said) == (0, True)
    assert f"3 messages to {onto}  not published: no such topic" in printed
    code, _, said = told(*argv, "--allow-changes", "--yes")
    assert (code, "nothing was published" in said) == (1, True)


def test_dead_letters_go_back_to_where_they_came_from(orders, namespace, pulsar_client, told):
    topic = f"persistent://{namespace}/orders-billing-DLQ"
    producer = pulsar_client.create_producer(topic)
    real = f"persistent://{namespace}/orders-partition-1"
    buried = {"ORIGIN_MESSAGE_ID": "1:2:3", "RECONSUMETIMES": "16"}
    for number in range(5):
        producer.send(
            b'{"n": %d}' % (1_000 + number),
            properties={"REAL_TOPIC": real, "why": "late", **buried},
        )
    producer.send(b"lost", properties={"why": "no origin"})
    producer.send(b"elsewhere", properties={"REAL_TOPIC": f"persistent://{namespace}/gone"})
    producer.close()
    argv = [f"pulsar:{namespace}/orders-billing-DLQ", "--from", "earliest", "--onto", "origin"]
    code, printed, said = told(*argv, "--pace", "500/s", "--allow-changes", "--yes")
    # what has no place to go to stays, and says so
    assert code == 1
    assert f"5 messages to {orders}\n" in printed
    assert f"to pulsar:{namespace}/gone  not published: no such topic" in printed
    assert "1 not published: their origin is unknown" in printed
    assert "published 5 of 5 messages, 5 acknowledged" in said
    back = [
        m for m in stored(pulsar_client, namespace, "orders") if json.loads(m.data())["n"] >= 1_000
    ]
    assert len(back) == 5
    assert {*back[0].properties()} == {"why", "arcwatch-replayed-from"}
    listed = pulsar_client.get_topic_partitions(f"persistent://{namespace}/orders")
    assert len(listed) == 2


@pytest.fixture
async def bus(stack):
    client = await nats.connect(stack.nats)
    yield client
    await client.close()


@pytest.fixture
async def streams(bus):
    js, name = bus.jetstream(), f"AGAIN{uuid.uuid4().hex[:8]}"
    await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.in.>"]))
    await js.add_stream(StreamConfig(name=f"{name}-OUT", subjects=[f"{name}.out.>"]))
    for number in range(100):
        headers = {"Trace": f"t{number}", "Nats-Msg-Id": f"m{number}", "a": "b"}
        await js.publish(f"{name}.in.{number % 3}", b"%d" % number, headers=headers)
    return name


async def test_a_streams_messages_go_behind_a_prefix_with_their_headers(streams, bus, told):
    argv = [f"js:{streams}", "--from", "#11", "--to", "#61", "--pace", "x100"]
    onto = ["--onto", f"nats:{streams}.out.>"]
    code, printed, said = await asyncio.to_thread(told, *argv, *onto, "--allow-changes", "--yes")
    assert (code, "published 50 of 50 messages, 50 acknowledged" in said) == (0, True)
    assert f"17 messages to nats:{streams}.out.{streams}.in.1\n" in printed
    js = bus.jetstream()
    info = await js.stream_info(f"{streams}-OUT", subjects_filter=">")
    assert info.state.subjects == {
        f"{streams}.out.{streams}.in.{n}": count
        for n, count in Counter(n % 3 for n in range(10, 60)).items()
    }
    first = await js.get_msg(f"{streams}-OUT", 1)
    assert first.data == b"10"
    assert first.headers == {
        "Trace": "t10",
        "a": "b",
        "arcwatch-replayed-from": f"js:{streams} #11",
    }


async def test_a_subject_that_no_stream_keeps_gets_all_of_them_too(streams, bus, told):
    heard = []

    async def hear(message):
        heard.append(message.data)

    await bus.subscribe(f"plain.{streams}", cb=hear)
    await processed(bus)
    argv = [f"js:{streams}", "--from", "earliest", "--limit", "30", "--pace", "5000/s"]
    onto = ["--onto", f"nats:plain.{streams}", "--allow-changes", "--yes"]
    code, _, said = await asyncio.to_thread(told, *argv, *onto)
    assert (code, "core NATS acknowledges nothing" in said) == (0, True)
    await processed(bus)
    assert heard == [b"%d" % number for number in range(30)]


async def test_ctrl_c_ends_with_totals_that_are_exact(streams, bus, stack):
    heard = asyncio.Event()

    async def hear(_):
        heard.set()

    await bus.subscribe(f"{streams}.out.x", cb=hear)
    await processed(bus)
    argv = [f"js:{streams}", "--from", "earliest", "--pace", "20/s", "--allow-changes", "--yes"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "arcwatch", "replay", *argv, "--onto", f"nats:{streams}.out.x"),
        *("--nats", stack.nats, "--pulsar", "off"),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        env=os.environ | {"ARCWATCH_CONFIG": os.devnull},
    )
    async with asyncio.timeout(30):
        await heard.wait()
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    told = re.search(
        r"published (\d+) of 100 messages, (\d+) acknowledged, interrupted", said.decode()
    )
    stored = (await bus.jetstream().stream_info(f"{streams}-OUT")).state.messages
    assert process.returncode == 130
    assert int(told[1]) == int(told[2]) == stored


async def test_what_crosses_from_nats_to_pulsar_keeps_its_headers(
    streams, namespace, pulsar_client, told
):
    argv = [f"js:{streams}/{streams}.in.2", "--from", "earliest", "--pace", "x1000"]
    onto = ["--onto", f"pulsar:{namespace}/from-stream", "--allow-changes", "--yes"]
    code, *_ = await asyncio.to_thread(told, *argv, *onto)
    found = await asyncio.to_thread(stored, pulsar_client, namespace, "from-stream")
    assert (code, [int(m.data()) for m in found]) == (0, list(range(2, 100, 3)))
    assert found[0].properties() == {
        "Trace": "t2",
        "a": "b",
        "arcwatch-replayed-from": f"js:{streams} #3",
    }


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["js:X", "--onto", "nats:a"], "no window is given"),
        (["js:X", "--from", "1m", "--onto", "js:Y"], "nothing is published to a stream"),
        (["js:X", "--from", "1m", "--onto", "nats:a.*"], "not one subject"),
        (["js:X", "--from", "1m", "--onto", "pulsar:a/b/*"], "not one topic"),
        (["js:X", "--from", "1m", "--onto", "nats:a", "--pace", "soon"], "not a rate"),
        (["js:X", "--from", "1m", "--onto", "nats:a", "--pace", "0/s"], "not a rate"),
        (["js:X", "--from", "1m", "--onto", "nats:a", "--yes"], "--yes publishes nothing"),
        (["a.b", "--from", "1m", "--onto", "nats:a"], "core NATS stores nothing"),
    ],
)
def test_what_cannot_be_replayed_is_a_mistake_of_two_lines(told, argv, said):
    code, printed, complaint = told(*argv)
    assert (code, printed) == (2, "")
    assert said in complaint
    assert len(complaint.splitlines()) <= 2
