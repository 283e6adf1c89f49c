"""Stored Pulsar messages against a ledger of what was sent, on a real broker."""

import asyncio
import json
import os
import random
import time
import uuid
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import pairwise

import httpx
import pulsar
import pytest

from arcwatch.changes.rewind import open_rewinding
from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.errors import NotThereError, UsageError
from arcwatch.history import due_times, search
from arcwatch.history.key_state import State
from arcwatch.history.open import open_history
from arcwatch.history.time_buckets import buckets
from arcwatch.notation.own_names import is_ours
from arcwatch.notation.times import (
    Earliest,
    Instant,
    Latest,
    PulsarPosition,
    StreamSequence,
    parse_time,
)
from arcwatch.stack.traffic.transactional_producer import TransactionalProducer as Producer
from arcwatch.wire.pulsar_frames import varint

COUNT = 8_000
"""Messages of each of the two topics."""

NOWHERE = {"ARCWATCH_CONFIG": os.devnull}


class Truth:
    """A topic as it was sent: ``messages`` are (publish ms, partition, place, number) in order."""

    def __init__(self, address, messages):
        self.address = address
        self.messages = sorted(messages)
        self.numbers = [number for *_, number in self.messages]
        self.times = sorted({time for time, *_ in self.messages})

    def before(self, ms):
        """How many were published before."""
        return sum(time < ms for time, *_ in self.messages)


@pytest.fixture(scope="module")
def namespace(stack):
    name = f"past/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/past", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{name}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{name}/retention", json=keep).raise_for_status()
    return name


