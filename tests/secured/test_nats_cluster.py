"""A cluster of three with a leaf node, seen whole through one connection of the system account."""

import asyncio
import json

import nats
import pytest
from msgspec.structs import replace

from arcwatch.engine.engine import Engine
from arcwatch.history.open import open_history
from arcwatch.notation.times import Latest
from arcwatch.stack.ports import Ports, free_ports
from arcwatch.store.store import Store
from tests.processed import processed

ACCOUNTS = """
accounts {
  SYS: { users: [ { user: sys, password: pw } ] }
  ARC: { JETSTREAM, users: [ { user: app, password: pw } ] }
}
system_account: SYS
"""


@pytest.fixture
def cluster(nats_server, tmp_path):
    """Ports of c0, c1, c2 and of the leaf node at c0."""
    routes, (leaf,) = free_ports(3), free_ports(1)
    joined = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    started = []
    for number, route in enumerate(routes):
        store = json.dumps(str(tmp_path / f"c{number}"))
        more = f'leafnodes {{ listen: "127.0.0.1:{leaf}" }}' if number == 0 else ""
        js = ACCOUNTS.replace("JETSTREAM", "jetstream: enabled")
        started.append(
            nats_server(
                f"{js}\njetstream {{ store_dir: {store} }}\n{more}\n"
                f'cluster {{ name: arc, listen: "127.0.0.1:{route}", routes: [{joined}] }}',
                Ports.free(),
                name=f"c{number}",
            )
        )
    remotes = ", ".join(
        f'{{ url: "nats://{user}:pw@127.0.0.1:{leaf}", account: {account} }}'
        for user, account in (("sys", "SYS"), ("app", "ARC"))
    )
    plain = ACCOUNTS.replace("JETSTREAM, ", "")
    leafs = nats_server(f"{plain}\nleafnodes {{ remotes: [{remotes}] }}", Ports.free(), name="leaf")
    return [*started, leafs]


async def test_one_connection_sees_all_servers_and_counts_each_message_once(
    cluster, settings, nats_users
):
    c0, _, c2, leaf = [await nats_users(ports, "app") for ports in cluster]
    js = c0.jetstream(timeout=2)
    await formed(js)
    got = asyncio.Queue()
    for client in (c2, leaf):
        await client.subscribe("news", cb=got.put)
        await processed(client)
    at = f"nats://127.0.0.1:{cluster[1].nats}"
    found = settings(
        f'pulsar = "off"\nnats = {{ url = "{at}", user = "sys", password = "env:PW" }}', PW="pw"
    )
    closed = f"http://127.0.0.1:{cluster[1].nats_monitor}"
    found = replace(found, nats_monitors=(closed,))

    before = await look(found, 4)
    for _ in range(1000):
        await c0.publish("news", b"x")
    await processed(c0)
    async with asyncio.timeout(30):
        for _ in range(2000):
            await got.get()
    store = await look(found, 4)

    rows = sorted(store.nats_servers(), key=lambda row: row.server_name)
    assert [row.server_name for row in rows] == ["c0", "c1", "c2", "leaf"]
    assert {row.cluster for row in rows[:3]} == {"arc"}
    assert all(row.routes and not row.stale for row in rows[:3])
    assert [row.leafnodes > 0 for row in rows] == [True, False, False, True]
    assert {row.meta_leader for row in rows[:3]} <= {"c0", "c1", "c2"}
    grown = sum(row.in_msgs for row in rows) - sum(row.in_msgs for row in before.nats_servers())
    # what we and JetStream ask of the servers is counted too
    assert 1000 <= grown < 1200
    (stream,) = store.nats_streams()
    assert (stream.stream, stream.replicas, len(stream.peers)) == ("ORDERS", 3, 2)
    assert {stream.leader, *(peer.name for peer in stream.peers)} == {"c0", "c1", "c2"}
    groups = {row.group: row for row in store.nats_raft()}
    assert {(row.members, row.offline) for row in groups.values()} == {(3, 0)}
    assert groups["js:ORDERS"].leader == stream.leader
    assert groups["meta"].leader == rows[0].meta_leader
    assert store.problems() == []


async def test_a_server_that_is_gone_is_missing_in_its_groups(
    cluster, settings, nats_server, nats_users
):
    await formed((await nats_users(cluster[0], "app")).jetstream(timeout=2))
    at = f"nats://127.0.0.1:{cluster[0].nats}"
    found = settings(
        f'pulsar = "off"\nnats = {{ url = "{at}", user = "sys", password = "env:PW" }}', PW="pw"
    )
    # nobody listens there: the system account is asked
    found = replace(found, nats_monitors=("http://127.0.0.1:1",))
    nats_server.stop(cluster[2])
    async with asyncio.timeout(60):
        while True:
            store = Store()
            await Engine(found, store).sample_twice(0.1)
            gone = [one for one in store.problems() if one.what == "RAFT peer offline"]
            rows = {row.group: row for row in store.nats_raft()}
            # a leader that was lost is elected anew first
            if gone and "js:ORDERS" in gone[0].why and "meta" in gone[0].why:
                break
    assert [one.where for one in gone] == ["c2"]
    assert (rows["meta"].current, rows["meta"].offline) == (2, 1)
    assert rows["js:ORDERS"].leader in ("c0", "c1")


async def formed(js):
    """Wait for a leader, and make a stream with three replicas."""
    async with asyncio.timeout(30):
        while True:
            try:
                await js.add_stream(name="ORDERS", subjects=["ord"], num_replicas=3)
            except (nats.js.errors.APIError, nats.errors.Error):
                await asyncio.sleep(0.1)
            else:
                return


async def look(settings, servers):
    """A look that found so many of them: a leaf node may take a moment to be known everywhere."""
    async with asyncio.timeout(30):
        while True:
            store = Store()
            await Engine(settings, store).sample_twice(0.1)
            if len(store.nats_servers()) == servers and store.nats_streams():
                return store


async def test_a_replica_that_is_behind_does_not_answer_for_its_stream(
    cluster, settings, nats_server, nats_users
):
    js = (await nats_users(cluster[0], "app")).jetstream(timeout=5)
    await formed(js)
    made = await js.stream_info("ORDERS")
    await js.update_stream(made.config.evolve(allow_direct=True))
    peers = (await js.stream_info("ORDERS")).cluster
    leader = cluster[int(peers.leader[1:])]
    js = (await nats_users(leader, "app")).jetstream(timeout=5)
    at = f"nats://127.0.0.1:{leader.nats}"
    found = settings(
        f'pulsar = "off"\nnats = {{ url = "{at}", user = "app", password = "env:PW" }}', PW="pw"
    )
    async with open_history(found, "js:ORDERS") as history:
        assert history.notes == []
    behind = peers.replicas[0].name
    nats_server.freeze(behind)
    for number in range(50):
        await js.publish("ord", b"%d" % number)
    async with open_history(found, "js:ORDERS") as history:
        # the frozen server may also keep the list of mirrors from being known, which is said apart
        (note,) = [note for note in history.notes if "mirror" not in note]
        assert note.startswith(f"its replica {behind} is ")
        for _ in range(8):
            page = await history.page_before(await history.latest(), 50)
            assert [message.body for message in page.messages] == [b"%d" % n for n in range(50)]
        assert history.doubt(Latest()) == note
