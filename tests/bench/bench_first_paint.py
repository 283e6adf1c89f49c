"""How soon there is something to see, beside a bare Textual app in the same run."""

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROUNDS = 7
WATCHED = 20.0
"""Seconds of looking on, for CPU and memory."""

BARE = """
from textual.app import App
from textual.widgets import Header, Static
class Bare(App):
    def compose(self):
        yield Header()
        yield Static("painted")
Bare().run()
"""

_SPEC = importlib.util.spec_from_file_location(
    "terminal", Path(__file__).parent.parent / "e2e" / "terminal.py"
)
terminal = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(terminal)


def painted(words, *argv):
    """Seconds until ``words`` are on the screen of a real pseudo-terminal."""
    begun = time.perf_counter()
    with terminal.Terminal(sys.executable, *argv, **os.environ) as screen:
        screen.until(words)
        return time.perf_counter() - begun


@pytest.mark.bench
def test_first_paint_beside_a_bare_app(capsys):
    nowhere = "http://127.0.0.1:9"
    argv = ("-m", "arcwatch", "--nats-monitor", nowhere, "--pulsar-admin", nowhere)
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(painted("painted", "-c", BARE))
        ours.append(painted("BACKLOG", *argv))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    with capsys.disabled():
        print(
            f"\nfirst paint: arcwatch {statistics.median(ours):.2f} s, bare Textual "
            f"{statistics.median(bare):.2f} s, ratio {ratio:.2f} (budget 1.3)"
        )


@pytest.mark.bench
def test_version_costs_little(capsys):
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "arcwatch", "--version"], check=True)
        took.append(time.perf_counter() - begun)
    with capsys.disabled():
        print(f"\narcwatch --version: {statistics.median(took):.3f} s (budget 0.15)")


@pytest.mark.bench
def test_looking_on_costs_little(capsys, stack):
    argv = ("--nats-monitor", stack.nats_monitor, "--pulsar-admin", stack.pulsar_admin)
    with terminal.Terminal(sys.executable, "-m", "arcwatch", *argv, **os.environ) as screen:
        screen.until("Pulsar ─ OK")
        process = psutil.Process(screen.process.pid)
        before, begun = process.cpu_times(), time.perf_counter()
        while time.perf_counter() < begun + WATCHED:
            screen.until("NATS")
            time.sleep(0.05)
        after = process.cpu_times()
        spent = after.user + after.system - before.user - before.system
        share, memory = spent / (time.perf_counter() - begun), process.memory_info().rss
    with capsys.disabled():
        print(f"\nlooking on: {share:.1%} of a core (budget 8 %), {memory / 1e6:.0f} MB (150)")
