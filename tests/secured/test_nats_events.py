"""What was done to servers that are joined, read back from the list of events."""

import asyncio
import contextlib
import subprocess

import nats
import pytest
from msgspec.structs import replace

from arcwatch.engine.engine import Engine
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import Ports, free_ports
from arcwatch.store.store import Store
from tests.secured.check_up import states
from tests.secured.joined import OLDER, cluster, created
from tests.secured.test_nats_reports import until


@pytest.fixture
async def watched(settings):
    """The store of an engine that reads the monitoring ports of servers."""
    tasks = []

    async def watch(servers, user="sys"):
        at = f'url = "nats://127.0.0.1:{servers[0].nats}"'
        login = f', user = "{user}", password = "env:PW"' if user else ""
        found = settings(f'pulsar = "off"\nnats = {{ {at}{login} }}', PW="pw")
        ports = tuple(f"http://127.0.0.1:{one.nats_monitor}" for one in servers)
        store = Store()
        engine = Engine(replace(found, nats_monitors=ports), store, refresh=0.2)
        engine.watch_reports()
        tasks.append(asyncio.create_task(engine.run()))
        parts = ("varz", "jsz", "links")
        await until(lambda: {c.part for c in store.contacts.values() if c.answers} >= {*parts})
        return store

    yield watch
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def texts(store, place=""):
    return [one.text for one in store.events if place in ("", one.place)]


async def test_leaders_move_routes_break_and_a_quorum_is_lost(
    nats_server, tmp_path, watched, nats_users
):
    servers = cluster(nats_server, tmp_path, ["t0", "t1", "t2"])
    app, system = [await nats_users(servers[0], user) for user in ("app", "sys")]
    js = app.jetstream(timeout=2)
    async with asyncio.timeout(40):
        while not await created(js, replicas=3):
            pass
    store = await watched(servers)
    await until(lambda: store.nats_streams())

    await app.request("$JS.API.STREAM.LEADER.STEPDOWN.ORDERS", b"", timeout=5)
    await until(lambda: "leader moved" in texts(store, "js:ORDERS"))
    await system.request("$JS.API.META.LEADER.STEPDOWN", b"", timeout=5)
    await until(lambda: "meta leader moved" in texts(store), seconds=40)

    preferred = b'{"placement":{"preferred":"t0"}}'
    if store.nats_streams()[0].leader != "t0":
        await app.request("$JS.API.STREAM.LEADER.STEPDOWN.ORDERS", preferred, timeout=5)
        await until(lambda: [row.leader for row in store.nats_streams()] == ["t0"])
    nats_server.stop(servers[2])
    await until(lambda: "route lost" in texts(store))
    await until(lambda: any(one.kind == "gone" and "t2" in one.place for one in store.events))
    nats_server.stop(servers[1])
    await until(lambda: "leader lost" in texts(store, "js:ORDERS"), seconds=40)
    # by the leader, as its server steps down from that
    await until(lambda: "quorum lost" in texts(store, "js:ORDERS"), seconds=40)

    def causes():
        rows = store.caused(store.nats_servers())
        return {row.server_name: row.cause and row.cause.text for row in rows}

    silent = "unknown: no answer"
    lost = {"t0": "no meta leader", "t1": silent, "t2": silent}
    await until(lambda: causes() == lost, seconds=40)


async def test_a_leaf_node_is_found_lost_and_found_again(nats_server, watched):
    (port,) = free_ports(1)
    hub = nats_server(f'http: MONITOR\nleafnodes {{ listen: "127.0.0.1:{port}" }}\n', name="hub")
    store = await watched([hub], user="")
    config = f'leafnodes {{ remotes: [ {{ url: "nats-leaf://127.0.0.1:{port}" }} ] }}\n'
    for number in range(2):
        leaf = nats_server(config, Ports.free(), name="leaf")
        await until(lambda: texts(store).count("leaf connected") == number + 1)  # noqa: B023
        nats_server.stop(leaf)
        await until(lambda: texts(store).count("leaf lost") == number + 1)  # noqa: B023


