"""Where no monitoring port is open: through the system account, or as an account sees it."""

import asyncio
import socket

import pytest
from msgspec.structs import replace

from arcwatch.engine.engine import Engine
from arcwatch.sources.nats import system_account
from arcwatch.store.store import Store
from tests.interrupted import ends_when_cancelled

ACCOUNTS = """
jetstream {{ store_dir: "{store}" }}
accounts {{
  SYS: {{ users: [ {{ user: sys, password: pw }} ] }}
  ARC: {{ jetstream: enabled, users: [ {{ user: app, password: pw }},
         {{ user: mute, password: pw, permissions: {{ publish: "orders.>" }} }} ] }}
}}
system_account: SYS
"""


@pytest.fixture
def server(nats_server, tmp_path):
    """A server with two accounts and no monitoring port."""
    return nats_server(ACCOUNTS.format(store=tmp_path / "js"))


@pytest.fixture
def as_user(settings):
    """Settings of one of the users; where the monitoring port would be, nothing listens."""

    def of(ports, user):
        login = f'user = "{user}", password = "env:PW"'
        url = f"nats://127.0.0.1:{ports.nats}"
        found = settings(f'pulsar = "off"\nnats = {{ url = "{url}", {login} }}', PW="pw")
        return replace(found, nats_monitors=(f"http://127.0.0.1:{ports.nats_monitor}",))

    return of


@pytest.fixture
def seen(as_user):
    """What two looks as one of the users show."""

    async def look(ports, user, **at):
        store = Store()
        await Engine(as_user(ports, user), store).sample_twice(0.2, **at)
        return store

    return look


async def test_as_the_system_account_everything_is_seen(server, seen, nats_users):
    app = await nats_users(server, "app")
    await app.jetstream().add_stream(name="ORDERS", subjects=["orders.*"])
    await app.jetstream().add_consumer("ORDERS", durable_name="billing")
    for _ in range(5):
        await app.jetstream().publish("orders.eu", b"x")
    store = await seen(server, "sys", details=[None])
    (row,) = store.nats_servers()
    assert (row.server_name, row.seen_as, row.healthy, row.stale) == ("safe", "", True, False)
    assert row.mem > 1e6
    assert row.in_msgs_rate == row.in_msgs_rate
    assert "app" in {c.name for c in store.nats_connections()}
    (stream,) = store.nats_streams()
    assert (stream.stream, stream.account, stream.messages) == ("ORDERS", "ARC", 5)
    assert [c.num_pending for c in store.nats_consumers()] == [5]
    assert store.problems() == []


async def test_as_an_application_its_own_account_is_seen_and_that_is_said(server, seen, nats_users):
    app = await nats_users(server, "app")
    await app.jetstream().add_stream(name="ORDERS", subjects=["orders.*"])
    await app.jetstream().add_consumer("ORDERS", durable_name="billing")
    for _ in range(5):
        await app.jetstream().publish("orders.eu", b"x")
    store = await seen(server, "app")
    (row,) = store.nats_servers()
    assert (row.server_name, row.seen_as, row.stale) == ("safe", "ARC", False)
    assert row.mem != row.mem
    assert row.in_msgs >= 5
    assert {"app"} <= {c.name for c in store.nats_connections()}
    assert [(s.stream, s.messages) for s in store.nats_streams()] == [("ORDERS", 5)]
    assert [c.num_pending for c in store.nats_consumers()] == [5]
    assert store.problems() == []


async def test_who_may_ask_nothing_or_is_not_let_in_is_told_so(server, seen):
    (problem,) = (await seen(server, "mute")).problems()
    assert (problem.what, problem.where) == ("login refused", f"nats://127.0.0.1:{server.nats}")
    assert (
        problem.why
        == "not permitted to request $SYS.REQ.SERVER.PING.STATSZ, nor $SYS.REQ.ACCOUNT.PING.STATZ"
    )
    (problem,) = (await seen(server, "nobody")).problems()
    assert problem.why.startswith("authorization violation: with user nobody, password of env:PW")
    assert "--nats-monitor" in problem.hint


async def test_a_server_that_comes_back_is_asked_again_without_a_restart(
    nats_server, as_user, tmp_path
):
    ports = nats_server(ACCOUNTS.format(store=tmp_path / "js"))
    store = Store()
    engine = Engine(as_user(ports, "sys"), store, refresh=0.1)
    watching = asyncio.create_task(engine.run())
    try:
        await until(lambda: [row.stale for row in store.nats_servers()] == [False])
        before = store.nats_servers()[0].server_id
        nats_server.stop(ports)
        await until(lambda: store.problems())
        nats_server(ACCOUNTS.format(store=tmp_path / "js"), ports)
        await until(lambda: store.nats_servers()[0].server_id != before and not store.problems())
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@pytest.mark.parametrize("user", ["sys", "app"])
async def test_it_ends_at_whatever_step_it_is_cancelled(server, as_user, user, monkeypatch):
    for wait in ("STALL", "PATIENCE"):
        monkeypatch.setattr(system_account, wait, 0.02)
    for step in range(47, 900, 47):
        engine = Engine(as_user(server, user), Store(), refresh=0.02)
        assert await ends_when_cancelled(engine.run(), step), f"goes on, cancelled at step {step}"


async def test_a_server_that_moves_is_found_where_its_name_leads_then(
    nats_server, as_user, tmp_path, monkeypatch
):
    now, look_up = ["127.0.0.1"], socket.getaddrinfo

    def resolve(host, *args, **more):
        return look_up(now[0] if host in ("moving.test", b"moving.test") else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    config = f"{ACCOUNTS.format(store=tmp_path / 'js')}\nhttp: MONITOR"
    ports = nats_server(config)
    nowhere = replace(as_user(ports, "sys"), nats=f"nats://moving.test:{ports.nats}")
    by_system = replace(nowhere, nats_monitors=("http://127.0.0.1:1",))
    by_monitor = replace(nowhere, nats_monitors=(f"http://moving.test:{ports.nats_monitor}",))
    stores = [Store(), Store()]
    watching = [
        asyncio.create_task(Engine(found, store, refresh=0.1, chance=lambda: 1.0).run())
        for found, store in zip((by_system, by_monitor), stores, strict=True)
    ]

    def answering():
        return all([row.stale for row in store.nats_servers()] == [False] for store in stores)

    try:
        await until(answering)
        before = {row.server_id for store in stores for row in store.nats_servers()}
        nats_server.stop(ports)
        await until(lambda: all(store.problems() for store in stores))
        now[0] = "127.0.0.2"
        nats_server(config, ports, host="127.0.0.2")
        await until(lambda: answering() and not any(store.problems() for store in stores))
        assert before.isdisjoint(row.server_id for s in stores for row in s.nats_servers())
        assert ["#" in s.nats[0].url for s in stores] == [True, False]
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def until(holds):
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.02)
