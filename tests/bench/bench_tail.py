"""A tail of core NATS beside a bare nats-py callback, and what each costs the publisher.

The publisher keeps a fixed rate as long as the server lets it.  ``ARCWATCH_BENCH_NATS`` names a
``nats`` command-line client to stand beside.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import nats
import psutil
import pytest

from arcwatch.config.settings import load
from arcwatch.model.tail import TailOptions
from arcwatch.processes.tail_client import TailProcess
from arcwatch.stack import local
from arcwatch.stack.ports import Ports

pytestmark = pytest.mark.bench

PUBLISHER = Path(__file__).with_name("tail_publisher.py")
SIZE = 128
"""Bytes of a message."""

SUBJECT = "bench.tail"
SECONDS = 10
LONG = 30
RATE = 120_000
COUNTED = 100_000

CALLBACK = """
import asyncio, sys, nats

async def main():
    client = await nats.connect(sys.argv[1], error_cb=ignore)
    count = 0
    async def callback(message):
        nonlocal count
        count += 1
    await client.subscribe("bench.>", cb=callback)
    await client._flush_pending(force_flush=True)
    await client.flush()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(count)

async def ignore(error):
    pass

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("bench-nats")
    found = local.start(home, ports=Ports.free(), pulsar=False, disposable=True)
    try:
        found.ready(60)
        yield found.endpoints
    finally:
        found.stop()


async def published(server, rate, seconds):
    """What the publisher says of itself."""
    place = urlsplit(server.nats)
    argv = (place.hostname, place.port, rate, seconds, SIZE, SUBJECT)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, PUBLISHER, *map(str, argv)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    await process.stdout.readline()
    printed, _ = await process.communicate(b"go\n")
    return json.loads(printed)


@contextlib.asynccontextmanager
async def followed(server, mode):
    """A tail whose frames are taken and not looked at, as the screen's ring does."""
    places = {"nats": server.nats, "nats_monitor": server.nats_monitor, "pulsar": "off"}
    settings = load(places, environ={"ARCWATCH_CONFIG": os.devnull})
    last, ready = {}, asyncio.Event()
    async with TailProcess(settings, TailOptions(("bench.>",), mode=mode)) as tail:

        async def take():
            async for frame in tail.frames():
                last["counts"] = frame.counts[0]
                last["taken"] = last.get("taken", 0) + frame.count
                if frame.counts[0].state == "following":
                    ready.set()

        taking = asyncio.create_task(take())
        await ready.wait()
        last["process"] = psutil.Process(tail.pid)
        try:
            yield last
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)


def harm(server):
    told = httpx.get(f"{server.nats_monitor}/varz").json()
    return told["slow_consumers"], told.get("stalled_clients", 0)


def tell(who, outcome, alone, **more):
    share = outcome["rate"] / alone["rate"]
    say(
        f"{who:22} publisher {outcome['rate']:9,.0f}/s = {share:6.1%} of alone,"
        f" longest write {outcome['longest_ms']:6.1f} ms",
        *(f"{name} {value}" for name, value in more.items()),
    )


def say(*parts):
    sys.stdout.write("\n" + "  ".join(parts))


async def test_every_message_is_counted_at_a_hundred_thousand_a_second(server):
    before = harm(server)
    async with followed(server, "full") as last:
        outcome = await published(server, COUNTED, LONG)
        cpu = sum(last["process"].cpu_times()[:2])
        memory = last["process"].memory_info().rss
        async with asyncio.timeout(20):
            while last["counts"].seen < outcome["sent"]:  # noqa: ASYNC110 - figures, not an event
                await asyncio.sleep(0.1)
        counts = last["counts"]
    say(
        f"full, {LONG} s: published {outcome['sent']:,} at {outcome['rate']:,.0f}/s,"
        f" seen {counts.seen:,}, taken {last['taken']:,}, dropped here {counts.dropped_here:,};"
        f" child {cpu:.1f} s of CPU, {memory / 1e6:.0f} MB"
    )
    assert counts.seen == outcome["sent"] == last["taken"] + counts.dropped_here
    assert harm(server)[0] == before[0]


async def test_a_terminal_that_reads_slowly_loses_lines_and_no_count(server):
    before = harm(server)
    flags = (f"--nats={server.nats}", f"--nats-monitor={server.nats_monitor}", "--pulsar=off")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "arcwatch", "tail", "bench.>", "--mode", "full", *flags),
        *("--for", f"{SECONDS + 5}s"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=4096,
    )
    await asyncio.sleep(2)

    async def read_slowly():
        while await process.stdout.read(4096):  # noqa: ASYNC110 - slowness is the point
            await asyncio.sleep(0.005)

    reading = asyncio.create_task(read_slowly())
    outcome = await published(server, COUNTED, SECONDS)
    told = (await process.stderr.read()).decode().splitlines()[-1]
    await reading
    await process.wait()
    say(f"slow terminal: published {outcome['sent']:,} at {outcome['rate']:,.0f}/s; {told}")
    seen, shown, dropped = (
        int(re.search(rf"{re.escape(word)} ([\d,]+)", told)[1].replace(",", ""))
        for word in ("seen", "shown", "dropped (client)")
    )
    late = re.search(r"([\d,]+) received after", told)
    assert seen == outcome["sent"]
    assert seen == shown + dropped + (int(late[1].replace(",", "")) if late else 0)
    assert harm(server)[0] == before[0]


async def test_what_a_listener_costs_the_publisher(server):
    alone = await published(server, RATE, SECONDS)
    tell("nobody listens", alone, alone)
    async with callback(server) as heard:
        outcome = await published(server, RATE, SECONDS)
        tell("bare nats-py callback", outcome, alone, handled=f"{await heard():,}")
    if client := os.environ.get("ARCWATCH_BENCH_NATS"):
        async with natscli(client, server):
            tell("nats sub", await published(server, RATE, SECONDS), alone)
    for mode in ("full", "auto", "sampled"):
        before = harm(server)
        async with followed(server, mode) as last:
            outcome = await published(server, RATE, SECONDS)
            await asyncio.sleep(1)
            counts = last["counts"]
        estimate = (counts.seen + counts.sampled_away) / outcome["sent"]
        tell(
            f"arcwatch {mode}",
            outcome,
            alone,
            seen=f"{counts.seen:,}",
            estimate=f"{estimate:.2f} of what was sent",
            stalled=harm(server)[1] - before[1],
        )
        if mode == "sampled":
            assert outcome["rate"] >= 0.95 * alone["rate"]
            assert harm(server) == before


async def test_a_flood_never_has_us_disconnected(server):
    before = harm(server)
    for mode in ("auto", "sampled"):
        async with followed(server, mode) as last:
            outcome = await published(server, 3_000_000, SECONDS)
            await asyncio.sleep(1)
            counts = last["counts"]
        say(f"flood, {mode}: {outcome['rate']:,.0f}/s, seen {counts.seen:,}")
        assert counts.seen > 5_000
        assert counts.gaps == 0
        assert counts.state == "following"
    assert harm(server)[0] == before[0]


@contextlib.asynccontextmanager
async def callback(server):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CALLBACK, server.nats),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    await process.stdout.readline()

    async def heard():
        printed, _ = await process.communicate(b"\n")
        return int(printed)

    yield heard


@contextlib.asynccontextmanager
async def natscli(client, server):
    process = await asyncio.create_subprocess_exec(
        *(client, "sub", "bench.>", "--server", server.nats), stdout=asyncio.subprocess.DEVNULL
    )
    watcher = await nats.connect(server.nats)
    await asyncio.sleep(1)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
        await watcher.close()
