"""Two NATS servers of the same name in one context: nothing of one is taken for the other's."""

import asyncio
import contextlib
import json
import socket

import nats
import nats.micro
import pytest

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.store.store import Store

from .conftest import BOUND, NatsServer

STREAM = "js:ORDERS"
STORED = {"east": 5, "west": 3}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two servers that let in who has the token of their own, with the same stream."""
    servers = {}
    for name in STORED:
        servers[name] = server = NatsServer(tmp_path_factory.mktemp(name))
        with open(server.folder / "nats.conf", "a") as config:
            config.write(f'\nauthorization {{ token: "token-of-{name}" }}\n')
        server.start()
    asyncio.run(_fill(servers))
    yield servers
    for server in servers.values():
        with contextlib.suppress(ProcessLookupError):
            server.kill()


async def _fill(servers):
    for name, count in STORED.items():
        client = await nats.connect(servers[name].url, token=f"token-of-{name}")
        stream = client.jetstream()
        await stream.add_stream(name="ORDERS", subjects=["orders.>"])
        await stream.pull_subscribe("orders.>", durable="invoicer")
        for nth in range(count):
            await stream.publish("orders.new", f"{name} {nth}".encode())
        await client.close()


@pytest.fixture
def world(pair, tmp_path, monkeypatch):
    """The path of a file with a context of both."""
    entries = "".join(
        f'[[context.world.nats]]\nname = "{name}"\nurl = "{one.url}"\nmonitor = "{one.monitor}"\n'
        f'token = "env:{name.upper()}_TOKEN"\n'
        for name, one in pair.items()
    )
    for name in pair:
        monkeypatch.setenv(f"{name.upper()}_TOKEN", f"token-of-{name}")
    path = tmp_path / "arcwatch.toml"
    path.write_text(f'[context.world]\npulsar = "off"\n{entries}')
    return path


@pytest.fixture
def told(verb, world):
    async def told(*argv):
        running = await verb(*argv, "--context", "world", config=world)
        return (*await running.end(), running.said)

    return told


async def test_every_row_has_its_cluster_in_json_and_text(told):
    code, out, _ = await told("status", "--json")
    found = json.loads(out)
    assert (code, found["problems"]) == (0, [])
    for part in ("servers", "streams", "consumers"):
        assert [row["cluster"] for row in found["nats"][part]] == ["east", "west"]
    assert {row["cluster"]: row["messages"] for row in found["nats"]["streams"]} == STORED
    assert {row["address"]: row["messages"] for row in found["backlogs"]} == {
        f"world.{of}::{STREAM}#invoicer": count for of, count in STORED.items()
    }
    assert "token-of" not in out
    _, out, _ = await told("nats", "streams")
    heading, *rows = out.splitlines()
    assert heading.split()[:2] == ["STREAM", "CLUSTER"]
    assert sorted(row.split()[1] for row in rows) == ["east", "west"]
    code, out, _ = await told("why", f"world.west::{STREAM}#invoicer", "--json")
    assert (code, [one["address"] for one in json.loads(out)]) == (0, [f"{STREAM}#invoicer"])
    _, out, _ = await told("why", "server:mortal")
    heads = [line.split() for line in out.splitlines() if line.startswith("server:")]
    assert heads == [["server:mortal", "east"], ["server:mortal", "west"]]


async def test_an_address_is_read_in_its_cluster_and_one_without_is_asked_about(told):
    for name, count in STORED.items():
        code, out, said = await told("history", f"world.{name}::{STREAM}", "--json")
        bodies = [json.loads(line)["value"] for line in out.splitlines()]
        assert (code, bodies) == (0, [f"{name} {nth}" for nth in range(count)]), said
    for argv in (
        *(["tail", "nats:orders.>"], ["history", STREAM]),
        *(["subjects", "nats:orders.>", "--for", "1s"], ["probe", "--for", "1s"]),
    ):
        code, out, said = await told(*argv)
        assert (code, out) == (2, "")
        assert any("which NATS cluster?" in line for line in said)
        assert any("world.east:: or world.west::" in line for line in said)


async def test_a_check_up_finds_what_each_has_and_compares_nothing_across_two(told):
    code, out, said = await told("doctor", "--json")
    found = json.loads(out)
    assert code == 0, said
    unbounded = [one for one in found["findings"] if one["id"] == "js-unbounded"]
    assert [(one["cluster"], one["place"]) for one in unbounded] == [
        (name, f"world.{name}::{STREAM}") for name in STORED
    ]
    # one server of each, and so no cluster of two
    assert {one["id"] for one in found["findings"]}.isdisjoint({"nats-even-servers", "nats-clock"})
    assert {one["places"] for one in found["checks"] if one["id"] == "nats-no-auth"} == {2}
    code, out, _ = await told("doctor", "--only", "js-unbounded", f"world.east::{STREAM}")
    assert f"world.east::{STREAM}" in out
    assert "world.west" not in out


async def test_services_of_each_are_told_apart_and_one_that_is_away_takes_nothing(told, pair):
    west = pair["west"]
    async with await nats.connect(west.url, token="token-of-west") as client:
        service = await nats.micro.add_service(client, name="sums", version="1.2.3")
        await service.add_endpoint(name="add", subject="sums.add", handler=lambda _: None)
        code, out, said = await told("latency", "--services", "--json")
        found = [(one["cluster"], one["service"]) for one in json.loads(out)]
        assert (code, found) == (0, [("west", "sums")]), said
        pair["east"].kill()
        try:
            code, out, said = await told("latency", "--services")
        finally:
            pair["east"].start()
        assert (code, out.split()[0]) == (0, "CLUSTER"), said
        assert any(pair["east"].url.rpartition(":")[2] in line for line in said)
        await service.stop()


async def test_a_bucket_of_the_same_name_is_read_in_each(told, pair):
    for name, server in pair.items():
        client = await nats.connect(server.url, token=f"token-of-{name}")
        bucket = await client.jetstream().create_key_value(bucket="config")
        await bucket.put("where", name.encode())
        await client.close()
    code, out, said = await told("nats", "bucket", "config", "--json")
    found = [
        (one["bucket"]["cluster"], [key["value"] for key in one["keys"]]) for one in json.loads(out)
    ]
    assert (code, found) == (0, [(name, [name]) for name in pair]), said
    for name, server in pair.items():
        client = await nats.connect(server.url, token=f"token-of-{name}")
        await client.jetstream().delete_key_value("config")
        await client.close()


async def test_a_tail_hears_each_in_its_own(verb, world, pair):
    tail = await verb(
        *("tail", "world.east::nats:heard.>", "world.west::nats:heard.>"),
        *("--json", "--context", "world"),
        config=world,
    )
    clients = {n: await nats.connect(one.url, token=f"token-of-{n}") for n, one in pair.items()}

    async def publish():
        while True:
            for name, client in clients.items():
                await client.publish("heard.it", name.encode())
            await asyncio.sleep(0.05)

    publishing = asyncio.create_task(publish())
    heard = set()
    while len(heard) < 2:
        one = json.loads(await tail.line())
        heard.add((one["context"], one["address"], one["value"]))
    publishing.cancel()
    await tail.interrupt()
    assert heard == {(f"world.{name}", "nats:heard.it", name) for name in pair}
    for client in clients.values():
        await client.close()


async def test_one_that_is_killed_and_comes_back_takes_nothing_of_the_other(pair, world):
    settings = load({}, context="world", environ={**_tokens(), "ARCWATCH_CONFIG": str(world)})
    store = Store()
    engine = Engine(settings, store, refresh=0.2)
    engine.watch_advisories()
    engine.watch_reports()
    running = asyncio.create_task(engine.run())

    async def until(found):
        async with asyncio.timeout(BOUND):
            while not found():  # noqa: ASYNC110 - a store has no event for readings
                await asyncio.sleep(0.05)

    def fresh(of):
        rows = [*store.nats_servers(), *store.nats_streams(), *store.nats_consumers()]
        return [row.stale for row in rows if row.cluster == of] == [False] * 3

    try:
        await until(lambda: fresh("east") and fresh("west") and len(store.advisories) == 2)
        assert store.problems() == []
        west = pair["west"]
        await asyncio.to_thread(west.kill)
        try:
            await until(lambda: store.half("nats") == "partly")
            await until(lambda: not fresh("west"))
            before = store.nats_servers()[0].uptime
            await until(lambda: store.nats_servers()[0].uptime > before)
            assert fresh("east")
            assert {problem.cluster for problem in store.problems()} == {"west"}
            assert store.advisories["world.east"].failure is None
        finally:
            await asyncio.to_thread(west.start)
        await until(lambda: fresh("west") and store.problems() == [])
        assert {e.cluster for e in store.events if e.kind in ("gone", "back")} == {"west"}
        assert {e.cluster for e in store.events if e.kind == "restarted"} == {"west"}
        kept = {row.cluster: row.messages for row in store.nats_streams()}
        assert kept == STORED
    finally:
        running.cancel()
        await asyncio.wait([running])


def _tokens():
    return {f"{name.upper()}_TOKEN": f"token-of-{name}" for name in STORED}


async def test_a_check_of_both_names_the_one_that_is_down(told, pair):
    west = pair["west"]
    await asyncio.to_thread(west.kill)
    try:
        code, out, _ = await told("check", "--format", "json")
        found = json.loads(out)
        assert code == 3
        assert {one["cluster"] for one in found["problems"]} == {"west"}
        code, out, _ = await told("status", "--json")
        found = json.loads(out)
        assert (code, [row["cluster"] for row in found["nats"]["streams"]]) == (0, ["east"])
        assert {one["cluster"] for one in found["problems"]} == {"west"}
    finally:
        await asyncio.to_thread(west.start)


async def test_one_that_cannot_be_opened_takes_nothing_of_the_other(told, world):
    text = world.read_text()
    world.write_text(text.replace('token = "env:WEST_TOKEN"', 'ca = "/nowhere/ca.pem"'))
    code, out, _ = await told("status", "--json")
    found = json.loads(out)
    assert (code, [row["cluster"] for row in found["nats"]["streams"]]) == (0, ["east"])
    assert {one["cluster"] for one in found["problems"]} == {"west"}
    # what is polled without a login is known all the same, and what needs one says what is wrong
    world.write_text(text.replace("env:WEST_TOKEN", "env:NOBODYS"))
    code, out, _ = await told("status", "--json")
    assert {row["cluster"] for row in json.loads(out)["nats"]["streams"]} == {"east", "west"}
    code, _, said = await told("deadletters", "--for", "2s")
    assert code == 0
    assert any("cannot read a secret" in line for line in said), said


async def test_no_login_of_one_is_sent_to_the_other(told, pair):
    """Each refuses a login that is not its own, and says so in its log."""
    for argv in (["deadletters"], ["events"], ["status"]):
        code, _, said = await told(*argv, *(["--for", "2s"] if argv != ["status"] else []))
        assert code == 0, said
    for server in pair.values():
        assert "authentication error" not in server.log.read_text()


async def test_a_cluster_that_is_down_keeps_no_other_from_being_tested(verb, pair, tmp_path):
    path = tmp_path / "arcwatch.toml"
    entries = "".join(
        f'[[context.world.nats]]\nname = "{name}"\nurl = "{url}"\nmonitor = "{monitor}"\n'
        for name, url, monitor in (
            ("down", "nats://127.0.0.1:1", "http://127.0.0.1:1"),
            ("west", pair["west"].url, pair["west"].monitor),
        )
    )
    path.write_text(f'[context.world]\npulsar = "off"\n{entries}')
    running = await verb("context", "test", "world", "--json", config=path)
    code, out = await running.end()
    tested = [step["place"] for step in json.loads(out)["steps"]]
    assert code == 1
    assert [*dict.fromkeys(tested)] == [
        *("nats://127.0.0.1:1", "http://127.0.0.1:1", pair["west"].url, pair["west"].monitor)
    ]


async def test_a_check_that_ends_before_a_server_answers_does_not_say_that_it_is_fine(verb, pair):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        hangs = f"http://127.0.0.1:{mute.getsockname()[1]}"
        flags = ("--nats", pair["west"].url, "--nats-monitor", f"{pair['west'].monitor},{hangs}")
        running = await verb("check", "--for", "1s", *flags, "--pulsar", "off", "--format", "json")
        code, out = await running.end()
    assert (code, json.loads(out)["summary"]) == (3, f"not-answering: no answer from {hangs}")


async def test_a_preview_does_not_promise_what_could_not_be_published(told):
    source = ("replay", f"world.west::{STREAM}", "--from", "2020-01-01", "--onto")
    code, out, said = await told(*source, "nats:elsewhere")
    assert (code, out) == (2, "")
    assert any("which NATS cluster?" in line for line in said)
    code, out, said = await told(*source, "world.east::nats:elsewhere")
    assert (code, out.splitlines()[0]) == (0, "3 messages to world.east::nats:elsewhere"), said
