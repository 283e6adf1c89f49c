"""Our connection to NATS, beside a server that answers when a test says so."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from arcwatch.sources.nats import connection as nats_connection
from arcwatch.sources.nats.connection import Listener, NatsConnection
from tests.interrupted import ends_when_cancelled
from tests.processed import processed

INFO = (
    b'INFO {"server_id":"A","version":"2.15.1","max_payload":1048576,"client_id":1,'
    b'"headers":true}\r\n'
)


class Server:
    """Speaks as much of NATS as a client needs: it answers PINGs, and requests with their body.

    Attributes:
        lines: What came, a line each.
        answers: While this is clear, nothing is answered.
    """

    def __init__(self):
        self.lines = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.inbox = b""

    async def __call__(self, reader, writer):
        writer.write(INFO)
        while line := await reader.readline():
            self.lines.append(line)
            words = line.split()
            await self.answers.wait()
            if words[0] == b"PING":
                writer.write(b"PONG\r\n")
            elif words[0] == b"SUB":
                self.inbox = words[-1]
            elif words[0] == b"PUB" and len(words) == 4:
                body = (await reader.readline()).strip()
                writer.write(b"MSG %s %s %d\r\n%s\r\n" % (words[2], self.inbox, len(body), body))


@asynccontextmanager
async def connected(serve, server):
    connection = NatsConnection(f"nats://127.0.0.1:{await serve(server)}")
    there = asyncio.Event()
    arrival = Listener()
    arrival.connected = there.set
    connection.add(arrival)
    connection.open()
    try:
        async with asyncio.timeout(5):
            await there.wait()
        yield connection
    finally:
        await connection.close()


async def test_what_is_reached_includes_what_the_library_holds_back(serve):
    server = Server()
    async with connected(serve, server) as connection:
        server.lines.clear()
        await connection.client.publish("a", b"1")
        connection.subscribe("b", lambda _: None)
        assert await connection.reached()
    assert [line.split()[0] for line in server.lines[:4]] == [b"SUB", b"PUB", b"1", b"PING"]


async def test_a_pong_that_nobody_waits_for_any_more_ends_nothing(serve):
    server = Server()
    async with connected(serve, server) as connection:
        server.answers.clear()
        waiting = asyncio.create_task(connection.reached())
        while server.lines[-1] != b"PING\r\n" or len(server.lines) < 3:  # noqa: ASYNC110 - a server's list tells nobody
            await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert not await connection.reached(timeout=0.01)
        server.answers.set()
        assert await connection.ask("there", b"hello") == b"hello"


@pytest.mark.parametrize("step", range(1, 30))
async def test_what_asks_again_and_again_ends_when_it_is_cancelled_at_any_step(serve, step):
    async with connected(serve, Server()) as connection:

        async def ask_for_ever():
            while True:
                await connection.ask("there", b"hello")
                await connection.reached()

        assert await ends_when_cancelled(ask_for_ever(), step)


async def test_a_server_that_reads_nothing_is_left_within_a_bound(serve):
    server = Server()
    async with connected(serve, server) as connection:
        server.answers.clear()
        client = connection.client
        # more than both sockets hold, and more flushes than the library's queue takes
        flushes = [client.publish("a", bytes(1 << 20)) for _ in range(16)]
        flushes += [processed(client) for _ in range(1_100)]
        await asyncio.wait([asyncio.create_task(flush) for flush in flushes], timeout=0.05)
        async with asyncio.timeout(4 * nats_connection.CLOSING):
            await connection.close()


async def test_a_connection_is_contact_before_anything_else_comes(serve):
    before = time.time_ns()
    async with connected(serve, Server()) as connection:
        assert before <= connection.last_contact <= time.time_ns()
