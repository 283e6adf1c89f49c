"""Messages that any client may send, and that end nothing: each costs at most itself."""

import asyncio
import json
import os
import subprocess
import sys
import uuid

import nats
import pytest

from arcwatch.history.open import open_history
from arcwatch.session.tail import Tailing, feed_of
from arcwatch.stack.traffic.transactional_producer import TransactionalProducer as Producer
from arcwatch.wire.pulsar_frames import octets, varint
from tests.live.conftest import NOBODY

NOON = 1_762_689_600_000
"""Milliseconds; 2025-11-09 12:00 UTC."""

HOSTILE = [
    b'{"stream": "\xff\xfe", "consumer": "c", "ack_time": 1}',
    b'{"stream": "s", "consumer": "c", "ack_time": ' + b"9" * 400 + b"}",
    b'{"stream": "s", "consumer": "c", "ack_time": 1e308}',
    b'{"a": ' * 100_000,
    b"[" * 500_000,
    b'{"name": "s", "id": "i", "endpoints": [{"average_processing_time": ' + b"9" * 400 + b"}]}",
    b'{"name": "s", "id": "i", "endpoints": [{"num_requests": 1, "average_processing_time": -1e308'
    b"}]}",
    b'{"name": "\xc0\x80", "id": "i"}',
    b"\x00",
]


def arcwatch(settings, *argv):
    """A verb of ours, on these brokers."""
    places = {"nats": settings.nats, "nats-monitor": settings.nats_monitors[0]}
    places |= {"pulsar": settings.pulsar, "pulsar-admin": settings.pulsar_admin}
    flags = [f"--{name}={url}" for name, url in places.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "arcwatch", *argv, *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | NOBODY,
        text=True,
    )


async def ended(process):
    """Exit code, and what it wrote."""
    written, told = await asyncio.to_thread(process.communicate, timeout=60)
    assert "Traceback" not in told
    return process.returncode, written, told


async def test_acknowledgements_that_nobody_can_read_end_no_dashboard(settings, until, bugs):
    told = []
    tailing = Tailing(feed_of(settings))
    client = await nats.connect(settings.nats)
    subject = f"$JS.EVENT.METRIC.CONSUMER.ACK.S{uuid.uuid4().hex[:8]}"
    running = asyncio.create_task(tailing.run())
    try:
        tailing.analysis.measure(lambda system, latency: told.append(latency))
        tailing.analysis.count_subjects()
        tailing.add(f"nats:{subject}.>")
        await until(lambda: tailing.counts[0].state == "following")
        for body in HOSTILE:
            await client.publish(f"{subject}.c", body)
        sample = b'{"stream": "S", "consumer": "c", "ack_time": 2000000}'
        sent = len(HOSTILE)
        while not any(one.place == "js:S#c" for one in told):
            # what is measured is told as messages come
            await client.publish(f"{subject}.c", sample)
            sent += 1
            await asyncio.sleep(0.1)
            assert not running.done()
        await until(lambda: tailing.analysis.subjects()[-1].messages == sent)
        assert tailing.ring.end == sent
        assert not running.done()
        for index in range(tailing.ring.end):
            assert tailing.values.read(tailing.ring.message(index)).encoding
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.close()


async def test_acknowledgements_that_nobody_can_read_end_no_verb(settings):
    subject = f"$JS.EVENT.METRIC.CONSUMER.ACK.S{uuid.uuid4().hex[:8]}"
    client = await nats.connect(settings.nats)
    measuring = arcwatch(settings, "latency", "--tail", f"{subject}.>", "--for", "2s", "--json")
    tailing = arcwatch(
        settings, "tail", f"{subject}.>", "--json", f"--count={len(HOSTILE) + 1}", "--for=30s"
    )
    try:
        sample = b'{"stream": "S", "consumer": "c", "ack_time": 2000000}'
        endings = asyncio.gather(ended(tailing), ended(measuring))
        while not endings.done():
            for body in (*HOSTILE, sample):
                await client.publish(f"{subject}.c", body)
            await asyncio.wait([endings], timeout=0.3)
        (tailed, lines, _), (code, written, _) = endings.result()
    finally:
        await client.close()
    assert tailed == 0
    assert len([json.loads(line) for line in lines.splitlines()]) == len(HOSTILE) + 1
    assert code == 0
    assert "delivery to ack" in {row["name"] for row in json.loads(written)}