@pytest.fixture
async def admin(stack):
    async with httpx.AsyncClient(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        yield admin


@pytest.fixture(scope="module")
def topics(stack, namespace, pulsar_client):
    """A plain topic and one with partitions, both with a subscription that stands in the middle."""
    url = f"{stack.pulsar_admin}/admin/v2/persistent/{namespace}/parted/partitions"
    httpx.put(url, json=3, timeout=30).raise_for_status()
    found = {}
    for name in ("plain", "parted"):
        full = f"persistent://{namespace}/{name}"
        consumer = pulsar_client.subscribe(full, "billing")
        sent = send(pulsar_client, full, batch=100 if name == "parted" else 330)
        for _ in range(50):
            consumer.acknowledge(consumer.receive(5_000))
        consumer.close()
        found[name] = truth_of(pulsar_client, f"pulsar:{namespace}/{name}", sent)
    return found


def send(pulsar_client, topic, *, batch):
    """Numbered messages, and where the broker says that it put each."""
    producer = pulsar_client.create_producer(
        topic,
        batching_enabled=True,
        batching_max_messages=batch,
        batching_max_publish_delay_ms=2,
        compression_type=pulsar.CompressionType.LZ4,
        block_if_queue_full=True,
    )
    sent = {}

    def told(number):
        def tell(result, place):
            assert result == pulsar.Result.Ok
            sent[number] = (
                place.partition(),
                place.ledger_id(),
                place.entry_id(),
                place.batch_index(),
            )

        return tell

    for number in range(COUNT):
        body = json.dumps({"n": number, "state": "late" if number % 40 == 7 else "done"}).encode()
        properties = {"trace": f"t{number}"} if number % 3 == 0 else {}
        producer.send_async(
            body, told(number), partition_key=f"agent-{number % 60}", properties=properties
        )
    producer.flush()
    producer.close()
    return sent


def truth_of(pulsar_client, address, sent):
    """What was sent with the times that a reader of the client library's own tells."""
    times = {}
    topic = f"persistent://{address.removeprefix('pulsar:')}"
    for partition in sorted({place[0] for place in sent.values()}):
        name = topic if partition < 0 else f"{topic}-partition-{partition}"
        reader = pulsar_client.create_reader(name, pulsar.MessageId.earliest)
        while reader.has_message_available():
            message = reader.read_next(5_000)
            times[json.loads(message.data())["n"]] = message.publish_timestamp()
        reader.close()
    assert times.keys() == sent.keys()
    return Truth(address, [(times[n], max(place[0], 0), place[1:], n) for n, place in sent.items()])


@pytest.fixture
def settings(stack):
    places = {"pulsar": stack.pulsar, "pulsar_admin": stack.pulsar_admin, "nats": "off"}
    return load(places, environ=NOWHERE)


@pytest.fixture
async def opened(settings):
    """Opens histories: ``await opened("pulsar:…")``."""
    async with AsyncExitStack() as open_now:
        yield lambda address: open_now.enter_async_context(open_history(settings, address))


def numbers(messages):
    return [json.loads(message.body)["n"] for message in messages]


BOTH = pytest.mark.parametrize("name", ["plain", "parted"])


@BOTH
async def test_a_jump_lands_on_the_first_message_at_or_after_the_time(topics, opened, name):
    truth, history = topics[name], await opened(topics[name].address)
    rng = random.Random(5)
    for ms in [
        truth.times[0] - 1,
        *rng.sample(truth.times, 5),
        truth.times[-1],
        truth.times[-1] + 1,
    ]:
        for ns in (ms * 1_000_000, ms * 1_000_000 - 1):
            page = await history.page_at(Instant(ns), 20)
            first = truth.before(ms)
            assert numbers(page.messages) == truth.numbers[first : first + 20]
    assert (await history.page_at(Instant(truth.times[-1] * 1_000_000 + 1), 20)).last


@BOTH
async def test_pages_up_and_down_are_the_truth_without_gap_or_duplicate(topics, opened, name):
    truth, history = topics[name], await opened(topics[name].address)
    rng = random.Random(3)
    ms = truth.times[len(truth.times) // 2]
    page, at = await history.page_at(Instant(ms * 1_000_000), 40), truth.before(ms)
    end = at + 40
    for _ in range(14):
        limit = rng.choice([1, 7, 50, 400])
        if rng.random() < 0.5:
            page = await history.page_after(page.end, limit)
            at, end = end, min(end + limit, COUNT)
        else:
            page = await history.page_before(page.start, limit)
            at, end = max(at - limit, 0), at
        assert numbers(page.messages) == truth.numbers[at:end]
        assert (
            numbers((await history.page_after(page.start, limit, page.end)).messages)
            == (truth.numbers[at:end])
        )


@BOTH
async def test_both_edges_are_known(topics, opened, name):
    truth, history = topics[name], await opened(topics[name].address)
    head = await history.page_at(Earliest(), 30)
    assert (head.first, head.last) == (True, False)
    assert numbers(head.messages) == truth.numbers[:30]
    above = await history.page_before(head.start, 30)
    assert (above.messages, above.first) == ((), True)
    tail = await history.page_before(await history.at(Latest()), 30)
    assert numbers(tail.messages) == truth.numbers[-30:]
    assert (await history.page_after(tail.end, 30)).last
    back_to_the_top = await history.page_before(head.end, 500)
    assert (numbers(back_to_the_top.messages), back_to_the_top.first) == (truth.numbers[:30], True)


@BOTH
async def test_the_id_of_a_message_is_a_time(topics, opened, name):
    truth, history = topics[name], await opened(topics[name].address)
    page = await history.page_at(Instant(truth.times[len(truth.times) // 3] * 1_000_000), 60)
    for message in page.messages[::17]:
        moment = parse_time(message.id, 0)
        first = truth.numbers.index(numbers([message])[0])
        assert (
            numbers((await history.page_at(moment, 5)).messages)
            == (truth.numbers[first : first + 5])
        )
        before = await history.page_before(await history.at(moment), 5)
        assert numbers(before.messages) == truth.numbers[max(first - 5, 0) : first]


@BOTH
async def test_a_scan_of_a_window_is_the_window(topics, opened, name):
    truth, history = topics[name], await opened(topics[name].address)
    first, last = truth.times[len(truth.times) // 4], truth.times[3 * len(truth.times) // 4]
    start, end = await asyncio.gather(
        history.at(Instant(first * 1_000_000)), history.at(Instant(last * 1_000_000))
    )
    steps = [step async for step in history.scan(start, end)]
    found = [number for step in steps for number in numbers(step.messages)]
    assert found == truth.numbers[truth.before(first) : truth.before(last)]
    assert sum(step.scanned for step in steps) == len(found)
    assert steps[-1].done == 1.0
    assert all(a.done <= b.done and a.time <= b.time for a, b in pairwise(steps))
    late = [step async for step in history.scan(start, end, ["late"])]
    assert sum(step.scanned for step in late) == len(found)
    wanted = [number for number in found if number % 40 == 7]
    assert [number for step in late for number in numbers(step.messages)] == wanted


@BOTH
async def test_the_state_at_a_moment_is_a_fold_over_what_came_before(topics, opened, name):
    truth, history = topics[name], await opened(topics[name].address)
    ms = truth.times[len(truth.times) // 3]
    state = State()
    async for step in state.follow(history.last(await history.at(Instant(ms * 1_000_000)))):
        assert step.scanned or step.done
    # a key is always in the same partition, whose order is the one it was sent in
    expected = {(truth.address, f"agent-{n % 60}"): n for n in truth.numbers[: truth.before(ms)]}
    found = {identity: numbers([message])[0] for identity, message in state.last.items()}
    assert (found, state.keyless, state.scanned) == (expected, 0, truth.before(ms))


@BOTH
async def test_a_timeline_comes_from_few_of_the_messages(topics, opened, name):
    truth, history = topics[name], await opened(topics[name].address)
    extent = await history.extent()
    assert extent.first_time == truth.times[0] * 1_000_000
    assert extent.last_time == truth.times[-1] * 1_000_000
    assert extent.edge == "kept forever"
    assert extent.messages == pytest.approx(COUNT, rel=0.1)
    middle = (extent.first_time + extent.last_time) // 2
    left, right = buckets(extent.stretches, extent.first_time, extent.last_time + 1, 2)
    # within a stretch nobody knows when: on a busy machine messages come in bursts
    unsure = sum(each.messages for each in extent.stretches if each.start <= middle <= each.end)
    before = truth.before(-(-middle // 1_000_000))
    assert left.messages == pytest.approx(before, abs=unsure + COUNT / 20)
    assert unsure < COUNT / 4
    assert left.messages + right.messages == pytest.approx(extent.messages, rel=1e-3)
    # of a part more is known, at the same cost
    start, end = truth.times[len(truth.times) // 2], truth.times[len(truth.times) * 5 // 8]
    part = await history.extent((start * 1_000_000, end * 1_000_000))
    assert part.messages == pytest.approx(truth.before(end) - truth.before(start), abs=COUNT / 40)
    assert start <= part.first_time // 1_000_000 <= part.last_time // 1_000_000 <= end
    assert 0 < part.looks <= extent.looks


async def test_one_partition_is_a_history_of_its_own(topics, opened):
    truth = topics["parted"]
    history = await opened(f"{truth.address}-partition-1")
    page = await history.page_at(Earliest(), 25)
    assert numbers(page.messages) == [n for _, p, _, n in truth.messages if p == 1][:25]


async def cursors(admin, namespace):
    """Where every subscription stands, but our own."""
    found = {}
    for name in (await admin.get(f"persistent/{namespace}")).json():
        path = f"persistent/{name.partition('://')[2]}"
        stats = (await admin.get(f"{path}/stats")).json()
        internal = (await admin.get(f"{path}/internalStats")).json()
        found[name] = {
            sub: (told["msgBacklog"], told["isDurable"], told["type"], cursor["markDeletePosition"])
            for sub, told in stats["subscriptions"].items()
            if not is_ours(sub) and (cursor := internal["cursors"][sub])
        }
    return found


async def test_looking_changes_no_subscription_and_makes_no_topic(
    admin, topics, namespace, opened, settings
):
    before = await cursors(admin, namespace)
    assert any(before.values())
    history = await opened(topics["parted"].address)
    page = await history.page_before(await history.latest(), 300)
    for _ in range(5):
        page = await history.page_before(page.start, 300)
    async for _ in history.scan(await history.earliest(), await history.latest()):
        pass
    await history.extent()
    state = State()
    async for _ in state.follow(history.last(page.end)):
        pass
    async with open_rewinding(settings, f"{topics['parted'].address}#billing") as rewinding:
        counting = rewinding.count(await rewinding.preview(Latest()))
        assert [step async for step in counting.steps()]
    with pytest.raises(NotThereError):
        await opened(f"pulsar:{namespace}/nobody")
    async with open_rewinding(settings, f"pulsar:{namespace}/plain#nobody") as rewinding:
        with pytest.raises(NotThereError, match="no such subscription"):
            await rewinding.preview(Latest())
    with pytest.raises(NotThereError):
        await opened(f"pulsar:{namespace}/parted-partition-9")
    assert await cursors(admin, namespace) == before


async def test_a_topic_that_is_deleted_while_it_is_browsed_is_not_created_again(
    admin, namespace, pulsar_client, opened
):
    name = f"persistent://{namespace}/gone"
    producer = pulsar_client.create_producer(name)
    producer.send(b"{}")
    producer.close()
    history = await opened(f"pulsar:{namespace}/gone")
    page = await history.page_at(Earliest(), 5)
    (await admin.delete(f"persistent/{namespace}/gone?force=true")).raise_for_status()
    with pytest.raises(NotThereError):
        await history.page_after(page.end, 5)
    with pytest.raises(NotThereError):
        [step async for step in history.scan(await history.earliest(), page.end)]
    assert name not in (await admin.get(f"persistent/{namespace}")).json()


@BOTH
async def test_a_topic_that_is_unloaded_while_it_is_read_is_read_on(topics, opened, admin, name):
    truth, history = topics[name], await opened(topics[name].address)
    page = await history.page_at(Earliest(), 40)
    seen = []
    async for step in history.scan(await history.earliest(), await history.latest()):
        if not seen:
            path = f"persistent/{truth.address.removeprefix('pulsar:')}/unload"
            (await admin.put(path)).raise_for_status()
        seen += numbers(step.messages)
    assert seen == truth.numbers
    assert numbers((await history.page_after(page.end, 40)).messages) == truth.numbers[40:80]


async def test_what_was_trimmed_is_not_there_and_what_is_left_begins_later(
    admin, namespace, pulsar_client, opened
):
    name = f"persistent://{namespace}/trimmed"
    path = f"persistent/{namespace}/trimmed"
    consumer = pulsar_client.subscribe(name, "gone")
    (
        await admin.post(
            f"{path}/retention", json={"retentionTimeInMinutes": 0, "retentionSizeInMB": 0}
        )
    ).raise_for_status()
    producer = pulsar_client.create_producer(name)
    old = [producer.send(b'{"n": %d}' % number) for number in range(20)]
    for _ in old:
        last = consumer.receive(5_000)
    producer.close()
    consumer.close()
    # acknowledges them all before it answers, as consumers do not
    (await admin.post(f"{path}/subscription/gone/skip_all")).raise_for_status()
    (await admin.put(f"{path}/unload")).raise_for_status()
    producer = pulsar_client.create_producer(name)
    new = [producer.send(b'{"n": %d}' % number) for number in range(20, 25)]
    producer.close()
    gone = str(old[0].ledger_id())

    async def ledgers():
        found = (await admin.get(f"{path}/internal-info")).json()["ledgers"]
        return [str(each["ledgerId"]) for each in found]

    # the broker removes the ledger in its own time, once the cursor has left it
    for _ in range(100):
        await admin.post(f"{path}/trim")
        if gone not in await ledgers():
            break
        await asyncio.sleep(0.1)
    assert gone not in await ledgers()
    history = await opened(f"pulsar:{namespace}/trimmed")
    first = await history.page_at(Instant(last.publish_timestamp() * 1_000_000), 50)
    assert numbers(first.messages) == [20, 21, 22, 23, 24]
    assert (await history.page_before(first.start, 50)).messages == ()
    with pytest.raises(NotThereError, match="no such message") as caught:
        await history.at(PulsarPosition(int(gone), 3))
    assert "removed" in caught.value.why
    extent = await history.extent()
    assert extent.first_time == first.messages[0].publish_time
    assert extent.messages == len(new)
    assert extent.edge == "no retention: acknowledged messages are removed"


async def test_a_rewind_to_a_message_in_chunks_is_to_its_first_one(
    namespace, pulsar_client, opened, settings
):
    name = f"persistent://{namespace}/in-chunks"
    subscription = pulsar_client.subscribe(name, "billing")
    chunks = pulsar_client.create_producer(name, chunking_enabled=True, batching_enabled=False)
    for body in (b"1", os.urandom(6_000_000), b"3"):
        chunks.send(body)
    chunks.close()
    history = await opened(f"pulsar:{namespace}/in-chunks")
    _, large, _ = (await history.page_at(Earliest(), 3)).messages
    last = parse_time(large.id, now=0)
    # what is to be read again is the whole message
    subscription.close()
    async with open_rewinding(settings, f"pulsar:{namespace}/in-chunks#billing") as rewinding:
        (part,) = (await rewinding.preview(last)).parts
        assert part.then == (last.ledger, 1)
        assert last.entry > 1
        moved = []
        await rewinding.carry_out(await rewinding.preview(last), moved)
    subscription = pulsar_client.subscribe(name, "billing")
    message = await asyncio.to_thread(subscription.receive, 20_000)
    assert message.data() == large.body
    subscription.close()


async def test_messages_of_every_kind_are_told_whole(namespace, pulsar_client, opened):
    """In chunks, empty, in a batch of 1,000, delayed, with properties beyond what REST can tell."""
    name = f"persistent://{namespace}/odd"
    chunks = pulsar_client.create_producer(name, chunking_enabled=True, batching_enabled=False)
    large = os.urandom(6_000_000)
    for body in (b"1", large, b"3"):
        chunks.send(body)
    chunks.send(b"", partition_key="gone")
    chunks.send(b"5", properties={"long": "x" * 20_000})
    chunks.send(b"6", deliver_after=timedelta(hours=1))
    chunks.close()
    batch = pulsar_client.create_producer(
        name, batching_enabled=True, batching_max_messages=1_000, batching_max_publish_delay_ms=500
    )
    for number in range(1_000):
        batch.send_async(str(number).encode(), lambda *_: None)
    batch.flush()
    batch.close()
    sent = [b"1", large, b"3", b"", b"5", b"6", *(str(n).encode() for n in range(1_000))]
    history = await opened(f"pulsar:{namespace}/odd")
    page, seen = await history.page_at(Earliest(), 2), []
    while page.messages:
        seen += [message.body for message in page.messages]
        page = await history.page_after(page.end, 2 if len(seen) < 12 else 400)
    assert seen == sent
    for message in (await history.page_at(Earliest(), 8)).messages:
        (again,) = (await history.page_at(parse_time(message.id, now=0), 1)).messages
        assert (again.id, again.body) == (message.id, message.body)
    page, seen = await history.page_before(await history.latest(), 997), []
    while page.messages:
        seen = [message.body for message in page.messages] + seen
        page = await history.page_before(page.start, 2)
    assert seen == sent
    scanned = [
        step async for step in history.scan(await history.earliest(), await history.latest())
    ]
    assert [message.body for step in scanned for message in step.messages] == sent


async def test_a_time_after_the_last_message_is_the_end_of_a_topic_that_was_loaded_again(
    namespace, pulsar_client, opened, admin, stack, capsys
):
    topic = f"{namespace}/loaded-again"
    producer = pulsar_client.create_producer(f"persistent://{topic}")
    producer.send(b"1", partition_key="a")
    producer.close()
    (await admin.put(f"persistent/{topic}/unload")).raise_for_status()
    # loaded again, it has an empty ledger behind the one with its messages
    pulsar_client.create_producer(f"persistent://{topic}").close()
    moment = Instant(time.time_ns())
    history = await opened(f"pulsar:{topic}")
    assert await history.at(moment) == await history.latest()
    places = ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin, "--nats", "off"]
    since = f"{moment.ns // 10**6 - 1}"
    argv = ["history", f"pulsar:{topic}", "--diff", since, "now", *places]
    assert await asyncio.to_thread(run, argv) == 0
    assert capsys.readouterr().out == ""


async def test_delayed_messages_are_told_with_when_they_are_due(
    namespace, pulsar_client, stack, capsys, monkeypatch
):
    producer = pulsar_client.create_producer(f"persistent://{namespace}/delayed")
    at = 1_900_000_000_123
    producer.send(b'"now"')
    producer.send(b'"then"', deliver_at=at)
    producer.send(b'"hour"', deliver_after=timedelta(hours=1))
    producer.close()
    places = ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin, "--nats", "off"]
    argv = ["history", f"pulsar:{namespace}/delayed", *places]
    assert await asyncio.to_thread(run, [*argv, "--json"]) == 0
    now, then, hour = map(json.loads, capsys.readouterr().out.splitlines())
    assert (now["deliver_at"], then["deliver_at"]) == (None, "2030-03-17T17:46:40.123Z")
    due, sent = (parse_time(hour[name], now=0).ns for name in ("deliver_at", "publish_time"))
    assert 3_590 * 10**9 < due - sent < 3_610 * 10**9
    assert await asyncio.to_thread(run, argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["due 2030-03-17T17:46:40.123Z" in line for line in lines] == [False, True, False]
    # what is not asked about is counted
    monkeypatch.setattr(due_times, "MOST_LOOKUPS", 2)
    assert await asyncio.to_thread(run, [*argv, "--from", "earliest", "--json"]) == 0
    printed, said = capsys.readouterr()
    assert json.loads(printed.splitlines()[2])["deliver_at"] is None
    assert "due times are unknown for 1 messages after the first 2" in said


async def test_a_time_too_late_to_be_written_is_said_to_be_later(namespace, stack, capsys):
    name = f"{namespace}/late"
    last = 2**63 - 1
    more = [b"", varint(12, last), varint(19, 10_000_000_000_000), varint(19, last)]
    async with Producer.connected(stack.pulsar, f"persistent://{name}") as producer:
        for number, fields in enumerate(more):
            now = time.time_ns() // 10**6
            await producer.send(b"%d" % number, now if number else last, fields)
    places = ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin, "--nats", "off"]
    argv = ["history", f"pulsar:{name}", *places]
    assert await asyncio.to_thread(run, [*argv, "--json"]) == 0
    records = list(map(json.loads, capsys.readouterr().out.splitlines()))
    late = ">2262-04-11T23:47:16.854Z"
    names = ("publish_time", "event_time", "deliver_at")
    found = [tuple(record[name] == late for name in names) for record in records]
    assert found == [(True, False, False), (False, True, False), *[(False, False, True)] * 2]
    assert await asyncio.to_thread(run, argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith(late) for line in lines] == [True, False, False, False]
    assert [f"due {late}" in line for line in lines] == [False, False, True, True]


async def test_an_ordering_key_is_told(namespace, pulsar_client, stack, capsys):
    producer = pulsar_client.create_producer(f"persistent://{namespace}/ordered")
    producer.send(b"1", partition_key="k", ordering_key="o")
    producer.send(b"2", partition_key="k")
    producer.close()
    places = ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin, "--nats", "off"]
    argv = ["history", f"pulsar:{namespace}/ordered", "--json", *places]
    assert await asyncio.to_thread(run, argv) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["ordering_key"] for record in records] == ["o", None]
    argv += ["--filter", '.ordering_key == "o"']
    assert await asyncio.to_thread(run, argv) == 0
    assert json.loads(capsys.readouterr().out)["value"] == 1


async def test_states_differences_and_filters_know_when_messages_are_due(
    namespace, pulsar_client, stack, capsys, monkeypatch
):
    producer = pulsar_client.create_producer(f"persistent://{namespace}/delayed-keys")
    for number in range(3):
        producer.send(b"%d" % number, partition_key=f"k{number}")
    at = 1_900_000_000_123
    producer.send(b'"then"', partition_key="k1", deliver_at=at)
    producer.close()
    due = "2030-03-17T17:46:40.123Z"
    batched = pulsar_client.create_producer(
        f"persistent://{namespace}/delayed-keys", batching_enabled=True
    )
    await asyncio.to_thread(batched.send, b"9", partition_key="k2")
    batched.close()
    places = ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin, "--nats", "off"]

    async def told(*argv):
        argv = ["history", f"pulsar:{namespace}/delayed-keys", *argv, *places]
        assert await asyncio.to_thread(run, argv) == 0
        return capsys.readouterr()

    def records(printed):
        return [json.loads(line) for line in printed.splitlines()]

    state = records((await told("--state-at", "now", "--json")).out)
    assert [(each["key"], each["deliver_at"]) for each in state] == [
        ("k0", None),
        ("k1", due),
        ("k2", None),
    ]
    assert f"due {due}" in (await told("--state-at", "now")).out.splitlines()[1]
    changes = records((await told("--diff", "-1h", "now", "--json")).out)
    assert [each["after"]["deliver_at"] for each in changes] == [None, due, None]
    assert f"k1  due {due}  " in (await told("--diff", "-1h", "now")).out.splitlines()[1]
    is_late = ("--filter", '.deliver_at > "2030"')
    for window in (("--from", "earliest"), ("--state-at", "now"), ("--diff", "-1h", "now")):
        assert due in (await told(*window, *is_late)).out
        assert len((await told(*window, *is_late)).out.splitlines()) == 1
    (chart,) = records((await told("--chart", *is_late, "--json")).out)
    assert sum(bucket["messages"] for bucket in chart["buckets"]) == 1
    # of what is not asked about, a filter cannot judge
    monkeypatch.setattr(search, "FILTERED", 2)
    printed, said = await told("--from", "earliest", "--filter", ".deliver_at == null")
    assert len(printed.splitlines()) == 3
    assert "the due time or the origin of the message is not known" in said


async def test_nothing_is_a_history_too(admin, namespace, opened):
    (await admin.put(f"persistent/{namespace}/empty")).raise_for_status()
    history = await opened(f"pulsar:{namespace}/empty")
    for moment in (Earliest(), Latest(), Instant(1), Instant(4_000_000_000_000_000_000)):
        page = await history.page_at(moment, 5)
        assert (page.messages, page.last) == ((), True)
        assert (await history.page_before(page.end, 5)).messages == ()
    assert [s.scanned async for s in history.scan(await history.earliest(), await history.latest())]
    extent = await history.extent()
    assert (extent.messages, extent.stretches, extent.first_time) == (0, (), None)
    state = State()
    assert [step async for step in state.follow(history.last(await history.latest()))]
    assert state.last == {}


async def test_what_has_no_history_says_so(topics, namespace, opened):
    with pytest.raises(UsageError, match="stores nothing"):
        await opened(f"non-persistent://{namespace}/x")
    with pytest.raises(UsageError, match="no subscription"):
        await opened(f"{topics['plain'].address}#billing")
    history = await opened(topics["plain"].address)
    with pytest.raises(UsageError, match="not a place in a topic"):
        await history.at(StreamSequence(5))
    with pytest.raises(NotThereError, match="no such message"):
        await history.at(PulsarPosition(999_999_999, 0))


async def test_several_topics_are_one_history(topics, namespace, opened):
    history = await opened(f"pulsar:{namespace}/pla*")
    assert history.places == (topics["plain"].address,)
    with pytest.raises(NotThereError, match="no topic matches"):
        await opened(f"pulsar:{namespace}/nothing-*")


async def compact(admin, client, name):
    """Send ten messages of two keys to a topic, and have it compacted."""
    producer = client.create_producer(f"persistent://{name}")
    sent = [producer.send(b"%d" % number, partition_key="ab"[number % 2]) for number in range(10)]
    producer.close()
    (await admin.put(f"persistent/{name}/compaction")).raise_for_status()
    async with asyncio.timeout(60):
        while (await admin.get(f"persistent/{name}/compaction")).json()["status"] != "SUCCESS":
            pass
    return sent


async def bodies(steps):
    state = State()
    async for _ in state.follow(steps):
        pass
    return {key: message.body for (_, key), message in state.last.items()}


async def test_what_only_compaction_has_kept_is_a_state(
    admin, namespace, pulsar_client, opened, stack, capsys
):
    trimmed = f"{namespace}-trimmed"
    (await admin.put(f"namespaces/{trimmed}")).raise_for_status()
    await compact(admin, pulsar_client, f"{trimmed}/compacted")
    path = f"persistent/{trimmed}/compacted"
    async with asyncio.timeout(60):
        while (await admin.get(f"{path}/internalStats")).json()["numberOfEntries"]:
            (await admin.put(f"{path}/unload")).raise_for_status()
            await admin.post(f"{path}/trim")
    history = await opened(f"pulsar:{trimmed}/compacted")
    latest = await history.latest()
    assert await bodies(history.last(latest)) == {"a": b"8", "b": b"9"}
    assert (await history.missing(latest)).note.startswith("read as compacted (no retention")
    assert "2 compacted entries" in (await history.extent()).edge
    at = ((latest[0][0], 4, 0),)
    assert await bodies(history.last(latest, at)) == {"a": b"8", "b": b"9"}
    assert await bodies(history.last(latest, ((latest[0][0], 9, 0),))) == {"b": b"9"}
    assert (await history.missing(at)).leaves_doubt
    places = ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin, "--nats", "off"]
    argv = ["history", f"pulsar:{trimmed}/compacted", *places]
    assert await asyncio.to_thread(run, argv) == 0
    said = capsys.readouterr().err
    assert "no messages are stored (" in said
    assert "2 compacted entries" in said


async def test_before_compaction_passed_a_moment_all_that_is_stored_counts(
    admin, namespace, pulsar_client, opened
):
    sent = await compact(admin, pulsar_client, f"{namespace}/compacted")
    history = await opened(f"pulsar:{namespace}/compacted")
    latest = await history.latest()
    assert await bodies(history.last(latest)) == {"a": b"8", "b": b"9"}
    at = ((sent[5].ledger_id(), sent[5].entry_id(), 0),)
    assert await bodies(history.last(at)) == {"a": b"4", "b": b"3"}
    assert await bodies(history.last(latest, at)) == {"a": b"8", "b": b"9"}
    missing = await history.missing(at)
    assert missing.note.startswith("compacted after that time")
    assert not missing.leaves_doubt
