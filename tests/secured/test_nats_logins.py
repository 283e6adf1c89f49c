"""A real nats-server in each of its secured forms: who comes in, and what the others are told."""

import asyncio
import ssl
import time
from pathlib import Path

import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.inspect.expiries import of_nats
from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.sources.net.http import get, new_client
from tests.sources.outcome import Outcome

CANARY = "c4n4ry-of-the-mine"


@pytest.fixture
async def joins():
    """What a connection comes to: ``await joins(settings)`` is ``connected``, or why not."""
    opened = []

    async def join(settings):
        connection = NatsConnection(settings.nats, settings.nats_credentials)
        opened.append(connection)
        ear = Outcome()
        connection.add(ear)
        connection.open()
        async with asyncio.timeout(10):
            said = await ear.said.get()
        assert CANARY not in said
        return said

    yield join
    for connection in opened:
        await connection.close()


async def test_user_and_password(nats_server, settings, joins):
    ports = nats_server(f'authorization {{ user: me, password: "{CANARY}" }}')
    context = (
        f'nats = {{ url = "nats://localhost:{ports.nats}", user = "me", password = "env:PW" }}'
    )
    assert await joins(settings(context, PW=CANARY)) == "connected"
    told = await joins(settings(context, PW=f"{CANARY}!"))
    assert told.startswith("authorization violation: with user me, password of env:PW; ")
    nobody = await joins(settings(f'nats = "nats://localhost:{ports.nats}"'))
    assert "the server requires credentials" in nobody


async def test_a_password_in_the_address(nats_server, settings, joins):
    ports = nats_server(f'authorization {{ user: me, password: "{CANARY}" }}')
    url = f"nats://me:{CANARY}@localhost:{ports.nats}"
    assert await joins(settings(f'nats = "{url}"')) == "connected"


async def test_a_token_that_rotates_in_its_file(nats_server, settings, joins, tmp_path):
    ports = nats_server(f'authorization {{ token: "{CANARY}" }}')
    file = tmp_path / "token"
    found = settings(f'nats = {{ url = "localhost:{ports.nats}", token = "file:{file}" }}')
    assert "cannot read a secret" in await joins(found)
    file.write_text("old")
    assert "authorization violation" in await joins(found)
    file.write_text(f"{CANARY}\n")
    assert await joins(found) == "connected"


async def test_an_nkey(nats_server, settings, joins, tmp_path, new_user_key):
    public, seed = new_user_key
    ports = nats_server(f"authorization {{ users: [ {{ nkey: {public} }} ] }}")
    (tmp_path / "user.nk").write_text(f"{seed}\n")
    context = f'nats = {{ url = "localhost:{ports.nats}", nkey = "file:user.nk" }}'
    assert await joins(settings(context)) == "connected"
    (tmp_path / "user.nk").write_text(f"SU{CANARY}")
    assert "not a user seed" in await joins(settings(context))


async def test_a_jwt_with_creds(nats_server, settings, joins, tmp_path, operator):
    ports = nats_server(operator.config())
    (tmp_path / "me.creds").write_text(operator.creds("ARC"))
    context = f'nats = {{ url = "localhost:{ports.nats}", creds = "me.creds" }}'
    assert await joins(settings(context)) == "connected"
    (tmp_path / "me.creds").write_text(operator.creds("ARC", exp=int(time.time()) - 60))
    told = await joins(settings(context))
    assert "authorization violation: with JWT and seed of " in told
    assert "its JWT expired at 20" in told
    (tmp_path / "me.creds").write_text(CANARY)
    assert "the creds file has no seed of a user" in await joins(settings(context))


@pytest.mark.parametrize("insecure", [False, True])
async def test_when_certificates_and_a_jwt_end_is_read_ahead_of_time(
    nats_server, settings, tmp_path, operator, papers, tls, insecure
):
    soon = int(time.time()) + 5 * 86_400
    ports = nats_server(f"{tls(papers.expired() if insecure else papers.host)}{operator.config()}")
    (tmp_path / "me.creds").write_text(operator.creds("ARC", exp=soon))
    how = "insecure = true" if insecure else f'ca = "{papers.ca}"'
    found = settings(
        f'nats_monitor = "off"\nnats = {{ url = "tls://localhost:{ports.nats}", {how}, '
        f'creds = "me.creds", cert = "{papers.me.cert}", key = "{papers.me.key}" }}'
    )
    ends = {one.what: one for one in (await of_nats(found)).found}
    assert set(ends) == {"certificate", "JWT", "client certificate"}
    assert (ends["JWT"].at, ends["client certificate"].subject) == (soon, "arcwatch")
    assert ends["certificate"].place == f"localhost:{ports.nats}"
    assert (ends["certificate"].at < time.time()) == insecure


