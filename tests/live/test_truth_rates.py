"""Rates, held against programs that move messages at a fixed rate.

Engines with 2 s, 3 s and 5 s between two answers and one on the beats of a screen look all at
once, before the first test; the command looks by itself.
"""

import asyncio
import itertools
import time
import uuid
from types import SimpleNamespace

import msgspec
import nats
import pytest
from nats.js.api import ConsumerConfig

from tests.processed import processed

INTERVALS = (2, 3, 5)
CLOSE = 0.08
SHARP = 0.1
"""Seconds: 5 % of the shortest interval."""

BEATS = 3
TRIES = 12
RATES = {"pub": 400, "work": 200, "plain": 150, "parts": 240, "batched": 900}
PARTITIONS = 3


@pytest.fixture(scope="module")
def work(stack):
    """A stream that is published to, with enough in it for a consumer that pulls 200 a second."""
    name = f"WORK-{uuid.uuid4().hex[:8]}"

    async def fill():
        client = await nats.connect(stack.nats)
        jetstream = client.jetstream()
        await jetstream.add_stream(name=name, subjects=[name])
        policy = ConsumerConfig(
            durable_name="slow", ack_policy="explicit", ack_wait=600, max_ack_pending=100_000
        )
        await jetstream.add_consumer(name, policy)
        for _ in range(200 * 40):
            await client.publish(name, b"x")
        await processed(client)
        await client.close()

    asyncio.run(fill())
    return name


@pytest.fixture(scope="module")
def flows(stack, quiet, admin, namespace, work, paced):
    topic = f"persistent://{namespace}/"
    parts = f"persistent/{namespace}/parts/partitions"
    admin.put(parts, json=PARTITIONS).raise_for_status()
    started = [
        paced("nats", quiet.nats, {"subject": "pub", "rate": RATES["pub"], "listeners": 2}),
        paced("nats", stack.nats, {"subject": work, "rate": RATES["work"]}),
        paced(
            "jetstream",
            stack.nats,
            {"stream": work, "consumer": "slow", "rate": 200, "ack_rate": 120},
        ),
        paced(
            "pulsar",
            stack.pulsar,
            {"topic": topic + "plain", "rate": RATES["plain"], "subscriptions": ["one", "two"]},
            {"topic": topic + "parts", "rate": RATES["parts"], "subscriptions": ["one"]},
            {
                "topic": topic + "batched",
                "rate": RATES["batched"],
                "batches": True,
                "subscriptions": ["one"],
            },
        ),
    ]
    return [flow.flows() for flow in started]


@pytest.fixture(scope="module")
def looks(stack, quiet, flows, watch):
    """What was seen: stores by interval, and the store of the screen's beats."""
    arcwatch = watch(
        nats_monitor=f"{quiet.nats_monitor},{stack.nats_monitor}", pulsar_admin=stack.pulsar_admin
    )

    async def beats():
        async with arcwatch.running() as (engine, store):
            for _ in range(BEATS):
                await asyncio.sleep(2)
                # a busy machine makes the beats of a page rarer
                engine.refresh()
            await asyncio.sleep(1)
        return store

    async def look(interval):
        # pages that are asked for at once make each other late
        await asyncio.sleep(interval / 10)
        for _ in range(TRIES):
            store = await arcwatch.look(interval)
            if sharp(store.of("metrics")):
                break
        return store

    async def all_at_once():
        return await asyncio.gather(*map(look, INTERVALS), beats())

    *stores, seen = asyncio.run(all_at_once())
    return SimpleNamespace(at=dict(zip(INTERVALS, stores, strict=True)), beats=seen)


def sharp(pages):
    """Whether it is known well enough when these pages were counted.

    The clock on a page is read before the rest of it; when the page takes long to come, the rest
    may be later by as much.
    """
    return all(page.took < SHARP for page in pages)


class Rate:
    """A rate that a broker can have counted, and what is close to it."""

    def __init__(self, least, most):
        self.least, self.most = least, most

    def __eq__(self, rate):
        return (1 - CLOSE) * self.least <= rate <= (1 + CLOSE) * self.most

    def __rmul__(self, factor):
        return Rate(factor * self.least, factor * self.most)

    def __repr__(self):
        return f"{self.least:.1f} to {self.most:.1f}, and {CLOSE:.0%}"


class Truth:
    """What the programs moved between two answers that arcwatch had.

    Servers count by their own clocks: NATS by this machine's, a Pulsar broker by one that began
    at its start, which is set by the page that took the least time to come.
    """

    def __init__(self, flows, pages):
        self._flows = flows
        self._boot = time.time() - time.monotonic()
        quickest = min(pages, key=lambda page: page.took)
        self._start = quickest.steady - quickest.body.clock

    def between(self, *answers):
        """The rate by flow, between the moments at which the server counted for the last two.

        On a busy machine a look waits for its slowest answer, and is given more of the others.
        """
        first, then = answers[-2:]
        moments = self._counted(first.body), self._counted(then.body)
        return {
            name: Rate(*rates)
            for flow in self._flows
            for name, rates in flow.rates(*moments).items()
        }

    def _counted(self, body):
        return body.clock + self._start if hasattr(body, "clock") else body.now - self._boot


@pytest.fixture(scope="module")
def truth(flows, looks):
    stores = [*looks.at.values(), looks.beats]
    return Truth(flows, [page for store in stores for page in store.of("metrics")])


def named(rows, **fields):
    """The one row with these fields, an object or a decoded one."""
    (row,) = [row for row in rows if fields.items() <= _fields(row).items()]
    return row


