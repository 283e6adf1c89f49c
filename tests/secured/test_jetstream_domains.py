"""JetStream behind a domain or an import: asked there, and never taken for the one at hand."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time

import nats
import pytest
from nats.js.api import ConsumerConfig, StreamConfig

from arcwatch.config.settings import load
from arcwatch.model.nats_advisories import JsAdvisories
from arcwatch.sources.nats.advisories import advisories
from arcwatch.stack.nats_broker import executable

HUB = """
server_name: hub
listen: "127.0.0.1:{client}"
http: "127.0.0.1:{monitor}"
jetstream: {{ store_dir: "{home}/hub", domain: hub }}
leafnodes {{ listen: "127.0.0.1:{leaf}" }}
"""

EDGE = """
server_name: edge
listen: "127.0.0.1:{edge}"
http: "127.0.0.1:{edge_monitor}"
jetstream: {{ store_dir: "{home}/edge", domain: edge }}
leafnodes {{ remotes: [ {{ url: "nats-leaf://127.0.0.1:{leaf}" }} ] }}
"""

IMPORT = """
server_name: both
listen: "127.0.0.1:{client}"
http: "127.0.0.1:{monitor}"
jetstream: {{ store_dir: "{home}/both" }}
accounts {{
  OWNER {{
    jetstream: enabled, users: [ {{ user: owner, password: p }} ]
    exports: [ {{ service: "$JS.API.>", response: stream, accounts: [USER] }} ]
  }}
  USER {{
    jetstream: enabled, users: [ {{ user: user, password: p }} ]
    imports: [ {{ service: {{ account: OWNER, subject: "$JS.API.>" }}, to: "JS.owner.>" }} ]
  }}
}}
"""


def free_ports(*names):
    with contextlib.ExitStack() as held:
        found = {n: held.enter_context(socket.create_server(("127.0.0.1", 0))) for n in names}
        return {name: one.getsockname()[1] for name, one in found.items()}


@contextlib.contextmanager
def server(home, name, config, port):
    path = home / f"{name}.conf"
    path.write_text(config)
    running = subprocess.Popen(
        [executable(), "-c", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, f"{name} does not listen"
                time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(10)


async def stored(url, who):
    """A stream SAME with one message, and a consumer who, on a server."""
    connection = await nats.connect(url)
    jetstream = connection.jetstream()
    async with asyncio.timeout(20):
        while True:
            try:
                await jetstream.add_stream(StreamConfig(name="SAME", subjects=[f"{who}only.>"]))
                break
            except Exception:  # noqa: BLE001 - JetStream is not up yet
                await asyncio.sleep(0.1)
        await jetstream.publish(f"{who}only.x", f"stored on {who}".encode())
        made = ConsumerConfig(durable_name=who, ack_policy="explicit", max_deliver=1, ack_wait=1)
        await jetstream.add_consumer("SAME", made)
    await connection.close()


async def connected(port):
    """Waits until the leaf's interest is there, so that its domain can be asked."""
    connection = await nats.connect(f"nats://127.0.0.1:{port}")
    async with asyncio.timeout(20):
        while True:
            try:
                await connection.request("$JS.edge.API.INFO", timeout=1)
                break
            except Exception:  # noqa: BLE001 - not there yet
                await asyncio.sleep(0.1)
    await connection.close()


