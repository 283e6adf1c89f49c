"""A real Pulsar with TLS, tokens, mTLS and authorization: who sees what, and what is said."""

import asyncio
import datetime
import json
import os
import time
from pathlib import Path

import pulsar
import pytest

from arcwatch.cli import run
from arcwatch.commands.dashboard import showing
from arcwatch.commands.status import logins
from arcwatch.config import appearance
from arcwatch.engine.engine import Engine
from arcwatch.history.decoding import Decoding
from arcwatch.history.open import open_history
from arcwatch.notation.times import Earliest
from arcwatch.store.store import Store
from tests.secured.check_up import states
from tests.secured.conftest import CANARY
from tests.secured.secured_pulsar import pulsar_with_tls, token

SEEN, HIDDEN = "persistent://arc/one/seen", "persistent://arc/two/hidden"


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A broker that lets ``admin`` do anything, and ``viewer`` only use one namespace."""
    with pulsar_with_tls(tmp_path_factory.mktemp("pulsar")) as broker:
        with broker.admin_client() as admin:
            fill(admin)
        yield broker


def fill(admin):
    tenant = {"adminRoles": [], "allowedClusters": ["standalone"]}
    assert admin.put("tenants/arc", json=tenant).is_success
    for namespace, topic in (("one", "seen"), ("two", "hidden")):
        assert admin.put(f"namespaces/arc/{namespace}", json={}).is_success
        assert admin.put(f"persistent/arc/{namespace}/{topic}").is_success
        path = f"persistent/arc/{namespace}/{topic}/subscription/billing"
        assert admin.put(path, json="earliest").is_success
    granted = admin.post("namespaces/arc/one/permissions/viewer", json=["consume"])
    assert granted.is_success, granted.text


@pytest.fixture
def seen(broker, settings):
    """What two looks show, logged in as ``login`` says."""

    async def look(login, **at):
        found = settings(
            f'nats = "off"\npulsar = {{ url = "{broker.pulsar}", admin = "{broker.admin}", '
            f'ca = "{broker.papers.ca}", {login} }}'
        )
        assert CANARY not in str(logins(found))
        store = Store()
        await Engine(found, store).sample_twice(0.1, **at)
        return store

    return look


@pytest.fixture
def as_role(seen, tmp_path):
    """The same, with a token of a role."""

    async def look(role, told=None, **at):
        (tmp_path / "token").write_text(told or token(role))
        return await seen(f'token = "file:{tmp_path}/token"', **at)

    return look


@pytest.fixture
def checked(broker, settings, tmp_path):
    """What a check-up comes to, with a token of the administrator's."""

    async def look(**claims):
        (tmp_path / "token").write_text(token("admin", **claims))
        return await states(
            settings(
                f'nats = "off"\npulsar = {{ url = "{broker.pulsar}", admin = "{broker.admin}", '
                f'ca = "{broker.papers.ca}", token = "file:{tmp_path}/token" }}'
            )
        )

    return look


def failures(store):
    return {c.part: c.failure for c in store.contacts.values() if c.failure}


async def test_an_administrator_sees_everything_with_a_token_or_a_certificate(
    as_role, seen, broker
):
    soon = time.time() + 86_400
    store = await as_role("admin", token("admin", exp=round(soon)), names=True, topic=HIDDEN)
    assert (store.endings()[0].what, store.endings()[0].left) == (
        "token",
        pytest.approx(86_400, abs=60),
    )
    assert [row.stale for row in store.pulsar_brokers()] == [False]
    assert {SEEN, HIDDEN} <= {row.topic for row in store.pulsar_topics()}
    assert store.opened_topic(HIDDEN) is not None
    assert failures(store) == {}
    admin = broker.papers.issue("admin", common_name="admin")
    store = await seen(f'cert = "{admin.cert}", key = "{admin.key}"', names=True)
    assert failures(store) == {}
    assert store.pulsar_brokers()[0].healthy
    # its binary port, and its web service
    ends = {(one.what, one.subject) for one in store.endings()}
    assert ("client certificate", "admin") in ends
    assert len([one for one in store.endings() if one.what == "certificate"]) == 2
    assert store.pulsar_brokers()[0].tls_cert_not_after


