"""What the dashboard costs against 3,000 Pulsar topics and 1,000 NATS connections.

Both are real and busy.  It runs in a pseudo-terminal of 160 x 50, is watched in each of its
views, and is typed at; then the same is done to what else shows a table on this machine.
"""

import json
import random
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.bench.bench_pulsar_scrape import EARLIEST, put
from tests.e2e.terminal import Terminal

NAMESPACE = "public/bench-size"
PLAIN, PARTITIONED, PARTITIONS = 2_500, 5, 100
"""Topics without partitions, and with: 3,000 for the broker."""
SIZE = {"columns": 160, "rows": 50}
WATCHED = {"overview": 60.0, "nats": 30.0, "pulsar": 30.0}
"""Seconds over which the cost of looking at each view is taken."""
KEYS = 100
CURSOR = "1b3550"
"""The background of the row under the cursor."""

BENCH = Path(__file__).parent
BARE = """
import random
from textual.app import App
from textual.widgets import DataTable

class Bare(App):
    # a thousand rows of which those on screen change once a second: what Textual itself costs
    CSS = "DataTable:focus > .datatable--cursor { background: #1b3550; }"

    def compose(self):
        yield DataTable(cursor_type="row")

    def on_mount(self):
        self.table = self.query_one(DataTable)
        self.table.add_columns(*(f"column {n}" for n in range(12)))
        for n in range(1000):
            self.table.add_row(f"crowd-{n}", *(f"{n * m:,}" for m in range(11)))
        self.table.focus()
        self.set_interval(1.0, self.change)

    def change(self):
        for row in range(45):
            for column in range(1, 7):
                self.table.update_cell_at((row, column), f"{random.random() * 1e4:,.1f}")

Bare().run()
"""


@pytest.fixture(scope="module")
def topics(stack):
    with (
        httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2", timeout=120.0) as admin,
        ThreadPoolExecutor(4) as workers,
    ):
        put(admin, f"namespaces/{NAMESPACE}")
        home = f"persistent/{NAMESPACE}"
        names = [f"{home}/events-{number}" for number in range(PLAIN)]
        for number in range(PARTITIONED):
            put(admin, f"{home}/orders-{number}/partitions", PARTITIONS)
            names += [f"{home}/orders-{number}-partition-{n}" for n in range(PARTITIONS)]
        # subscribing is what loads a topic
        subscribed = (f"{name}/subscription/billing" for name in names)
        list(workers.map(lambda path: put(admin, path, EARLIEST), subscribed))
    yield f"persistent://{NAMESPACE}/orders-0"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2", timeout=300.0) as admin:
        admin.delete(f"namespaces/{NAMESPACE}?force=true")


@pytest.fixture(scope="module")
def crowd(stack, topics):
    command = [sys.executable, BENCH / "crowd.py", stack.nats, stack.pulsar, topics]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "here\n"
        yield process.pid
        process.kill()


def cpu(process):
    """Seconds of processor that it has had."""
    times = process.cpu_times()
    return times.user + times.system


def pause(terminal, seconds):
    """Let time pass, and read what is written."""
    end = time.monotonic() + seconds
    terminal.until(lambda text: time.monotonic() > end, seconds + 10.0)


def watch(terminal, seconds):
    """The share of a core and the bytes per second that it takes, and megabytes at the end."""
    process = terminal.process
    began, used, written = time.perf_counter(), cpu(process), len(terminal.written)
    pause(terminal, seconds)
    took = time.perf_counter() - began
    share = (cpu(process) - used) / took
    return share, (len(terminal.written) - written) / took, process.memory_info().rss / 1e6


