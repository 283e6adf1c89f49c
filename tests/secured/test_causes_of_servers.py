"""Causes of servers, clients and links made on real servers, read back as text, JSON and screen."""

import asyncio
import contextlib
import json
import socket
import time

import nats
import pytest

from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.stack.ports import free_ports
from arcwatch.store.store import Store
from arcwatch.ui.view_context import ViewContext
from tests.ui.filled import Idle, Whole, words_on

MB = 1_000_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


class Watched:
    """A store that is kept up to date, and verbs that ask the same servers."""

    def __init__(self, capsys, *servers):
        monitors = ",".join(f"http://127.0.0.1:{server.nats_monitor}" for server in servers)
        places = {"nats": f"nats://127.0.0.1:{servers[0].nats}", "nats_monitor": monitors}
        places |= {"pulsar": "off", "pulsar_admin": "off"}
        self._flags = [f"--{name.replace('_', '-')}={at}" for name, at in places.items()]
        self.store, self._capsys = Store(), capsys
        self._engine = Engine(load(places, environ={}), self.store, refresh=0.5)

    async def __aenter__(self):
        self._task = asyncio.create_task(self._engine.run())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait([self._task])

    async def until(self, true, seconds=40.0):
        end = time.monotonic() + seconds
        while not (seen := true()):
            assert time.monotonic() < end, "it did not come in time"
            await asyncio.sleep(0.05)
        return seen

    def causes(self, rows):
        """Kind and text of the cause of each row that has one, by its name."""
        found = [row for row in self.store.caused(rows) if row.cause]
        return {_name(row): (row.cause.kind, row.cause.text) for row in found}

    async def verb(self, *argv):
        assert await asyncio.to_thread(run, [*self._flags, *argv]) == 0
        return self._capsys.readouterr().out

    async def screen(self, sheet):
        """What is on the screen when this table of view 2 is open."""
        # as it is now, whatever comes next
        store = self.store.freeze()
        showing = ViewContext(store, Idle())
        app = Whole(lambda: showing, context="c", now=lambda: store.now)
        async with app.run_test(size=(200, 40)) as pilot:
            await pilot.press("2")
            for _ in range(10):
                await pilot.pause()
                if app.view.sheet.id == sheet:
                    app.frame()
                    await pilot.pause()
                    return "\n".join(words_on(app))
                await pilot.press("L")
        raise AssertionError(f"there is no table {sheet}")


def _name(row):
    return getattr(row, "peer", "") or getattr(row, "name", "") or row.server_name


async def test_a_leaf_node_whose_other_side_is_gone(nats_server, capsys):
    (port,) = free_ports(1)
    hub = nats_server(f'http: MONITOR\nleafnodes {{ listen: "127.0.0.1:{port}" }}', name="hub")
    remote = f'leafnodes {{ remotes: [{{ url: "nats://127.0.0.1:{port}" }}], reconnect: 1 }}'
    leaf = nats_server(f"http: MONITOR\n{remote}", name="leaf")
    async with Watched(capsys, leaf) as watched:
        store = watched.store
        await watched.until(lambda: [row.connected for row in store.nats_links()] == [True])
        assert watched.causes([*store.nats_links(), *store.nats_servers()]) == {}
        nats_server.stop(hub)
        lost = {"1 of 1 remotes": ("link-down", "not connected")}
        await watched.until(lambda: watched.causes(store.nats_links()) == lost)
        text = "not connected to 1 of 1 remotes"
        own = {"leaf": ("link-down", text)}
        await watched.until(lambda: watched.causes(store.nats_servers()) == own)
        (told,) = json.loads(await watched.verb("why", "link:leaf/leaf/1 of 1 remotes", "--json"))
        assert told["cause"]["kind"] == "link-down"
        assert text in await watched.verb("nats", "servers")
        assert text in await watched.verb("why", "server:leaf")
        assert text in await watched.screen("servers")


