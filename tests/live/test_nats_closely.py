"""What is asked of a real nats-server while it is looked at, beside its clients' own counts."""

import asyncio
import contextlib
import socket
import subprocess
from collections import Counter

import nats
import pytest

from arcwatch.config.alert_settings import AlertSettings
from arcwatch.config.settings import load
from arcwatch.engine.alert_evaluator import AlertEvaluator
from arcwatch.engine.engine import Engine
from arcwatch.engine.questions import DetailTarget
from arcwatch.errors import SourceError
from arcwatch.sources.nats.monitor import NatsMonitor
from arcwatch.sources.net.http import new_client
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import free_ports
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.alerts.rules import Rule, parse_when
from tests.live.watched import LONGEST, Counting, watched
from tests.processed import processed


class Process:
    """A nats-server that can be killed, and started again."""

    def __init__(self, config):
        self._config, self._process = config, None

    def start(self):
        with self._config.with_suffix(".log").open("ab") as log:
            command = [executable(), "-c", self._config]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self):
        self._process.kill()
        self._process.wait()


async def answers(monitor):
    """Wait until a server tells of itself."""
    async with new_client() as client, asyncio.timeout(LONGEST):
        while True:
            with contextlib.suppress(SourceError):
                return await NatsMonitor(monitor, client).varz()
            await asyncio.sleep(0.02)


@pytest.fixture
def process(tmp_path):
    server = Process(tmp_path / "nats.conf")
    yield server
    server.kill()


@pytest.fixture
async def server(tmp_path, process):
    """A nats-server that gives up on a client for which a megabyte waits: its two addresses."""
    port, http = free_ports(2)
    config = tmp_path / "nats.conf"
    config.write_text(
        f'server_name: small\nlisten: "127.0.0.1:{port}"\nhttp: "127.0.0.1:{http}"\n'
        "max_payload: 64KB\nmax_pending: 1MB\n"
    )
    url, monitor = f"nats://127.0.0.1:{port}", f"http://127.0.0.1:{http}"
    process.start()
    await answers(monitor)
    return url, monitor


@pytest.fixture
async def watching(server):
    """A store that an engine fills from that server, and the engine."""
    async with watched(*server) as (store, engine):
        yield store, engine


@pytest.fixture
async def connect(server):
    opened = []

    async def start(name):
        opened.append(await nats.connect(server[0], name=name))
        return opened[-1]

    yield start
    for connection in opened:
        await connection.close()


async def subscribed(connection, received):
    """Three subscriptions: of its own, of a queue group, and one that ends after nine."""
    await connection.subscribe("audit.>", cb=received.put)
    await connection.subscribe("ord.*", queue="workers", cb=received.put)
    ending = await connection.subscribe("once", cb=received.put)
    await ending.unsubscribe(limit=9)
    await processed(connection)


async def test_subscriptions_and_their_counts_are_the_clients_own(server, watching, connect):
    store, engine = watching
    publisher, subscriber = await connect("publisher"), await connect("subscriber")
    received = asyncio.Queue()
    await subscribed(subscriber, received)
    for subject, count in (("audit.a.b", 30), ("ord.eu", 12), ("once", 4)):
        for _ in range(count):
            await publisher.publish(subject, b"x")
    await processed(publisher)
    seen = Counter([(await received.get()).subject for _ in range(46)])

    assert not store.told["connection"]
    engine.watch_details([DetailTarget(server[1], subscriber.client_id)])
    rows = await store.until(lambda: store.nats and store.nats[0].opened.subscriptions)
    assert {(row.subject, row.queue, row.msgs, row.max) for row in rows} == {
        ("audit.>", "", seen["audit.a.b"], None),
        ("ord.*", "workers", seen["ord.eu"], None),
        ("once", "", seen["once"], 9),
    }
    await publisher.publish("ord.eu", b"x")
    await processed(publisher)
    await store.until(lambda: 13 in [row.msgs for row in store.nats[0].opened.subscriptions])


async def test_what_is_no_longer_looked_at_is_no_longer_asked(server, watching, connect):
    store, engine = watching
    subscriber = await connect("subscriber")
    engine.watch_details([DetailTarget(server[1], subscriber.client_id)])
    await store.until(lambda: store.told["connection"] > 1)
    engine.watch_details([])
    before = store.told.copy()
    # the server goes on being asked for the rest
    await store.until(lambda: store.told["connz"] > before["connz"] + 3)
    assert store.told["connection"] <= before["connection"] + 1


