"""Brokers that a test kills, freezes or restarts, and verbs that run meanwhile."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import nats
import psutil
import pytest
from msgspec.structs import replace

from arcwatch.stack import distribution
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import HOST, Ports, free_ports
from arcwatch.stack.pulsar_broker import PulsarBroker, with_settings

BOUND = 90.0
"""Seconds after which a test gives up waiting, on a machine that does much else."""

FROZEN = 1.0
"""Seconds that a broker stays frozen, unless a test needs it for longer."""

_NATS = """\
server_name: mortal
listen: "{host}:{port}"
http: "{host}:{monitor}"
jetstream {{ store_dir: {store}, max_memory_store: 64MB, max_file_store: 1GB }}
"""

_IMPATIENT = """\
import importlib, json, sys
for name, value in json.loads(sys.argv.pop(1)).items():
    module, _, what = name.rpartition(".")
    setattr(importlib.import_module(module), what, value)
from arcwatch.cli import run
sys.exit(run(sys.argv[1:]))
"""
"""The program with other bounds, so that a test need not wait a minute for a broker given up."""


class Broker:
    """One broker process, with its data in a folder that outlives it."""

    def start(self):
        """Start it, and wait until clients can connect."""
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(self.argv, stdout=log, stderr=log, cwd=self.folder)
        self.ready()

    def kill(self):
        self._end(signal.SIGKILL)

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def terminate(self):
        self._end(signal.SIGTERM)

    async def suffer(self, fault):
        """Go through a fault, until it works again: ``killed``, ``frozen`` or ``restarted``."""
        if fault == "frozen":
            self.freeze()
            await asyncio.sleep(FROZEN)
            self.thaw()
            return
        await asyncio.to_thread(self.kill if fault == "killed" else self.terminate)
        await asyncio.to_thread(self.start)

    @property
    def runs(self):
        return self._process.poll() is None

    def _end(self, number):
        self._process.send_signal(number)
        self._process.wait(BOUND)


class NatsServer(Broker):
    """A nats-server with JetStream and monitoring."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"
        port, monitor = free_ports(2)
        self._port = port
        self.url, self.monitor = f"nats://{HOST}:{port}", f"http://{HOST}:{monitor}"
        config = folder / "nats.conf"
        store = json.dumps(str(folder))
        config.write_text(_NATS.format(host=HOST, port=port, monitor=monitor, store=store))
        self.argv = [str(executable()), "-c", str(config)]
        self.flags = ["--nats", self.url, "--nats-monitor", self.monitor, "--pulsar", "off"]

    def ready(self):
        """The server listens to clients last, once JetStream has its streams again."""
        end = time.monotonic() + BOUND
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self._port), 5) as s:
                if s.recv(4) == b"INFO":
                    return
            time.sleep(0.01)
        pytest.fail(self.log.read_text())


class PulsarServer(Broker):
    """A Pulsar standalone.

    Args:
        folder: Of its data.
        of_the_session: Takes each process that is started.
        settings: Besides those of the demo's.
        extras: As those of the demo's.
        storage: URL of the S3 that it offloads to.
    """

    def __init__(self, folder, of_the_session, settings=None, extras=(), storage=""):
        self._of_the_session, self._settings = of_the_session, settings or {}
        ports = Ports.free()
        tree = distribution.install(distribution.cache_dir(), print)
        offloaders = None
        if storage:
            ports = replace(ports, s3=int(storage.rpartition(":")[2]))
            offloaders = distribution.install(
                distribution.cache_dir(), print, archive=distribution.OFFLOADERS
            )
        self._broker = PulsarBroker(folder, ports, tree, extras, offloaders)
        self.folder, self.log = folder, self._broker.log
        self.url, self.admin = (
            f"pulsar://{HOST}:{ports.pulsar}",
            f"http://{HOST}:{ports.pulsar_admin}",
        )
        self.flags = ["--pulsar", self.url, "--pulsar-admin", self.admin, "--nats", "off"]

    def start(self):
        command = self._broker.command()
        config = self.folder / "standalone.conf"
        config.write_text(with_settings(config.read_text(), self._settings))
        self.argv = list(command.argv)
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                self.argv, stdout=log, stderr=log, cwd=self.folder, env=dict(command.env)
            )
        self._of_the_session.add(psutil.Process(self._process.pid))
        self.ready()

    def ready(self):
        end = time.monotonic() + 240
        while time.monotonic() < end and self.runs:
            with contextlib.suppress(httpx.HTTPError):
                answer = httpx.get(f"{self.admin}/admin/v2/namespaces/public", timeout=5)
                if "public/default" in answer.text:
                    return
            time.sleep(0.1)
        pytest.fail(self.log.read_text()[-2000:])


