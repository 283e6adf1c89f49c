"""Requests that many servers receive: only the answer that is meant for us is taken."""

import asyncio
import contextlib
import json

import pytest

from arcwatch.cli import run
from arcwatch.sources.nats.connection import Listener, NatsConnection
from arcwatch.sources.nats.system_account import SystemServers, asked, own_user
from arcwatch.stack.ports import Ports, free_ports

OFTEN = 40
"""Of the first answers to a broadcast request, about half are of the other server."""

ALEX = """{ user: alex, password: pw, permissions: {
  publish: { allow: ["x.>", "$SYS.REQ.>", "_INBOX.>"] }, subscribe: { deny: "secret.>" } } }"""
ACCOUNTS = f"""
accounts {{ ACC: {{ users: [ {ALEX} ] }}, SYS: {{ users: [ {{ user: sys, password: pw }} ] }} }}
system_account: SYS
"""
LIMITS = "may publish $SYS.REQ.> _INBOX.> x.>, may not subscribe secret.>"


@pytest.fixture
def leaf(nats_server):
    """A leaf node whose account is joined to another account of a hub."""
    (port,) = free_ports(1)
    hub = "accounts { HUB: { users: [ { user: b, password: pw } ] } }"
    nats_server(f'{hub}\nleafnodes {{ listen: "127.0.0.1:{port}" }}', Ports.free(), name="hub")
    remote = f'{{ url: "nats://b:pw@127.0.0.1:{port}", account: ACC }}'
    return nats_server(
        f"{ACCOUNTS}\nleafnodes {{ remotes: [{remote}] }}", Ports.free(), name="leaf"
    )


@pytest.fixture
async def joined(settings):
    """Connects to a server as one of its users."""
    async with contextlib.AsyncExitStack() as stack:

        async def join(ports, user):
            url = f"nats://127.0.0.1:{ports.nats}"
            found = settings(
                f'nats = {{ url = "{url}", user = "{user}", password = "env:P" }}', P="pw"
            )
            connection, arrival = NatsConnection(url, found.nats_credentials), Arrival()
            connection.add(arrival)
            connection.open()
            stack.push_async_callback(connection.close)
            async with asyncio.timeout(10):
                await arrival.came.wait()
            return connection

        yield join


class Arrival(Listener):
    def __init__(self):
        self.came = asyncio.Event()

    def connected(self):
        self.came.set()


async def until_seen(connection, subject, servers):
    """Wait until so many servers answer, which takes a moment after they have joined."""
    async with asyncio.timeout(20):
        while True:
            answers = []
            inbox = connection.new_inbox()
            connection.subscribe(inbox, answers.extend)
            connection.request(subject, inbox, b"")
            await connection.reached()
            await asyncio.sleep(0.1)
            if len([one for one in answers if one.body]) == servers:
                return


async def test_a_server_is_not_taken_for_another_whose_name_is_longer(
    nats_server, nats_users, joined
):
    ports = nats_server(ACCOUNTS, Ports.free(), name="n0")
    system = await nats_users(ports, "sys")

    async def answer_as_old_servers_do(message):
        for name in ("n10", "n1"):
            envelope = {"server": {"name": name}, "data": {"of": name}}
            await system.publish(message.reply, json.dumps(envelope).encode())

    subject = "$SYS.REQ.SERVER.PING.VARZ"
    await system.subscribe(subject, cb=answer_as_old_servers_do)
    connection = await joined(ports, "sys")
    await until_seen(connection, subject, 3)
    found = await asked(connection, subject, "n1", {})
    assert json.loads(bytes(found.data)) == {"of": "n1"}


async def test_a_request_of_which_only_a_wrong_answer_came_is_sent_again(
    nats_server, nats_users, joined
):
    ports = nats_server(ACCOUNTS, Ports.free(), name="n0")
    system, names = await nats_users(ports, "sys"), iter(["n2", "n3", "n1"])

    async def answer_once_each_time(message):
        envelope = {"server": {"name": next(names)}, "data": {"of": "n1"}}
        await system.publish(message.reply, json.dumps(envelope).encode())

    await system.subscribe("$SYS.REQ.SERVER.PING.VARZ", cb=answer_once_each_time)
    connection = await joined(ports, "sys")
    await system.flush()
    found = await asked(connection, "$SYS.REQ.SERVER.PING.VARZ", "n1", {})
    assert found.server.name == "n1"


async def test_the_account_that_a_leaf_node_is_joined_to_is_not_taken_for_ours(leaf, joined):
    connection = await joined(leaf, "alex")
    await until_seen(connection, "$SYS.REQ.USER.INFO", 2)
    found = [await own_user(connection) for _ in range(OFTEN)]
    assert {(one.account, one.limits) for one in found} == {("ACC", LIMITS)}
    servers = SystemServers(connection)
    for _ in range(3):
        assert [server.url.partition("#")[2] for server in await servers.discover()] == ["leaf"]
    (server,) = servers.known
    assert (await server.varz()).seen_as == "ACC"


def test_looking_into_a_context_says_what_we_may_do_each_time(leaf, tmp_path, monkeypatch, capsys):
    config = tmp_path / "arcwatch.toml"
    login = f'url = "nats://127.0.0.1:{leaf.nats}", user = "alex", password = "env:P"'
    config.write_text(f'[context.x]\npulsar = "off"\nnats_monitor = "off"\nnats = {{ {login} }}')
    monkeypatch.setenv("ARCWATCH_CONFIG", str(config))
    monkeypatch.setenv("P", "pw")
    for _ in range(3):
        assert run(["context", "test", "x", "--json"]) == 0
        steps = {step["name"]: step for step in json.loads(capsys.readouterr().out)["steps"]}
        assert steps["permissions"]["told"] == f"user alex of account ACC: {LIMITS}"
