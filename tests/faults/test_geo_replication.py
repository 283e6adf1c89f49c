"""Two clusters that replicate a topic: what a reader of one may lack, and what came over."""

import asyncio
import contextlib
import json
import os
import time
import uuid

import httpx
import pytest

from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.history import due_times
from arcwatch.history.open import open_history
from arcwatch.store.store import Store
from tests.faults.conftest import BOUND, PulsarServer

pytestmark = pytest.mark.slow

OTHER = {"us": "eu", "eu": "us"}


@pytest.fixture(scope="module")
def clusters(tmp_path_factory, of_the_session):
    """Both clusters by name, with the namespace geo/ns that each replicates to the other."""
    found = {
        name: PulsarServer(tmp_path_factory.mktemp(name), of_the_session, {"clusterName": name})
        for name in OTHER
    }
    for broker in found.values():
        broker.start()
    for name, other in OTHER.items():
        with httpx.Client(base_url=f"{found[name].admin}/admin/v2/", timeout=60) as admin:
            place = {"serviceUrl": found[other].admin, "brokerServiceUrl": found[other].url}
            admin.put(f"clusters/{other}", json=place).raise_for_status()
            tenant = {"allowedClusters": list(OTHER), "adminRoles": []}
            admin.put("tenants/geo", json=tenant).raise_for_status()
            admin.put("namespaces/geo/ns", json={"replication_clusters": list(OTHER)})
            keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
            admin.post("namespaces/geo/ns/retention", json=keep).raise_for_status()
    yield found
    for broker in found.values():
        broker.kill()


@pytest.fixture
def told(clusters, capsys, monkeypatch):
    """Runs `history` in a cluster: the records it prints, and what it says."""
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)

    def tell(cluster, *argv):
        assert run(["history", *argv, "--json", *clusters[cluster].flags]) == 0
        printed, said = capsys.readouterr()
        return [json.loads(line) for line in printed.splitlines()], said

    return tell


def send(broker, topic, values, *, batched):
    # tests of NATS start without it
    import pulsar

    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(broker.url, logger=quiet, operation_timeout_seconds=60)
    producer = client.create_producer(
        f"persistent://{topic}", batching_enabled=batched, batching_max_publish_delay_ms=1_000
    )
    for value in values:
        producer.send_async(b"%d" % value, lambda *_: None, partition_key=f"k{value}")
    producer.flush()
    client.close()


def wait_for(broker, topic, entries):
    """Until a cluster stores so many entries of a topic."""
    end, path = time.monotonic() + BOUND, f"{broker.admin}/admin/v2/persistent/{topic}"
    while True:
        found = httpx.get(f"{path}/internalStats", timeout=60)
        if found.status_code == 200 and found.json()["numberOfEntries"] >= entries:
            return
        assert time.monotonic() < end, found.text


@pytest.mark.parametrize("batched", [False, True])
def test_what_came_over_is_named_and_what_may_not_have_come_is_said(
    clusters, told, monkeypatch, batched
):
    topic = f"geo/ns/t-{uuid.uuid4().hex[:8]}"
    send(clusters["us"], topic, range(3), batched=batched)
    wait_for(clusters["eu"], topic, 1 if batched else 3)
    send(clusters["eu"], topic, range(3, 5), batched=batched)
    note = f"pulsar:{topic} is replicated from us: what has not arrived yet is missing"
    page, said = told("eu", f"pulsar:{topic}")
    assert [(each["value"], each["replicated_from"]) for each in page] == [
        *((value, "us") for value in range(3)),
        *((value, None) for value in (3, 4)),
    ]
    assert said.count(note) == 1
    for argv in (("--state-at", "now"), ("--diff", "-1h", "now")):
        records, said = told("eu", f"pulsar:{topic}", *argv)
        assert len(records) == 5
        assert all(note in record["note"] for record in records)
        assert said.count(note) == 1
    (chart,), said = told("eu", f"pulsar:{topic}", "--chart")
    assert any(note in each for each in chart["notes"])
    assert said.count(note) == 1
    with monkeypatch.context() as patched:
        patched.setattr(due_times, "MOST_LOOKUPS", 2)
        page, said = told("eu", f"pulsar:{topic}", "--from", "earliest")
    assert [each["replicated_from"] for each in page] == ["us", "us", None, None, None]
    assert "the cluster of origin of 3 messages is unknown" in said
    kept, _ = told("eu", f"pulsar:{topic}", "--filter", '.replicated_from == "us"')
    assert [each["value"] for each in kept] == [0, 1, 2]