@pytest.fixture(scope="module")
def leaf(tmp_path_factory):
    """The ports of a hub and of a leaf node, with streams of the same name."""
    home = tmp_path_factory.mktemp("domains")
    ports = free_ports("client", "monitor", "leaf", "edge", "edge_monitor")
    said = {"home": home, **ports}
    with (
        server(home, "hub", HUB.format(**said), ports["client"]),
        server(home, "edge", EDGE.format(**said), ports["edge"]),
    ):
        asyncio.run(stored(f"nats://127.0.0.1:{ports['client']}", "hub"))
        asyncio.run(stored(f"nats://127.0.0.1:{ports['edge']}", "edge"))
        asyncio.run(connected(ports["client"]))
        yield ports


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The ports of a server whose account USER imports the JetStream of OWNER."""
    home = tmp_path_factory.mktemp("imports")
    ports = free_ports("client", "monitor")
    with server(home, "both", IMPORT.format(home=home, **ports), ports["client"]):
        for who in ("owner", "user"):
            asyncio.run(stored(f"nats://{who}:p@127.0.0.1:{ports['client']}", who))
        yield ports


@pytest.fixture
def arcwatch(tmp_path):
    """Runs a verb with a NATS context: ``arcwatch(context, "history", …)``."""

    def runs(context, *argv, monitor="off"):
        path = tmp_path / "nats/context/it.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(context))
        flags = ("--pulsar", "off", "--nats-monitor", monitor)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "arcwatch", *argv, *flags],
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "XDG_CONFIG_HOME": str(tmp_path),
                "NATS_CONTEXT": "it",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done

    return runs


def context(ports, **jetstream):
    return {"url": f"nats://127.0.0.1:{ports['client']}", **jetstream}


ASKED = [
    ("history", "js:SAME", "--json"),
    ("history", "js:SAME/*.x", "--json"),
    ("history", "js:SAME", "--from", "earliest", "--reverse", "--json"),
    ("history", "js:SAME", "--state-at", "now", "--json"),
    ("tail", "js:SAME", "--since", "earliest", "--count", "1", "--for", "10s", "--json"),
    ("tail", "js:SAME", "--since", "earliest", "--count", "1", "--for", "10s", "--mode", "sampled",
     "--max-rate", "100", "--json"),
]  # fmt: skip


@pytest.mark.parametrize("argv", ASKED, ids=" ".join)
@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({"jetstream_domain": "edge"}, "edge"),
        ({"jetstream_api_prefix": "$JS.edge.API"}, "edge"),
        ({"jetstream_domain": "hub"}, "hub"),
        ({}, "hub"),
    ],
    ids=["domain", "prefix", "own", "none"],
)
def test_a_stream_is_read_in_the_domain_that_the_context_names(arcwatch, leaf, argv, said, who):
    done = arcwatch(context(leaf, **said), *argv)
    assert f"stored on {who}" in done.stdout, done.stderr
    assert "stored on" not in done.stdout.replace(f"stored on {who}", "")


def test_an_import_is_asked_at_its_prefix(arcwatch, both):
    login = {"user": "user", "password": "p"}
    for said, who in (({}, "user"), ({"jetstream_api_prefix": "JS.owner"}, "owner")):
        done = arcwatch(context(both, **login, **said), "history", "js:SAME", "--json")
        assert json.loads(done.stdout)["value"] == f"stored on {who}", done.stderr


@pytest.mark.parametrize(
    ("said", "monitor", "subjects"),
    [
        ({"jetstream_domain": "edge"}, "monitor", ["edgeonly.>"]),
        ({"jetstream_domain": "edge"}, "edge_monitor", ["edgeonly.>"]),
        ({"jetstream_domain": "hub"}, "monitor", ["hubonly.>"]),
        ({}, "monitor", ["hubonly.>"]),
    ],
    ids=["elsewhere", "its own port", "own", "none"],
)
def test_streams_are_those_of_the_domain_that_is_asked(arcwatch, leaf, said, monitor, subjects):
    url = f"http://127.0.0.1:{leaf[monitor]}"
    done = arcwatch(context(leaf, **said), "status", "--json", monitor=url)
    told = json.loads(done.stdout)["nats"]
    assert [row["subjects"] for row in told["streams"]] == [subjects]
    assert [row["name"] for row in told["consumers"]] == [subjects[0].removesuffix("only.>")]


def test_a_bucket_is_listed_and_read_in_the_domain_that_the_context_names(arcwatch, leaf):
    async def kept(made):
        client = await nats.connect(f"nats://127.0.0.1:{leaf['edge']}")
        jetstream = client.jetstream()
        if made:
            await (await jetstream.create_key_value(bucket="config")).put("where", b"edge")
        else:
            await jetstream.delete_key_value("config")
        await client.close()

    url = f"http://127.0.0.1:{leaf['monitor']}"
    asyncio.run(kept(True))
    try:
        said = context(leaf, jetstream_domain="edge")
        done = arcwatch(said, "nats", "bucket", "config", "--json", monitor=url)
        (one,) = json.loads(done.stdout)
        assert [(key["key"], key["value"]) for key in one["keys"]] == [("where", "edge")]
        done = arcwatch(context(leaf), "nats", "buckets", "--json", monitor=url)
        assert json.loads(done.stdout) == []
    finally:
        asyncio.run(kept(False))


def test_streams_of_an_import_are_those_of_its_owner(arcwatch, both):
    login = {"user": "user", "password": "p", "jetstream_api_prefix": "JS.owner"}
    url = f"http://127.0.0.1:{both['monitor']}"
    done = arcwatch(context(both, **login), "status", "--json", monitor=url)
    told = json.loads(done.stdout)["nats"]
    assert [row["subjects"] for row in told["streams"]] == [["owneronly.>"]]


def test_streams_that_cannot_be_asked_for_are_a_problem_and_not_anothers(arcwatch, leaf):
    url = f"http://127.0.0.1:{leaf['monitor']}"
    argv = ("status", "--json", "--nats", "off")
    done = arcwatch(context(leaf, jetstream_domain="edge"), *argv, monitor=url)
    told = json.loads(done.stdout)
    assert told["nats"]["streams"] == []
    assert any("a different JetStream" in problem["what"] for problem in told["problems"])


def test_what_another_domain_gives_up_on_is_not_heard(leaf, tmp_path):
    """Leaf nodes pass advisories on, and both have a stream of this name."""

    async def heard(domain):
        toml = tmp_path / "a.toml"
        named = f', jetstream_domain = "{domain}"' if domain else ""
        url = f"nats://127.0.0.1:{leaf['client']}"
        toml.write_text(f'default = "x"\n[context.x]\nnats = {{ url = "{url}"{named} }}\n')
        environ = {"ARCWATCH_CONFIG": str(toml)}
        settings = load({}, environ=environ, directory=tmp_path)
        found = []
        async with contextlib.aclosing(advisories(settings)) as told:
            async for one in told:
                assert isinstance(one, JsAdvisories), one
                found += one.advisories
                if one.begins:
                    await terminated(leaf["client"], "hub")
                    await terminated(leaf["edge"], "edge")
                elif found:
                    break
            await asyncio.sleep(1)
        return {advisory.consumer for advisory in found}

    async def terminated(port, who):
        connection = await nats.connect(f"nats://127.0.0.1:{port}")
        jetstream = connection.jetstream()
        await jetstream.publish(f"{who}only.bad", b"bad")
        made = ConsumerConfig(durable_name=f"{who}-bad", ack_policy="explicit")
        made.deliver_policy = "new"
        await jetstream.publish(f"{who}only.bad", b"bad")
        subscription = await jetstream.pull_subscribe(f"{who}only.>", durable=f"{who}-term")
        for message in await subscription.fetch(10, timeout=2):
            await message.term()
        await connection.close()

    async def main():
        async with asyncio.timeout(30):
            assert await heard("edge") == {"edge-term"}
            assert await heard("") == {"hub-term"}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"jetstream_domain": "a", "jetstream_api_prefix": "b"}, "cannot be combined with"),
        ({"jetstream_domain": "a.b"}, "`jetstream_domain` is not a valid part of a subject"),
        (
            {"jetstream_domain": "a\r\nPUB x 0"},
            "`jetstream_domain` is not a valid part of a subject",
        ),
        ({"jetstream_api_prefix": "$JS.*.API"}, "`jetstream_api_prefix` is not a valid part"),
    ],
)
def test_what_is_no_part_of_a_subject_is_refused(arcwatch, said, what):
    done = arcwatch({"url": "nats://127.0.0.1:1", **said}, "history", "js:SAME")
    assert done.returncode == 2
    assert what in done.stderr
