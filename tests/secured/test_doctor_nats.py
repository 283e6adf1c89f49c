"""The check-up of real servers that are set up badly, beside others that are not."""

import asyncio
import datetime
import json
import time

import httpx
import nats
import pytest
from msgspec.structs import replace

from arcwatch.doctor.examine import examine
from arcwatch.doctor.picture import Picture
from arcwatch.doctor.table import CHECKS
from arcwatch.engine.engine import Engine
from arcwatch.stack.ports import Ports, free_ports
from arcwatch.store.store import Store

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

ACCOUNTS = """
accounts {
  SYS: { users: [ { user: sys, password: pw } ] }
  APP: { jetstream: enabled, users: [ { user: app, password: pw } ] }
  ETL: { jetstream: enabled, users: [ { user: etl, password: pw } ] }
}
system_account: SYS
http: MONITOR
"""


async def states(found):
    """What each check came to, by its id."""
    store = Store()
    await Engine(found, store).sample_twice(0.1, details=(None,))
    report = examine(Picture(store, time.time()), CHECKS, ())
    return {result.check.id: result for result in report.results}


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
    routes = free_ports(2)
    joined = json.dumps([f"nats://127.0.0.1:{port}" for port in routes])
    return [
        nats_server(
            f"{ACCOUNTS}\njetstream {{ store_dir: {json.dumps(str(tmp_path / f'c{number}'))} }}\n"
            f'cluster {{ name: duo, listen: "127.0.0.1:{route}", routes: {joined} }}',
            Ports.free(),
            name=f"c{number}",
        )
        for number, route in enumerate(routes)
    ]


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


async def created(js):
    """Whether there is a leader already, which makes a stream with two replicas."""
    try:
        await js.add_stream(name="ORDERS", subjects=["ord"], num_replicas=2)
    except (nats.js.errors.APIError, nats.errors.Error):
        await asyncio.sleep(0.1)
        return False
    return True
