"""How long until there is something to see, and what the screen costs while it is looked at."""

import statistics
import subprocess
import sys
import time

import psutil
import pytest

from arcwatch.stack.ports import free_ports
from tests.e2e.terminal import Terminal

RUNS = 5
WATCHED = 20.0
"""Seconds over which the cost of an idle screen is taken."""

BARE = """
from textual.app import App
from textual.widgets import Header, Static

class Bare(App):
    def compose(self):
        yield Header()
        yield Static("painted")

Bare().run()
"""


@pytest.fixture
def told(capsys):
    def tell(*lines):
        with capsys.disabled():
            print("", *lines, sep="\n")  # noqa: T201  # figures are what a bench is for

    return tell


def arcwatch(*arguments):
    return Terminal(sys.executable, "-m", "arcwatch", *arguments)


def nowhere():
    nats, pulsar = free_ports(2)
    return f"--nats-monitor=http://127.0.0.1:{nats}", f"--pulsar-admin=http://127.0.0.1:{pulsar}"


def seen_after(terminal, *texts):
    """Seconds from the start of the program to each of ``texts`` on the screen."""
    with terminal:
        taken = []
        for text in texts:
            terminal.until(text)
            taken.append(time.perf_counter() - terminal.started)
        return taken


@pytest.mark.bench
def test_first_paint_beside_a_bare_app(told):
    """Budget: 1.3 times what Textual itself takes; what is in the frame comes a moment later."""
    ours, bare = [], []
    for _ in range(1 + RUNS):
        bare += seen_after(Terminal(sys.executable, "-c", BARE), "painted")
        ours.append(seen_after(arcwatch(*nowhere()), "1 Overview", "DRAINS IN"))
    # what the first of each compiled is there for the others
    frame, view = map(statistics.median, zip(*ours[1:], strict=True))
    textual = statistics.median(bare[1:])
    told(
        f"first paint            {frame:.3f} s",
        f"the overview in it     {view:.3f} s  ({view / textual:.2f} of a bare app)",
        f"bare Textual app       {textual:.3f} s",
        f"ratio                  {frame / textual:.2f}  (budget 1.3)",
    )


@pytest.mark.bench
def test_version(told):
    """Budget: 0.15 s."""
    took = []
    for _ in range(2 * RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "arcwatch", "--version"], capture_output=True)
        took.append(time.perf_counter() - began)
    told(f"arcwatch --version     {statistics.median(took):.3f} s  (budget 0.15)")


@pytest.mark.bench
def test_an_idle_screen_on_the_demos_brokers(told):
    """Budget: 8 % of a core and 150 MB, there against 3,000 topics and 1,000 connections."""
    with arcwatch("demo") as terminal:
        terminal.until("NATS +ok .*Pulsar +ok ", 180.0)
        end = time.monotonic() + 2.0
        terminal.until(lambda text: time.monotonic() > end)
        process = psutil.Process(terminal.process.pid)
        began, used, written = time.perf_counter(), _cpu(process), len(terminal.written)
        terminal.until(lambda text: time.perf_counter() - began > WATCHED, 2 * WATCHED)
        took = time.perf_counter() - began
        share = (_cpu(process) - used) / took
        told(
            f"idle CPU               {share:.1%} of a core  (budget 8 %)",
            f"resident               {process.memory_info().rss / 1e6:.0f} MB  (budget 150 MB)",
            f"written to the screen  {(len(terminal.written) - written) / took / 1e3:.1f} kB/s",
        )


def _cpu(process):
    """Seconds of processor that it has had; its brokers are other processes."""
    times = process.cpu_times()
    return times.user + times.system
