"""How servers are polled: by a port that was named, by one that is where it usually is, or not."""

import asyncio
import json

import pytest

from arcwatch.config.settings import load
from arcwatch.errors import SourceError
from arcwatch.sources.nats import discovery
from arcwatch.sources.nats.discovery import NatsEntrance
from arcwatch.sources.nats.system_account import NatsShut
from tests.hostile_servers import lines


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(discovery, "PROBE", 0.3)
    monkeypatch.setattr(discovery, "LOGIN", 0.5)


@pytest.fixture
async def monitored(broker, recorded):
    """The port of a monitoring port: ``await monitored(id)``."""

    async def start(server_id):
        varz = json.loads(recorded("nats-2.15.1/varz.json"))
        alone = {"cluster": {}, "gateway": {}, "leaf": {}, "routes": 0, "leafnodes": 0}
        body = json.dumps(varz | alone | {"server_id": server_id}).encode()
        port, _ = await broker({"/varz": (200, body)})
        return port

    return start


@pytest.fixture
def entered(client):
    """What servers are found with some settings."""

    async def enter(**given):
        entrance = NatsEntrance(load({"pulsar": "off"} | given), client)
        try:
            async with asyncio.timeout(10):
                return await entrance.servers()
        finally:
            await entrance.aclose()

    return enter


async def test_a_port_that_was_named_is_asked_whatever_it_answers(entered):
    (one,) = await entered(nats="off", nats_monitor="http://127.0.0.1:1")
    with pytest.raises(SourceError, match="cannot connect"):
        await one.varz()


def beside(monkeypatch, port):
    """The monitoring port is guessed to be there."""
    monkeypatch.setitem(discovery_of_ports(), "nats_monitor", f"http://localhost:{port}")


def discovery_of_ports():
    from arcwatch.notation.server_url import LOCALHOST

    return LOCALHOST


async def test_a_port_where_it_usually_is_must_be_of_the_same_server(
    entered, serve, monitored, monkeypatch
):
    ours = await serve(lines(b'INFO {"server_id":"N"}'))
    beside(monkeypatch, await monitored("N"))
    (one,) = await entered(nats=f"nats://127.0.0.1:{ours}")
    assert (await one.varz()).server_id == "N"
    beside(monkeypatch, await monitored("ANOTHER"))
    (shut,) = await entered(nats=f"nats://127.0.0.1:{ours}")
    assert isinstance(shut, NatsShut)


async def test_where_nothing_answers_the_ports_are_tried_again(entered, monkeypatch):
    beside(monkeypatch, 1)
    (one,) = await entered(nats="nats://127.0.0.1:1")
    assert not isinstance(one, NatsShut)
