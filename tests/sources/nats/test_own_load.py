"""What our own connection does to its server, as that reports it."""

import asyncio
import json

import pytest

from arcwatch.config.credentials import Tls
from arcwatch.sources.nats import own_load
from arcwatch.sources.nats.own_load import PENDING, OwnLoad


class Connection:
    """Ours, of whose harm is noted."""

    def __init__(self):
        self.client_id, self.server_id = 7, "N"
        self.why = asyncio.Queue()

    def harmed(self, why):
        self.why.put_nowait(why)


@pytest.fixture
async def looked_at(broker, recorded, monkeypatch):
    """A connection, and what its server says of it, which may be changed."""
    monkeypatch.setattr(own_load, "EVERY", 0.01)
    doc = json.loads(recorded("nats-2.15.1/connz.json")) | {"server_id": "N"}
    row = doc["connections"][0] | {"cid": 7, "pending_bytes": 0, "stalls": 0}
    answers = {}

    def tell(**changed):
        body = doc | {"connections": [row | changed], "server_id": changed.pop("of", "N")}
        answers["/connz"] = (200, json.dumps(body).encode())

    tell()
    port, asked = await broker(answers)
    connection = Connection()
    load = OwnLoad(connection, [f"http://127.0.0.1:{port}"], Tls())
    load.open()
    yield connection, tell, asked
    await load.close()


async def asked_again(asked):
    before = len(asked)
    async with asyncio.timeout(5):
        while len(asked) < before + 2:  # noqa: ASYNC110 - a server's list tells nobody
            await asyncio.sleep(0.005)


async def test_what_the_server_buffers_for_us_is_harm(looked_at):
    connection, tell, asked = looked_at
    await asked_again(asked)
    assert connection.why.empty()
    tell(pending_bytes=PENDING + 1)
    async with asyncio.timeout(5):
        assert await connection.why.get() == "the server buffers 16 MiB for this connection"


async def test_a_stall_is_harm_once_and_not_for_ever(looked_at):
    connection, tell, asked = looked_at
    tell(stalls=3)
    async with asyncio.timeout(5):
        assert await connection.why.get() == "publishers were stalled by this connection"
    await asked_again(asked)
    assert connection.why.empty()


async def test_another_servers_connection_of_the_same_number_is_not_ours(looked_at):
    connection, tell, asked = looked_at
    tell(of="OTHER", pending_bytes=PENDING + 1)
    await asked_again(asked)
    assert connection.why.empty()


async def test_without_a_monitoring_address_nothing_is_asked():
    load = OwnLoad(Connection(), [], Tls())
    load.open()
    await load.close()
