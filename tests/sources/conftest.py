"""Servers that misbehave in ways no real one can be made to."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from arcwatch.sources import wrong_port
from arcwatch.sources.http import new_client


@pytest.fixture
def hasty(monkeypatch):
    """Ports that turn out not to speak HTTP are not listened to for long."""
    monkeypatch.setattr(wrong_port, "PATIENCE", 0.01)


@pytest.fixture
async def client():
    async with new_client() as client:
        yield client


@pytest.fixture
async def serve():
    """Starts servers from ``handle(reader, writer)``: ``port = await serve(handle)``.

    The connection is closed when ``handle`` returns.  Whatever is still open at the end of the
    test is cut off.
    """
    async with contextlib.AsyncExitStack() as stack:

        async def start(handle, ssl=None):
            tasks, transports = set(), []

            async def connected(reader, writer):
                tasks.add(asyncio.current_task())
                transports.append(writer.transport)
                try:
                    await handle(reader, writer)
                    writer.close()
                    await writer.wait_closed()
                    # one that has ended by itself cannot be aborted any more
                    transports.remove(writer.transport)
                except (ConnectionError, EOFError, asyncio.CancelledError):
                    writer.transport.abort()

            async def stop():
                for task in tasks:
                    task.cancel()
                # one that still has something to send would outlive the loop
                for transport in transports:
                    transport.abort()
                await asyncio.sleep(0)

            server = await stack.enter_async_context(
                await asyncio.start_server(connected, "127.0.0.1", 0, ssl=ssl)
            )
            stack.push_async_callback(stop)
            return server.sockets[0].getsockname()[1]

        yield start


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