async def test_a_reload_and_an_upgrade(nats_server, watched, monkeypatch):
    if not OLDER.exists():
        pytest.skip("no older nats-server was built here")
    with monkeypatch.context() as older:
        older.setattr("tests.secured.conftest.executable", lambda: str(OLDER))
        server = nats_server("http: MONITOR\nmax_connections: 100\n", name="n1")
    store = await watched([server], user="")
    nats_server.reload("n1", "max_connections: 100", "max_connections: 200")
    await until(lambda: "max connections changed" in texts(store, "server:n1"))
    assert "configuration reloaded" in texts(store, "server:n1")

    nats_server.stop(server)
    nats_server("http: MONITOR\n", server, name="n1")
    await until(lambda: "version changed" in texts(store, "server:n1"), seconds=40)
    (version,) = [one for one in store.events if one.kind == "version"]
    assert version.before == "2.10.29"
    assert "restarted" in texts(store, "server:n1")


async def test_a_consumer_that_is_reset_moved_its_cursor(nats_server, watched, tmp_path):
    server = nats_server(f'http: MONITOR\njetstream {{ store_dir: "{tmp_path}/j" }}\n')
    client = await nats.connect(f"nats://127.0.0.1:{server.nats}")
    try:
        js = client.jetstream()
        await js.add_stream(name="ORDERS", subjects=["ord"])
        for _ in range(50):
            await js.publish("ord", b"x")
        store = await watched([server], user="")
        pull = await js.pull_subscribe("ord", durable="billing")
        for message in await pull.fetch(50):
            await message.ack_sync()
        await until(lambda: [row.delivered_seq for row in store.nats_consumers()] == [50])
        await client.request("$JS.API.CONSUMER.RESET.ORDERS.billing", b'{"seq":10}')
        place = "js:ORDERS#billing"
        await until(lambda: "cursor moved back" in texts(store, place))
    finally:
        await client.close()


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """Has servers that keep their streams in the folder `t2` find a disk of 2 MB there."""
    folder = tmp_path / "t2"
    folder.mkdir()
    mount = f"mount -t tmpfs -o size=2m none {folder}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    server = tmp_path / "server"
    run = f'exec unshare -m sh -c \'{mount} && exec "$0" "$@"\' {executable()} "$@"'
    server.write_text(f"#!/bin/sh\n{run}\n")
    server.chmod(0o755)
    monkeypatch.setattr("tests.secured.conftest.executable", lambda: str(server))


async def test_one_of_three_disks_is_full(
    nats_server, tmp_path, nats_users, watched, settings, small_disk, monkeypatch
):
    monkeypatch.setattr("arcwatch.engine.questions.RARELY", 1.0)

    def roomy(config, name):
        # the limit would be three quarters of the disk; and what fails is to fail at once
        told = "max_file_store: 1GB, sync_interval: always, store_dir"
        return nats_server(config.replace("store_dir", told), name=name)

    servers = cluster(roomy, tmp_path, ["t0", "t1", "t2"])
    js = (await nats_users(servers[0], "app")).jetstream(timeout=2)
    async with asyncio.timeout(40):
        while not await created(js, replicas=3):
            pass
    store = await watched(servers)
    at = f'url = "nats://127.0.0.1:{servers[0].nats}", user = "app", password = "env:PW"'
    found = replace(
        settings(f'pulsar = "off"\nnats = {{ {at} }}', PW="pw"),
        nats_monitors=tuple(f"http://127.0.0.1:{one.nats_monitor}" for one in servers),
    )
    assert (await states(found))["nats-unhealthy"].state == "ok"
    await until(lambda: store.clients_reported)
    with contextlib.suppress(nats.errors.Error):
        for _ in range(60):
            await js.publish("ord", bytes(50_000))
    await until(lambda: "JetStream is out of storage" in texts(store), seconds=20)
    await until(lambda: "in trouble" in texts(store, "server:t2"), seconds=40)
    causes = {r.server_name: r.cause and r.cause.kind for r in store.caused(store.nats_servers())}
    assert causes == {"t0": None, "t1": None, "t2": "unhealthy"}
    (chain,) = store.why("server:t2")
    assert chain.evidence[0].value.startswith("unhealthy: JetStream ")
    (finding,) = (await states(found))["nats-unhealthy"].findings
    assert (finding.fault.place, finding.severity) == ("t2", "critical")
