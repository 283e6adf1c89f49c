"""What key-value and object stores hold, and whether their digests hold."""

import uuid

import pytest
from msgspec.structs import replace

from arcwatch.config.settings import load
from arcwatch.errors import SourceError
from arcwatch.sources.connections import Servers
from arcwatch.sources.jetstream import buckets
from arcwatch.sources.jetstream.buckets import checked, open_bucket, read_bucket


@pytest.fixture
async def servers(stack):
    servers = Servers(load({"nats": stack.nats, "pulsar": "off"}))
    yield servers
    await servers.close()


@pytest.fixture
async def keys(client):
    name = f"k{uuid.uuid4().hex[:8]}"
    yield f"KV_{name}", await client.jetstream().create_key_value(bucket=name)
    await client.jetstream().delete_key_value(name)


@pytest.fixture
async def objects(client):
    name = f"o{uuid.uuid4().hex[:8]}"
    yield f"OBJ_{name}", await client.jetstream().create_object_store(name)
    await client.jetstream().delete_object_store(name)


async def test_the_last_entry_of_each_key_in_order_of_their_names(stack, keys):
    stream, keys = keys
    for key, value in (("b", b"1"), ("a", b"2"), ("b", b"3")):
        await keys.put(key, value)
    await keys.delete("a")
    settings = load({"nats": stack.nats, "pulsar": "off"})
    async with open_bucket(settings, stream) as read:
        found = await read()
        assert [(one.key, one.operation) for one in found.keys] == [("a", "delete"), ("b", "put")]
        assert found.is_whole
        await keys.put("c", b"")
        assert [one.key for one in (await read()).keys] == ["a", "b", "c"]


async def test_of_a_bucket_with_too_many_keys_the_rest_is_said_to_be_missing(
    servers, keys, monkeypatch
):
    stream, keys = keys
    for number in range(3):
        await keys.put(f"{number}", b"x")
    monkeypatch.setattr(buckets, "MOST", 2)
    found = await read_bucket(servers, stream)
    assert (len(found.keys), found.is_whole) == (2, False)
    monkeypatch.setattr(buckets, "LARGEST", 10)
    with pytest.raises(SourceError, match="too large to list") as caught:
        await read_bucket(servers, stream)
    assert caught.value.hint.startswith("read one key: arcwatch history kv:k")


async def test_an_object_holds_or_says_what_is_wrong_with_it(client, servers, objects):
    stream, objects = objects
    await objects.put("whole", b"x" * 200_000)
    await objects.put("gone", b"x")
    await objects.delete("gone")
    found = await read_bucket(servers, stream)
    gone, whole = await checked(servers, stream, found.objects)
    assert (gone.name, gone.deleted, gone.check) == ("gone", True, "")
    assert (whole.name, whole.check) == ("whole", "holds")
    spoilt = [
        replace(whole, digest="SHA-256=AAAA"),
        replace(whole, digest="MD5=AAAA"),
        replace(whole, nuid=""),
        replace(whole, size=5),
    ]
    told = [one.check for one in await checked(servers, stream, spoilt)]
    assert told[:3] == [
        "digest differs: the stored chunks are damaged",
        "has no SHA-256 digest",
        "has no chunk ID",
    ]
    assert told[3] == "2 of 2 chunks, 200,000 of 5 bytes stored"
