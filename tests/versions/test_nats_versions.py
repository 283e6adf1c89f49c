"""Every verb about NATS on real servers of the versions that arcwatch reads."""

import asyncio
import json

import nats
import pytest

from arcwatch.notation.versions import series
from tests.versions.conftest import records

pytestmark = pytest.mark.versions


@pytest.fixture(scope="module")
def served(old_nats):
    """The server with a stream, a consumer, a key-value and an object store on it."""
    version, ports = old_nats
    asyncio.run(_filled(f"nats://127.0.0.1:{ports.nats}"))
    return version, ports


async def _filled(url):
    client = await nats.connect(url)
    # old servers refuse what newer clients ask for by themselves
    for name, subjects in (
        ("ORDERS", ["ord.>"]), ("KV_config", ["$KV.config.>"]), ("OBJ_assets", ["$O.assets.>"]),
    ):  # fmt: skip
        await asked(client, f"STREAM.CREATE.{name}", name=name, subjects=subjects, **PLAIN)
    config = {"durable_name": "billing", "ack_policy": "explicit", "deliver_policy": "all"}
    subject = "CONSUMER.DURABLE.CREATE.ORDERS.billing"
    await asked(client, subject, stream_name="ORDERS", config=config)
    jetstream = client.jetstream()
    for number in range(10):
        await jetstream.publish(f"ord.{number % 3}", b'{"n":%d}' % number)
    for value in (b"1", b"2"):
        await jetstream.publish("$KV.config.a", value)
    await jetstream.publish("$KV.config.b", b"", headers={"KV-Operation": "DEL"})
    await asked(client, "STREAM.MSG.DELETE.ORDERS", seq=5)
    await _stored(jetstream)
    await client.close()


PLAIN = {"retention": "limits", "storage": "file", "num_replicas": 1, "max_consumers": -1}
PLAIN |= {"max_msgs": -1, "max_bytes": -1}


async def asked(client, subject, **body):
    said = await client.request(f"$JS.API.{subject}", json.dumps(body).encode())
    answer = json.loads(said.data)
    assert "error" not in answer, answer


async def _stored(jetstream):
    """An object of two chunks."""
    digest = "SHA-256=uU0nuZNNPgilLlLX2n2r-sSE7-N6U4DukIj3rOLvzek="
    for chunk in (b"hello ", b"world"):
        await jetstream.publish("$O.assets.C.N1", chunk)
    about = {"name": "greeting", "nuid": "N1", "size": 11, "chunks": 2, "digest": digest}
    await jetstream.publish("$O.assets.M.Z3JlZXRpbmc=", json.dumps(about).encode())


@pytest.fixture
def places(served):
    """Flags of the server."""
    _, ports = served
    nats, monitor = f"nats://127.0.0.1:{ports.nats}", f"http://127.0.0.1:{ports.nats_monitor}"
    return [f"--nats={nats}", f"--nats-monitor={monitor}", "--pulsar=off"]


TABLES = ["servers", "connections", "closed", "streams", "consumers", "buckets", "raft"]
TABLES += ["accounts", "links"]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_read(told, table):
    code, out, err = told("nats", table, "--interval", "100ms", "--json")
    assert (code, err) == (0, "")
    json.loads(out)


VERBS = ["status", "backlog", "why js:ORDERS", "deadletters", "top --once", "doctor"]
VERBS += ["nats stream ORDERS", "subjects ord.> --for 1s", "events --for 3s"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_ends_well(ends_well, verb):
    ends_well(verb)


def test_what_a_version_lacks_is_no_problem(told, served):
    code, out, _ = told("check", "--for", "1s", "--format", "json")
    assert code == 0, out
    code, out, _ = told("status", "--json", "--interval", "100ms")
    document = json.loads(out)
    assert document["problems"] == []
    (server,) = document["nats"]["servers"]
    version = series(served[0])
    # /healthz came after 2.2
    assert server["healthy"] is (None if version == (2, 2) else True)
    assert (server["stalled_clients"] is None) == (version < (2, 12))


def test_a_stream_says_what_its_server_is_too_old_for(told, served):
    _, out, _ = told("nats", "stream", "ORDERS", "--interval", "100ms", "--json")
    version = series(served[0])
    lacks = json.loads(out)[0]["stream"]["lacks"]
    assert ("message TTL" in lacks) == (version < (2, 11))
    assert ("schedules" in lacks) == (version < (2, 12))


def test_a_history_has_every_message_and_skips_what_was_deleted(told):
    code, out, _ = told("history", "js:ORDERS", "--from", "earliest", "--json")
    assert code == 0
    assert [one["id"] for one in records(out)] == [f"#{n}" for n in (1, 2, 3, 4, 6, 7, 8, 9, 10)]
    code, out, _ = told("history", "js:ORDERS/ord.1", "--from", "earliest", "--json")
    assert [one["id"] for one in records(out)] == ["#2", "#8"]


def test_a_time_is_found_in_the_middle_of_a_stream(told):
    _, out, _ = told("history", "js:ORDERS", "--from", "earliest", "--json")
    seventh = next(one for one in records(out) if one["id"] == "#7")
    code, out, _ = told("history", "js:ORDERS", "--from", seventh["publish_time"], "--json")
    assert code == 0
    assert [one["id"] for one in records(out)] == ["#7", "#8", "#9", "#10"]


def test_the_state_of_a_bucket_is_the_last_of_each_key(told):
    code, out, _ = told("history", "kv:config", "--state-at", "now", "--json")
    assert code == 0
    assert [one["value"] for one in records(out)] == [2]
    code, out, _ = told("nats", "bucket", "config", "--interval", "100ms", "--json")
    (bucket,) = json.loads(out)
    assert [(k["key"], k["operation"]) for k in bucket["keys"]] == [("a", "put"), ("b", "delete")]


def test_the_digest_of_an_object_is_compared(told):
    code, out, _ = told("nats", "bucket", "assets", "--verify", "--interval", "100ms", "--json")
    (bucket,) = json.loads(out)
    assert bucket["objects"][0]["name"] == "greeting"
    assert (code, bucket["objects"][0]["check"]) == (0, "holds")


def test_a_stream_is_tailed_or_says_which_version_that_needs(told, served):
    argv = ("tail", "js:ORDERS", "--since", "earliest", "--count", "3", "--for", "5s", "--json")
    code, out, err = told(*argv)
    if series(served[0]) < (2, 9):
        assert code == 1
        assert "needs nats-server ≥ 2.9" in err
    else:
        assert (code, [one["id"] for one in records(out)]) == (0, ["#1", "#2", "#3"])