async def test_services_whose_answers_nobody_can_read_hide_no_others(settings):
    client = await nats.connect(settings.nats)
    good = {"name": "good", "id": "1", "version": "1.0.0", "endpoints": [{"name": "e"}]}

    async def answer(message):
        for body in (*HOSTILE, json.dumps(good).encode()):
            await message.respond(body)

    try:
        await client.subscribe("$SRV.STATS", cb=answer)
        await client.flush()
        code, written, told = await ended(arcwatch(settings, "latency", "--services", "--json"))
    finally:
        await client.close()
    assert code == 0
    assert "good" in {row["service"] for row in json.loads(written)}
    assert "answers could not be read" in told


@pytest.fixture
async def topic(stack, pulsar_client, namespace):
    """A topic with messages that no client library would send, and a plain one at the end."""
    name = f"persistent://{namespace}/hostile-{uuid.uuid4().hex[:8]}"
    pulsar_client.create_producer(name).close()
    hostile = [
        varint(12, 2**62),
        varint(12, 2**64 - 1),
        octets(4, octets(1, b"na\xffme") + octets(2, b"\xc0\x80")),
        octets(6, b"\xff\xfe"),
    ]
    async with Producer.connected(stack.pulsar, name) as producer:
        for number, more in enumerate(hostile):
            await producer.send(b"%d" % number, NOON + number, more)
        await producer.send(b"wrong clock", 2**62)
        await producer.send(b"last", NOON + 9)
    return name.removeprefix("persistent://")


BODIES = ["0", "1", "2", "3", "wrong clock", "last"]


def bodies(written):
    """What messages say, and what could not be read of them."""
    records = [json.loads(line) for line in written.splitlines()]
    return [record["value"] for record in records], records


@pytest.mark.parametrize(
    "argv",
    [
        ("tail", "--since=earliest", "--count=6", "--for=30s"),
        ("history", "--from=earliest"),
        ("history", "--limit=20"),
        ("history", "--reverse", "--limit=20"),
        ("history", "--from=earliest", "--filter=nothing-has-this"),
    ],
    ids=" ".join,
)
async def test_one_message_ends_neither_a_tail_nor_a_history(settings, topic, argv):
    code, written, told = await ended(arcwatch(settings, *argv, f"pulsar:{topic}", "--json"))
    values, records = bodies(written)
    assert code == 0, told
    if "--filter=nothing-has-this" in argv:
        # what is in those that cannot be read whole is not known
        assert "read 6 messages" in told
        return
    assert len(values) == len(BODIES)
    by_id = sorted(records, key=lambda record: int(record["id"].split(":")[1]))
    assert by_id[-1]["value"] == "last"
    late = ">2262-04-11T23:47:16.854Z"
    assert [record["event_time"] for record in by_id] == [late, *[None] * 5]
    assert by_id[4]["publish_time"] == late
    assert by_id[0]["publish_time"] == "2025-11-09T12:00:00.000Z"


async def test_one_message_ends_neither_a_search_nor_an_export_of_the_dashboard(
    settings, topic, tmp_path
):
    from arcwatch.processes.history_client import HistoryProcess
    from arcwatch.processes.history_protocol import Find, Locate, ReadPage, Write

    process = HistoryProcess(settings)
    try:
        await process.open(f"pulsar:{topic}")
        start, end = await process.ask(Locate("earliest")), await process.ask(Locate("latest"))
        found = [looked async for looked in process.task(Find(start, end, (".id",), None)).steps()]
        assert sum(looked.count for looked in found) == len(BODIES)
        page = await process.ask(ReadPage(start, 20))
        assert len(page.messages) == len(BODIES)
        path = tmp_path / "written.ndjson"
        async for looked in process.task(Write(start, end, str(path))).steps():
            last = looked
        assert last.is_over
        assert len(path.read_text().splitlines()) == len(BODIES)
    finally:
        await process.close()


async def test_a_message_whose_names_are_not_utf_8_is_there_with_its_body(settings, topic, bugs):
    async with open_history(settings, f"pulsar:{topic}") as history:
        page = await history.page_after(await history.earliest(), 20)
    assert [message.body for message in page.messages if message.unread] in ([b"2", b"3"], [])
