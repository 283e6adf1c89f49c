"""NATS' counts and levels, held against what clients did and what the server tells them."""

import contextlib
import json
import resource
import socket

import nats
import pytest
from nats.js.api import ConsumerConfig, StreamConfig, StreamSource

from tests.processed import processed

pytestmark = pytest.mark.live

CONNECTIONS = 1_300
"""More than fit on one page of ``/connz``."""


@pytest.fixture
def arcwatch(quiet, watch):
    return watch(nats_monitor=quiet.nats_monitor)


@pytest.fixture
async def connect(quiet):
    """Opens connections that are closed at the end: ``await connect("name")``."""
    async with contextlib.AsyncExitStack() as opened:

        async def start(name):
            client = await nats.connect(quiet.nats, name=name)
            opened.push_async_callback(client.close)
            return client

        yield start


@pytest.fixture
async def jetstream(connect):
    return (await connect("jetstream")).jetstream()


def named(rows, **fields):
    """The one row with these fields."""
    (row,) = [row for row in rows if fields.items() <= row.items()]
    return row


COUNTERS = ("in_msgs", "out_msgs", "in_bytes", "out_bytes")


def counters(row):
    return tuple(row[counter] for counter in COUNTERS)


async def test_counts_are_the_clients_own_to_the_message_and_the_byte(arcwatch, connect):
    publisher, everyone, some = [await connect(name) for name in ("from", "to-all", "to-some")]
    await everyone.subscribe("exact.>")
    await some.subscribe("exact.some")
    for client in (everyone, some):
        await processed(client)
    before = await arcwatch.status()
    for number in range(1_200):
        await publisher.publish("exact.all", bytes(number % 50))
    for number in range(321):
        await publisher.publish("exact.some", bytes(100), headers={"number": f"{number:03}"})
    for client in (publisher, everyone, some):
        await processed(client)
    after = await arcwatch.status()
    header = len(b"NATS/1.0\r\nnumber: 000\r\n\r\n")
    size_all, size_some = 1_200 // 50 * sum(range(50)), 321 * (100 + header)
    told = {row["name"]: counters(row) for row in after["nats"]["connections"]}
    assert told == {
        "from": (1_521, 0, size_all + size_some, 0),
        "to-all": (0, 1_521, 0, size_all + size_some),
        "to-some": (0, 321, 0, size_some),
    }
    then, now = (counters(document["nats"]["servers"][0]) for document in (before, after))
    grown = tuple(b - a for a, b in zip(then, now, strict=True))
    assert grown == tuple(map(sum, zip(*told.values(), strict=True)))


async def test_a_connection_that_opens_between_two_looks_has_a_rate(arcwatch, connect):
    async with arcwatch.between_looks(1, "connz") as store:
        client = await connect("new")
        for _ in range(100):
            await client.publish("new", bytes(10))
        await processed(client)
    (row,) = [row for row in store.nats_connections() if row.name == "new"]
    first, then = store.of("connz")
    elapsed = then.body.now - first.body.now
    assert row.in_msgs_rate == pytest.approx(100 / elapsed)
    assert row.in_bytes_rate == pytest.approx(1_000 / elapsed)


async def test_a_streams_figures_are_what_the_server_tells_its_clients(arcwatch, jetstream):
    limits = StreamConfig(name="LIMITED", subjects=["limited"], max_msgs=1_000, max_bytes=40_000)
    await jetstream.add_stream(limits)
    for _ in range(250):
        await jetstream.publish("limited", bytes(100))
    row = named((await arcwatch.status())["nats"]["streams"], stream="LIMITED")
    state = (await jetstream.stream_info("LIMITED")).state
    assert (row["messages"], row["bytes"], row["consumers"]) == (state.messages, state.bytes, 0)
    assert row["messages"] == 250
    assert row["limit_used"] == pytest.approx(state.bytes / 40_000)
    assert row["limit_used"] > 250 / 1_000
    await jetstream.update_stream(limits.evolve(max_bytes=-1))
    row = named((await arcwatch.status())["nats"]["streams"], stream="LIMITED")
    assert row["limit_used"] == 0.25
    await jetstream.update_stream(limits.evolve(max_bytes=-1, max_msgs=-1))
    row = named((await arcwatch.status())["nats"]["streams"], stream="LIMITED")
    assert row["limit_used"] is None


LEVELS = ("num_pending", "num_ack_pending", "num_redelivered", "num_waiting")