async def test_a_role_of_one_namespace_sees_what_it_may_and_is_told_what_not(as_role, seen, broker):
    store = await as_role("viewer", topic=SEEN)
    assert failures(store) == {}
    assert [row.stale for row in store.pulsar_brokers()] == [False]
    assert SEEN in {row.topic for row in store.pulsar_topics()}
    assert "billing" in str(store.opened_topic(SEEN))
    assert "not permitted to list the brokers" in {p.what for p in store.problems()}

    viewer = broker.papers.issue("viewer", common_name="viewer")
    by_certificate = await seen(f'cert = "{viewer.cert}", key = "{viewer.key}"', topic=HIDDEN)
    told = failures(by_certificate)["opened"]
    assert told.why.startswith(f"with role viewer, certificate {viewer.cert}")

    told = failures(await as_role("viewer", topic=HIDDEN))["opened"]
    assert told.what == "HTTP 401, not permitted"
    assert told.where.endswith("/admin/v2/persistent/arc/two/hidden/partitions")
    assert told.why.startswith("with role viewer, token of file:")
    assert told.why.endswith(f"for operation [LOOKUP] on topic [{HIDDEN}]")


async def test_a_permission_that_is_taken_away_is_told_and_one_given_back_is_used(as_role, broker):
    path = "namespaces/arc/one/permissions/viewer"
    with broker.admin_client() as admin:
        assert admin.delete(path).is_success
        try:
            store = await as_role("viewer", topic=SEEN)
        finally:
            assert admin.post(path, json=["consume"]).is_success
    assert failures(store)["opened"].what == "HTTP 401, not permitted"
    assert failures(await as_role("viewer", topic=SEEN)) == {}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (token("admin", exp=1_700_000_000), "which expired at 2023-11-14T22:13:20.000Z"),
        (f"{token('admin')[:-4]}AAAA", "with role admin, token of file:"),
        (CANARY, "with token of file:"),
    ],
    ids=["expired", "forged", "none"],
)
async def test_who_is_not_let_in_is_told_which_call_and_as_whom(as_role, told, why):
    failed = failures(await as_role("", told))
    assert failed["brokers"].what == "HTTP 401, login refused"
    assert failed["brokers"].where.endswith("/admin/v2/brokers")
    assert why in failed["brokers"].why
    assert failed["brokers"].why.endswith(": Authentication required")
    assert told not in str(failed)


async def test_a_token_that_rotates_in_its_file_is_used_without_a_restart(
    broker, settings, tmp_path
):
    (tmp_path / "token").write_text(token("admin", exp=1_700_000_000))
    store = Store()
    found = settings(
        f'nats = "off"\npulsar = {{ url = "{broker.pulsar}", admin = "{broker.admin}", '
        f'ca = "{broker.papers.ca}", token = "file:{tmp_path}/token" }}'
    )
    engine = Engine(found, store, refresh=0.1)
    watching = asyncio.create_task(engine.run())
    try:
        await until(lambda: "brokers" in failures(store))
        (tmp_path / "token").write_text(token("admin"))
        # by itself it would be in ten seconds
        engine.refresh()
        await until(lambda: store.pulsar_brokers() and not failures(store))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def until(holds):
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.02)


def test_messages_are_read_as_the_role_over_tls(broker, as_role, settings, tmp_path, capsys):
    who = pulsar.AuthenticationToken(token("admin"))
    logger = pulsar.FileLogger(pulsar.LoggerLevel.Warn, str(tmp_path / "log"))
    client = pulsar.Client(
        broker.pulsar, who, tls_trust_certs_file_path=broker.papers.ca, logger=logger
    )
    client.create_producer(SEEN).send(b"hello")
    client.close()
    (tmp_path / "token").write_text(token("viewer"))
    settings(
        f'nats = "off"\npulsar = {{ url = "{broker.pulsar}", admin = "{broker.admin}", '
        f'ca = "{broker.papers.ca}", token = "file:{tmp_path}/token" }}'
    )
    place = SEEN.removeprefix("persistent://")
    words = ["--context", "safe", "history", f"pulsar:{place}", "--at", "earliest", "--json"]
    assert run(words) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[0])
    assert record["value"] == "hello"


