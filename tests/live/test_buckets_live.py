"""A bucket is read again and again while it is looked at, and only then."""

import uuid

import nats
import nats.micro
import pytest

from arcwatch.engine.questions import DetailTarget
from tests.live.watched import watched


@pytest.fixture
async def watching(stack):
    async with watched(stack.nats, stack.nats_monitor) as (store, engine):
        yield store, engine


@pytest.fixture
async def bucket(stack):
    client = await nats.connect(stack.nats)
    name = f"b{uuid.uuid4().hex[:8]}"
    yield await client.jetstream().create_key_value(bucket=name)
    await client.jetstream().delete_key_value(name)
    await client.close()


async def test_a_put_is_seen_while_its_bucket_is_looked_at(watching, bucket):
    store, engine = watching
    await bucket.put("a", b"1")
    await store.until(lambda: store.told["varz"] > 1)
    assert not store.told["bucket"]
    engine.watch_details(
        [DetailTarget("", None, bucket=(await bucket.status()).stream_info.config.name)]
    )
    await store.until(lambda: [k.value for k in store.bucket.keys] == ["1"])
    await bucket.put("a", b"2")
    await bucket.delete("a")
    await store.until(lambda: [k.operation for k in store.bucket.keys] == ["delete"])
    engine.watch_details([])
    before = store.told.copy()
    await store.until(lambda: store.told["varz"] > before["varz"] + 4)
    assert store.told["bucket"] <= before["bucket"] + 1


async def test_a_bucket_of_another_account_says_so(watching):
    store, engine = watching
    engine.watch_details([DetailTarget("", None, bucket="KV_nobodys")])
    await store.until(lambda: store.bucket.failure)
    assert store.bucket.failure.what == "no such stream"


async def test_services_are_asked_while_they_are_looked_at(watching, stack):
    store, engine = watching
    client = await nats.connect(stack.nats)
    name = f"s{uuid.uuid4().hex[:8]}"
    service = await nats.micro.add_service(client, name=name, version="1.0.0")

    async def answer(request):
        await request.respond(b"ok")

    await service.add_endpoint(name="run", handler=answer, subject=f"{name}.run")
    await client.request(f"{name}.run", b"")
    await store.until(lambda: store.told["varz"] > 1)
    assert not store.told["services"]
    engine.watch_details([DetailTarget("", None, services=True)])
    rows = await store.until(lambda: [r for r in store.services.rows if r.service == name])
    assert [(row.endpoint, row.requests) for row in rows] == [("run", 1)]
    await client.request(f"{name}.run", b"")
    again = await store.until(
        lambda: [r for r in store.services.rows if r.service == name and r.requests == 2]
    )
    assert again[0].rate > 0
    await service.stop()
    await client.close()