async def test_a_tail_names_where_messages_are_from(clusters, verb):
    topic = f"geo/ns/t-{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(send, clusters["us"], topic, range(3), batched=True)
    await asyncio.to_thread(wait_for, clusters["eu"], topic, 1)
    await asyncio.to_thread(send, clusters["eu"], topic, [3], batched=False)
    flags = ["--since", "earliest", "--count", "4", "--json", *clusters["eu"].flags]
    tailing = await verb("tail", f"pulsar:{topic}", *flags)
    records = [json.loads(await tailing.line()) for _ in range(4)]
    assert [(each["value"], each["replicated_from"]) for each in records] == [
        *((value, "us") for value in range(3)),
        (3, None),
    ]


def test_a_partitioned_topic_says_it_once(clusters, told):
    topic = f"geo/ns/p-{uuid.uuid4().hex[:8]}"
    path = f"{clusters['us'].admin}/admin/v2/persistent/{topic}/partitions"
    httpx.put(path, json=3, timeout=60).raise_for_status()
    send(clusters["us"], topic, range(9), batched=False)
    page, said = told("us", f"pulsar:{topic}")
    assert {each["replicated_from"] for each in page} == {None}
    assert said.count("what has not arrived yet is missing") == 1


def test_both_are_watched_in_one_context_and_each_row_keeps_its_own(
    clusters, capsys, monkeypatch, tmp_path
):
    topic = f"geo/ns/both-{uuid.uuid4().hex[:8]}"
    entries = ", ".join(
        f'{{ name = "{name}", url = "{one.url}", admin = "{one.admin}" }}'
        for name, one in clusters.items()
    )
    config = tmp_path / "arcwatch.toml"
    config.write_text(f'[context.world]\nnats = "off"\npulsar = [{entries}]\n')
    monkeypatch.setenv("ARCWATCH_CONFIG", str(config))
    send(clusters["us"], topic, range(20), batched=False)
    wait_for(clusters["eu"], topic, 20)
    with httpx.Client(base_url=f"{clusters['eu'].admin}/admin/v2/", timeout=60) as admin:
        at = "earliest"
        path = f"persistent/{topic}/subscription/mailing"
        admin.put(path, json=at, headers={"Content-Type": "application/json"}).raise_for_status()

    def told(*argv):
        assert run([*argv, "--context", "world"]) == 0
        return capsys.readouterr().out

    found = json.loads(told("status", "--json"))
    rows = [row for row in found["pulsar"]["topics"] if row["topic"] == f"persistent://{topic}"]
    assert sorted(row["cluster"] for row in rows) == ["eu", "us"]
    mine = {row["address"]: row["entries"] for row in found["backlogs"] if topic in row["address"]}
    assert mine == {f"world.eu::pulsar:{topic}#mailing": 20}
    assert found["pulsar"]["replicated_twice"] >= 0
    assert "twice: they are replicated between two clusters" in told("status")
    links = json.loads(told("pulsar", "replicators", "--json"))
    ways = {(row["cluster"], row["remote"]) for row in links if topic in row["topic"]}
    assert ways == {("us", "eu"), ("eu", "us")}
    records = told("history", f"world.eu::pulsar:{topic}", "--json").splitlines()
    assert {json.loads(line)["context"] for line in records} == {"world.eu"}
    assert len(records) == 20