async def test_a_server_whose_streams_have_nearly_filled_its_storage(nats_server, capsys, tmp_path):
    store_dir = json.dumps(str(tmp_path))
    limits = f"jetstream {{ store_dir: {store_dir}, max_file_store: {MB} }}"
    server = nats_server(f"http: MONITOR\n{limits}", name="n1")
    async with Watched(capsys, server) as watched:
        store = watched.store
        await watched.until(store.nats_servers)
        assert watched.causes(store.nats_servers()) == {}
        async with await nats.connect(f"nats://127.0.0.1:{server.nats}") as client:
            js = client.jetstream()
            await js.add_stream(name="BIG", subjects=["big"])
            for _ in range(19):
                await js.publish("big", bytes(50_000))
        text = "JetStream storage nearly full"
        full = {"n1": ("storage-full", text)}
        await watched.until(lambda: watched.causes(store.nats_servers()) == full)
        (told,) = json.loads(await watched.verb("nats", "servers", "--json"))
        assert told["cause"]["text"] == text
        (chain,) = json.loads(await watched.verb("why", "server:n1", "--json"))
        assert chain["evidence"][0]["figure"] == "storage"
        assert text in await watched.verb("why", "server:n1")
        assert text in await watched.screen("servers")


async def test_a_route_to_a_server_that_no_longer_reads_is_behind(nats_server, capsys):
    routes = free_ports(2)
    joined = json.dumps([f"nats://127.0.0.1:{port}" for port in routes])
    near, far = [
        nats_server(
            f'http: MONITOR\ncluster {{ name: pair, listen: "127.0.0.1:{route}", '
            f"routes: {joined}, pool_size: 1 }}",
            name=name,
        )
        for name, route in zip(("near", "far"), routes, strict=True)
    ]
    async with contextlib.AsyncExitStack() as clients, Watched(capsys, near) as watched:
        store = watched.store
        here, there = [
            await clients.enter_async_context(await nats.connect(f"nats://127.0.0.1:{one.nats}"))
            for one in (near, far)
        ]
        heard = asyncio.Queue()
        await there.subscribe("big", cb=heard.put)
        await there.flush()
        async with asyncio.timeout(20):
            while heard.empty():
                await here.publish("big", b"x")
                await asyncio.sleep(0.05)
        await watched.until(lambda: store.nats_links())
        assert watched.causes(store.nats_links()) == {}
        nats_server.freeze("far")
        for _ in range(40):
            await here.publish("big", bytes(MB))
        await here.flush()
        behind = {"far": ("link-behind", "behind: bytes pending")}
        await watched.until(lambda: watched.causes(store.nats_links()) == behind)
        told = json.loads(await watched.verb("nats", "links", "--json"))
        assert [row["cause"]["text"] for row in told] == ["behind: bytes pending"]
        assert "behind: bytes pending" in await watched.verb("why", "link:near/route/far")
        assert "behind: bytes pending" in await watched.screen("links")


async def test_a_client_that_makes_producers_wait_is_named(nats_server, capsys):
    server = nats_server(f"http: MONITOR\nmax_pending: {4 * MB}", name="n1")
    hello = b'CONNECT {"verbose":false,"name":"%b"}\r\n'
    reader = connected(server, hello % b"sluggish" + b"SUB big 1\r\n")
    writer = connected(server, hello % b"writer")
    async with Watched(capsys, server) as watched, asyncio.TaskGroup() as group:
        reading = group.create_task(read_slowly(reader))
        bursts = group.create_task(send_in_bursts(writer))
        store = watched.store

        def found():
            return [row for row in store.caused(store.nats_connections()) if row.cause]

        (row,) = await watched.until(
            lambda: [row for row in found() if row.cause.kind == "stalls"], 60.0
        )
        assert (row.name, row.cause.text) == ("sluggish", "stalls producers")
        (chain,) = store.why(f"client:sluggish#{row.cid}")
        assert chain.evidence[0].figure == "stalls"
        assert "stalls producers" in await watched.screen("connections")
        for task in (reading, bursts):
            task.cancel()
    reader.close()
    writer.close()


async def read_slowly(client):
    """Much slower than a producer sends, and fast enough not to be cut off."""
    while True:
        await asyncio.get_running_loop().sock_recv(client, 200_000)
        await asyncio.sleep(0.01)


async def send_in_bursts(client):
    """Messages that are awaited one by one, with pauses in which all is read."""
    loop = asyncio.get_running_loop()
    while True:
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            await loop.sock_sendall(client, b"PUB big 4000\r\n%b\r\nPING\r\n" % bytes(4_000))
            await loop.sock_recv(client, 4_096)
        await asyncio.sleep(0.6)


def connected(server, hello):
    """A client of our own, which says no more than this."""
    client = socket.create_connection(("127.0.0.1", server.nats))
    client.sendall(hello)
    client.setblocking(False)
    return client
