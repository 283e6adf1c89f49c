"""Whatever a nats-server greets with, floods with or answers costs little, and is told shortly."""

import asyncio
import json

import pytest

from arcwatch.sources.nats.connection import MOST_SERVERS, NatsConnection
from tests.hostile_servers import NATS_ZOO, PIECE, answering, cost_of, tls_context
from tests.sources.outcome import Outcome

MEMORY = 250
SECONDS = 40

LONG = "no \x1b[2J" * 30_000
"""200 kB of an error's text."""


@pytest.fixture
async def connect(serve):
    async def start(kind):
        port = await serve(NATS_ZOO[kind], ssl=tls_context() if kind == "tls" else None)
        connection, outcome = NatsConnection(f"nats://127.0.0.1:{port}"), Outcome()
        connection.add(outcome)
        connection.open()
        opened.append(connection)
        return connection, outcome.said

    opened = []
    yield start
    async with asyncio.timeout(10):
        for connection in opened:
            await connection.close()


@pytest.mark.parametrize(
    "kind", ["garbage", "endless frame", "long info", "endless info", "info is a list", "deep info"]
)
async def test_a_greeting_that_is_none_is_a_reason_and_is_tried_again(connect, kind):
    _, said = await connect(kind)
    async with asyncio.timeout(10):
        first = await said.get()
        assert first != "connected"
        assert len(first) < 300
        # what the library does not expect would end its attempts
        assert await said.get() != "connected"


@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it begins with 'SSH-2.0-OpenSSH_'"),
        (b"\x1b[2J\n", "it begins with '\\x1b[2J'"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "this is an HTTP port"),
        (b"INFO {}{\r\n", "invalid INFO"),
        (b"INFO 5\r\n", "invalid INFO"),
        (b"", "it closed the connection"),
        (b"x" * 200_000, "a line that does not end"),
    ],
)
async def test_what_is_no_nats_server_is_told_from_one(serve, greeting, why):
    async def greet(reader, writer):
        writer.write(greeting)

    url = f"nats://127.0.0.1:{await serve(greet)}"
    code, _, err = await ran(url, "tail", "orders.>", "--for", "1s")
    assert code == 1
    assert f"{url}: no greeting from nats-server: {why}; is this the NATS client port?" in err
    assert "try: check the address: --nats, NATS_URL" in err


@pytest.mark.parametrize(
    "kind", ["connect_urls is a number", "connect_urls of numbers", "types", "huge numbers"]
)
async def test_what_a_greeting_holds_besides_does_not_end_the_connection(connect, kind):
    _, said = await connect(kind)
    async with asyncio.timeout(10):
        assert await said.get() == "connected"


@pytest.mark.parametrize("kind", ["later info", "endless line", "huge message", "error storm"])
async def test_what_no_server_sends_later_is_told_and_followed_by_another_attempt(connect, kind):
    _, said = await connect(kind)
    async with asyncio.timeout(15):
        assert await said.get() == "connected"
        assert await said.get() != "connected"
        while await said.get() != "connected":
            pass


async def test_servers_that_a_server_names_are_not_remembered_without_end(connect):
    connection, said = await connect("new servers")
    async with asyncio.timeout(10):
        assert await said.get() == "connected"
        await asyncio.sleep(0.5)
    assert len(connection.client.servers) == MOST_SERVERS


@pytest.mark.parametrize("kind", ["ping flood", "info flood", "permission storm"])
async def test_a_flood_leaves_everyone_else_their_turn(connect, kind):
    _, said = await connect(kind)
    async with asyncio.timeout(10):
        assert await said.get() == "connected"
        await asyncio.sleep(0.3)


async def ran(url, *argv):
    places = ("--nats", url, "--nats-monitor", "http://127.0.0.1:1", "--pulsar", "off")
    code, out, err, seconds, memory = await asyncio.to_thread(cost_of, [*argv, *places])
    assert "Traceback" not in err
    assert "a bug in arcwatch" not in err
    assert (seconds < SECONDS, memory < MEMORY) == (True, True), (argv, seconds, memory)
    return code, out, err


async def test_a_context_test_takes_a_greeting_of_any_length(serve):
    kinds = ("garbage", "long info", "endless info")
    urls = [f"nats://127.0.0.1:{await serve(NATS_ZOO[kind])}" for kind in kinds]
    for code, out, _ in await asyncio.gather(*(ran(url, "context", "test") for url in urls)):
        assert code == 1
        assert "no greeting from nats-server: a line longer than 64 KiB" in out


async def test_a_tail_of_a_server_gone_mad_stays_small(serve):
    kinds = ("ping flood", "new servers", "huge message", "unwanted messages")
    urls = [f"nats://127.0.0.1:{await serve(NATS_ZOO[kind])}" for kind in kinds]
    await asyncio.gather(*(ran(url, "tail", "orders.>", "--for", "1s") for url in urls))


REFUSAL = json.dumps({"error": {"code": 500, "err_code": 1, "description": LONG}}).encode()
SERVICE = {
    "type": "io.nats.micro.v1.stats_response",
    "name": "s",
    "id": "i",
    "endpoints": [{"name": "e", "subject": "s", "last_error": LONG}],
}


@pytest.mark.parametrize(
    ("answers", "argv"),
    [
        ({b"$JS.API": REFUSAL}, ("history", "js:ORDERS")),
        ({b"$JS.API": b'{"type":"' + PIECE}, ("history", "js:ORDERS")),
        ({b"$JS.API": REFUSAL}, ("tail", "js:ORDERS", "--for", "1s")),
        (
            {b"$JS.API": REFUSAL},
            ("replay", "js:ORDERS", "--from", "earliest", "--onto", "nats:x.y"),
        ),
        ({b"$SRV.STATS": json.dumps(SERVICE).encode()}, ("latency", "--services")),
        ({b"$SRV.STATS": json.dumps(SERVICE).encode()}, ("latency", "--services", "--json")),
        ({b"$SRV.STATS": b'{"type":"' + PIECE}, ("latency", "--services", "--json")),
    ],
)
async def test_what_a_server_says_is_quoted_shortly_and_harmlessly(serve, answers, argv):
    url = f"nats://127.0.0.1:{await serve(answering(answers))}"
    _, out, err = await ran(url, *argv)
    assert len(out) + len(err) < 3_000
    assert "\x1b" not in out + err
