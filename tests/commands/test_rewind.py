"""A subscription moved through time: what the preview says is what then happens."""

import io
import json
import os
import random
import re
import shlex
import threading
import uuid

import httpx
import pulsar
import pytest

from arcwatch.cli import run

COUNT = 400


@pytest.fixture(scope="module")
def namespace(stack):
    name = f"back/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/back", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{name}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{name}/retention", json=keep).raise_for_status()
        admin.put(f"persistent/{name}/orders/partitions", json=2).raise_for_status()
    return name


@pytest.fixture(scope="module")
def topic(namespace, pulsar_client):
    """Numbered messages in batches on two partitions."""
    name = f"persistent://{namespace}/orders"
    producer = pulsar_client.create_producer(name, batching_enabled=True, batching_max_messages=10)
    for number in range(COUNT):
        producer.send_async(b"%d" % number, lambda *_: None, partition_key=f"k{number}")
    producer.flush()
    producer.close()
    return name


@pytest.fixture
def told(stack, capsys, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    places = ["--nats", "off", "--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]

    def rewind(*argv):
        code = run(["rewind", *argv, *places])
        return code, *capsys.readouterr()

    return rewind


def drained(consumer):
    """The bodies of everything that is sent, acknowledged."""
    found = []
    while True:
        try:
            message = consumer.receive(500)
        except pulsar.Timeout:
            return found
        found.append(int(message.data()))
        consumer.acknowledge(message)


def document(printed):
    return json.loads(printed)


def test_what_the_preview_says_is_what_happens_and_there_is_a_way_back(topic, pulsar_client, told):
    name, address = "bill ing", f"pulsar:{topic.removeprefix('persistent://')}"
    consumer = pulsar_client.subscribe(
        topic, name, initial_position=pulsar.InitialPosition.Earliest
    )
    first = [consumer.receive(5_000) for _ in range(COUNT)]
    for message in first[: COUNT // 2]:
        consumer.acknowledge(message)
    # whole batches beyond a gap
    beyond = {(m.message_id().partition(), m.message_id().entry_id()) for m in first[-30:-10]}
    gapped = [m for m in first if (m.message_id().partition(), m.message_id().entry_id()) in beyond]
    for message in gapped:
        consumer.acknowledge(message)
    middle = first[COUNT // 4].publish_timestamp()
    consumer.close()
    where = f"{address}#{name}"

    code, printed, said = told(where, "--to", f"{middle}", "--exact", "--json")
    before = document(printed)
    assert (code, before["changed"]) == (0, False)
    parts = before["parts"]
    assert any(part["messages"] for part in parts)
    again = document(told(where, "--to", f"{middle}", "--exact", "--json")[1])
    assert again == before

    code, printed, said = told(where, "--to", f"{middle}", "--exact", "--allow-changes", "--yes")
    # how far the count is, is said where it takes longer than a second
    assert (code, [line for line in said.splitlines() if "% " not in line]) == (0, [])
    ways_back = [line for line in printed.splitlines() if line.startswith("undo: ")]
    after = document(told(where, "--to", f"{middle}", "--json")[1])["parts"]
    assert [part["now"] for part in after] == [part["then"] for part in parts]
    assert [part["backlog_entries"] for part in after] == [
        part["backlog_entries_then"] for part in parts
    ]
    assert {part["direction"] for part in after} == {"none"}

    for way in ways_back:
        _, verb, *argv = shlex.split(way.removeprefix("undo: "))
        assert verb == "rewind"
        # it says which cluster, however it was named
        assert argv[argv.index("--pulsar-admin") + 1].startswith("http://127.0.0.1:")
        assert told(*argv)[0] == 0
    restored = document(told(where, "--to", f"{middle}", "--exact", "--json")[1])["parts"]
    assert [(p["now"], p["messages"]) for p in restored] == [
        (p["now"], p["messages"]) for p in parts
    ]

    told(where, "--to", f"{middle}", "--allow-changes", "--yes")
    consumer = pulsar_client.subscribe(topic, name)
    sent = drained(consumer)
    consumer.close()
    expected = [int(m.data()) for m in first if m.publish_timestamp() >= middle]
    assert sorted(sent) == sorted(expected)


@pytest.fixture(scope="module", params=[1, 7], ids=["unbatched", "batched"])
def numbered(request, namespace, pulsar_client):
    """A topic, and its messages in order: 120, one or seven an entry."""
    name = f"persistent://{namespace}/by-{request.param}"
    producer = pulsar_client.create_producer(
        name,
        batching_enabled=request.param > 1,
        batching_max_messages=max(request.param, 2),
        batching_max_publish_delay_ms=1_000,
    )
    for number in range(120):
        producer.send_async(b"%d" % number, lambda *_: None)
        if number == 60:
            producer.flush()
    producer.flush()
    producer.close()
    reader = pulsar_client.create_reader(name, pulsar.MessageId.earliest)
    messages = [reader.read_next(5_000) for _ in range(120)]
    reader.close()
    return name, messages


def entry_of(message):
    place = message.message_id()
    return place.ledger_id(), place.entry_id()


@pytest.mark.parametrize("seed", range(6))
def test_what_comes_again_and_what_is_left_out_over_random_gaps_is_as_previewed(
    numbered, pulsar_client, told, seed
):
    topic, messages = numbered
    chance, name = random.Random(seed), f"gaps-{seed}"
    shared = {"consumer_type": pulsar.ConsumerType.Shared}
    consumer = pulsar_client.subscribe(
        topic, name, initial_position=pulsar.InitialPosition.Earliest, **shared
    )
    received = [consumer.receive(5_000) for _ in messages]
    entries = sorted({entry_of(message) for message in messages})
    # most of a part, and nothing of what follows
    done = {entry for entry in entries[: chance.randrange(len(entries))] if chance.random() < 0.8}
    acknowledged = [message for message in received if entry_of(message) in done]
    chance.shuffle(acknowledged)
    for message in acknowledged:
        consumer.acknowledge(message)
    consumer.close()
    target = chance.choice(
        ["earliest", "latest", *["id:{}:{}".format(*chance.choice(entries))] * 4]
    )
    where = f"pulsar:{topic.removeprefix('persistent://')}#{name}"

    (estimated,) = document(told(where, "--to", target, "--json")[1])["parts"]
    flags = ["--to", target, "--exact", "--allow-changes", "--yes", "--json"]
    (part,) = document(told(where, *flags)[1])["parts"]
    consumer = pulsar_client.subscribe(topic, name, **shared)
    came = set(drained(consumer))
    consumer.close()

    waiting = {int(m.data()) for m in messages if entry_of(m) not in done}
    of_entry = {
        entry: [int(m.data()) for m in messages if entry_of(m) == entry] for entry in entries
    }
    again, left_out = came - waiting, waiting - came
    if not part["moved_to"]:
        assert (came, part["redelivered_entries"], part["skipped_entries"]) == (waiting, 0, 0)
    assert (part["redelivered_messages"], part["skipped_messages"]) == (len(again), len(left_out))
    for told_of, those in (("redelivered", again), ("skipped", left_out)):
        whole = [entry for entry in entries if set(of_entry[entry]) <= those]
        assert part[f"{told_of}_entries"] == estimated[f"{told_of}_entries"] == len(whole)
    assert part["backlog_entries"] == len(entries) - len(done)
    assert part["backlog_entries_then"] == len({e for e in entries if came & set(of_entry[e])})


def test_a_forward_move_over_gaps_leaves_out_only_what_waits(namespace, pulsar_client, told):
    topic = f"persistent://{namespace}/holes"
    shared = {"consumer_type": pulsar.ConsumerType.Shared}
    consumer = pulsar_client.subscribe(topic, "sh", **shared)
    producer = pulsar_client.create_producer(topic, batching_enabled=False)
    ids = [producer.send(b"%d" % number) for number in range(20)]
    for number, message in enumerate(consumer.receive(5_000) for _ in range(20)):
        if number != 4:
            consumer.acknowledge(message)
    consumer.close()
    where = f"pulsar:{topic.removeprefix('persistent://')}#sh"
    target = f"id:{ids[10].ledger_id()}:{ids[10].entry_id()}"
    _, printed, _ = told(where, "--to", target, "--exact")
    printed = re.sub(r"≈ \d+ B", "some B", printed)
    assert ": forward from " in printed
    assert "10 messages (10 entries, some B) redelivered, 1 message (1 entry, some B)" in printed
    assert "skipped; backlog 1 → 10 entries" in printed
    assert "5 of the 6 entries passed over were already acknowledged" in printed
    assert "10 entries to be redelivered were acknowledged out of order" in printed


def test_a_subscription_without_gaps_has_none_while_a_producer_goes_on(
    namespace, pulsar_client, told
):
    topic = f"persistent://{namespace}/busy"
    consumer = pulsar_client.subscribe(topic, "steady")
    producer = pulsar_client.create_producer(topic, batching_enabled=False)
    stop = threading.Event()

    def publish():
        while not stop.is_set():
            producer.send(b"x")
            consumer.acknowledge_cumulative(consumer.receive(5_000))

    busy = threading.Thread(target=publish)
    busy.start()
    try:
        where = f"pulsar:{topic.removeprefix('persistent://')}#steady"
        for _ in range(10):
            (part,) = document(told(where, "--to", "latest", "--json")[1])["parts"]
            assert part["acknowledged_out_of_order"] == 0
    finally:
        stop.set()
        busy.join()
        consumer.close()


def test_forward_to_the_end_leaves_out_what_waits_and_tells_who_is_disconnected(
    topic, pulsar_client, told
):
    consumer = pulsar_client.subscribe(
        topic, "audit", consumer_name="auditor", initial_position=pulsar.InitialPosition.Earliest
    )
    where = f"pulsar:{topic.removeprefix('persistent://')}#audit"
    _, printed, said = told(where, "--to", "latest")
    assert " skipped" in printed
    assert "auditor" in printed
    assert "is disconnected" in printed
    assert "preview: nothing was changed" in said
    moved = document(told(where, "--to", "latest", "--json", "--allow-changes", "--yes")[1])
    assert {part["backlog_entries_after"] for part in moved["parts"]} == {0}
    assert document(told(where, "--to", "now", "--json")[1])["parts"][0]["direction"] == "none"
    back = told(where, "--to", "earliest", "--json", "--exact", "--allow-changes", "--yes")[1]
    assert all(
        part["direction"] == "back" and part["backlog_entries_after"] == part["entries"]
        for part in document(back)["parts"]
    )
    consumer.close()


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["orders#nobody"], 1, "no such subscription"),
        (["nothing#x"], 1, "no such topic"),
        (["orders"], 2, "not one subscription"),
        (["ord*#x"], 2, "not one subscription"),
        (["orders#x", "--yes"], 2, "--yes changes nothing by itself"),
        (["orders#x", "--to", "noon"], 2, "not a time"),
    ],
)
def test_what_cannot_be_moved_is_said_and_nothing_comes_into_being(
    stack, namespace, told, argv, code, said
):
    address, *flags = argv
    topics = f"{stack.pulsar_admin}/admin/v2/persistent/{namespace}"
    before = httpx.get(topics, timeout=30).json()
    to = [] if "--to" in flags else ["--to", "now"]
    got, printed, complaint = told(f"pulsar:{namespace}/{address}", *flags, *to)
    assert (got, printed) == (code, "")
    assert said in complaint
    assert httpx.get(topics, timeout=30).json() == before


def test_a_consumer_of_a_stream_cannot_be_moved(told):
    code, _, said = told("js:ORDERS#invoicer", "--to", "now")
    assert code == 2
    assert "arcwatch cannot move JetStream consumers" in said
    assert "nats-server 2.14" in said


def test_without_a_terminal_nobody_can_be_asked(told, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, said = told("pulsar:a/b/c#x", "--to", "now", "--allow-changes")
    assert code == 2
    assert "add --yes" in said


def test_of_a_replicated_subscription_it_is_said_that_it_moves_here_alone(
    topic, pulsar_client, told
):
    name = f"everywhere-{uuid.uuid4().hex[:6]}"
    pulsar_client.subscribe(topic, name, replicate_subscription_state_enabled=True).close()
    argv = [f"pulsar:{topic.removeprefix('persistent://')}#{name}", "--to", "earliest"]
    note = "a replicated subscription is moved in this cluster alone"
    _, _, said = told(*argv)
    assert said.count(note) == 1
    _, printed, _ = told(*argv, "--json")
    assert note in document(printed)["notes"][0]