def answer_keys(terminal):
    """Seconds from each of many keys until the row under the cursor is another, in order."""
    rng, taken = random.Random(7), []
    for key in ("down", "up") * (KEYS // 2):
        pause(terminal, rng.uniform(0.02, 0.2))
        before = terminal.rows_on(CURSOR)
        began = time.perf_counter()
        terminal.press(key)
        terminal.until(lambda text, before=before: terminal.rows_on(CURSOR) not in (before, []))
        taken.append(time.perf_counter() - began)
    return sorted(taken)


def percentile(values, share):
    """Of sorted values."""
    return values[min(len(values) - 1, int(share * len(values)))]


def frames_line(what, costs, budget):
    costs = sorted(costs)
    return (
        f"  {what:28} median {statistics.median(costs):6.2f} ms, p99 {percentile(costs, 0.99):6.2f}"
        f" ms, of {len(costs):4}  (budget {budget})"
    )


def keys_line(what, taken):
    milliseconds = [seconds * 1000 for seconds in taken]
    return (
        f"  {what:28} median {statistics.median(milliseconds):6.1f} ms,"
        f" p99 {percentile(milliseconds, 0.99):6.1f} ms"
    )


def watched_line(what, share, written, resident):
    return f"  {what:28} {share:6.1%} of a core, {resident:5.0f} MB, {written / 1e3:5.1f} kB/s"


@pytest.fixture
def told(capsys):
    def tell(*lines):
        with capsys.disabled():
            print("", *lines, sep="\n")  # noqa: T201  # figures are what a bench is for

    return tell


@pytest.mark.bench
def test_the_dashboard_at_size(stack, crowd, tmp_path, told):
    notes = tmp_path / "frames.json"
    places = (
        f"--nats={stack.nats}",
        f"--nats-monitor={stack.nats_monitor}",
        f"--pulsar={stack.pulsar}",
        f"--pulsar-admin={stack.pulsar_admin}",
    )
    watched, typed = [], []
    command = (sys.executable, str(BENCH / "clocked.py"), str(notes), *places)
    with Terminal(*command, **SIZE) as terminal:
        terminal.until(r"conns 1,0\d\d.*topics 2,[05]\d\d", 180.0)
        pause(terminal, 10.0)
        first = terminal.process.memory_info().rss / 1e6
        for number, (view, seconds) in enumerate(WATCHED.items(), start=1):
            terminal.press(str(number))
            pause(terminal, 3.0)
            watched.append(watched_line(f"looking at {view}", *watch(terminal, seconds)))
        for number in (2, 3):
            terminal.press(str(number))
            pause(terminal, 3.0)
            typed.append(keys_line(f"key to paint, view {number}", answer_keys(terminal)))
        last = terminal.process.memory_info().rss / 1e6
        terminal.press("q")
        terminal.wait()
    frames = json.loads(notes.read_text())
    told(
        "arcwatch, budgets 8 % of a core, 150 MB",
        *watched,
        f"  memory at first, and last    {first:5.0f} MB, {last:5.0f} MB",
        *(
            frames_line(
                f"a changed frame of {view}",
                [a + b for v, new, a, b in frames if new and v == view],
                "16 ms",
            )
            for view in WATCHED
        ),
        frames_line(
            "a frame without changes", [a + b for _, new, a, b in frames if not new], "1 ms"
        ),
        *typed,
    )


@pytest.mark.bench
def test_a_bare_textual_table(told):
    with Terminal(sys.executable, "-c", BARE, **SIZE) as terminal:
        terminal.until("crowd-40")
        pause(terminal, 3.0)
        watched = watch(terminal, 20.0)
        told(
            "a bare DataTable, 45 rows of 1,000 changed a second",
            watched_line("looking at it", *watched),
            keys_line("key to paint", answer_keys(terminal)),
        )


@pytest.mark.bench
def test_nats_top(stack, crowd, told):
    program = shutil.which("nats-top")
    if program is None:
        pytest.skip("nats-top is not installed: go install github.com/nats-io/nats-top@latest")
    place = urlsplit(stack.nats_monitor)
    command = (program, "-s", place.hostname, "-m", str(place.port), "-d", "1")
    with Terminal(*command, **SIZE) as terminal:
        terminal.until("crowd-")
        pause(terminal, 3.0)
        told("nats-top", watched_line("looking at it", *watch(terminal, 20.0)))
