"""What Pulsar's schema registry is asked, how often, and what becomes of no answer."""

import asyncio
import json

import pytest

from arcwatch.sources.pulsar import schemas as pulsar_schemas
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.schemas import AGAIN_AFTER, AT_ONCE, TRIES, Schemas

TOPIC = "persistent://arc/agents/task events"
PATH = "/admin/v2/schemas/arc/agents/task%20events/schema"


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def registry(client, broker, clock):
    """``schemas, asked = await registry({version: (status, body)})``."""

    async def start(answers, **options):
        found = {f"{PATH}/{version}": answer for version, answer in answers.items()}
        port, asked = await broker(found)
        cluster = PulsarCluster(f"http://127.0.0.1:{port}", client, **options)
        return Schemas(cluster, now=clock), asked

    return start


def told(data, version=0):
    return 200, json.dumps({"type": "AVRO", "version": version, "data": data}).encode()


async def test_each_version_is_asked_for_once_whatever_the_partition(registry):
    schemas, asked = await registry({0: told("a"), 1: told("b", 1)})
    for topic in (TOPIC, f"{TOPIC}-partition-0", f"{TOPIC}-partition-12"):
        assert (await schemas.of(topic, 0)).definition == b"a"
        assert (await schemas.of(topic, 1)).definition == b"b"
    assert [path for path, _ in asked] == [f"{PATH}/0", f"{PATH}/1"]
    assert schemas.reason(TOPIC, 0) is None


async def test_a_message_without_a_version_has_no_schema(registry):
    schemas, asked = await registry({})
    assert await schemas.of(TOPIC, None) is None
    assert schemas.reason(TOPIC, None) is None
    assert asked == []


async def test_what_is_not_there_is_asked_for_again_after_a_while(registry, clock):
    schemas, asked = await registry({})
    for _ in range(3):
        assert await schemas.of(TOPIC, 3) is None
    assert len(asked) == 1
    assert schemas.reason(f"{TOPIC}-partition-1", 3) == (
        "schema 3 of arc/agents/task events could not be had: the registry does not have it"
    )
    clock.now += AGAIN_AFTER
    await schemas.of(TOPIC, 3)
    assert len(asked) == 2


async def test_a_registry_that_fails_is_soon_left_alone(registry, clock):
    answers = dict.fromkeys(range(10), (500, b"no bookies"))
    schemas, asked = await registry(answers)
    for version in range(10):
        assert await schemas.of(TOPIC, version) is None
    assert len(asked) == TRIES
    for version in (0, 9):
        assert schemas.reason(TOPIC, version) == (
            f"schema {version} of arc/agents/task events could not be had: HTTP 500: no bookies"
        )
    clock.now += AGAIN_AFTER
    assert schemas.reason(TOPIC, 9) is None
    await schemas.of(TOPIC, 9)
    assert len(asked) == TRIES + 1


async def test_one_answer_makes_earlier_failures_forgotten(registry):
    answers = dict.fromkeys(range(2 * TRIES), (500, b""))
    answers |= {100 + version: told("a") for version in range(2 * TRIES)}
    schemas, _ = await registry(answers)
    for version in range(2 * TRIES):
        assert await schemas.of(TOPIC, version) is None
        assert await schemas.of(TOPIC, 100 + version) is not None


@pytest.mark.parametrize(
    "body", [b"<html>", json.dumps({"type": "AVRO", "data": "x" * 2**21}).encode()]
)
async def test_an_answer_that_cannot_be_used_is_a_reason(registry, body):
    schemas, _ = await registry({0: (200, body)})
    assert await schemas.of(TOPIC, 0) is None
    assert schemas.reason(TOPIC, 0).startswith("schema 0 of arc/agents/task events could not")


@pytest.fixture
def slow(client, serve, clock):
    """A registry that answers when it is let: ``schemas, asked, let = await slow()``."""

    async def start():
        asked, let = asyncio.Queue(), asyncio.Event()
        status, body = told("a")

        async def handle(reader, writer):
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked.put_nowait(head)
                await let.wait()
                writer.write(b"HTTP/1.1 %d -\r\ncontent-length: %d\r\n\r\n" % (status, len(body)))
                writer.write(body)
                await writer.drain()

        port = await serve(handle)
        return Schemas(PulsarCluster(f"http://127.0.0.1:{port}", client), now=clock), asked, let

    return start


async def test_many_who_ask_at_once_share_one_request(slow):
    schemas, asked, let = await slow()
    tasks = [asyncio.create_task(schemas.of(f"{TOPIC}-partition-{n}", 0)) for n in range(20)]
    await asked.get()
    let.set()
    found = await asyncio.gather(*tasks)
    assert {schema.definition for schema in found} == {b"a"}
    assert asked.empty()


async def test_whoever_gives_up_does_not_leave_the_others_without(slow):
    schemas, asked, let = await slow()
    first, second = (asyncio.create_task(schemas.of(TOPIC, 0)) for _ in range(2))
    await asked.get()
    first.cancel()
    await asked.get()
    let.set()
    assert (await second).definition == b"a"


async def test_not_everything_is_asked_at_once(client, serve):
    under_way, most = 0, 0
    status, body = told("a")

    async def handle(reader, writer):
        nonlocal under_way, most
        while await reader.readuntil(b"\r\n\r\n"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1
            writer.write(b"HTTP/1.1 %d -\r\ncontent-length: %d\r\n\r\n" % (status, len(body)))
            writer.write(body)

    schemas = Schemas(PulsarCluster(f"http://127.0.0.1:{await serve(handle)}", client))
    found = await asyncio.gather(*(schemas.of(TOPIC, n) for n in range(3 * AT_ONCE)))
    assert all(found)
    assert most == AT_ONCE


async def test_a_registry_that_does_not_answer_is_a_reason(client, serve, clock):
    async def silent(reader, writer):
        await reader.read()

    port = await serve(silent)
    cluster = PulsarCluster(f"http://127.0.0.1:{port}", client, timeout=0.05)
    schemas = Schemas(cluster, now=clock)
    assert await schemas.of(TOPIC, 0) is None
    assert "could not be had: no" in schemas.reason(TOPIC, 0)


@pytest.mark.parametrize("bound", [("KEPT", 3), ("KEPT_SIZE", 3000)])
async def test_the_longest_unused_is_forgotten(registry, monkeypatch, bound):
    monkeypatch.setattr(pulsar_schemas, *bound)
    schemas, asked = await registry({version: told("x" * 1000) for version in range(5)})
    for version in (0, 1, 2, 0, 3):
        await schemas.of(TOPIC, version)
    assert len(asked) == 4
    await schemas.of(TOPIC, 0)
    assert len(asked) == 4
    await schemas.of(TOPIC, 1)
    assert len(asked) == 5