async def test_the_certificate_of_the_broker_is_checked(settings, broker):
    found = settings(
        f'nats = "off"\npulsar = {{ url = "{broker.pulsar}", admin = "{broker.admin}" }}'
    )
    store = Store()
    await Engine(found, store).sample_twice(0.1)
    assert {failure.what for failure in failures(store).values()} == {"certificate not trusted"}


class Order(pulsar.schema.Record):
    id = pulsar.schema.Integer()
    note = pulsar.schema.String()


def publish_orders(broker, topic):
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    login = pulsar.AuthenticationToken(token("admin"))
    client = pulsar.Client(
        broker.pulsar,
        authentication=login,
        tls_trust_certs_file_path=broker.papers.ca,
        logger=quiet,
    )
    producer = client.create_producer(topic, schema=pulsar.schema.AvroSchema(Order))
    producer.send(Order(id=7, note="paid"))
    client.close()


async def test_the_screen_reads_messages_by_their_schema_as_the_verbs_do(
    broker, settings, tmp_path
):
    topic = "persistent://arc/one/orders"
    publish_orders(broker, topic)
    (tmp_path / "token").write_text(token("admin"))
    found = settings(
        f'nats = "off"\npulsar = {{ url = "{broker.pulsar}", admin = "{broker.admin}", '
        f'ca = "{broker.papers.ca}", token = "file:{tmp_path}/token" }}'
    )
    async with open_history(found, topic) as history, Decoding(found) as decoding:
        (message,) = (await history.page_at(Earliest(), 10)).messages
        of_verbs = (await decoding.reader(message))()
    values = showing(found, appearance.load({}, {}), None).tailing.values
    learning = asyncio.create_task(values.learn())
    try:
        await asyncio.sleep(0)
        await until(lambda: values.read(message).error != "its schema is being fetched")
        of_the_screen = values.read(message)
    finally:
        learning.cancel()
        await asyncio.gather(learning, return_exceptions=True)
    assert (of_verbs.encoding, of_verbs.value) == ("avro", {"id": 7, "note": "paid"})
    assert of_the_screen == of_verbs


DAY = 86_400


async def test_a_check_up_of_a_broker_with_logins_and_permissions(checked):
    found = await checked(exp=round(time.time()) + 90 * DAY)
    for check in (
        *("pulsar-no-auth", "pulsar-no-authorization", "pulsar-login-ends", "pulsar-metrics-open"),
        "pulsar-certificate-ends",
    ):
        assert found[check].state == "ok", (check, found[check].why)
    found = await checked(exp=round(time.time()) + 10 * DAY)
    (finding,) = found["pulsar-login-ends"].findings
    assert finding.severity == "warning"


async def test_a_certificate_that_ends_in_days_until_it_is_renewed(broker, checked):
    host = [Path(path) for path in (broker.papers.host.cert, broker.papers.host.key)]
    good = [path.read_bytes() for path in host]
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=10)
    soon = broker.papers.issue("soon", "localhost", "127.0.0.1", not_after=end)
    try:
        for path, other in zip(host, (soon.cert, soon.key), strict=True):
            path.write_bytes(Path(other).read_bytes())
        found = await until_state(checked, "found")
        # the binary port and the web service
        assert [one.severity for one in found] == ["warning", "warning"]
    finally:
        for path, content in zip(host, good, strict=True):
            path.write_bytes(content)
    await until_state(checked, "ok")


async def until_state(checked, state):
    """Wait until the broker uses the certificate that it was given, at both of its ports."""
    wanted = {"found": 2, "ok": 0}[state]
    async with asyncio.timeout(60):
        while True:
            result = (await checked())["pulsar-certificate-ends"]
            if (result.state, len(result.findings)) == (state, wanted):
                return result.findings
