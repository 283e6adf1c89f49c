"""``arcwatch nats bucket``: keys and objects of a real server, and whether their digests hold."""

import asyncio
import json
import uuid

import nats
import pytest
from nats.js.api import KeyValueConfig, ObjectStoreConfig

from arcwatch.cli import run


@pytest.fixture
def told(stack, capsys):
    """The exit code of a verb and what it prints, read as JSON."""

    def tell(*argv):
        places = (f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}", "--pulsar=off")
        code = run([*places, "nats", *argv, "--interval", "100ms", "--json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else None

    return tell


@pytest.fixture
def made(stack):
    """Do something with JetStream, and delete the streams of a bucket's name at the end."""
    names = []

    def make(work):
        name = f"b{uuid.uuid4().hex[:8]}"
        names.append(name)

        async def connected():
            client = await nats.connect(stack.nats)
            await work(client.jetstream(), name)
            await client.close()

        asyncio.run(connected())
        return name

    yield make

    async def removed():
        client = await nats.connect(stack.nats)
        for stream in [f"{kind}_{name}" for name in names for kind in ("KV", "OBJ")]:
            try:
                await client.jetstream().delete_stream(stream)
            except nats.js.errors.NotFoundError:
                continue
        await client.close()

    asyncio.run(removed())


async def keys(jetstream, name):
    bucket = await jetstream.create_key_value(KeyValueConfig(bucket=name, history=3, ttl=600))
    await bucket.put("a.b", b"one")
    await bucket.put("a.b", b"two")
    await bucket.put("gone", b"x")
    await bucket.delete("gone")


def test_tells_the_keys_of_a_bucket_with_their_last_entries(made, told):
    name = made(keys)
    code, (one,) = told("bucket", name)
    row = one["bucket"]
    assert (code, row["kind"], row["history"], row["ttl"]) == (0, "key-value", 3, 600.0)
    assert (row["keys_at_most"], row["entries"]) == (2, 4)
    told_keys = [(k["key"], k["revision"], k["operation"], k["value"]) for k in one["keys"]]
    assert told_keys == [("a.b", 2, "put", "two"), ("gone", 4, "delete", "")]
    assert one["objects"] == []
    code, rows = told("buckets", "--filter", name)
    assert [row["bucket"] for row in rows] == [name]


def test_that_keys_have_nothing_to_verify_is_said(stack, made, capsys):
    name = made(keys)
    argv = [f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}", "--pulsar=off"]
    assert run([*argv, "nats", "bucket", name, "--verify", "--interval", "100ms"]) == 0
    said = f"nothing to verify in {name}: only objects have a digest"
    assert said in capsys.readouterr().err


async def objects(jetstream, name):
    store = await jetstream.create_object_store(name, config=ObjectStoreConfig(bucket=name))
    await store.put("whole", b"w" * 200_000)
    broken = await store.put("broken", b"b" * 1_000)
    short = await store.put("short", b"s" * 1_000)
    await store.put("gone", b"g")
    await store.delete("gone")
    for info, chunk in ((broken, b"c" * 1_000), (short, b"")):
        subject = f"$O.{name}.C.{info.nuid}"
        await jetstream.purge_stream(f"OBJ_{name}", subject=subject)
        if chunk:
            await jetstream.publish(subject, chunk)


def test_tells_objects_and_compares_their_digests_where_asked_to(made, told):
    name = made(objects)
    code, (one,) = told("bucket", name)
    assert code == 0
    assert {row["check"] for row in one["objects"]} == {""}
    code, (one,) = told("bucket", name, "--verify")
    assert {row["name"]: row["check"] for row in one["objects"]} == {
        "whole": "holds",
        "broken": "digest differs: the stored chunks are damaged",
        "short": "0 of 1 chunks, 0 of 1,000 bytes stored",
        "gone": "",
    }
    assert code == 1
    assert told("bucket", name, "--verify", "--sort", "size", "--limit", "1")[0] == 1
    assert told("bucket", name, "--verify", "--filter", "whole")[0] == 0


async def unreadable(jetstream, name):
    await jetstream.create_object_store(name, config=ObjectStoreConfig(bucket=name))
    await jetstream.publish(f"$O.{name}.M.eA==", b'{"name":')


def test_an_object_whose_description_cannot_be_read_does_not_hold(made, told):
    name = made(unreadable)
    assert told("bucket", name)[0] == 0
    assert told("bucket", name, "--verify")[0] == 1


def test_a_bucket_that_is_not_there_is_an_error(told, made):
    assert told("bucket", "nobody-has-this") == (1, None)


@pytest.mark.parametrize(
    "words", [("bucket",), ("streams", "--verify"), ("bucket", "x", "--watch")]
)
def test_wrong_flags_are_mistakes(told, words):
    assert told(*words)[0] == 2
