"""The NATS source against real servers: its figures are the clients' own, to the message."""

import asyncio
import contextlib
import json
import socket
import subprocess
import uuid

import nats
import psutil
import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.nats.monitor import NatsMonitor
from arcwatch.sources.net.http import new_client
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import free_ports
from tests.processed import processed

CERTIFICATE = "data/tls/loopback.pem"


@pytest.fixture
async def client():
    async with new_client() as client:
        yield client


@pytest.fixture
def monitor(stack, client):
    return NatsMonitor(stack.nats_monitor, client)


@pytest.fixture
async def connect(stack):
    """Opens connections with a name of their own, closed at the end: ``await connect("a")``."""
    opened = []

    async def start(name, url=stack.nats, **options):
        opened.append(await nats.connect(url, name=name, **options))
        return opened[-1]

    yield start
    for connection in opened:
        await connection.close()


@pytest.fixture
def unique():
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


async def named(monitor, prefix):
    """The connections whose names begin so, by name."""
    rows = (await monitor.connections()).connections
    return {row.name: row for row in rows if row.name.startswith(prefix)}


def sockets():
    """The addresses of this process's own ends of its connections."""
    return {(found.laddr.ip, found.laddr.port) for found in psutil.Process().net_connections("tcp")}


# -- the server ---------------------------------------------------------------------------------


async def test_the_server_says_who_it_is(monitor, stack):
    reader, writer = await asyncio.open_connection(*stack.nats.removeprefix("nats://").split(":"))
    greeting = json.loads((await reader.readline()).removeprefix(b"INFO "))
    writer.close()
    server = await monitor.varz()
    assert server.server_id == greeting["server_id"]
    assert server.version == greeting["version"]
    assert server.max_payload == greeting["max_payload"]
    assert server.jetstream
    assert server.start < server.now
    assert server.uptime == pytest.approx(server.now - server.start, abs=1.1)


async def test_a_server_that_runs_is_healthy(monitor):
    health = await monitor.healthz()
    assert (health.healthy, health.error) == (True, "")


# -- connections --------------------------------------------------------------------------------


async def test_messages_and_bytes_are_counted_exactly_for_each_connection(monitor, connect, unique):
    publisher, subscriber = await connect(f"{unique}-pub"), await connect(f"{unique}-sub")
    received = asyncio.Queue()
    await subscriber.subscribe(f"{unique}.>", cb=received.put)
    await subscriber.subscribe(f"{unique}.b", queue="workers", cb=received.put)
    await processed(subscriber)
    for count in range(100):
        await publisher.publish(f"{unique}.{'ab'[count % 2]}", b"x" * count)
    await processed(publisher)
    for _ in range(150):
        await received.get()
    rows = await named(monitor, unique)
    sent, got = rows[f"{unique}-pub"], rows[f"{unique}-sub"]
    assert (sent.in_msgs, sent.in_bytes, sent.out_msgs) == (100, sum(range(100)), 0)
    assert (got.out_msgs, got.out_bytes) == (150, sum(range(100)) + sum(range(1, 100, 2)))
    assert (sent.subscriptions, got.subscriptions, got.in_msgs) == (0, 2, 0)


async def test_a_connection_is_described_as_its_client_knows_it(monitor, connect, unique):
    before = sockets()
    connection = await connect(unique)
    row = (await named(monitor, unique))[unique]
    assert (row.ip, row.port) in sockets() - before
    assert row.cid == connection.client_id
    assert (row.kind, row.type, row.lang) == ("Client", "nats", "python3")
    assert row.rtt is None or 0 < row.rtt < 10
    assert 0 <= row.idle <= row.uptime < 60


async def test_a_name_may_hold_anything(monitor, connect, unique):
    name = f'{unique} \x1b[2J "ü" \u202e<b>'
    await connect(name)
    assert list(await named(monitor, unique)) == [name]


async def test_all_pages_together_list_everybody_once(monitor, connect, unique):
    for number in range(30):
        await connect(f"{unique}-{number}")
    paged, whole = await monitor.connections(page=7), await monitor.connections()
    assert [row.cid for row in paged.connections] == [row.cid for row in whole.connections]
    ours = [row.name for row in paged.connections if row.name.startswith(unique)]
    assert ours == [f"{unique}-{number}" for number in range(30)]
    assert paged.total == whole.total == len(whole.connections)


async def test_a_limit_leaves_the_rest_to_the_total(monitor, connect, unique):
    for number in range(5):
        await connect(f"{unique}-{number}")
    answered = await monitor.connections(page=2, limit=3)
    assert len(answered.connections) == 3
    assert answered.total >= 5