async def test_a_connection_that_closes_while_it_is_open_says_why(server, watching, connect):
    store, engine = watching
    leaver = await connect("leaver")
    engine.watch_details([DetailTarget(server[1], leaver.client_id)])
    await store.until(lambda: store.nats and store.nats[0].opened.connection)
    await leaver.close()
    await store.until(lambda: store.nats[0].opened.reason)
    assert store.nats[0].opened.reason == "Client Closed"
    assert store.nats[0].opened.stop > store.nats[0].opened.connection.start


def sleeper(url):
    """A subscriber that never reads."""
    host, port = url.removeprefix("nats://").split(":")
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect((host, int(port)))
    reader.sendall(b'CONNECT {"verbose":false,"name":"sleeper"}\r\nSUB big 1\r\nPING\r\n')
    while b"PONG" not in reader.recv(65536):
        pass
    return reader


async def test_a_slow_consumer_is_named_with_its_reason_within_two_polls(server, watching, connect):
    store, _ = watching
    publisher = await connect("publisher")
    with await asyncio.to_thread(sleeper, server[0]) as reader:
        port = reader.getsockname()[1]
        await store.until(lambda: store.told["varz"])
        assert store.problems() == []
        for _ in range(100):
            await publisher.publish("big", bytes(60_000))
        await processed(publisher)
        (problem,) = await store.until(store.problems)
    assert problem.what == "slow consumer sleeper closed"
    assert problem.why == "Slow Consumer (Pending Bytes)"
    assert problem.where == f"127.0.0.1:{port}"
    assert problem.over
    assert 1 <= store.told["closed"] <= 2
    (row,) = [row for row in store.nats_closed() if row.slow]
    assert row.stalls > 0
    assert 0 < row.lived < LONGEST


async def test_nobody_asks_for_closed_connections_while_nobody_is_slow(watching, connect):
    store, _ = watching
    await (await connect("short")).close()
    await store.until(lambda: store.told["varz"] > 5)
    assert store.told["closed"] == 0


async def test_a_server_that_is_killed_fires_until_it_is_back(
    process, server, watching, monkeypatch
):
    monkeypatch.setattr("arcwatch.engine.alert_evaluator.BEAT", 0.05)
    monkeypatch.setattr("arcwatch.engine.schedule.MAX_BACKOFF", 0.2)
    store, _ = watching
    conditions, lasts = parse_when('silent > "300ms"')
    rule = Rule("away", conditions, lasts, resolves=0.3, severity="critical")
    seen = []
    evaluator = AlertEvaluator(store, AlertSettings((rule,)), "test", on_change=seen.extend)
    judging = asyncio.create_task(evaluator.run())
    await store.until(lambda: store.told["varz"])
    process.kill()
    await store.until(lambda: seen)
    process.start()
    await store.until(lambda: len(seen) == 2)
    judging.cancel()
    await asyncio.wait([judging])
    assert [(row.state, row.address) for row in seen] == [
        ("firing", f"server:{server[1]}"),
        ("resolved", f"server:{server[1]}"),
    ]
    assert store.alerts.rows() == []


async def test_who_sends_no_more_heartbeats_is_lost(server, connect, monkeypatch):
    monkeypatch.setattr("arcwatch.engine.alert_evaluator.BEAT", 0.05)
    monkeypatch.setattr("arcwatch.sources.nats.heartbeats.BEAT", 0.05)
    store, seen = Counting(), []
    alerts = AlertSettings(default_rules(), heartbeats=("arc.*.beat",))
    evaluator = AlertEvaluator(store, alerts, "test", on_change=seen.extend)
    places = {"nats": server[0], "nats_monitor": server[1], "pulsar": "off", "pulsar_admin": "off"}
    engine = Engine(
        load(places, environ={"ARCWATCH_CONFIG": "/dev/null"}),
        store,
        beside={"rules": evaluator.run},
        heartbeats=alerts.heartbeats,
    )
    running = asyncio.create_task(engine.run())
    agents = await connect("agents")

    async def beat(name):
        while True:
            await agents.publish(f"arc.{name}.beat", b"")
            await asyncio.sleep(0.1)

    beating = {name: asyncio.create_task(beat(name)) for name in ("a1", "a2")}
    await store.until(
        lambda: (
            [m.state for of in store.members.values() for m in of.known(store.now)] == ["alive"] * 2
        )
    )
    beating["a2"].cancel()
    await store.until(lambda: seen)
    for task in (running, *beating.values()):
        task.cancel()
    await asyncio.wait([running, *beating.values()])
    assert [(row.rule, row.address) for row in seen] == [("heartbeat-lost", "nats:arc.a2.beat")]
