"""How much of large answers is held at a time."""

import asyncio
import contextlib

from arcwatch.sources.net import in_flight
from arcwatch.sources.net.http import get


async def test_of_one_server_one_large_answer_is_held_at_a_time(client, serve, monkeypatch):
    monkeypatch.setattr(in_flight, "SMALL", 1_000)
    held = most = 0
    room = in_flight.InFlight.room

    @contextlib.asynccontextmanager
    async def counted(self, server, size):
        nonlocal held, most
        async with room(self, server, size):
            held += 1
            most = max(most, held)
            yield
            held -= 1

    monkeypatch.setattr(in_flight.InFlight, "room", counted)

    async def say(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + b"x" * 200_000)
        await writer.drain()

    one, other = await serve(say), await serve(say)
    urls = [f"http://127.0.0.1:{port}/" for port in (one, one, one, one, other)]
    answers = await asyncio.gather(*(get(client, url, limit=1 << 20) for url in urls))
    assert [len(body) for _, body in answers] == [200_000] * 5
    assert 1 <= most <= 2


async def test_all_large_answers_share_a_budget(client, serve, monkeypatch):
    monkeypatch.setattr(in_flight, "SMALL", 1_000)
    monkeypatch.setattr(in_flight, "BUDGET", 300_000)
    answered, both = asyncio.Event(), asyncio.Barrier(3)
    room, held = in_flight.InFlight.room, []

    @contextlib.asynccontextmanager
    async def noted(self, server, size):
        waiting = asyncio.create_task(both.wait())
        async with room(self, server, size):
            held.append(server)
            yield
        await waiting

    async def say(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + b"x" * 199_999)
        await answered.wait()
        writer.write(b"x")
        await writer.drain()

    monkeypatch.setattr(in_flight.InFlight, "room", noted)
    urls = [f"http://127.0.0.1:{await serve(say)}/" for _ in range(2)]
    asking = [asyncio.create_task(get(client, url, limit=200_000)) for url in urls]
    async with asyncio.timeout(10):
        await both.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(held) == 1
        answered.set()
        await asyncio.gather(*asking)
        assert len(held) == 2
        # and what both had is free again
        monkeypatch.setattr(in_flight.InFlight, "room", room)
        await get(client, urls[0], limit=200_000)
