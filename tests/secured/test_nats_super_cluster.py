"""Two clusters joined by gateways, and a leaf node: their links, held to known traffic."""

import asyncio
import contextlib
import itertools
import json

import pytest
from msgspec.structs import replace

from arcwatch.engine.engine import Engine
from arcwatch.stack.ports import Ports, free_ports
from arcwatch.store.store import Store
from tests.processed import processed

SENT, BODY = 1000, b"x" * 100

ACCOUNTS = """
accounts {
  SYS: { users: [ { user: sys, password: pw } ] }
  ARC: { users: [ { user: app, password: pw } ] }
  IDLE: { users: [ { user: idle, password: pw } ] }
}
system_account: SYS
"""


@pytest.fixture
def servers(nats_server):
    """Ports of a0 and a1, which are the cluster east, of b0, which is west, and of b0's leaf."""
    return started(nats_server)


@pytest.fixture
def monitored(nats_server):
    """The same, with monitoring ports."""
    return started(nats_server, "http: MONITOR")


def started(nats_server, every=""):
    a0, a1, b0, leaf, nobody, *gateways = free_ports(8)
    ways = {"east": gateways[:2], "west": gateways[2:], "north": [nobody]}
    known = ", ".join(
        f"{{ name: {name}, urls: {json.dumps([f'nats://127.0.0.1:{port}' for port in ports])} }}"
        for name, ports in ways.items()
    )

    def start(name, cluster, route, gateway, more=""):
        routes = [f"nats://127.0.0.1:{port}" for port in (a0, a1)] if cluster == "east" else []
        return nats_server(
            f"{ACCOUNTS}\n{more}\n{every}\n"
            f'gateway {{ name: {cluster}, listen: "127.0.0.1:{gateway}", gateways: [{known}] }}\n'
            f'cluster {{ name: {cluster}, listen: "127.0.0.1:{route}", '
            f"routes: {json.dumps(routes)} }}",
            Ports.free(),
            name=name,
        )

    joined = [start("a0", "east", a0, gateways[0]), start("a1", "east", a1, gateways[1])]
    listens = f'leafnodes {{ listen: "127.0.0.1:{leaf}" }}'
    joined.append(start("b0", "west", b0, gateways[2], listens))
    remotes = ", ".join(
        f'{{ url: "nats://{user}:pw@127.0.0.1:{leaf}", account: {account} }}'
        for user, account in (("sys", "SYS"), ("app", "ARC"))
    )
    more = f"{ACCOUNTS}\n{every}\nleafnodes {{ remotes: [{remotes}] }}"
    return [*joined, nats_server(more, Ports.free(), name="leaf")]


async def test_every_link_tells_what_went_through_it(servers, settings, nats_users):
    url = f"nats://127.0.0.1:{servers[0].nats}"
    found = settings(
        f'pulsar = "off"\nnats = {{ url = "{url}", user = "sys", password = "env:PW" }}', PW="pw"
    )
    found = replace(found, nats_monitors=(f"http://127.0.0.1:{servers[0].nats_monitor}",))
    async with asyncio.timeout(20):
        while not formed(links(before := await look(found))):
            pass
    clients = [await nats_users(ports, "app") for ports in servers]
    heard = asyncio.Queue()
    for client in clients[1:]:
        await client.subscribe("news", cb=heard.put)
        await processed(client)
    await told_everywhere(clients[0], heard)
    sent_before, got_before = traffic(await look(found), "ARC")

    for _ in range(SENT):
        await clients[0].publish("news", BODY)
    async with asyncio.timeout(10):
        left = 3 * SENT
        while left:
            left -= (await heard.get()).data == BODY
    store = await look(found)

    then, now = links(before), links(store)
    grown = {
        key: (now[key].in_msgs - then[key].in_msgs, now[key].out_msgs - then[key].out_msgs)
        for key in then
    }  # fmt: skip - one figure a line
    carried = {
        ("a0", "route", "a1", ""),
        ("a0", "gateway", "west", ""),
        ("b0", "leaf", "leaf", "ARC"),
    }
    # what is asked of the servers, and how they tell each other of it, goes the same ways
    assert all(SENT <= grown[key][1] < 2 * SENT for key in carried)
    taken = {
        ("a1", "route", "a0", ""),
        ("b0", "gateway", "east", ""),
        ("leaf", "leaf", "b0", "ARC"),
    }
    assert all(SENT <= grown[key][0] < 2 * SENT for key in taken)
    assert grown["a1", "gateway", "west", ""][1] < SENT
    assert now["a0", "gateway", "west", ""].via == "b0"
    assert formed(now)
    missing = [key for key, row in now.items() if not row.connected]
    assert sorted(missing) == [(s, "gateway", "north", "") for s in ("a0", "a1", "b0")]
    assert {(p.what, p.where) for p in store.problems()} == {("no gateway", "north")}

    sent, got = traffic(store, "ARC")
    assert (sent - sent_before, got - got_before) == (SENT, 3 * SENT)
    assert {row.account for row in store.nats_accounts()} >= {"IDLE", "SYS"}
    assert not any(row.jetstream for row in store.nats_accounts())


