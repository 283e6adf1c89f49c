"""A connection made step by step, and which of them failed."""

import ssl

import pytest
import trustme

from arcwatch.config.credentials import Tls
from arcwatch.errors import SourceError
from arcwatch.sources.net import peer
from arcwatch.sources.net.peer import connected, resolved, secured
from tests.hostile_servers import CERTIFICATE, lines, silent, tls_context


async def handshake(port, tls, host="127.0.0.1"):
    async with connected(host, port) as wire:
        return await secured(wire, host, tls)


async def test_a_name_has_addresses_or_is_unknown():
    assert "127.0.0.1" in await resolved("127.0.0.1")
    for name in ("no.such.host.invalid", "a" * 70, ""):
        if name:
            with pytest.raises(SourceError, match="unknown host") as caught:
                await resolved(name)
            assert caught.value.where == name


async def test_nobody_listening_is_told_without_the_address_twice():
    with pytest.raises(SourceError, match="cannot connect") as caught:
        async with connected("127.0.0.1", 1):
            pytest.fail("somebody is there")
    assert caught.value.why == "connection refused"


async def test_a_certificate_is_whose_it_is_and_how_long_it_holds(serve):
    authority = trustme.CA(organization_name="Ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", common_name="n1\x1b").configure_cert(context)
    port = await serve(silent, ssl=context)
    with authority.cert_pem.tempfile() as path:
        found = await handshake(port, Tls(ca=path))
    assert found.protocol.startswith("TLSv1.")
    assert found.subject.startswith("n1")
    assert found.subject.isprintable()
    assert found.expires > 0


async def test_a_certificate_that_is_not_checked_still_ends(serve):
    port = await serve(silent, ssl=tls_context())
    found = await handshake(port, Tls(insecure=True))
    assert (found.subject, found.issuer) == ("", "")
    assert found.expires > 0
    with pytest.raises(SourceError, match="certificate not trusted"):
        await handshake(port, Tls())
    assert (await handshake(port, Tls(ca=str(CERTIFICATE)))).subject


async def test_what_speaks_no_tls_says_so(serve, monkeypatch):
    monkeypatch.setattr(peer, "PATIENCE", 0.2)
    for handle, what in ((lines(b"INFO {}"), "no TLS"), (silent, "no TLS answer in time")):
        with pytest.raises(SourceError) as caught:
            await handshake(await serve(handle), Tls())
        assert caught.value.what == what
        assert caught.value.hint == "is this the port that speaks TLS?"
