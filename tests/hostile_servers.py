"""Servers that answer with what nobody asked for, and a process tree's time and memory.

Each of :data:`ZOO` serves one connection: ``await animal(reader, writer)``.
"""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import psutil

from arcwatch.wire.pulsar_frames import octets, varint

CERTIFICATE = Path(__file__).parent / "data" / "tls" / "loopback.pem"
PIECE = b"x" * 65_536


async def http(reader, writer):
    """A web server to whom this is a broken request."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await asyncio.sleep(60)


async def garbage(reader, writer):
    """The same bytes each time, the length in them is 2.9 GB."""
    writer.write(bytes((n * 73 + 173) % 256 for n in range(100_000)))
    await asyncio.sleep(60)


async def endless_frame(reader, writer):
    """A frame of 4 GB whose bytes really come."""
    writer.write((0xFFFF_FFF0).to_bytes(4, "big"))
    while not writer.is_closing():
        writer.write(PIECE)
        await writer.drain()


async def silent(reader, writer):
    """Takes the connection and says nothing."""
    await asyncio.sleep(60)


async def closing(reader, writer):
    """Closes at once."""


async def dripping(reader, writer):
    """A byte a second, of a frame that could be one."""
    for byte in (60).to_bytes(4, "big") + (56).to_bytes(4, "big") + bytes(56):
        writer.write(bytes((byte,)))
        await asyncio.sleep(1)


async def long_info(reader, writer):
    """An ``INFO`` of 64 KiB and no end of the line."""
    writer.write(b'INFO {"server_id":"' + PIECE)
    await asyncio.sleep(60)


async def endless_info(reader, writer):
    """An ``INFO`` that goes on for ever."""
    writer.write(b'INFO {"server_id":"')
    while not writer.is_closing():
        writer.write(PIECE)
        await writer.drain()


def nats(info, *more, endless=b""):
    """A nats-server that greets with ``info``, lets everybody in, and then says ``more``."""

    async def handle(reader, writer):
        await _greet(reader, writer, info)
        writer.write(b"".join(more))
        async with asyncio.TaskGroup() as both:
            both.create_task(_pong(reader, writer))
            while endless and not writer.is_closing():
                writer.write(endless)
                await writer.drain()

    return handle


async def _pong(reader, writer):
    while line := await reader.readline():
        if line == b"PING\r\n":
            writer.write(b"PONG\r\n")


def answering(answers):
    """A nats-server that answers requests: those to a subject with ``answers[subject]``."""

    async def handle(reader, writer):
        await _greet(reader, writer, {"jetstream": True, "headers": True})
        inboxes = {}
        while line := (await reader.readline()).split():
            if line[0] == b"SUB":
                inboxes[line[1].removesuffix(b".*")] = line[-1]
            elif line[0] == b"PING":
                writer.write(b"PONG\r\n")
            elif line[0] in (b"PUB", b"HPUB"):
                await reader.readexactly(int(line[-1]) + 2)
                for subject, body in answers.items():
                    reply = line[2] if len(line) > 3 else b""
                    sid = next((s for i, s in inboxes.items() if i and reply.startswith(i)), None)
                    if line[1].startswith(subject) and sid:
                        writer.write(b"MSG %s %s %d\r\n%s\r\n" % (reply, sid, len(body), body))

    return handle


async def _greet(reader, writer, info):
    greeting = {"server_id": "S", "version": "2.11.0", "proto": 1, "max_payload": 1 << 20}
    writer.write(b"INFO " + json.dumps(greeting | info).encode() + b"\r\n")
    await reader.readuntil(b"PING\r\n")
    writer.write(b"PONG\r\n")


def lines(*sent):
    """Whole lines, and then nothing."""

    async def handle(reader, writer):
        writer.write(b"".join(line + b"\r\n" for line in sent))
        await asyncio.sleep(60)

    return handle


def new_servers():
    """``INFO`` lines that each name servers of which nobody has heard before."""
    for line in range(100):
        urls = [f"10.{line}.{n // 250}.{n % 250}:4222" for n in range(1_000)]
        yield b"INFO " + json.dumps({"connect_urls": urls}).encode() + b"\r\n"


NEW_SERVERS = b"".join(new_servers())


def pulsar(*then, endless=b""):
    """A Pulsar broker that lets everybody in, and answers the first command with ``then``."""

    async def handle(reader, writer):
        await _frame(reader)
        told = octets(1, b"Pulsar Server") + varint(2, 19) + varint(3, 5 << 20)
        writer.write(framed(varint(1, 3) + octets(3, told)))
        await _frame(reader)
        for part in then:
            writer.write(part)
        while endless and not writer.is_closing():
            writer.write(endless)
            await writer.drain()
        await reader.read()

    return handle


async def _frame(reader):
    return await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))


def framed(command):
    size = len(command).to_bytes(4, "big")
    return (len(command) + 4).to_bytes(4, "big") + size + command


ZOO = {
    "http": http,
    "garbage": garbage,
    "endless frame": endless_frame,
    "silent": silent,
    "closing": closing,
    "dripping": dripping,
    "long info": long_info,
    "endless info": endless_info,
    "tls": silent,
    "nats": nats({}),
    "broker of huge frames": pulsar((0x6000_0000).to_bytes(4, "big"), endless=PIECE),
    "broker of garbage": pulsar(bytes(range(7, 255)) * 100),
    "silent broker": pulsar(),
}
"""``tls`` is served with :func:`tls_context`."""

DEEP = "[" * 20_000

NATS_ZOO = {
    "http": http,
    "garbage": garbage,
    "endless frame": endless_frame,
    "silent": silent,
    "closing": closing,
    "dripping": dripping,
    "long info": long_info,
    "endless info": endless_info,
    "tls": silent,
    "info is a list": lines(b"INFO []"),
    "deep info": lines(f'INFO {{"a":{DEEP}}}'.encode()),
    "connect_urls is a number": nats({"connect_urls": 5}),
    "connect_urls of numbers": nats({"connect_urls": [5, None, "x" * 10_000, "[::"]}),
    "types": nats({"max_payload": "x", "client_id": [], "version": 7, "server_name": {"a": 1}}),
    "huge numbers": nats({"max_payload": 10**400, "client_id": 10**400}),
    "later info": nats({}, b'INFO {"connect_urls":7}\r\n', b"INFO []\r\n", b"INFO {\r\n"),
    "ping flood": nats({}, endless=b"PING\r\n" * 10_000),
    "info flood": nats({}, endless=b'INFO {"connect_urls":["127.0.0.1:1"]}\r\n' * 1_000),
    "new servers": nats({}, endless=NEW_SERVERS),
    "error storm": nats({}, endless=b"-ERR 'Slow Consumer'\r\n" * 1_000),
    "permission storm": nats(
        {}, endless=b"-ERR 'Permissions Violation for Subscription to \"x\"'\r\n" * 1_000
    ),
    "long error": nats({}, b"-ERR '" + b"no \x1b[2J" * 7_000 + b"'\r\n"),
    "endless line": nats({}, endless=PIECE),
    "huge message": nats({}, b"MSG x a1 999999999\r\n", endless=PIECE),
    "unwanted messages": nats({}, endless=b"MSG x 1 5\r\nhello\r\n" * 5_000),
}


SUBSCRIPTION = {"msgBacklog": 5, "type": "Shared", "isDurable": True, "consumers": []}
CURSOR = {"markDeletePosition": "7:1", "readPosition": "7:2", "individuallyDeletedMessages": "[]"}
ADMIN = {
    "partitions": {"partitions": 0},
    "lastMessageId": {"ledgerId": 7, "entryId": 9, "partitionIndex": -1, "batchIndex": -1},
    "dispatchRate": {},
    "brokers": ["127.0.0.1:1"],
    "internal-info": {"ledgers": [{"ledgerId": 7, "entries": 10, "size": 100}]},
    "stats": {"subscriptions": {"s": SUBSCRIPTION}, "publishers": []},
    "internalStats": {"ledgers": [{"ledgerId": 7, "entries": 10}], "cursors": {"s": CURSOR}},
}


async def admin(reader, writer):
    """Pulsar's admin API of a cluster with one topic of one subscription, ``s``."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        name = head.split(b" ")[1].partition(b"?")[0].rpartition(b"/")[2].decode()
        found = name in ADMIN or name.isdigit()
        body = json.dumps(ADMIN.get(name, ADMIN["lastMessageId"])).encode() if found else b"{}"
        status = b"200 OK" if found else b"404 Not Found"
        writer.write(b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body))


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def cost_of(argv, *, bound=60.0):
    """Run ``arcwatch`` with arguments, until it ends or the bound in seconds has passed.

    Returns:
        Its exit code (None if it had to be killed), stdout, stderr, its seconds, and the most
        resident memory that it and its children had at a time, in MiB.
    """
    begun, peak = time.monotonic(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "arcwatch", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    root, code = psutil.Process(process.pid), None
    while (code := process.poll()) is None and time.monotonic() - begun < bound:
        peak = max(peak, _resident(root))
        time.sleep(0.02)
    if code is None:
        os.killpg(process.pid, signal.SIGKILL)
    seconds = time.monotonic() - begun
    out, err = process.communicate()
    return code, out.decode(), err.decode(), seconds, peak / 2**20


def _resident(root):
    total = 0
    try:
        for one in (root, *root.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total
