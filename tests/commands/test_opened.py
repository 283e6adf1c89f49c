"""What opens on the screen is told as text and JSON too: a connection, a stream, the tree."""

import asyncio
import json
import re
import socket
import time
import uuid
from urllib.parse import urlsplit

import httpx
import nats
import pulsar
import pytest

from arcwatch.cli import run


@pytest.fixture
def told(stack, capsys):
    """What a verb prints, as JSON: ``told("nats", "stream", "ORDERS")``."""

    def tell(*argv, json_wanted=True):
        places = (f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}")
        places += (f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}")
        flags = ("--interval", "100ms", *(("--json",) if json_wanted else ()))
        code = run([*places, *argv, *flags])
        shown = capsys.readouterr()
        assert code == 0, shown.err
        return json.loads(shown.out) if json_wanted else shown.out

    return tell


class Client:
    """A connection that speaks the protocol itself, since the verbs run on a loop of their own."""

    def __init__(self, url, name):
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port))
        self._file = self._socket.makefile("rb")
        self._file.readline()
        hello = json.dumps({"verbose": False, "pedantic": False, "name": name})
        self.say(f"CONNECT {hello}")

    def say(self, *lines):
        """Say something and wait until the server has taken it in."""
        self._socket.sendall("".join(f"{line}\r\n" for line in (*lines, "PING")).encode())
        while self._file.readline().strip() != b"PONG":
            pass

    def close(self):
        # all that the server has sent is read, so that it sees an end and no reset
        self._socket.shutdown(socket.SHUT_WR)
        self._file.read()
        self._file.close()
        self._socket.close()


def test_a_schema_is_told_with_its_versions_and_what_differs(stack, told, capsys):
    topic = f"public/default/schema-{uuid.uuid4().hex[:8]}"
    path = f"{stack.pulsar_admin}/admin/v2/schemas/{topic}/schema"
    fields = [{"name": "a", "type": "int"}]
    for more in ({"name": "b", "type": "string", "default": ""}, None):
        schema = json.dumps({"type": "record", "name": "R", "fields": fields})
        body = {"type": "AVRO", "schema": schema, "properties": {}}
        httpx.post(path, json=body).raise_for_status()
        fields.append(more)
    first, second = told("pulsar", "schema", topic)
    assert (first["version"], first["fields"], first["changes"]) == (0, 1, [])
    added = {"field": "b", "before": None, "after": 'string = ""'}
    assert (second["version"], second["changes"]) == (1, [added])
    difference = told("pulsar", "schema", topic, "--diff", "1", "0")
    assert difference["changes"] == [{"field": "b", "before": 'string = ""', "after": None}]
    assert '+ b  string = ""' in told("pulsar", "schema", topic, json_wanted=False)
    assert told("pulsar", "schema", topic, "--diff", "0", "0", json_wanted=False) == (
        "no field differs\n"
    )
    places = (f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}")
    assert run([*places, "pulsar", "schema", topic, "--diff", "0", "7"]) == 1
    assert "no version 7" in capsys.readouterr().err
    assert "has no schema" in told("pulsar", "schema", f"{topic}-none", json_wanted=False)
    assert run([*places, "pulsar", "topics", "--diff", "0", "7"]) == 2


def test_policies_of_a_topic_and_of_a_namespace_say_who_has_set_them(stack, told, capsys):
    space = f"public/policies-{uuid.uuid4().hex[:8]}"
    admin = f"{stack.pulsar_admin}/admin/v2/namespaces/{space}"
    httpx.put(admin, timeout=30).raise_for_status()
    httpx.put(f"{admin}/compactionThreshold", json=5_000_000, timeout=30).raise_for_status()
    for name in (space, f"{space}/orders"):
        found = {one["name"]: one for one in told("pulsar", "policies", name)}
        assert found["compaction_threshold"]["size"] == 5_000_000
        assert found["compaction_threshold"]["set_by"] == "namespace"
        assert found["deduplication"]["set_by"] == "broker"
    assert "5.00 MB" in told("pulsar", "policies", space, json_wanted=False)
    places = (f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}")
    assert run([*places, "pulsar", "policies"]) == 2