class Verb:
    """A verb that runs; what it prints is read as it comes."""

    def __init__(self, process):
        self.process = process
        self.said = []
        """Lines of stderr."""
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self):
        async for line in self.process.stderr:
            self.said.append(line.decode().rstrip("\n"))
            self._news.set()

    async def line(self):
        """The next line of stdout; empty at its end."""
        async with asyncio.timeout(BOUND):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def says(self, part):
        """Wait for a line of stderr with some words in it."""
        async with asyncio.timeout(BOUND):
            while not (found := [line for line in self.said if part in line]):
                assert not self._reading.done(), self.said
                self._news.clear()
                await self._news.wait()
        return found[0]

    async def interrupt(self):
        """Press ctrl-c; see :meth:`end`."""
        self.process.send_signal(signal.SIGINT)
        return await self.end()

    async def end(self):
        """Wait for its end: its exit code, and the rest of stdout."""
        async with asyncio.timeout(BOUND):
            rest = (await self.process.stdout.read()).decode()
            await self._reading
            return await self.process.wait(), rest


@pytest.fixture
async def verb():
    """Runs a verb beside the test: ``await verb("tail", …)``.

    ``bounds`` sets constants of modules, ``config`` is the path of settings.
    """
    running = []

    async def start(*argv, bounds=None, config=os.devnull):
        program = ("-c", _IMPATIENT, json.dumps(bounds)) if bounds else ("-m", "arcwatch")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *program, *argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"ARCWATCH_CONFIG": str(config)},
            limit=1 << 22,
        )
        running.append(Verb(process))
        return running[-1]

    yield start
    for each in running:
        if each.process.returncode is None:
            each.process.kill()
        with contextlib.suppress(TimeoutError):
            await each.end()


async def at_prompt(part, type_then, *argv):
    """Run a verb in a terminal, and press keys once it says something.

    Args:
        part: What it says.
        type_then: Called then; the keys.
        argv: Of the verb.

    Returns:
        The exit code, and all that came to the terminal.
    """
    terminal, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "arcwatch", *argv),
        stdin=theirs,
        # so that ctrl-c comes as a signal
        preexec_fn=lambda: os.login_tty(0),
        env=os.environ | {"ARCWATCH_CONFIG": os.devnull, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    written, is_typed = "", False
    try:
        async with asyncio.timeout(BOUND):
            while piece := await asyncio.to_thread(_read, terminal):
                written += piece
                if part in written and not is_typed:
                    is_typed = True
                    os.write(terminal, (await asyncio.to_thread(type_then)).encode())
            return await process.wait(), written
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(terminal)


def _read(terminal):
    try:
        return os.read(terminal, 65536).decode("utf-8", "replace")
    except OSError:
        # how a terminal says that nobody is at its other end
        return ""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A nats-server of the module's own, which its tests take turns to be rough with."""
    server = NatsServer(tmp_path_factory.mktemp("mortal"))
    server.start()
    yield server
    with contextlib.suppress(ProcessLookupError):
        server.thaw()
    server.kill()


@pytest.fixture
async def bus(server):
    """A client that comes back by itself, at once."""
    client = await nats.connect(
        server.url,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.05,
        error_cb=_ignore,
    )
    yield client
    await client.close()


@pytest.fixture(scope="session")
def broker(tmp_path_factory, of_the_session):
    """A Pulsar of their own for tests that are rough with it; it keeps what is acknowledged."""
    broker = PulsarServer(tmp_path_factory.mktemp("mortal-pulsar"), of_the_session)
    broker.start()
    keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
    httpx.post(
        f"{broker.admin}/admin/v2/namespaces/public/default/retention", json=keep, timeout=30
    ).raise_for_status()
    yield broker
    with contextlib.suppress(ProcessLookupError):
        broker.thaw()
    broker.kill()


@pytest.fixture
def client(broker):
    """A client of that Pulsar that prints nothing."""
    # tests of NATS start without it
    import pulsar

    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(broker.url, logger=quiet, operation_timeout_seconds=60)
    yield client
    client.close()


async def _ignore(error):
    pass


def ended_totals(said):
    """The figures of a replay's last line: published, acknowledged, failed, unknown."""
    line = next(line for line in said if "published" in line)
    figures = {what: _figure(line, f"([0-9,]+) {what}") for what in ("failed", "unknown")}
    acknowledged = _figure(line, "([0-9,]+) acknowledged")
    return figures | {
        "published": _figure(line, "published ([0-9,]+)"),
        "acknowledged": acknowledged,
    }


def _figure(line, pattern):
    found = re.search(pattern, line)
    return int(found[1].replace(",", "")) if found else 0


@contextlib.asynccontextmanager
async def away(server, fault):
    """The server does not answer while this lasts."""
    if fault == "frozen":
        server.freeze()
    else:
        await asyncio.to_thread(server.kill if fault == "killed" else server.terminate)
    try:
        yield
    finally:
        if fault == "frozen":
            server.thaw()
        else:
            await asyncio.to_thread(server.start)


async def connections(server, more):
    """Wait until a server has so many more connections than when this is called."""
    before = None
    async with asyncio.timeout(BOUND), httpx.AsyncClient() as http:
        while True:
            now = (await http.get(f"{server.monitor}/varz")).json()["connections"]
            before = now if before is None else before
            if now >= before + more:
                return
            await asyncio.sleep(0.02)
