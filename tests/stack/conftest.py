"""Real processes that start a stack and end in every way a process can."""

import json
import subprocess
import sys
import time

import psutil
import pytest

from arcwatch.stack.ports import is_free
from tests.e2e.terminal import lives

# NATS alone: how a stack ends does not depend on what runs in it, and a JVM takes seconds.
_STARTER = """
import json, os, signal, sys
from pathlib import Path
from arcwatch.stack import local
from arcwatch.stack.state import Ports

stack = local.start(Path({home!r}), ports=Ports.free(), pulsar=False, disposable=True)
state = stack.ready(120)
print(json.dumps([state.keeper, stack.endpoints.nats, stack.endpoints.nats_monitor]), flush=True)
{then}
"""


class Stack:
    """What a starter says of its stack, and every process of it, by pid and start time."""

    def __init__(self, keeper, *urls):
        self.keeper = psutil.Process(keeper)
        self.processes = [self.keeper, *self.keeper.children(recursive=True)]
        self.ports = [int(url.rpartition(":")[2]) for url in urls]

    def is_gone(self):
        """Wait until it is; a zombie, which only waits to be noticed by its parent, has gone."""
        deadline = time.monotonic() + 20
        while not (gone := self._has_gone()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return gone

    def _has_gone(self):
        return not any(map(lives, self.processes)) and all(map(is_free, self.ports))


@pytest.fixture
def starter(tmp_path):
    """Run a process that starts a stack and then runs ``then``; returns it and its stack."""
    started = []

    def start(then="input()", **options):
        code = _STARTER.format(home=str(tmp_path / "home"), then=then)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **options,
        )
        started.append(process)
        return process, Stack(*json.loads(process.stdout.readline()))

    yield start
    for process in started:
        process.kill()
        process.communicate()