def _fields(row):
    return row if isinstance(row, dict) else msgspec.structs.asdict(row)


@pytest.mark.parametrize("interval", INTERVALS)
def test_a_servers_rates_are_its_publishers_and_its_listeners(looks, truth, quiet, interval):
    store = looks.at[interval]
    moved = truth.between(*store.of("varz", quiet.nats_monitor))
    server = named(store.nats_servers(), url=quiet.nats_monitor)
    assert server.in_msgs_rate == moved["pub"]
    assert server.out_msgs_rate == 2 * moved["pub"]
    assert server.in_bytes_rate == 100 * moved["pub"]
    assert server.out_bytes_rate == 200 * moved["pub"]


@pytest.mark.parametrize("interval", INTERVALS)
def test_a_connections_rates_are_its_own(looks, truth, quiet, interval):
    store = looks.at[interval]
    moved = truth.between(*store.of("connz", quiet.nats_monitor))
    publisher = named(store.nats_connections(), name="pub")
    listener = named(store.nats_connections(), name="pub-0")
    assert publisher.in_msgs_rate == moved["pub"]
    assert publisher.in_bytes_rate == 100 * moved["pub"]
    assert (publisher.out_msgs_rate, listener.in_msgs_rate) == (0, 0)
    assert listener.out_msgs_rate == moved["pub"]
    assert listener.out_bytes_rate == 100 * moved["pub"]


@pytest.mark.parametrize("interval", INTERVALS)
def test_a_streams_and_a_consumers_rates_are_theirs(looks, truth, stack, work, interval):
    store = looks.at[interval]
    moved = truth.between(*store.of("jsz", stack.nats_monitor))
    consumer = named(store.nats_consumers(), stream=work, name="slow")
    assert named(store.nats_streams(), stream=work).in_msgs_rate == moved[work]
    assert consumer.delivered_rate == moved["slow delivered"]
    assert consumer.ack_rate == moved["slow acknowledged"]


@pytest.mark.parametrize(
    ("topic", "readers"), [("plain", ["one", "two"]), ("parts", ["one"]), ("batched", ["one"])]
)
@pytest.mark.parametrize("interval", INTERVALS)
def test_a_topics_rates_are_its_producers_and_its_subscriptions(
    looks, truth, admin, namespace, interval, topic, readers
):
    store = looks.at[interval]
    moved = truth.between(*store.of("metrics"))
    row = named(store.pulsar_topics(), topic=f"persistent://{namespace}/{topic}")
    size_in, size_out = bytes_of_a_message(admin, namespace, topic)
    assert row.partitions == (PARTITIONS if topic == "parts" else 0)
    assert row.msg_rate_in == moved[topic]
    assert row.throughput_in == pytest.approx(size_in * row.msg_rate_in, rel=CLOSE)
    out = {sub.name: sub.msg_rate_out for sub in row.subscriptions}
    assert out == {name: moved[f"{topic} {name}"] for name in readers}
    assert row.msg_rate_out == pytest.approx(sum(out.values()))
    assert row.throughput_out == pytest.approx(size_out * row.msg_rate_out, rel=CLOSE)


@pytest.mark.parametrize("topic", ["plain", "parts", "batched"])
def test_a_topics_rate_is_right_at_every_beat(looks, truth, namespace, topic):
    (cluster,) = looks.beats.pulsar
    name = f"persistent://{namespace}/{topic}"
    told = [rate for _, rate in cluster.topic_rates.points(name, "msg_rate_in", 0)]
    pairs = list(itertools.pairwise(looks.beats.of("metrics")))
    assert len(pairs) >= BEATS - 1
    for rate, pair in zip(told, pairs, strict=True):
        assert rate == truth.between(*pair)[topic] or not sharp(pair)


async def test_the_command_tells_the_same_rates(stack, quiet, flows, watch, namespace, work):
    """Once in three times: it is given what was sent, and a busy machine delays messages."""
    arcwatch = watch(
        nats_monitor=f"{quiet.nats_monitor},{stack.nats_monitor}", pulsar_admin=stack.pulsar_admin
    )
    expected = {name: pytest.approx(rate, rel=CLOSE) for name, rate in RATES.items()}
    for _ in range(TRIES):
        told = in_rates(await arcwatch.status("2s"), quiet, namespace, work)
        if told == expected:
            break
    assert told == expected


def in_rates(document, quiet, namespace, work):
    """The rates at which messages came in, under the names of ``RATES``."""
    servers, streams = document["nats"]["servers"], document["nats"]["streams"]
    topics, here = document["pulsar"]["topics"], f"persistent://{namespace}/"
    return {
        "pub": named(servers, url=quiet.nats_monitor)["in_msgs_rate"],
        "work": named(streams, stream=work)["in_msgs_rate"],
        "plain": named(topics, topic=here + "plain")["msg_rate_in"],
        "parts": named(topics, topic=here + "parts")["msg_rate_in"],
        "batched": named(topics, topic=here + "batched")["msg_rate_in"],
    }


def bytes_of_a_message(admin, namespace, topic):
    """What a message of a topic counts as when it comes in, and when it goes out."""
    kind = "partitioned-stats" if topic == "parts" else "stats"
    stats = admin.get(f"persistent/{namespace}/{topic}/{kind}").json()
    return (
        stats["bytesInCounter"] / stats["msgInCounter"],
        stats["bytesOutCounter"] / stats["msgOutCounter"],
    )
