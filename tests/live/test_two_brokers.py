"""Two Pulsar brokers on one ZooKeeper, both with tokens: who owns what, and who is asked for it.

Two Java processes: a standalone with its ZooKeeper and bookie, and a broker beside it.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import subprocess
import time

import httpx
import pytest

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.web_login import login_of
from arcwatch.stack import distribution
from arcwatch.stack.ports import HOST, Ports, free_ports
from arcwatch.stack.pulsar_broker import PulsarBroker, with_settings
from arcwatch.store.store import Store

pytestmark = pytest.mark.clustered

KEY = b"k" * 32
STANDALONE = "org.apache.pulsar.PulsarStandaloneStarter"


def token(role):
    def part(told):
        return base64.urlsafe_b64encode(told).rstrip(b"=").decode()

    head, body = b'{"alg":"HS256"}', json.dumps({"sub": role}).encode()
    signed = f"{part(head)}.{part(body)}"
    return f"{signed}.{part(hmac.digest(KEY, signed.encode(), hashlib.sha256))}"


SETTINGS = {
    # the standalone's own knows no other broker
    "loadManagerClassName": "org.apache.pulsar.broker.loadbalance.impl.ModularLoadManagerImpl",
    "authenticationEnabled": "true",
    "authenticationProviders": (
        "org.apache.pulsar.broker.authentication.AuthenticationProviderToken"
    ),
    "tokenSecretKey": f"data:;base64,{base64.b64encode(KEY).decode()}",
    "authorizationEnabled": "true",
    "superUserRoles": "admin",
    "brokerClientAuthenticationPlugin": "org.apache.pulsar.client.impl.auth.AuthenticationToken",
    "brokerClientAuthenticationParameters": f"token:{token('admin')}",
}


class Pair:
    """Both brokers: ``web`` and the processes, the one with the metadata first."""

    def __init__(self, home):
        tree = distribution.installed(distribution.cache_dir())
        self._tree = tree or distribution.install(distribution.cache_dir(), lambda *_: None)
        self._home, self._ports = home, (Ports.free(), Ports.free())
        (self._zookeeper, self._bookie), self._running = free_ports(2), [None, None]
        self.web = [f"{HOST}:{ports.pulsar_admin}" for ports in self._ports]

    def start(self, number):
        folder = self._home / str(number)
        folder.mkdir(exist_ok=True)
        command = PulsarBroker(folder, self._ports[number], self._tree).command()
        config, argv = folder / "standalone.conf", list(command.argv)
        settings, env = dict(SETTINGS), dict(command.env)
        if number:
            store = f"zk:{HOST}:{self._zookeeper}"
            settings |= {"metadataStoreUrl": store, "configurationMetadataStoreUrl": store}
            settings |= {"clusterName": "standalone"}
            argv = [*argv[: argv.index(STANDALONE)], "org.apache.pulsar.PulsarBrokerStarter"]
            argv += ["--broker-conf", str(config)]
        else:
            env |= {"PULSAR_STANDALONE_USE_ZOOKEEPER": "1"}
            at = argv.index("--metadata-url")
            argv[at : at + 2] = ["--zookeeper-dir", str(folder / "zookeeper")]
            argv += ["--zookeeper-port", str(self._zookeeper)]
            argv += ["--bookkeeper-port", str(self._bookie)]
        config.write_text(with_settings(config.read_text(), settings))
        with command.log.open("ab") as log:
            self._running[number] = subprocess.Popen(
                argv, cwd=folder, env=env, stdout=log, stderr=log
            )
        awaited = self.web[1] if number else "public/default"
        self._until_told(number, "brokers" if number else "namespaces/public", awaited)

    def stop(self, number):
        if process := self._running[number]:
            process.terminate()
            process.wait(30)

    def admin(self, method, number, path, **more):
        """Ask one broker, and whomever it sends us on to."""
        url = f"http://{self.web[number]}/admin/v2/{path}"
        while True:
            head = {"authorization": f"Bearer {token('admin')}"}
            answer = httpx.request(method, url, headers=head, **more)
            if answer.status_code != 307:
                assert answer.is_success, answer.text
                return answer
            url = answer.headers["location"]

    def _until_told(self, number, path, awaited):
        end = time.monotonic() + 90
        while time.monotonic() < end:
            assert self._running[number].poll() is None, "it ended"
            with contextlib.suppress(httpx.TransportError, AssertionError):
                if awaited in self.admin("GET", number, path).text:
                    return
            time.sleep(0.1)
        raise AssertionError(f"broker {number} did not start")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    pair = Pair(tmp_path_factory.mktemp("pair"))
    try:
        pair.start(0)
        pair.start(1)
        yield pair
    finally:
        pair.stop(1)
        pair.stop(0)


@pytest.fixture(scope="module")
def owners(pair):
    """Topics, until each broker has one, by who owns them."""
    found = {}
    for number in range(20):
        pair.admin("PUT", 0, f"namespaces/public/ns{number}", json={"bundles": {"numBundles": 1}})
        pair.admin("PUT", 0, f"persistent/public/ns{number}/t")
        url = f"http://{pair.web[0]}/lookup/v2/topic/persistent/public/ns{number}/t"
        head = {"authorization": f"Bearer {token('admin')}"}
        owner = httpx.get(url, headers=head, follow_redirects=True).json()["httpUrl"]
        topic = f"persistent://public/ns{number}/t"
        found.setdefault(owner.removeprefix("http://"), []).append(topic)
        pair.admin("PUT", 0, f"persistent/public/ns{number}/t/subscription/s", json="earliest")
        if len(found) == 2:
            return found
    raise AssertionError(f"one broker owns everything: {found}")


@pytest.fixture
def settings(pair, tmp_path):
    """Settings of who asks at ``port``."""
    (tmp_path / "token").write_text(token("admin"))

    def at(admin):
        config = tmp_path / "arcwatch.toml"
        config.write_text(
            f'[context.pair]\nnats = "off"\npulsar = {{ url = "off", '
            f'admin = "http://{admin}", token = "file:{tmp_path}/token" }}\n'
        )
        return load({}, context="pair", environ={"ARCWATCH_CONFIG": str(config)})

    return at


async def test_each_broker_tells_of_its_own_topics_whoever_is_asked_first(pair, owners, settings):
    for asked in pair.web:
        for topics in owners.values():
            store = Store()
            await Engine(settings(asked), store).sample_twice(0.2, topic=topics[0], names=True)
            assert failures(store) == {}
            assert {row.broker for row in store.pulsar_brokers()} == set(pair.web)
            assert not any(row.stale or not row.healthy for row in store.pulsar_brokers())
            told = {row.topic for row in store.pulsar_topics()}
            assert {topic for topics in owners.values() for topic in topics} <= told
            assert "'s'" in str(store.opened_topic(topics[0]))
        for broker, topics in owners.items():
            (state,) = store.pulsar
            parts = {part.topic.name for part in state.brokers[broker].parts}
            assert set(topics) <= parts
            assert not parts & {t for b, ts in owners.items() if b != broker for t in ts}


async def test_a_redirect_is_followed_with_the_token_through_a_forwarded_port_too(
    pair, owners, settings, serve
):
    """What is forwarded is the first broker: the other one is asked where it says it is."""
    forwarded = []
    port = await serve(forwarding(pair.web[0], forwarded))
    (there,) = owners[pair.web[1]][:1]
    who = settings(f"{HOST}:{port}").pulsar_credentials
    async with new_client(who.tls, login_of(who)) as client:
        cluster = PulsarCluster(f"http://{HOST}:{port}", client)
        assert set((await cluster.brokers()).brokers) == set(pair.web)
        assert (await cluster.topic(there)).name == there
        store = Store()
        await Engine(settings(f"{HOST}:{port}"), store).sample_twice(0.2, topic=there)
        assert failures(store) == {}
        assert len(store.pulsar_brokers()) == 2
    # all that asked have hung up
    assert forwarded
    await until(lambda: set(forwarded) == {"ended"})


async def test_brokers_that_restart_one_after_the_other_come_back_by_themselves(
    pair, owners, settings
):
    store = Store()
    watching = asyncio.create_task(Engine(settings(pair.web[0]), store, refresh=0.2).run())

    def answering():
        rows = store.pulsar_brokers()
        return {row.broker for row in rows if not row.stale} == set(pair.web)

    try:
        await until(answering)
        await asyncio.to_thread(pair.stop, 1)
        await until(lambda: [row.broker for row in store.pulsar_brokers()] == [pair.web[0]])
        await asyncio.to_thread(pair.start, 1)
        await until(lambda: answering() and not failures(store))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def failures(store):
    return {(c.source, c.part): c.failure for c in store.contacts.values() if c.failure}


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.05)


def forwarding(target, forwarded):
    """What a forwarded port does with a connection."""
    host, port = target.split(":")

    async def pump(reader, writer):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()

    async def forward(reader, writer):
        number = len(forwarded)
        forwarded.append("open")
        there, back = await asyncio.open_connection(host, int(port))
        ways = [asyncio.create_task(pump(*way)) for way in ((reader, back), (there, writer))]
        try:
            # whoever hangs up first ends both
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.close()
            with contextlib.suppress(OSError):
                await back.wait_closed()
            forwarded[number] = "ended"

    return forward
