"""The check-up of real servers that are set up badly, beside others that are not."""

import asyncio
import datetime
import json
import time

import httpx
import nats
import pytest
from msgspec.structs import replace

from arcwatch.doctor import jetstream_consumers, jetstream_streams
from arcwatch.stack.ports import free_ports
from tests.secured.check_up import states
from tests.secured.joined import ACCOUNTS, OLDER, cluster, created

BAD = """
authorization { users: [ { user: app, password: pw } ] }
no_auth_user: app
max_payload: 16MB
write_deadline: "1s"
max_connections: 10
max_pending: 20MB
http: MONITOR
"""

GOOD = """
authorization { users: [ { user: app, password: pw } ] }
max_connections: 100
http: MONITOR
"""


def monitored(settings, servers, text=""):
    """Settings for servers' monitoring ports, and the client port of the first."""
    at = f"nats://127.0.0.1:{servers[0].nats}"
    found = settings(f'pulsar = "off"\nnats = {{ url = "{at}"{text} }}', PW="pw")
    ports = (f"http://127.0.0.1:{server.nats_monitor}" for server in servers)
    return replace(found, nats_monitors=tuple(ports))


LOGIN = ', user = "app", password = "env:PW"'


async def test_one_server_with_settings_that_hurt(nats_server, settings):
    listens, nobody = free_ports(2)
    north = f'{{ name: north, urls: ["nats://127.0.0.1:{nobody}"] }}'
    gateway = f'gateway {{ name: lone, listen: "127.0.0.1:{listens}", gateways: [{north}] }}'
    bad, good = nats_server(BAD + gateway, name="bad"), nats_server(GOOD, name="good")
    url = f"nats://127.0.0.1:{bad.nats}"
    clients = [await nats.connect(url) for _ in range(8)]
    await cut_off(bad, clients[0])
    clients.append(await nats.connect(url))
    try:
        sick = await states(monitored(settings, [bad]))
    finally:
        for client in clients:
            await client.close()
    well = await states(monitored(settings, [good], LOGIN))
    for check in (
        "nats-anonymous-user",
        "nats-max-payload",
        "nats-write-deadline",
        "nats-connections-limit",
        "nats-nameless-client",
        "nats-slow-consumer",
        "nats-gateway-down",
    ):
        assert sick[check].state == "found", (check, sick[check].why)
        assert well[check].state != "found", check
    assert (sick["nats-no-auth"].state, well["nats-no-auth"].state) == ("ok", "ok")
    assert well["nats-anonymous-user"].state == "ok"


