"""When certificates and credentials end."""

import base64
import datetime
import json

import pytest
import trustme

from arcwatch.config.credentials import NatsCredentials, PulsarCredentials, Tls
from arcwatch.config.secret import Secret
from arcwatch.config.settings import load
from arcwatch.sources.inspect.expiries import of_nats, of_pulsar
from tests.hostile_servers import tls_context

END = datetime.datetime(2031, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)


async def silent(reader, writer):
    await reader.read()


@pytest.fixture
def settings(monkeypatch):
    from msgspec.structs import replace

    def given(*, nats=None, pulsar=None, **places):
        found = load({"nats": "off", "pulsar": "off"} | places)
        nats, pulsar = nats or NatsCredentials(), pulsar or PulsarCredentials()
        return replace(found, nats_credentials=nats, pulsar_credentials=pulsar)

    return given


def jwt(**payload):
    return f"e30.{base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()}.s"


async def test_the_certificate_of_each_server_is_read_once(serve, settings):
    url = f"https://127.0.0.1:{await serve(silent, ssl=tls_context())}"
    insecure = NatsCredentials(tls=Tls(insecure=True))
    found = await of_nats(settings(nats_monitor=f"{url},{url}/", nats=insecure))
    (one,) = found.found
    assert (one.what, one.place) == ("certificate", url.removeprefix("https://"))
    assert one.at > 0


async def test_a_server_that_does_not_answer_hides_nothing_of_the_others(settings, monkeypatch):
    monkeypatch.setenv("MY_JWT", jwt(name="me", exp=5))
    mine = NatsCredentials(jwt=Secret("env", "MY_JWT"))
    found = await of_nats(settings(nats_monitor="https://127.0.0.1:1", nats=mine))
    assert [(one.what, one.place, one.subject, one.at) for one in found.found] == [
        ("JWT", "env:MY_JWT", "me", 5)
    ]


async def test_our_own_certificate_and_token_end_too(settings, monkeypatch, tmp_path):
    path = tmp_path / "client.pem"
    made = trustme.CA().issue_cert("me.example", common_name="agents", not_after=END)
    made.private_key_and_cert_chain_pem.write_to_path(path)
    monkeypatch.setenv("TOKEN", jwt(sub="arc\x1b", exp=7))
    who = PulsarCredentials(token=Secret("env", "TOKEN"), tls=Tls(cert=str(path)))
    found = await of_pulsar(settings(pulsar=who), [])
    assert [(one.what, one.at) for one in found.found] == [
        ("token", 7),
        ("client certificate", END.timestamp()),
    ]
    assert found.found[0].subject.isprintable()


async def test_what_never_ends_or_cannot_be_read_is_not_told(settings, monkeypatch):
    monkeypatch.setenv("TOKEN", jwt(sub="arc"))
    for name in ("TOKEN", "NOT_SET"):
        who = PulsarCredentials(token=Secret("env", name))
        assert (await of_pulsar(settings(pulsar=who), ["b:1", "b:2"])).found == ()
    assert (await of_nats(settings())).found == ()
