"""A metrics page of 3,000 topics, from a real broker to the model, beside Prometheus' own parser.

The broker is made to have 10 partitioned topics of 300 with a subscription each, which takes it
most of a minute; then its page is read once to parse it again and again, and asked for again and
again to time the whole way.
"""

import asyncio
import gc
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pulsar
import pytest
from prometheus_client.parser import text_string_to_metric_families

from arcwatch.sources.net.http import PIECE, new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.wire.pulsar_metrics import MetricsPage

EARLIEST = {"ledgerId": -1, "entryId": -1}
NAMESPACE = "public/bench-scrape"
TOPICS, PARTITIONS = 10, 300
ROUNDS, PEER_ROUNDS = 9, 3
PATIENCE = 60.0
TICK = 0.001
"""Seconds between two looks at whether the loop still turns."""


def make_topics(stack):
    """Partitions that are loaded and subscribed to, which is what a subscription does to them."""
    with (
        httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2", timeout=120.0) as admin,
        ThreadPoolExecutor(4) as workers,
    ):
        put(admin, f"namespaces/{NAMESPACE}")
        for number in range(TOPICS):
            topic = f"persistent/{NAMESPACE}/orders-{number}"
            put(admin, f"{topic}/partitions", PARTITIONS)
            paths = [
                f"{topic}-partition-{partition}/subscription/billing"
                for partition in range(PARTITIONS)
            ]
            list(workers.map(lambda path: put(admin, path, EARLIEST), paths))


def put(admin, path, body=None):
    """Create something; once more where a busy broker has given up, or already has it."""
    for _ in range(3):
        status = admin.put(path, json=body).status_code
        if status < 300 or status == 409:
            return
    pytest.fail(f"HTTP {status} for {path}")


def publish(stack, log):
    client = pulsar.Client(
        stack.pulsar, logger=pulsar.FileLogger(pulsar.LoggerLevel.Warn, str(log))
    )
    producer = client.create_producer(
        f"persistent://{NAMESPACE}/orders-0",
        batching_enabled=False,
        message_routing_mode=pulsar.PartitionsRoutingMode.RoundRobinDistribution,
    )
    for _ in range(PARTITIONS):
        producer.send(b"an order")
    client.close()


def remove_topics(stack):
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2", timeout=300.0) as admin:
        for number in range(TOPICS):
            admin.delete(f"persistent/{NAMESPACE}/orders-{number}/partitions?force=true")


@pytest.fixture(scope="module")
def loaded(stack, tmp_path_factory):
    """The stack, its broker holding 3,000 topics."""
    make_topics(stack)
    publish(stack, tmp_path_factory.mktemp("bench") / "pulsar.log")
    yield stack
    remove_topics(stack)


def timed(work, rounds):
    """Seconds of CPU in each of ``rounds``, and the last result."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        result = work()
        taken.append(time.process_time() - began)
    return taken, result


def seconds(what, taken):
    return f"  {what:44} median {statistics.median(taken):7.3f} s, best {min(taken):7.3f} s"


def report(capsys, *lines):
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201  # figures are what a bench is for


@pytest.mark.bench
def test_a_page_to_the_model(loaded, tmp_path, capsys):
    page = httpx.get(f"{loaded.pulsar_admin}/metrics/", timeout=PATIENCE).content
    (tmp_path / "metrics.txt").write_bytes(page)
    text = page.decode()
    pieces = [page[start : start + PIECE] for start in range(0, len(page), PIECE)]

    def ours():
        parser = MetricsPage()
        for piece in pieces:
            parser.feed(piece)
        return parser.finish("broker")

    def theirs():
        return sum(len(family.samples) for family in text_string_to_metric_families(text))

    gc.freeze()  # as the dashboard does: what the bench holds is not the parser's cost
    our_time, broker = timed(ours, ROUNDS)
    their_time, samples = timed(theirs, PEER_ROUNDS)
    ratio = statistics.median(their_time) / statistics.median(our_time)
    report(
        capsys,
        f"{len(broker.topics):,} topics, {broker.lines:,} lines, {broker.size / 1e6:.1f} MB; CPU",
        seconds("arcwatch, to the finished model", our_time),
        seconds(f"prometheus_client, to {samples:,} samples", their_time),
        f"  {ratio:.0f} times as fast",
    )
    assert len(broker.topics) >= TOPICS * PARTITIONS
    assert sum(topic.in_messages for topic in broker.topics) >= PARTITIONS
    assert ratio >= 50


async def download(client, url, encoding):
    """Take the page and throw it away; bytes as they were sent."""
    size = 0
    headers = {"accept-encoding": encoding}
    async with client.stream("GET", url, headers=headers, timeout=PATIENCE) as response:
        async for piece in response.aiter_raw():
            size += len(piece)
    return size


async def clocked(awaitable, taken):
    began = time.perf_counter()
    result = await awaitable
    taken.append(time.perf_counter() - began)
    return result


async def stalls(gaps):
    """Note by how much each turn of the loop came late."""
    due = time.perf_counter() + TICK
    while True:
        await asyncio.sleep(TICK)
        now = time.perf_counter()
        gaps.append(now - due)
        due = now + TICK


@pytest.mark.bench
async def test_a_scrape_beside_what_the_broker_needs(loaded, capsys):
    plain, packed, scrape, idle, busy = [], [], [], [], []
    gc.freeze()
    async with new_client() as client:
        cluster = PulsarCluster(loaded.pulsar_admin, client, metrics_timeout=PATIENCE)
        (name,) = (await cluster.brokers()).brokers
        url = f"{cluster.url}/metrics/"
        for _ in range(ROUNDS):
            await clocked(download(client, url, "identity"), plain)
            size = await clocked(download(client, url, "gzip"), packed)
            for gaps, work in (
                (idle, asyncio.sleep(0.5)),
                (busy, clocked(cluster.metrics(name), scrape)),
            ):
                noted = []
                watch = asyncio.create_task(stalls(noted))
                await work
                watch.cancel()
                gaps.append(max(noted))
    report(
        capsys,
        f"one scrape, {size / 1e6:.2f} MB packed",
        seconds("the broker, unpacked and thrown away", plain),
        seconds("the broker, packed and thrown away", packed),
        seconds("arcwatch, packed and to the model", scrape),
        f"  longest stall of the loop: median {statistics.median(busy) * 1000:.1f} ms,"
        f" worst {max(busy) * 1000:.1f} ms; while nothing is done"
        f" {statistics.median(idle) * 1000:.1f} and {max(idle) * 1000:.1f} ms",
    )
