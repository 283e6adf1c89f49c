"""Servers that misbehave in ways no real one can be made to."""

from __future__ import annotations

import pytest

from arcwatch.sources.net import wrong_port
from arcwatch.sources.net.http import new_client
from tests.hostile_servers import ZOO, tls_context


@pytest.fixture
def hasty(monkeypatch):
    """Ports that turn out not to speak HTTP are not listened to for long."""
    monkeypatch.setattr(wrong_port, "PATIENCE", 0.01)


@pytest.fixture
async def client():
    async with new_client() as client:
        yield client


@pytest.fixture
def serve_bytes(serve):
    """Servers that send the same pieces to whoever asked: ``await serve_bytes(b"HTTP/1.1 …")``."""

    async def start(*pieces, ssl=None):
        async def handle(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()

        return await serve(handle, ssl=ssl)

    return start


@pytest.fixture
def broker(serve):
    """Starts a server from ``path -> (status, body, headers)``, and notes what it was asked."""

    async def start(answers):
        asked = []

        async def handle(reader, writer):
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *headers = head.decode().split("\r\n")
                path = line.split(" ")[1]
                fields = (header.partition(": ") for header in headers)
                asked.append((path, {name.lower(): value for name, _, value in fields}))
                status, body, *told = answers.get(path.partition("?")[0], (404, b"{}"))
                lines = [f"HTTP/1.1 {status} -", f"content-length: {len(body)}", *told]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                await writer.drain()

        return await serve(handle), asked

    return start


@pytest.fixture
async def at(serve):
    """The URL of an animal of the zoo."""

    async def start(kind):
        port = await serve(ZOO[kind], ssl=tls_context() if kind == "tls" else None)
        return f"pulsar://127.0.0.1:{port}"

    return start
