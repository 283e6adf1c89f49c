"""Servers of other versions than the one that the tests run with."""

import contextlib
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import Ports

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