async def cut_off(server, publisher, user=""):
    """Be sent more than the server keeps for a client that does not read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.nats, limit=1)
    login = {"user": user, "pass": "pw"} if user else {}
    who = json.dumps({"verbose": False, "name": "stuck"} | login)
    writer.write(f"CONNECT {who}\r\nSUB flood 1\r\nPING\r\n".encode())
    await writer.drain()
    async with asyncio.timeout(20):
        while (await closed(server)) == 0:
            for _ in range(20):
                await publisher.publish("flood", b"x" * 500_000)
            await publisher.flush()
    writer.close()
    del reader


async def closed(server):
    async with httpx.AsyncClient() as web:
        answer = await web.get(f"http://127.0.0.1:{server.nats_monitor}/varz")
    return answer.json()["slow_consumers"]


async def test_a_certificate_that_ends_in_days(nats_server, settings, papers, tls):
    now = datetime.datetime.now(datetime.UTC)
    end = now + datetime.timedelta(days=9)
    soon = papers.issue("soon", "localhost", "127.0.0.1", not_after=end)
    http = "http: MONITOR\n"
    sick = nats_server(http + tls(soon), name="sick")
    well = nats_server(http + tls(papers.host), name="well")
    found = await states(monitored(settings, [sick], f', ca = "{papers.ca}"'))
    assert found["nats-certificate-ends"].state == "found"
    assert found["nats-certificate-ends"].findings[0].severity == "warning"
    beside = await states(monitored(settings, [well], f', ca = "{papers.ca}"'))
    assert beside["nats-certificate-ends"].state == "ok"


@pytest.fixture
def pair(nats_server, tmp_path):
    """Two servers of a cluster."""
    return cluster(nats_server, tmp_path, ["c0", "c1"])


async def test_a_cluster_of_two(pair, settings, nats_server, nats_users):
    js = (await nats_users(pair[0], "app")).jetstream(timeout=2)
    async with asyncio.timeout(30):
        while not await created(js):
            pass
    found = monitored(settings, pair, LOGIN)
    whole = await states(found)
    for check in ("nats-even-servers", "nats-account-limits"):
        assert whole[check].state == "found", (check, whole[check].why)
    assert whole["js-even-replicas"].state == "found"
    for check in ("nats-meta-leader", "nats-route-missing", "js-no-leader", "js-replica-behind"):
        assert whole[check].state == "ok", (check, whole[check].findings or whole[check].why)
    nats_server.stop(pair[1])
    async with asyncio.timeout(30):
        lost = ("nats-meta-leader", "js-no-leader")
        while {(alone := await states(found))[check].state for check in lost} != {"found"}:
            pass
    # who stays cannot elect a leader, and who is gone cannot be asked
    assert "no answer from" in alone["nats-meta-leader"].why
    assert alone["nats-no-auth"].state == "not possible"


# -- settings ------------------------------------------------------------------------------------


async def test_a_server_that_other_machines_reach(nats_server, settings):
    wide = nats_server("http: MONITOR\n", name="wide", host="0.0.0.0")
    near = nats_server("http: MONITOR\n", name="near")
    sick, well = [await states(monitored(settings, [one])) for one in (wide, near)]
    for check in ("nats-plain-tcp", "nats-monitoring-open"):
        assert (sick[check].state, well[check].state) == ("found", "ok"), check
    severities = [one["nats-no-auth"].findings[0].severity for one in (sick, well)]
    assert severities == ["critical", "note"]


async def test_a_store_that_is_full_and_one_that_is_not(
    nats_server, settings, tmp_path, nats_users
):
    both = []
    for name, most in (("full", "1MB"), ("roomy", "100MB")):
        store = f'{{ store_dir: "{tmp_path}/{name}", max_file_store: {most} }}'
        server = nats_server(f"{ACCOUNTS}\njetstream {store}\n", name=name)
        js = (await nats_users(server, "app")).jetstream(timeout=10)
        await js.add_stream(name="BIG", subjects=["big"], max_bytes=900_000)
        for _ in range(88):
            await js.publish("big", b"x" * 10_000)
        both.append(await states(monitored(settings, [server], LOGIN)))
    sick, well = both
    for check in ("nats-storage-limit", "nats-storage-reserved"):
        assert (sick[check].state, well[check].state) == ("found", "ok"), check
    assert sick["nats-store-in-tmp"].state == "found"


async def test_servers_of_a_cluster_that_have_no_route(nats_server, settings):
    apart = []
    for number, route in enumerate(free_ports(2)):
        text = f'http: MONITOR\ncluster {{ name: duo, listen: "127.0.0.1:{route}" }}\n'
        apart.append(nats_server(text, name=f"a{number}"))
    found = await states(monitored(settings, apart))
    assert found["nats-route-missing"].state == "found"
    assert found["nats-mixed-versions"].state == "ok"


@pytest.fixture
def older(monkeypatch):
    """Has the next servers be of an older version, where that was built on this machine."""
    if not OLDER.exists():
        pytest.skip("no older nats-server was built here")
    return lambda: monkeypatch.setattr("tests.secured.conftest.executable", lambda: str(OLDER))


async def test_a_cluster_of_two_versions_one_of_which_has_ended(nats_server, settings, older):
    routes = free_ports(2)
    joined = json.dumps([f"nats://127.0.0.1:{port}" for port in routes])
    servers = []
    for number, route in enumerate(routes):
        text = f'cluster {{ name: mixed, listen: "127.0.0.1:{route}", routes: {joined} }}\n'
        servers.append(nats_server(f"http: MONITOR\n{text}", name=f"v{number}"))
        older()
    async with asyncio.timeout(30):
        while (found := await states(monitored(settings, servers)))[
            "nats-route-missing"
        ].state != "ok":
            pass
    for check in ("nats-mixed-versions", "nats-old-version"):
        assert found[check].state == "found", check
    assert [one.fault.place for one in found["nats-old-version"].findings] == ["v1"]


async def test_a_login_that_ends_in_days(nats_server, settings, operator, tmp_path):
    server = nats_server(operator.config() + "http: MONITOR\n")
    found = []
    for days in (9, 90):
        creds = tmp_path / f"{days}.creds"
        creds.write_text(operator.creds("ARC", exp=int(time.time()) + days * 86_400))
        told = monitored(settings, [server], f', creds = "{creds}"')
        found.append((await states(told))["nats-login-ends"])
    assert [one.state for one in found] == ["found", "ok"]
    assert found[0].findings[0].severity == "warning"


async def test_a_client_that_makes_its_publishers_wait(nats_server, settings):
    server = nats_server("http: MONITOR\nmax_pending: 8MB\n")
    publisher = await nats.connect(f"nats://127.0.0.1:{server.nats}", name="busy")
    try:
        quick = await states(monitored(settings, [server]))
        reader, writer = await asyncio.open_connection("127.0.0.1", server.nats, limit=1)
        writer.write(b'CONNECT {"verbose":false,"name":"lazy"}\r\nSUB flood 1\r\nPING\r\n')
        await writer.drain()
        async with asyncio.timeout(20):
            while not (await listed(server, "lazy")).get("stalls"):
                for _ in range(5):
                    await publisher.publish("flood", b"x" * 100_000)
                await publisher.flush()
        lazy = await states(monitored(settings, [server]))
        writer.close()
        del reader
    finally:
        await publisher.close()
    assert (quick["nats-stalling-client"].state, quick["nats-nameless-client"].state) == (
        "ok",
        "ok",
    )
    (finding,) = lazy["nats-stalling-client"].findings
    assert finding.fault.place == "lazy"


async def listed(server, name):
    """A connection as the server lists it."""
    async with httpx.AsyncClient() as web:
        answer = await web.get(f"http://127.0.0.1:{server.nats_monitor}/connz")
    rows = answer.json()["connections"]
    return next((row for row in rows if row.get("name") == name), {})


# -- JetStream -----------------------------------------------------------------------------------


async def test_streams_and_consumers_of_one_server(
    nats_server, settings, tmp_path, nats_users, monkeypatch
):
    for name, limit in (("MANY_SUBJECTS", 20), ("MANY_HOLES", 5)):
        monkeypatch.setattr(jetstream_streams, name, limit)
    monkeypatch.setattr(jetstream_consumers, "DAY", 0.5)
    server = nats_server(f'{ACCOUNTS}\njetstream {{ store_dir: "{tmp_path}/one" }}\n')
    client = await nats_users(server, "app")
    js = client.jetstream(timeout=10)
    await js.add_stream(name="IDS", subjects=["ids.*"])
    for number in range(30):
        await js.publish(f"ids.{number}", b"x")
    await js.add_stream(name="HOLES", subjects=["holes"])
    for _ in range(20):
        await js.publish("holes", b"x")
    for number in range(2, 19):
        await js.delete_msg("HOLES", number)
    await js.add_consumer("HOLES", durable_name="gone", ack_policy="explicit")
    far = {"name": "FAR", "external": {"api": "$JS.nowhere.API", "deliver": ""}}
    body = json.dumps({"name": "COPY", "mirror": far, "storage": "memory"}).encode()
    answer = json.loads((await client.request("$JS.API.STREAM.CREATE.COPY", body)).data)
    assert "error" not in answer
    transform = {"src": "old.*", "dest": "new.{{wildcard(1)}}"}
    config = {"name": "NEW", "subjects": ["old.*"], "subject_transform": transform}
    answer = await client.request("$JS.API.STREAM.CREATE.NEW", json.dumps(config).encode())
    assert "error" not in json.loads(answer.data)
    for name, subject in (("fits", "new.>"), ("misses", "other.>")):
        await js.add_consumer("NEW", durable_name=name, filter_subject=subject)
    await asyncio.sleep(0.6)
    found = await states(monitored(settings, [server], LOGIN))
    places = {
        "js-many-subjects": "js:IDS",
        "js-many-holes": "js:HOLES",
        "js-abandoned": "js:HOLES#gone",
        "js-origin": "js:COPY",
        "js-filter": "js:NEW#misses",
    }
    for check, place in places.items():
        assert [one.fault.place for one in found[check].findings] == [place], check


async def test_a_cluster_of_three_loses_one_server_and_then_another(
    nats_server, tmp_path, settings, nats_users
):
    servers = cluster(nats_server, tmp_path, ["t0", "t1", "t2"])
    js = (await nats_users(servers[0], "app")).jetstream(timeout=2)
    async with asyncio.timeout(40):
        while not await created(js, replicas=3):
            pass
        await js.add_consumer("ORDERS", durable_name="billing", ack_policy="explicit")
    found = monitored(settings, servers, LOGIN)
    checks = ("js-replica-behind", "js-consumer-no-leader", "nats-unhealthy", "nats-even-servers")
    whole = await states(found)
    assert {check: whole[check].state for check in checks} == dict.fromkeys(checks, "ok")
    assert whole["js-even-replicas"].state == "ok"
    nats_server.stop(servers[2])
    await until_found(found, "js-replica-behind")
    nats_server.stop(servers[1])
    await until_found(found, "js-consumer-no-leader", "nats-unhealthy")


async def until_found(settings, *checks):
    async with asyncio.timeout(40):
        while {(found := await states(settings))[check].state for check in checks} != {"found"}:
            pass
    return found
