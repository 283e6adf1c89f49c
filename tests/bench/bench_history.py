"""History of topics of 1,000,000 messages: jumps, pages and scans, beside `pulsar-client read`.

Both topics are batched and compressed, one with eight partitions.  Filling them takes most of two
minutes.
"""

import json
import os
import random
import statistics
import subprocess
import time
import uuid

import httpx
import psutil
import pulsar
import pytest

from arcwatch.config.settings import load
from arcwatch.history.key_state import State
from arcwatch.history.open import open_history
from arcwatch.notation.times import Earliest, Instant, Latest, moment_text
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import Find, Locate, ReadPage
from arcwatch.session.history import FIRST_PAGE
from arcwatch.stack.distribution import cache_dir, installed
from arcwatch.stack.pulsar_broker import java

pytestmark = pytest.mark.bench

COUNT = 1_000_000
PAGE = 50
JUMPS = 40
RARE = 50_000
"""One message of so many has the word that is searched for."""

BOTH = pytest.mark.parametrize("partitions", [0, 8])


@pytest.fixture(scope="module")
def filled(stack):
    """Names of the topics by their partitions, each filled once it is wanted."""
    namespace = f"past/bench-{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=60) as admin:
        admin.put("tenants/past", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{namespace}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{namespace}/retention", json=keep).raise_for_status()
        admin.put(f"persistent/{namespace}/p8/partitions", json=8).raise_for_status()
    for partitions in (0, 8):
        fill(stack, f"persistent://{namespace}/p{partitions}")
    return namespace


def fill(stack, topic):
    logger = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(stack.pulsar, logger=logger)
    producer = client.create_producer(
        topic,
        batching_enabled=True,
        batching_max_messages=1_000,
        compression_type=pulsar.CompressionType.LZ4,
        block_if_queue_full=True,
        max_pending_messages=5_000,
        message_routing_mode=pulsar.PartitionsRoutingMode.RoundRobinDistribution,
    )
    for number in range(COUNT):
        order = {"n": number, "agent": f"agent-{number % 50:02}", "state": "done"}
        if number % RARE == 7:
            order["state"] = "quarantined"
        body = json.dumps(order).encode() + b" " * 40
        producer.send_async(body, lambda *_: None, partition_key=f"k{number % 5_000}")
    producer.flush()
    client.close()


@pytest.fixture
async def history(stack, filled, partitions):
    places = {"pulsar": stack.pulsar, "pulsar_admin": stack.pulsar_admin, "nats": "off"}
    settings = load(places, environ={"ARCWATCH_CONFIG": os.devnull})
    async with open_history(settings, f"pulsar:{filled}/p{partitions}") as history:
        yield history


async def clocked(awaitable, taken):
    began = time.perf_counter()
    result = await awaitable
    taken.append(1000 * (time.perf_counter() - began))
    return result


def of(what, taken):
    taken = sorted(taken)
    return (
        f"  {what:34} median {statistics.median(taken):7.1f} ms, "
        f"p95 {taken[int(len(taken) * 0.95)]:7.1f} ms, worst {taken[-1]:7.1f} ms"
    )


def report(capsys, *lines):
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201  # figures are what a bench is for


@BOTH
async def test_a_jump_and_pages_from_there(history, partitions, capsys):
    extent = await history.extent()
    first, last = extent.first_time, extent.last_time
    rng, jumps, back, forth, extents = random.Random(1), [], [], [], []
    process, held = psutil.Process(), []
    for _ in range(JUMPS):
        page = await clocked(history.page_at(Instant(rng.randrange(first, last)), PAGE), jumps)
        for _ in range(3):
            page = await clocked(history.page_before(page.start, PAGE), back)
        for _ in range(3):
            page = await clocked(history.page_after(page.end, PAGE), forth)
        held.append(process.memory_info().rss / 1e6)
    for _ in range(3):
        await clocked(history.extent(), extents)
    report(
        capsys,
        f"{COUNT:,} messages, {partitions or 'no'} partitions, pages of {PAGE}",
        of("first page at a time", jumps),
        of("previous page", back),
        of("next page", forth),
        of("timeline", extents),
        f"  memory after the first jump {held[0]:.0f} MB, after the last {held[-1]:.0f} MB",
    )
    assert statistics.median(jumps) <= 100
    assert statistics.median(back) <= 100
    assert held[-1] < held[0] + 30


@BOTH
async def test_a_scan_for_words_and_a_state(history, partitions, capsys):
    words, state, found = [], State(), 0
    for _ in range(3):
        start, end = await history.at(Earliest()), await history.at(Latest())
        began, found, scanned = time.perf_counter(), 0, 0
        async for step in history.scan(start, end, ["quarantined"]):
            scanned += step.scanned
            found += len(step.messages)
        words.append(scanned / (time.perf_counter() - began))
        assert (scanned, found) == (COUNT, COUNT // RARE)
    began = time.perf_counter()
    async for _ in state.follow(history.last(end)):
        pass
    took = time.perf_counter() - began
    report(
        capsys,
        f"{COUNT:,} messages, {partitions or 'no'} partitions",
        f"  words on undecoded text   median {statistics.median(words):,.0f} msg/s,"
        f" best {max(words):,.0f}, worst {min(words):,.0f}",
        f"  the state of {len(state.last):,} keys   {took:.2f} s, {COUNT / took:,.0f} msg/s",
    )
    assert len(state.last) == 5_000
    assert statistics.median(words) >= 150_000


@BOTH
async def test_the_same_by_the_process_of_the_screen(stack, filled, partitions, capsys):
    """A jump is what `@` waits for; a search, what `/` does."""
    places = {"pulsar": stack.pulsar, "pulsar_admin": stack.pulsar_admin, "nats": "off"}
    process = HistoryProcess(load(places, environ={"ARCWATCH_CONFIG": os.devnull}))
    address, rng, jumps, rates = f"pulsar:{filled}/p{partitions}", random.Random(1), [], []
    await process.open(address)
    start, end = await process.ask(Locate("earliest")), await process.ask(Locate("latest"))
    first = (await process.ask(ReadPage(start, 1))).messages[0].publish_time
    last = (await process.ask(ReadPage(end, 1, back=True))).messages[0]

    async def jump():
        at = Instant(rng.randrange(first, last.publish_time))
        return await process.ask(ReadPage(await process.ask(Locate(moment_text(at))), FIRST_PAGE))

    for _ in range(JUMPS):
        assert (await clocked(jump(), jumps)).messages
    for words in ("quarantined", "quarantined", "quarantined", "agent-07"):
        began = time.perf_counter()
        task = process.task(Find(None, None, (words,), 10_000_000))
        *_, looked = [step async for step in task.steps()]
        rates.append(looked.scanned / (time.perf_counter() - began))
        assert looked.found == (COUNT // RARE if words == "quarantined" else COUNT // 50)
    *rare, often = rates
    await process.close()
    report(
        capsys,
        f"{COUNT:,} messages, {partitions or 'no'} partitions, by a process of its own",
        of("first page at a time", jumps),
        f"  words on undecoded text   median {statistics.median(rare):,.0f} msg/s,"
        f" of which one in 50 has them {often:,.0f}",
    )
    assert statistics.median(jumps) <= 100
    assert statistics.median(rare) >= 150_000


def test_the_same_with_pulsar_client(stack, filled, tmp_path, capsys):
    """Which knows no times: it can only begin at the beginning."""
    tree = installed(cache_dir())
    assert tree, "the stack runs it"
    name = f"persistent://{filled}/p0"

    def read(count):
        began = time.perf_counter()
        done = subprocess.run(
            [
                *(tree / "bin/pulsar-client", "--url", stack.pulsar),
                *("read", "-m", "earliest", "-n", str(count), "-q", "1000", "--hide-content", name),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ
            | {"JAVA_HOME": str(java().parent.parent), "PULSAR_LOG_DIR": str(tmp_path)},
            check=True,
            text=True,
        )
        return time.perf_counter() - began, done.stdout

    few, _ = read(1)
    page, _ = read(PAGE)
    many, _ = read(200_000)
    rate = 199_950 / (many - page)
    report(
        capsys,
        "pulsar-client read, from the beginning",
        f"  the first message {few:.2f} s, {PAGE} messages {page:.2f} s, then {rate:,.0f} msg/s",
    )