def test_a_connection_is_told_with_its_subscriptions_and_then_with_its_end(stack, told):
    name = f"opened-{uuid.uuid4().hex}"
    client = Client(stack.nats, name)
    client.say("SUB opened.orders billing 7", "PUB opened.orders 2\r\nhi")
    (row,) = told("nats", "connections", "--filter", name)
    (one,) = told("nats", "connection", str(row["cid"]))
    assert (one["connection"]["name"], one["stop"]) == (name, None)
    assert one["connection"]["in_msgs_rate"] == 0
    (sub,) = one["subscriptions"]
    assert (sub["subject"], sub["queue"], sub["sid"]) == ("opened.orders", "billing", "7")
    assert (sub["msgs"], sub["msgs_rate"]) == (1, 0)
    shown = told("nats", "connection", str(row["cid"]), json_wanted=False)
    assert "opened.orders  billing" in shown
    client.close()
    (one,) = told("nats", "connection", str(row["cid"]))
    assert (one["reason"], one["subscriptions"]) == ("Client Closed", [])
    assert one["connection"]["in_msgs"] == 1


def test_a_stream_is_told_with_who_reads_it(stack, told):
    name = f"OPENED-{uuid.uuid4().hex[:8]}"

    async def make():
        client = await nats.connect(stack.nats)
        stream = client.jetstream()
        await stream.add_stream(name=name, subjects=[f"{name}.>"], max_msgs=4)
        await stream.pull_subscribe(f"{name}.>", durable="billing")
        await stream.publish(f"{name}.a", b"x")
        await client.close()

    asyncio.run(make())
    (one,) = told("nats", "stream", name)
    assert (one["stream"]["messages"], one["stream"]["limit_used"]) == (1, 0.25)
    (consumer,) = one["consumers"]
    assert (consumer["name"], consumer["num_pending"]) == ("billing", 1)
    shown = told("nats", "stream", name, json_wanted=False)
    assert re.search(rf"SUBJECTS +{name}\.>", shown)
    assert "billing" in shown


def test_the_tree_has_what_no_broker_has_loaded(stack, told):
    namespace = f"public/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2", timeout=60.0) as admin:
        admin.put(f"namespaces/{namespace}").raise_for_status()
        admin.put(f"persistent/{namespace}/parted/partitions", json=2).raise_for_status()
        # subscribing is what loads this one
        loaded = f"persistent/{namespace}/parted-partition-1/subscription/billing"
        admin.put(loaded, json={"ledgerId": -1, "entryId": -1}).raise_for_status()
        admin.put(f"persistent/{namespace}/idle").raise_for_status()
        admin.put(f"persistent/{namespace}/idle/unload").raise_for_status()
    # a page is made at most once a second, and the last one may be older than that
    deadline = time.monotonic() + 30
    page = ""
    while f"{namespace}/parted-partition-1" not in page or f"{namespace}/idle" in page:
        assert time.monotonic() < deadline
        page = httpx.get(f"{stack.pulsar_admin}/metrics/", timeout=60.0).text
    rows = told("pulsar", "tree", "--filter", namespace)
    topic = f"persistent://{namespace}/parted"
    assert [(row["kind"], row["name"]) for row in rows] == [
        ("namespace", namespace),
        ("topic", f"persistent://{namespace}/idle"),
        ("topic", topic),
        ("partition", f"{topic}-partition-0"),
        ("partition", f"{topic}-partition-1"),
    ]
    above, idle, _, _, part = rows
    assert (above["topics"], above["not_loaded"], above["partitions"]) == (2, 1, 2)
    assert (idle["loaded"], idle["backlog_entries"]) == (False, None)
    assert (part["loaded"], part["subscriptions"], part["backlog_entries"]) == (True, 1, 0)
    shown = told("pulsar", "tree", "--filter", namespace, json_wanted=False)
    assert f"\n    {namespace}/parted " in shown