async def test_a_login_that_the_server_does_not_ask_for_is_shown_all_the_same(
    nats_server, settings, joins, tmp_path, new_user_key
):
    public, seed = new_user_key
    ports = nats_server(
        f"accounts {{ A: {{ users: [ {{ nkey: {public} }} ] }}\n"
        "B: { users: [ { user: b, password: b } ] } }\nno_auth_user: b\n"
    )
    (tmp_path / "user.nk").write_text(seed)
    url = f"localhost:{ports.nats}"
    found = settings(f'nats = {{ url = "{url}", nkey = "file:user.nk" }}')
    connection = NatsConnection(found.nats, found.nats_credentials)
    ear = Outcome()
    connection.add(ear)
    connection.open()
    try:
        assert await ear.said.get() == "connected"
        assert b'"account":"A"' in await connection.ask("$SYS.REQ.USER.INFO", b"")
    finally:
        await connection.close()


async def test_tls_with_an_authority_of_ones_own(nats_server, settings, joins, papers, tls):
    ports = nats_server(tls(papers.host))
    url = f"tls://localhost:{ports.nats}"
    assert await joins(settings(f'nats = {{ url = "{url}", ca = "{papers.ca}" }}')) == "connected"
    unknown = await joins(settings(f'nats = "{url}"'))
    assert unknown.startswith("certificate not trusted: unable to get local issuer certificate; ")
    assert "--tls-ca FILE" in unknown
    anyone = settings(f'nats = {{ url = "{url}", insecure = true }}')
    assert anyone.tls_warning == "TLS not verified"
    assert await joins(anyone) == "connected"


async def test_tls_first(nats_server, settings, joins, papers, tls):
    ports = nats_server(tls(papers.host, "handshake_first: true"))
    context = f'url = "tls://localhost:{ports.nats}", ca = "{papers.ca}"'
    found = settings(f"nats = {{ {context}, tls_first = true }}")
    assert await joins(found) == "connected"


async def test_a_certificate_of_ours(nats_server, settings, joins, papers, tls):
    ports = nats_server(tls(papers.host, "verify: true", f"ca_file: {papers.ca}"))
    context = f'url = "tls://localhost:{ports.nats}", ca = "{papers.ca}"'
    ours = f'cert = "{papers.me.cert}", key = "{papers.me.key}"'
    assert await joins(settings(f"nats = {{ {context}, {ours} }}")) == "connected"
    assert "certificate refused: the server requires a client certificate" in await joins(
        settings(f"nats = {{ {context} }}")
    )


async def test_a_certificate_that_has_expired_or_is_for_another_host(
    nats_server, settings, joins, papers, tls
):
    context = 'nats = {{ url = "tls://localhost:{}", ca = "{}" }}'
    old = nats_server(tls(papers.expired()))
    told = await joins(settings(context.format(old.nats, papers.ca)))
    assert told.startswith("certificate not trusted: certificate has expired; renew it")
    other = nats_server(tls(papers.issue("other", "elsewhere.example")))
    told = await joins(settings(context.format(other.nats, papers.ca)))
    assert "certificate is not valid for 'localhost'; use the name" in told


async def test_no_secret_is_sent_in_the_clear_where_tls_was_asked_for(settings, joins, serve):
    """Somebody between us and the server says that it does not do TLS."""
    heard = bytearray()

    async def pretend(reader, writer):
        writer.write(b'INFO {"server_id":"x","auth_required":true,"max_payload":1,"nonce":"n"}\r\n')
        while piece := await reader.read(1000):
            heard.extend(piece)

    port = await serve(pretend)
    context = f'url = "tls://127.0.0.1:{port}", user = "me", password = "env:PW"'
    told = await joins(settings(f"nats = {{ {context} }}", PW=CANARY))
    assert "the server does not support TLS, which is required" in told
    assert CANARY.encode() not in heard


async def test_the_monitoring_port_over_https(nats_server, settings, papers, tls):
    ports = nats_server(f'https: "MONITOR"\n{tls(papers.host)}')
    url = f"https://localhost:{ports.nats_monitor}/varz"
    found = settings(f'nats = {{ monitor = "{url}", ca = "{papers.ca}" }}')
    async with new_client(found.nats_credentials.tls) as client:
        assert (await get(client, url))[0] == 200
    async with new_client() as client:
        with pytest.raises(SourceError) as caught:
            await get(client, url)
    assert caught.value.what == "certificate not trusted"


def test_a_file_of_authorities_that_is_none_is_named(papers, tmp_path):
    from arcwatch.config.credentials import Tls
    from arcwatch.errors import UsageError
    from arcwatch.sources.net.tls import tls_context

    assert tls_context(Tls(ca=papers.ca)).verify_mode == ssl.CERT_REQUIRED
    for tls in (Tls(ca=str(tmp_path / "none.pem")), Tls(cert=papers.ca)):
        with pytest.raises(UsageError) as caught:
            tls_context(tls)
        assert caught.value.what == "cannot read certificates"
    assert Path(papers.ca).exists()
