"""Servers of other versions than the one that the tests run with."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import pytest

from arcwatch.cli import run
from arcwatch.stack.distribution import VERSION, cache_dir, installed
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import Ports
from arcwatch.stack.process import Child
from arcwatch.stack.pulsar_broker import PulsarBroker
from tests.versions import bring_pulsar

CACHE = Path(os.environ.get("ARCWATCH_TEST_SERVERS", "~/.cache/arcwatch/nats-server")).expanduser()
"""Where the built servers are: ``VERSION/nats-server``; see CONTRIBUTING."""


@pytest.fixture(scope="module", params=["2.2.6", "2.9.25", "2.10.29", "2.11.10", "2.12.2", "own"])
def old_nats(request, tmp_path_factory):
    """A nats-server of each version: its version, and its two ports."""
    own = request.param == "own"
    program = Path(executable()) if own else CACHE / request.param / "nats-server"
    if not program.exists():
        pytest.skip(f"nats-server {request.param} is not in {CACHE}: see CONTRIBUTING")
    ports, folder = Ports.free(), tmp_path_factory.mktemp("nats")
    config = folder / "nats.conf"
    config.write_text(
        f'server_name: n1\nlisten: "127.0.0.1:{ports.nats}"\n'
        f'http: "127.0.0.1:{ports.nats_monitor}"\n'
        f"jetstream {{ store_dir: {json.dumps(str(folder))} }}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", config], stderr=log)
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", ports.nats)):
                break
            time.sleep(0.05)
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        yield told.stdout.rpartition("v")[2].strip(), ports
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module", params=[*bring_pulsar.VERSIONS, "own"])
def old_pulsar(request, tmp_path_factory):
    """A Pulsar standalone of each version: its version, and its ports."""
    own = installed(cache_dir())
    if own is None:
        pytest.skip("the stack's own Pulsar, whose settings these take, is not there: run it once")
    version = VERSION if request.param == "own" else request.param
    brought = own if request.param == "own" else bring_pulsar.CACHE / version
    if not (brought / "lib").is_dir():
        pytest.skip(f"Pulsar {version} is not in {bring_pulsar.CACHE}: see CONTRIBUTING")
    tree, home = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("pulsar")
    (tree / "lib").symlink_to(brought / "lib")
    # newer versions are jars alone
    (tree / "conf").symlink_to((brought if (brought / "conf").is_dir() else own) / "conf")
    ports = Ports.free()
    with asyncio.Runner() as loop:
        broker = PulsarBroker(home, ports, tree)
        child = loop.run(Child.start(broker.command()))
        try:
            loop.run(_ready(broker, child))
            yield version, ports
        finally:
            loop.run(child.stop(10))


@pytest.fixture
def told(places, capsys):
    """The exit code of a verb on the module's ``places``, and what it writes."""

    def tell(*argv):
        code = run([*places, *argv])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return tell


@pytest.fixture
def ends_well(told):
    """Runs a verb, which is to do what it is for."""

    def tell(verb):
        code, out, err = told(*verb.split())
        # what the doctor finds is told by its code
        assert code == 0 or verb == "doctor", (out, err)
        assert out.strip() or verb.startswith("events")

    return tell


def records(out):
    """What a verb writes as JSON lines."""
    return [json.loads(line) for line in out.splitlines()]


async def _ready(broker, child):
    async with asyncio.timeout(120), httpx.AsyncClient() as http:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if await broker.answers(http):
                    return
            assert not gone(child.pid), broker.why()
            await asyncio.sleep(0.3)


def gone(pid):
    """Whether a process has ended."""
    process = psutil.Process(pid)
    return process.status() == psutil.STATUS_ZOMBIE
