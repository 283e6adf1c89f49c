"""A bucket is read again and again while it is looked at, and only then."""

import asyncio
import contextlib
import uuid

import nats
import pytest

from arcwatch.config.settings import Settings
from arcwatch.engine.engine import Engine
from arcwatch.engine.questions import DetailTarget
from tests.live.test_nats_closely import Counting


@pytest.fixture
async def watching(stack):
    origins = {"pulsar": "the test", "pulsar_admin": "the test"}
    monitors = (stack.nats_monitor,)
    settings = Settings(
        context="test", nats=stack.nats, nats_monitors=monitors, pulsar=None, pulsar_admin=None,
        origins=origins,
    )  # fmt: skip
    store = Counting()
    engine = Engine(settings, store, refresh=0.2)
    task = asyncio.create_task(engine.run())
    yield store, engine
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


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
    engine.watch_details([DetailTarget("", None, bucket=f"KV_{bucket._name}")])
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
