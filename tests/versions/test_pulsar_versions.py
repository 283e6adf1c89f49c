"""Every verb about Pulsar on real brokers of the versions that arcwatch reads."""

import json
import os

import httpx
import pulsar
import pytest

from arcwatch.notation.versions import series
from arcwatch.stack.ports import HOST
from tests.versions.conftest import records

pytestmark = pytest.mark.versions

TOPIC = "arc/agents/orders"
PARTED = "arc/agents/parted"


@pytest.fixture(scope="module")
def served(old_pulsar):
    """The broker with a topic that is kept, and one of two partitions."""
    version, ports = old_pulsar
    places = {
        "pulsar": f"pulsar://{HOST}:{ports.pulsar}",
        "pulsar-admin": f"http://{HOST}:{ports.pulsar_admin}",
    }
    with httpx.Client(base_url=f"{places['pulsar-admin']}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/arc", json={"allowedClusters": ["standalone"]}).raise_for_status()
        admin.put("namespaces/arc/agents").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post("namespaces/arc/agents/retention", json=keep).raise_for_status()
        admin.put(f"persistent/{PARTED}/partitions", json=2).raise_for_status()
        admin.put(f"persistent/{TOPIC}-copy").raise_for_status()
    client = pulsar.Client(
        places["pulsar"], logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    )
    try:
        open_ = [*_filled(client, TOPIC), *_filled(client, PARTED)]
        yield version, places
        del open_
    finally:
        client.close()


def _filled(client, topic):
    """Ten messages, of which the third, fourth and sixth are acknowledged."""
    shared = pulsar.ConsumerType.KeyShared
    consumer = client.subscribe(f"persistent://{topic}", "billing", shared)
    producer = client.create_producer(f"persistent://{topic}", batching_enabled=False)
    for number in range(10):
        producer.send(b'{"n":%d}' % number, partition_key=f"k{number % 3}")
    for _ in range(10):
        message = consumer.receive(10_000)
        if json.loads(message.data())["n"] in (2, 3, 5):
            consumer.acknowledge(message)
    return consumer, producer


@pytest.fixture
def places(served):
    """Flags of the broker."""
    _, places = served
    return ["--nats=off", *(f"--{name}={at}" for name, at in places.items())]


TABLES = ["brokers", "bookies", "topics", "tree", "functions", "replicators", "transactions"]
TABLES += ["coordinators", "subscriptions"]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_read(told, table):
    code, out, err = told("pulsar", table, "--interval", "100ms", "--json")
    # these brokers run no functions worker
    assert (code, "functions worker" in err, bool(err)) == (0, *[table == "functions"] * 2)
    json.loads(out)


