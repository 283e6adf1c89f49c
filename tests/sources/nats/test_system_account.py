"""Servers asked over the client port."""

import json

import pytest

from arcwatch.errors import NotThereError, SourceError
from arcwatch.sources.nats import system_account
from arcwatch.sources.nats.system_account import Elsewhere, NatsShut, NatsSystem, SystemServers
from arcwatch.wire.nats_protocol import Delivery


@pytest.mark.parametrize("error", [SourceError("no answer"), NotThereError("no responders")])
async def test_a_server_that_is_silent_about_its_health_alone_lacks_it(recorded, error):
    varz = b'{"server":{"name":"n1"},"data":%s}' % recorded("nats-2.15.1/varz.json")

    class Connection:
        where, answers = "nats://n", True

        async def ask_for(self, subject, body, meant):
            if "VARZ" in subject and self.answers and meant(varz):
                return varz
            raise error

    connection = Connection()
    server = NatsSystem(connection, "n1")
    assert (await server.healthz()).healthy is None
    assert (await server.accounts()).accounts == ()
    connection.answers = False
    with pytest.raises(SourceError, match=r"does not answer|not permitted"):
        await server.healthz()
    with pytest.raises(SourceError, match=r"does not answer|not permitted"):
        await server.jetstream()


class Servers:
    """Our connection to servers that answer some subjects, each with what it has to say."""

    where, domain, server_id, asks_elsewhere = "nats://n:4222", "", "N1", False

    def __init__(self, **answers):
        self.answers = answers
        self._deliver = None

    def _said(self, subject):
        found = [body for name, body in self.answers.items() if subject.endswith(f".{name}")]
        return [json.dumps(one).encode() for one in (found[0] if found else [])]

    async def ask_for(self, subject, body, meant, *, timeout=5.0):
        for said in self._said(subject):
            if meant(said):
                return said
        raise SourceError("no answer", where=subject)

    def new_inbox(self):
        return "_INBOX.1"

    def subscribe(self, subject, deliver):
        self._deliver = deliver
        return b"1"

    def request(self, subject, reply, body):
        # a head without a body is "no responders"
        said = self._said(subject) or [b""]
        self._deliver([Delivery(b"_INBOX.1", b"1", None, b"", one) for one in said])

    def unsubscribe(self, sid):
        assert sid == b"1"


def of(name, **data):
    return {"server": {"name": name, "id": name.upper()}, "data": data}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(system_account, "STALL", 0.02)


async def test_the_system_account_finds_every_server_and_forgets_none():
    connection = Servers(STATSZ=[of("n2"), of("n1")])
    servers = SystemServers(connection)
    assert [one.url for one in await servers.discover()] == [
        "nats://n:4222#n1",
        "nats://n:4222#n2",
    ]
    connection.answers["STATSZ"] = [of("n3")]
    assert len(await servers.discover()) == 3


def statz(name, account):
    rows = [{"acc": account, "name": account, "conns": 1}]
    return of(name, now="2026-11-24T03:51:28Z", account_statz=rows)


async def test_another_user_finds_the_servers_of_its_own_account():
    """Across a leaf node, the servers of the hub answer for the account that it is joined to."""
    who = {"server": {"name": "n1", "id": "N1"}, "data": {"user": "u", "account": "A"}}
    connection = Servers(STATZ=[statz("n1", "A"), statz("hub", "B")], INFO=[who])
    (one,) = await SystemServers(connection).discover()
    assert one.url == "nats://n:4222#n1"
    assert (await one.varz()).connections == 1
    assert (await one.healthz()).healthy is None
    with pytest.raises(SourceError, match="subscriptions unknown"):
        await one.interest("orders")


async def test_who_may_ask_nothing_finds_nobody():
    assert await SystemServers(Servers()).discover() == []


async def test_a_server_that_is_not_healthy_says_so_over_the_system_account(recorded):
    health = json.loads(recorded("nats-2.15.1/healthz-503.json")) | {"status_code": 503}
    server = NatsSystem(Servers(HEALTHZ=[of("n1", **health)]), "n1")
    assert (await server.healthz()).healthy is False


async def test_where_login_is_refused_each_question_says_why():
    shut = NatsShut("nats://n:4222", "authorization violation; set a user")
    with pytest.raises(SourceError, match="authorization violation") as caught:
        await shut.varz()
    assert caught.value.hint.startswith("set a user, or name a monitoring port")


@pytest.fixture
async def elsewhere(broker, client, recorded):
    """A monitoring port whose JetStream has the domain ``hub``."""
    jsz = json.loads(recorded("nats-2.15.1/jsz.json"))
    jsz["config"] = jsz.get("config", {}) | {"domain": "hub"}
    answers = {
        "/jsz": (200, json.dumps(jsz).encode()),
        "/varz": (200, recorded("nats-2.15.1/varz.json")),
    }
    port, _ = await broker(answers)

    def monitor(connection, *, reports_streams=True):
        url = f"http://127.0.0.1:{port}"
        return Elsewhere(url, client, connection, reports_streams=reports_streams)

    return monitor


async def test_of_another_domain_the_port_tells_nothing_of_our_streams(elsewhere):
    ours = Servers()
    ours.domain = "hub"
    assert (await elsewhere(ours).jetstream()).streams
    assert (await elsewhere(None, reports_streams=False).jetstream()).streams == ()
    with pytest.raises(SourceError, match="a different JetStream"):
        await elsewhere(None).jetstream()