def test_the_one_bookie_of_a_standalone_is_named(stack, told):
    (row,) = told("pulsar", "bookies")
    assert row["bookie"].startswith("127.0.0.1:")
    assert row["rack"] == ""


@pytest.mark.parametrize(
    ("argv", "code", "what"),
    [
        (["nats", "connection"], 2, "which connection?"),
        (["nats", "connection", "x\x1b"], 2, "'x␛' is not a connection ID"),
        (["nats", "stream"], 2, "which stream?"),
        (["nats", "servers", "n1"], 2, "`servers` takes no name"),
        (["nats", "connection", "999999"], 1, "connection 999999 is neither open"),
        (["nats", "stream", "NONE"], 1, "there is no stream NONE"),
        (["pulsar", "tree", "public"], 2, "`tree` takes no name"),
    ],
)
def test_what_is_not_there_or_not_named_says_what_to_try(stack, capsys, argv, code, what):
    places = [f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}", "--pulsar=off"]
    assert run([*places, *argv, "--interval", "100ms"]) == code
    said, hint = capsys.readouterr().err.splitlines()
    assert what in said
    assert hint.startswith("  try: ")


@pytest.fixture
def subscribed(stack, pulsar_client):
    """Consumers of a topic where a message waits: ``subscribed("NAME", partitions=4)``."""

    def make(topic, partitions=0, consumers=1):
        if partitions:
            path = topic.replace("://", "/")
            url = f"{stack.pulsar_admin}/admin/v2/{path}/partitions"
            httpx.put(url, json=partitions, timeout=30).raise_for_status()
        shared = {"consumer_type": pulsar.ConsumerType.Shared, "receiver_queue_size": 1}
        made = [pulsar_client.subscribe(topic, "billing", **shared) for _ in range(consumers)]
        producer = pulsar_client.create_producer(topic)
        producer.send(b"x")
        producer.close()
        return made

    return make


@pytest.mark.parametrize("partitions", [0, 3])
def test_consumers_are_counted_alike_in_lists_and_in_the_opened_topic(told, subscribed, partitions):
    topic = f"persistent://public/default/counted-{uuid.uuid4().hex}"
    consumers = subscribed(topic, partitions, consumers=2)
    (listed,) = told("pulsar", "subscriptions", "--filter", topic)
    opened = told("pulsar", "topic", topic)
    (one,) = opened["subscriptions"]
    assert one["consumers"] == listed["consumers"] == 2 * max(partitions, 1)
    assert sum(row["partitions"] for row in opened["consumers"]) == one["consumers"]
    if partitions:
        assert sum(part["consumers"] for part in opened["parts"]) == one["consumers"]
    for consumer in consumers:
        consumer.close()


def test_topics_of_pulsar_itself_are_told_only_where_they_are_wanted(told, subscribed):
    name = f"__own-{uuid.uuid4().hex}"
    (consumer,) = subscribed(f"persistent://public/default/{name}")

    def mentioned(*argv):
        return name in json.dumps(told(*argv))

    for argv in (
        ("pulsar", "topics"),
        ("pulsar", "subscriptions"),
        ("pulsar", "tree"),
        ("backlog",),
        ("status",),
    ):
        assert (argv, mentioned(*argv), mentioned(*argv, "--internal")) == (argv, False, True)
    consumer.close()


def test_where_no_transaction_can_be_open_there_is_none(told):
    assert told("pulsar", "transactions") == []


def test_a_stream_that_may_be_on_a_server_that_does_not_answer_is_not_denied(stack, capsys):
    monitors = f"--nats-monitor={stack.nats_monitor},http://127.0.0.1:1"
    argv = [f"--nats={stack.nats}", monitors, "--pulsar=off", "nats", "stream", "NONE"]
    assert run([*argv, "--interval", "100ms"]) == 1
    said = capsys.readouterr().err
    assert "there is no stream NONE on the servers that answered; 1 of 2 did not" in said