VERBS = ["status", "backlog", f"why pulsar:{TOPIC}", "deadletters", "top --once", "doctor"]
VERBS += [f"pulsar topic {TOPIC}", f"pulsar topic {PARTED}", "events --for 3s"]
VERBS += [f"pulsar schema {TOPIC}", f"pulsar policies {TOPIC}", "pulsar resource-groups"]
VERBS += ["probe pulsar --for 1s --rate 20"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_ends_well(ends_well, verb):
    ends_well(verb)


def test_what_a_version_lacks_is_no_problem(told, served):
    code, out, _ = told("check", "--for", "1s", "--format", "json")
    assert code == 0, out
    _, out, _ = told("status", "--json", "--interval", "100ms")
    document = json.loads(out)
    assert document["problems"] == []
    (broker,) = document["pulsar"]["brokers"]
    assert broker["healthy"] is True
    assert series(broker["version"]) == series(served[0])


def test_figures_of_a_topic_are_what_was_done_to_it(told):
    _, out, _ = told("pulsar", "topic", TOPIC, "--json", "--interval", "100ms")
    topic = json.loads(out)
    (sub,) = topic["subscriptions"]
    assert (sub["name"], sub["type"], sub["consumers"]) == ("billing", "Key_Shared", 1)
    assert sub["backlog_entries"] == 7
    assert sub["holes"] == 2
    assert len(topic["producers"]) == 1
    assert topic["storage_size"] > 0


@pytest.mark.parametrize("topic", [TOPIC, PARTED])
def test_a_history_has_every_message(told, topic):
    code, out, _ = told("history", f"pulsar:{topic}", "--from", "earliest", "--json")
    assert code == 0
    assert sorted(one["value"]["n"] for one in records(out)) == list(range(10))


def test_a_time_is_found_in_the_middle(told):
    _, out, _ = told("history", f"pulsar:{TOPIC}", "--from", "earliest", "--json")
    seventh = records(out)[6]
    code, out, _ = told("history", f"pulsar:{TOPIC}", "--from", seventh["publish_time"], "--json")
    assert code == 0
    assert [one["value"]["n"] for one in records(out)] == [6, 7, 8, 9]


def test_a_topic_is_tailed(told):
    argv = ("--since", "earliest", "--count", "3", "--for", "10s", "--json")
    code, out, _ = told("tail", f"pulsar:{TOPIC}", *argv)
    assert (code, [one["value"]["n"] for one in records(out)]) == (0, [0, 1, 2])


def test_a_backlog_is_counted_exactly(told):
    code, out, _ = told("backlog", f"pulsar:{TOPIC}#billing", "--exact", "--json")
    assert (code, json.loads(out)["messages"]) == (0, 7)


def test_a_rewind_tells_what_would_come_again(told):
    place = f"pulsar:{TOPIC}#billing"
    code, out, _ = told("rewind", place, "--to", "earliest", "--exact", "--json")
    assert code == 0
    (part,) = json.loads(out)["parts"]
    # what was acknowledged, alone
    assert (part["redelivered_messages"], part["backlog_entries"]) == (3, 7)


def test_messages_are_replayed(told, served):
    onto = f"pulsar:{TOPIC}-copy"
    argv = ("--from", "earliest", "--onto", onto, "--allow-changes", "--yes")
    code, _, err = told("replay", f"pulsar:{TOPIC}", *argv)
    assert code == 0, err
    _, out, _ = told("history", onto, "--from", "earliest", "--json")
    assert [one["value"]["n"] for one in records(out)] == list(range(10))


SCALED = "topic://arc/agents/scaled"


@pytest.fixture(scope="module")
def scaled(served):
    """A scalable topic of which a segment was split; only from 5.0 on."""
    version, places = served
    if series(version) < (5, 0):
        pytest.skip("scalable topics came with 5.0")
    path = f"{places['pulsar-admin']}/admin/v2/scalable/arc/agents/scaled"
    with httpx.Client(timeout=30) as admin:
        admin.put(f"{path}?numInitialSegments=2", json={}).raise_for_status()
        admin.post(f"{path}/split/0").raise_for_status()
    return SCALED


def test_a_scalable_topic_is_one_with_its_segments(told, scaled):
    _, out, err = told("pulsar", "topics", "--json", "--interval", "100ms")
    found = [one for one in json.loads(out) if "scaled" in one["topic"]]
    assert [(one["topic"], one["partitions"]) for one in found] == [(scaled, 4)]
    assert "not read" not in err
    code, out, _ = told("pulsar", "topic", scaled, "--json", "--interval", "100ms")
    layout = json.loads(out)["layout"]
    assert (code, layout["active"], layout["sealed"]) == (0, 3, 1)
    (split,) = layout["changes"]
    assert (split["kind"], split["before"], split["after"]) == ("split", [0], [2, 3])


def test_a_scalable_topic_that_no_broker_has_loaded_is_in_the_tree(told, scaled, served):
    path = f"{served[1]['pulsar-admin']}/admin/v2/namespaces/arc/idle"
    with httpx.Client(timeout=30) as admin:
        admin.put(path).raise_for_status()
        idle = path.replace("namespaces", "scalable")
        admin.put(f"{idle}/s?numInitialSegments=1", json={}).raise_for_status()
        admin.put(f"{path}/unload").raise_for_status()
    _, out, _ = told("pulsar", "tree", "--json", "--interval", "100ms")
    assert [one["loaded"] for one in json.loads(out) if one["name"] == "topic://arc/idle/s"] == [
        False
    ]


@pytest.mark.parametrize(
    "verb", ["history {}", "tail {}", "rewind {}#s --to -1h", "backlog {}#s --exact"]
)
def test_what_cannot_be_done_with_a_scalable_topic_says_so(told, scaled, verb):
    code, _, err = told(*verb.format(scaled).split())
    assert code != 0
    assert "cannot read a scalable topic" in err


def test_a_scalable_topic_that_is_not_there_says_what_it_needs(told, served):
    code, _, err = told("pulsar", "topic", "topic://arc/agents/none", "--interval", "100ms")
    assert code == 1
    assert ("older than Pulsar 5.0" in err) == (series(served[0]) < (5, 0))