async def test_a_reader_that_does_not_keep_up_has_bytes_waiting(monitor, stack, connect, unique):
    publisher = await connect(f"{unique}-pub")
    port = int(stack.nats.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as reader:
        reader.sendall(b'CONNECT {"verbose":false,"name":"%b-slow"}\r\n' % unique.encode())
        reader.sendall(b"SUB %b 1\r\nPING\r\n" % unique.encode())
        while b"PONG" not in await asyncio.to_thread(reader.recv, 65536):
            pass
        for _ in range(16):  # more than two sockets' buffers hold, less than makes the server act
            await publisher.publish(unique, bytes(1_000_000))
        await processed(publisher)
        row = (await named(monitor, f"{unique}-slow"))[f"{unique}-slow"]
    assert row.out_msgs == 16
    assert 0 < row.pending_bytes < 17_000_000


# -- JetStream ----------------------------------------------------------------------------------


async def test_a_stream_and_its_consumer_are_told_as_jetstream_itself_tells_them(
    monitor, connect, unique
):
    js = (await connect(unique)).jetstream()
    await js.add_stream(
        name=unique, subjects=[f"{unique}.>"], max_age=3600, max_bytes=1 << 20, max_msgs=500
    )
    for count in range(40):
        await js.publish(f"{unique}.{count % 4}", bytes(count))
    await js.delete_msg(unique, 5)
    await js.add_consumer(unique, durable_name="worker", ack_policy="explicit", ack_wait=600)
    pull = await js.pull_subscribe(f"{unique}.>", "worker", stream=unique)
    for message in (await pull.fetch(10))[:4]:
        await message.ack_sync()
    info, consumer_info = await js.stream_info(unique), await js.consumer_info(unique, "worker")

    stream = next(s for s in (await monitor.jetstream()).streams if s.stream == unique)
    state, config = info.state, info.config
    assert (stream.messages, stream.bytes) == (state.messages, state.bytes) == (39, stream.bytes)
    assert (stream.first_seq, stream.last_seq) == (state.first_seq, state.last_seq) == (1, 40)
    assert (stream.num_subjects, stream.num_deleted) == (4, 1)
    assert stream.subjects == tuple(config.subjects)
    assert (stream.max_age, stream.max_bytes, stream.max_messages) == (3600.0, 1 << 20, 500)
    assert (stream.retention, stream.storage) == ("limits", "file")
    assert stream.first_time < stream.last_time
    (consumer,) = stream.consumers
    assert consumer.num_pending == consumer_info.num_pending == 29
    assert consumer.num_ack_pending == consumer_info.num_ack_pending == 6
    assert consumer.num_redelivered == consumer_info.num_redelivered == 0
    assert consumer.num_waiting == consumer_info.num_waiting
    assert consumer.delivered == consumer_info.delivered.consumer_seq == 10
    assert consumer.delivered_stream_seq == consumer_info.delivered.stream_seq
    assert consumer.ack_floor == consumer_info.ack_floor.consumer_seq == 4
    assert consumer.ack_floor_stream_seq == consumer_info.ack_floor.stream_seq
    assert consumer.last_delivered <= consumer.last_ack
    assert (consumer.durable, consumer.ack_policy) == (True, "explicit")


# -- wrong ports --------------------------------------------------------------------------------


async def failure(url, client):
    with pytest.raises(SourceError) as caught:
        await NatsMonitor(url, client).varz()
    assert "8222" in caught.value.hint
    return caught.value


async def test_the_client_port_is_recognised(stack, client):
    error = await failure(stack.nats.replace("nats:", "http:"), client)
    assert (error.what, error.why) == ("not an HTTP answer", "this is a NATS client port")


async def test_pulsars_client_port(stack, client):
    error = await failure(stack.pulsar.replace("pulsar:", "http:"), client)
    assert error.what == "not an HTTP answer"


async def test_pulsars_admin_port(stack, client):
    assert (await failure(stack.pulsar_admin, client)).what == "HTTP 404"


# -- other servers ------------------------------------------------------------------------------


@pytest.fixture
def serve(tmp_path):
    """Starts nats-servers from a configuration: ``stop = serve(text)``."""
    with contextlib.ExitStack() as running:

        def start(config):
            path = tmp_path / f"{uuid.uuid4().hex}.conf"
            path.write_text(config)
            log = path.with_suffix(".log").open("wb")
            process = subprocess.Popen([executable(), "-c", path], stdout=log, stderr=log)

            def stop():
                process.kill()
                process.wait()
                log.close()

            running.callback(stop)
            return stop

        yield start


async def answer(ask):
    """What ``ask`` returns once the server it asks has come up."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(SourceError):
                return await ask()
            await asyncio.sleep(0.02)


async def healthy(monitor):
    """A cluster's server is not before it knows who leads JetStream."""
    if not (await monitor.healthz()).healthy:
        raise SourceError("not yet")


async def test_a_server_without_name_accounts_or_jetstream(serve, client):
    port, http = free_ports(2)
    serve(f'listen: "127.0.0.1:{port}"\nhttp: "127.0.0.1:{http}"')
    monitor = NatsMonitor(f"http://127.0.0.1:{http}", client)
    server = await answer(monitor.varz)
    assert server.cluster == server.server_name == server.server_id
    assert (server.jetstream, server.js_storage) == (False, None)
    told = await monitor.jetstream()
    assert (told.server_id, told.streams, told.accounts) == (server.server_id, (), 0)
    assert (await monitor.healthz()).healthy
    assert (await monitor.connections()).connections == ()


async def test_a_server_behind_a_base_path_and_tls(serve, client, request, monkeypatch):
    pem = request.path.parents[1] / CERTIFICATE
    port, https = free_ports(2)
    serve(
        f'listen: "127.0.0.1:{port}"\nhttps: "127.0.0.1:{https}"\nhttp_base_path: /deep/nats\n'
        f'tls {{ cert_file: "{pem}", key_file: "{pem}" }}'
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with new_client() as trusting:
        monitor = NatsMonitor(f"https://127.0.0.1:{https}/deep/nats", trusting)
        assert (await answer(monitor.varz)).server_id
        assert (await monitor.jetstream()).streams == ()
        plain = NatsMonitor(f"http://127.0.0.1:{https}/deep/nats", trusting)
        with pytest.raises(SourceError) as caught:
            await plain.varz()
    assert caught.value.hint == "write https://HOST:PORT"


async def test_a_restart_shows_as_another_server_id(serve, client):
    port, http = free_ports(2)
    config = f'server_name: n7\nlisten: "127.0.0.1:{port}"\nhttp: "127.0.0.1:{http}"'
    stop = serve(config)
    monitor = NatsMonitor(f"http://127.0.0.1:{http}", client)
    before = await answer(monitor.varz)
    stop()
    with pytest.raises(SourceError, match="cannot connect"):
        await monitor.varz()
    serve(config)
    after = await answer(monitor.varz)
    assert before.server_id != after.server_id
    assert before.server_name == after.server_name == "n7"
    assert before.start < after.start


async def test_pages_of_accounts_tell_every_stream(serve, client, connect, tmp_path):
    port, http = free_ports(2)
    accounts = "\n".join(
        f"TEAM{number}: {{ jetstream: enabled, users: [{{user: u{number}, password: p}}] }}"
        for number in range(5)
    )
    serve(
        f'server_name: n1\nlisten: "127.0.0.1:{port}"\nhttp: "127.0.0.1:{http}"\n'
        f"jetstream {{ store_dir: {json.dumps(str(tmp_path))} }}\naccounts {{ {accounts} }}"
    )
    monitor = NatsMonitor(f"http://127.0.0.1:{http}", client)
    await answer(monitor.varz)
    for number in range(5):
        team = await connect("team", f"nats://u{number}:p@127.0.0.1:{port}")
        await team.jetstream().add_stream(name="SAME", subjects=["same"])
    paged = await monitor.jetstream(page=2)
    assert [stream.account for stream in paged.streams] == [f"TEAM{n}" for n in range(5)]
    assert paged.streams == (await monitor.jetstream()).streams
    assert paged.accounts == 5


async def test_every_consumer_of_a_cluster_is_told_by_its_leader(serve, client, connect, tmp_path):
    names, ports = ("c0", "c1", "c2"), free_ports(9)
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports[6:])
    for name, port, http, route in zip(names, ports, ports[3:], ports[6:], strict=False):
        serve(
            f'server_name: {name}\nlisten: "127.0.0.1:{port}"\nhttp: "127.0.0.1:{http}"\n'
            f"jetstream {{ store_dir: {json.dumps(str(tmp_path / name))} }}\n"
            f'cluster {{ name: arc, listen: "127.0.0.1:{route}", routes: [{routes}] }}'
        )
    monitors = [NatsMonitor(f"http://127.0.0.1:{http}", client) for http in ports[3:6]]
    for monitor in monitors:
        await answer(lambda monitor=monitor: healthy(monitor))
    js = (await connect("arc", f"nats://127.0.0.1:{ports[0]}")).jetstream(timeout=30)
    await js.add_stream(name="ORDERS", subjects=["ord"], num_replicas=3)
    for _ in range(30):
        await js.publish("ord", b"x")
    durables = [f"d{number}" for number in range(6)]
    for durable in durables:
        await js.add_consumer("ORDERS", durable_name=durable, ack_policy="explicit")
    leaders = {name: (await js.consumer_info("ORDERS", name)).cluster.leader for name in durables}

    async def told():
        found = {}
        for monitor in monitors:
            answered = await monitor.jetstream()
            for stream in (*answered.streams, *answered.followed):
                found |= {consumer.name: consumer for consumer in stream.consumers}
        if not all(consumer.leader for consumer in found.values()):
            raise SourceError("a leader that was just elected does not know it yet")
        return found

    found = await answer(told)
    assert {name: consumer.leader for name, consumer in found.items()} == leaders
    assert {consumer.num_pending for consumer in found.values()} == {30}
    servers = [await monitor.varz() for monitor in monitors]
    assert {server.cluster for server in servers} == {"arc"}
    assert {server.meta_leader for server in servers} <= set(names)
