"""What it takes to hold arcwatch's figures against the brokers' own, and against the clock."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx
import pytest

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.model.tail import TailOptions, decode_messages
from arcwatch.sources.tail import Tail
from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from arcwatch.store.store import Store

ROOT = Path(__file__).parent.parent.parent

NOBODY = {"ARCWATCH_CONFIG": os.devnull}
"""An environment that sets nothing, and hides the settings of whoever runs this."""


@pytest.fixture
def settings(stack):
    """Of the shared brokers."""
    places = {"nats": stack.nats, "nats_monitor": stack.nats_monitor, "pulsar": stack.pulsar}
    return load({**places, "pulsar_admin": stack.pulsar_admin}, environ=NOBODY)


class Paced:
    """Messages that move at a fixed rate; see ``paced.py``."""

    def __init__(self, kind, url, *flows):
        program = ["-m", "tests.live.paced", kind, url, *map(json.dumps, flows)]
        self._process = subprocess.Popen(
            [sys.executable, *program],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def flows(self):
        """Wait for the first message."""
        assert self._told() == "flowing"
        return self

    def rates(self, start, end):
        """The least and the most messages per second between two moments, by flow."""
        self._process.stdin.write(f"{start} {end}\n")
        self._process.stdin.flush()
        return self._told()

    def _told(self):
        return json.loads(self._process.stdout.readline())

    def stop(self):
        with self._process as process:
            process.stdin.close()
            try:
                process.wait(10)
            finally:
                process.kill()


@pytest.fixture(scope="module")
def paced():
    """Starts messages that move at a fixed rate: ``paced("nats", url, {"subject": …})``.

    They stop after the module's last test.
    """
    with contextlib.ExitStack() as started:

        def start(*args):
            flow = Paced(*args)
            started.callback(flow.stop)
            return flow

        yield start


class Remembering(Store):
    """A store that keeps every reading."""

    def __init__(self):
        super().__init__()
        self.readings = []

    def apply(self, reading):
        super().apply(reading)
        self.readings.append(reading)

    def of(self, part, source=None):
        """The readings of one part, of one source or of all."""
        return [
            r for r in self.readings if r.part == part and (source is None or r.source == source)
        ]


class Arcwatch:
    """arcwatch on some brokers, through its real entrances."""

    def __init__(self, **places):
        self.places = {"nats_monitor": "off", "pulsar_admin": "off"} | places

    def engine(self, store, **options):
        return Engine(load(self.places, environ=NOBODY), store, **options)

    async def look(self, interval=0.1):
        """The store after two looks."""
        store = Remembering()
        await self.engine(store).sample_twice(interval)
        return store

    @contextlib.asynccontextmanager
    async def between_looks(self, interval, part):
        """Runs its body between the two answers about ``part``, and then waits for the second."""
        store = Remembering()
        look = asyncio.create_task(self.engine(store).sample_twice(interval))
        while not store.of(part):
            assert not look.done()
            await asyncio.sleep(0.01)
        yield store
        assert len(store.of(part)) == 1, "the body took longer than the interval"
        await look

    @contextlib.asynccontextmanager
    async def running(self, **options):
        """An engine that asks on its beats, and its store: ``async with … as (engine, store)``."""
        store = Remembering()
        engine = self.engine(store, **options)
        task = asyncio.create_task(engine.run())
        try:
            yield engine, store
        finally:
            assert not task.done(), task.exception()
            task.cancel()
            await asyncio.wait([task])

    async def status(self, interval="100ms"):
        """What ``arcwatch status --json`` prints, decoded."""
        flags = [f"--{name.replace('_', '-')}={url}" for name, url in self.places.items()]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "arcwatch", "status", "--json", "--interval", interval),
            *flags,
            stdout=subprocess.PIPE,
            env=os.environ | NOBODY,
        )
        printed, _ = await process.communicate()
        assert process.returncode == 0
        return json.loads(printed)


@pytest.fixture(scope="session")
def watch():
    """Points arcwatch at some brokers: ``watch(nats_monitor=…, pulsar_admin=…)``."""
    return Arcwatch


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The endpoints of a nats-server of the module's own, on which nobody else moves anything."""
    home = tmp_path_factory.mktemp("quiet")
    server = local.start(home, ports=Ports.free(), pulsar=False, disposable=True)
    try:
        server.ready(60)
        yield server.endpoints
    finally:
        server.stop()


@pytest.fixture(scope="session")
def admin(stack):
    """The admin API of Pulsar."""
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def namespace(admin):
    """A namespace of the module's own: ``truth/…``."""
    name = f"truth/{uuid.uuid4().hex[:8]}"
    admin.put("tenants/truth", json={"allowedClusters": ["standalone"]})
    admin.put(f"namespaces/{name}").raise_for_status()
    return name


@pytest.fixture(scope="session")
def until():
    """Waits for something to become true: ``await until(lambda: …, seconds=30)``."""

    async def wait(true, seconds=30.0):
        end = time.monotonic() + seconds
        while not (seen := true()):
            assert time.monotonic() < end, "it did not come in time"
            await asyncio.sleep(0.02)
        return seen

    return wait


@pytest.fixture(scope="session")
def tailed():
    """Follows places, and lists their messages: ``async with tailed(settings, …) as (…)``.

    What it gives is the tail, the list that its messages go to, and the counts by origin.
    """

    @contextlib.asynccontextmanager
    async def follow(settings, *addresses, kind=Tail, **options):
        seen, counts = [], {}
        async with kind(settings, TailOptions(addresses, **options)) as tail:

            async def read():
                async for frame in tail.frames():
                    seen.extend(decode_messages(frame.messages))
                    counts.update({one.origin: one for one in frame.counts})

            reading = asyncio.create_task(read())
            try:
                yield tail, seen, counts
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    return follow
