"""A subscription moved through time: what the preview says is what then happens."""

import io
import json
import os
import shlex
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
    assert (code, said) == (0, "")
    ways_back = [line for line in printed.splitlines() if line.startswith("the way back: ")]
    after = document(told(where, "--to", f"{middle}", "--json")[1])["parts"]
    assert [part["now"] for part in after] == [part["then"] for part in parts]
    assert [part["backlog_entries"] for part in after] == [
        part["backlog_entries_then"] for part in parts
    ]
    assert {part["direction"] for part in after} == {"none"}

    for way in ways_back:
        _, verb, *argv = shlex.split(way.removeprefix("the way back: "))
        assert verb == "rewind"
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


def test_forward_to_the_end_leaves_out_what_waits_and_tells_who_is_disconnected(
    topic, pulsar_client, told
):
    consumer = pulsar_client.subscribe(
        topic, "audit", consumer_name="auditor", initial_position=pulsar.InitialPosition.Earliest
    )
    where = f"pulsar:{topic.removeprefix('persistent://')}#audit"
    _, printed, said = told(where, "--to", "latest")
    assert " are left out" in printed
    assert "auditor" in printed
    assert "is disconnected" in printed
    assert "a preview: nothing was changed" in said
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
    to = [] if "--to" in flags else ["--to", "now"]
    got, printed, complaint = told(f"pulsar:{namespace}/{address}", *flags, *to)
    assert (got, printed) == (code, "")
    assert said in complaint
    listed = httpx.get(f"{stack.pulsar_admin}/admin/v2/persistent/{namespace}", timeout=30).json()
    assert {name.rpartition("/")[2] for name in listed} <= {
        "orders-partition-0",
        "orders-partition-1",
    }


def test_a_consumer_of_a_stream_cannot_be_moved(told):
    code, _, said = told("js:ORDERS#invoicer", "--to", "now")
    assert code == 2
    assert "arcwatch cannot move a consumer of JetStream" in said
    assert "nats-server 2.14" in said


def test_without_a_terminal_nobody_can_be_asked(told, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, said = told("pulsar:a/b/c#x", "--to", "now", "--allow-changes")
    assert code == 2
    assert "add --yes" in said