async def test_copies_are_told_with_what_they_copy_and_how_they_hear_it(arcwatch, jetstream, until):
    client, names = jetstream, ("ORIGIN", "MIRROR", "SUM", "LOST")
    origin, mirror, total, lost = names
    await client.add_stream(name=origin, subjects=[origin])
    await client.add_stream(name=mirror, mirror=StreamSource(name=origin))
    await client.add_stream(name=total, sources=[StreamSource(name=origin)])
    await client.add_stream(name=lost, mirror=StreamSource(name=f"{origin}-NOT"))
    for _ in range(30):
        await client.publish(origin, b"x")
    async with arcwatch.running() as (_, store):

        def told():
            return {row.stream: row for row in store.nats_streams() if row.stream in names}

        def said():
            found = [one for chain in store.why(f"js:{lost}") for one in chain.evidence]
            return [one.value for one in found if one.figure == "origin"]

        await until(lambda: [told().get(n) and told()[n].messages for n in names[:3]] == [30] * 3)
        # the server says why only once it has tried
        await until(lambda: "stream not found" in "".join(said()))
        (cause,) = [row.cause for row in store.backlogs() if row.place == lost]
        rows = told()
    for name, is_mirror in ((mirror, True), (total, False)):
        (heard,) = rows[name].origins
        assert (heard.name, heard.lag, rows[name].is_mirror) == (origin, 0, is_mirror)
        assert heard.active < 5
    assert rows[origin].origins == ()
    assert (rows[lost].origins[0].active, rows[lost].lag) == (None, 0)
    assert said() == [f"{origin}-NOT: 0 not copied, last contact never, stream not found"]
    assert (cause.kind, cause.text) == ("origin-silent", f"origin silent: {origin}-NOT")


async def test_a_consumers_levels_are_what_the_server_tells_its_clients(
    arcwatch, jetstream, connect
):
    await jetstream.add_stream(name="LEVELS", subjects=["levels.*"])
    for name, subject in [("busy", "levels.a"), ("idle", "levels.none")]:
        policy = ConsumerConfig(durable_name=name, ack_policy="explicit", filter_subject=subject)
        await jetstream.add_consumer("LEVELS", policy)
    for number in range(500):
        await jetstream.publish(f"levels.{'ab'[number % 2]}", b"x")
    pulled = await jetstream.pull_subscribe_bind("busy", "LEVELS")
    held = await pulled.fetch(40)
    for message in held[:25]:
        await message.ack_sync()
    for message in held[25:32]:
        await message.nak()
    while (await pulled.consumer_info()).num_redelivered < 7:
        await pulled.fetch(1)
    await wait_for_a_message(await connect("waiter"), "LEVELS", "idle", times=3)
    rows = (await arcwatch.status())["nats"]["consumers"]
    for name in ("busy", "idle"):
        row, info = named(rows, name=name), await jetstream.consumer_info("LEVELS", name)
        assert [row[level] for level in LEVELS] == [getattr(info, level) for level in LEVELS]
    busy, idle = named(rows, name="busy"), named(rows, name="idle")
    assert (busy["num_pending"] + busy["num_ack_pending"], busy["num_redelivered"]) == (225, 7)
    assert (idle["num_pending"], idle["num_waiting"]) == (0, 3)


async def wait_for_a_message(client, stream, consumer, times):
    """Open pull requests that nothing answers for a minute."""
    inbox, request = client.new_inbox(), {"batch": 1, "expires": 60_000_000_000}
    await client.subscribe(inbox)
    for _ in range(times):
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        await client.publish(subject, json.dumps(request).encode(), inbox)
    await processed(client)


async def test_a_message_that_nobody_acknowledges_hides_no_acknowledgement(arcwatch, jetstream):
    await jetstream.add_stream(name="STUCK", subjects=["stuck"])
    await jetstream.add_consumer("STUCK", ConsumerConfig(durable_name="c", ack_policy="explicit"))
    for _ in range(101):
        await jetstream.publish("stuck", b"x")
    pulled = await jetstream.pull_subscribe_bind("c", "STUCK")
    await pulled.fetch(1)
    async with arcwatch.between_looks(2, "jsz") as store:
        for message in await pulled.fetch(100):
            await message.ack_sync()
    (row,) = [row for row in store.nats_consumers() if row.stream == "STUCK"]
    first, then = store.of("jsz")
    assert row.ack_rate == pytest.approx(100 / (then.body.now - first.body.now))
    assert row.num_ack_pending == 1


@pytest.fixture
def many(quiet):
    """More connections than fit on a page, each with a name of its own."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 4 * CONNECTIONS), limits[1]))
    host, _, port = quiet.nats.removeprefix("nats://").partition(":")
    with contextlib.ExitStack() as opened:
        for number in range(CONNECTIONS):
            connection = opened.enter_context(socket.create_connection((host, int(port))))
            options = json.dumps({"name": f"many-{number}", "verbose": False})
            connection.sendall(f"CONNECT {options}\r\nPING\r\n".encode())
            while b"PONG" not in connection.recv(4096):
                pass
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_connections_of_several_pages_have_a_row_each(arcwatch, many):
    rows = (await arcwatch.status())["nats"]["connections"]
    names = sorted(row["name"] for row in rows if row["name"].startswith("many-"))
    assert names == sorted(f"many-{number}" for number in range(CONNECTIONS))