async def test_markers_of_replicated_subscriptions_are_no_cursor_that_moved_back(
    clusters, monkeypatch
):
    """They are entries that wait and that nobody published, several a second."""
    # tests of NATS start without it
    import pulsar

    monkeypatch.setattr(Engine, "page_interval", 5.0)
    topic = f"persistent://geo/ns/r-{uuid.uuid4().hex[:8]}"
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    broker, store = clusters["us"], Store()
    found = load({"nats": "off", "pulsar": broker.url, "pulsar_admin": broker.admin})

    def waiting():
        return sum(row.entries or 0 for row in store.backlogs() if row.place == topic)

    with contextlib.ExitStack() as ending:
        for each in clusters.values():
            client = pulsar.Client(each.url, logger=quiet, operation_timeout_seconds=60)
            ending.callback(client.close)
            subscribed = client.subscribe(
                topic, "billing", replicate_subscription_state_enabled=True
            )
            subscribed.close()
        producer = client.create_producer(topic, batching_enabled=False)
        watching = asyncio.create_task(Engine(found, store).run())
        sent, begun = 0, time.monotonic()
        # beyond all doubt about what a look has missed
        while waiting() < 2 * sent + 50 or sent < 40:
            producer.send_async(b"x", lambda *_: None)
            sent += 1
            await asyncio.sleep(0.5)
            assert time.monotonic() < begun + BOUND, (waiting(), sent)
        assert [one.text for one in store.events if one.kind == "cursor"] == []
        watching.cancel()
        await asyncio.wait([watching])


def test_a_remote_that_dies_is_critical_until_it_is_back(clusters, capsys):
    topic = f"geo/ns/d-{uuid.uuid4().hex[:8]}"
    send(clusters["us"], topic, range(3), batched=False)
    wait_for(clusters["eu"], topic, 3)
    clusters["eu"].kill()
    send(clusters["us"], topic, range(20), batched=False)
    flags = clusters["us"].flags
    _until(lambda: run(["check", "--rule", "replication-cut-off", *flags]) == 2)
    assert f"pulsar:{topic}#pulsar.repl.eu" in capsys.readouterr().out
    row = _replicator(topic, flags, capsys)
    assert (row["remote"], row["connected"], row["backlog_entries"]) == ("eu", False, 20)
    assert run(["status", *flags]) == 0
    assert "remote cluster eu is not connected" in capsys.readouterr().out
    assert run(["why", f"pulsar:{topic}", *flags]) == 0
    assert "not connected to eu" in capsys.readouterr().out
    clusters["eu"].start()
    _until(lambda: run(["check", "--rule", "replication-cut-off", *flags]) == 0)
    _until(lambda: _replicator(topic, flags, capsys)["backlog_entries"] == 0)
    assert _replicator(topic, flags, capsys)["connected"]


def _replicator(topic, flags, capsys):
    capsys.readouterr()
    assert run(["pulsar", "replicators", "--json", *flags]) == 0
    rows = json.loads(capsys.readouterr().out)
    return next(row for row in rows if row["topic"] == f"persistent://{topic}")


def _until(holds):
    end = time.monotonic() + BOUND
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.5)


async def test_a_cluster_that_is_away_is_said_to_be(clusters):
    topic = f"geo/ns/t-{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(send, clusters["us"], topic, range(3), batched=False)
    await asyncio.to_thread(wait_for, clusters["eu"], topic, 3)
    broker = clusters["eu"]
    settings = load(
        {"pulsar": broker.url, "pulsar_admin": broker.admin, "nats": "off"},
        environ={"ARCWATCH_CONFIG": os.devnull},
    )
    clusters["us"].kill()
    async with asyncio.timeout(BOUND):
        while True:
            async with open_history(settings, f"pulsar:{topic}") as history:
                (note,) = history.notes
            if "is replicated from us (not connected now)" in note:
                break