async def told_everywhere(client, heard):
    """Wait until all three hear the same message: interest takes a moment to get around."""
    async with asyncio.timeout(10):
        for number in itertools.count():
            body = str(number).encode()
            await client.publish("news", body)
            left = 3
            with contextlib.suppress(TimeoutError):
                while left:
                    async with asyncio.timeout(0.3):
                        left -= (await heard.get()).data == body
                return


async def test_a_message_between_two_clusters_that_are_watched_by_name_counts_once(
    monitored, settings, nats_users
):
    monitors = [f"http://127.0.0.1:{ports.nats_monitor}" for ports in monitored]
    found = settings(
        'pulsar = "off"\nnats = [\n'
        f'  {{ name = "home", url = "off", monitor = {json.dumps(monitors[:2])} }},\n'
        f'  {{ name = "away", url = "off", monitor = {json.dumps(monitors[2:])} }},\n]'
    )
    clients = [await nats_users(ports, "app") for ports in monitored]
    heard = asyncio.Queue()
    for client in clients[1:]:
        await client.subscribe("news", cb=heard.put)
        await processed(client)
    await told_everywhere(clients[0], heard)
    before = totals(await look(found))
    for _ in range(SENT):
        await clients[0].publish("news", BODY)
    async with asyncio.timeout(10):
        left = 3 * SENT
        while left:
            left -= (await heard.get()).data == BODY
    store = await look(found)
    sent, got = (now - then for now, then in zip(totals(store), before, strict=True))
    assert (sent, got) == (SENT, 3 * SENT)
    assert [(r.cluster, r.server_name) for r in store.nats_servers()] == [
        ("home", "a0"),
        ("home", "a1"),
        ("away", "b0"),
        ("away", "leaf"),
    ]
    # the links go by the names that the clusters give themselves, and nobody is a stranger
    assert {(p.what, p.where) for p in store.problems()} == {("no gateway", "north")}


async def test_joined_clusters_that_are_both_asked_over_the_system_account_say_what_counts_twice(
    servers, settings
):
    entries = "".join(
        f'{{ name = "{name}", url = "nats://127.0.0.1:{ports.nats}", monitor = "off",'
        ' user = "sys", password = "env:PW" },'
        for name, ports in (("home", servers[0]), ("away", servers[2]))
    )
    found = settings(f'pulsar = "off"\nnats = [{entries}]', PW="pw")
    found = replace(found, clusters=tuple(map(by_client_port, found.clusters)))
    async with asyncio.timeout(20):
        while not (twice := [p for p in (await look(found)).problems() if p.severity]):
            pass
    assert {(p.what, p.cluster) for p in twice} == {("the same servers in two clusters", "away")}
    assert "home and away both report" in twice[0].why


def by_client_port(one):
    """The same, whose monitoring port nobody listens to and nobody named."""
    (closed,) = free_ports(1)
    origins = one.origins | {"nats_monitor": "default"}
    return replace(one, nats_monitors=(f"http://127.0.0.1:{closed}",), origins=origins)


def totals(store):
    """Messages that all servers were sent by clients, and sent them."""
    rows = store.nats_servers()
    return sum(row.in_msgs for row in rows), sum(row.out_msgs for row in rows)


def traffic(store, account):
    """Messages that clients of an account sent, and were sent, on all servers."""
    rows = [row for row in store.nats_accounts() if row.account == account]
    return sum(row.in_msgs for row in rows), sum(row.out_msgs for row in rows)


def formed(rows):
    """Whether every server has found all of its neighbours, and measured the way to them."""
    pool = [row.connections for key, row in rows.items() if key[1] == "route"]
    # three routes and one of the system account alone
    return len(rows) == 12 and pool == [4, 4] and all(r.rtt for r in rows.values() if r.connected)


def links(store):
    return {(row.server_name, row.kind, row.peer, row.account): row for row in store.nats_links()}


async def look(settings):
    store = Store()
    await Engine(settings, store).sample_twice(0.1)
    return store
