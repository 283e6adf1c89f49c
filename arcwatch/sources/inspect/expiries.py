"""Read the expiry dates of server certificates and of our credentials.

A handshake is made with every address that speaks TLS, and hung up.  One that does not come
about reports nothing here: the poll of that server's figures reports why.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from arcwatch.config.credentials import NatsCredentials, PulsarCredentials, Tls
from arcwatch.config.reveal import reveal
from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError
from arcwatch.model.expiry import Expiries, Expiry
from arcwatch.sources.nats.login import claims, is_encrypted
from arcwatch.sources.net.peer import PATIENCE, connected, secured
from arcwatch.sources.net.tls import own_certificate
from arcwatch.text.control_characters import printable
from arcwatch.wire.credentials import claims_of

MOST = 64
"""Servers of which certificates are read at most."""
AT_ONCE = 8
"""Handshakes at a time."""


async def of_nats(settings: Settings) -> Expiries:
    """Expiries of a NATS platform; a client port is read if it is known to use TLS."""
    who = settings.nats_credentials
    ports = [url for url in (settings.nats or "").split(",") if url and is_encrypted(who, url)]
    found = await _of_servers([*ports, *_https(settings.nats_monitors)], who.tls, who.tls_first)
    return Expiries((*found, *_of_user(who), *_ours(who.tls)))


async def of_pulsar(settings: Settings, brokers: Sequence[str]) -> Expiries:
    """Expiries of a Pulsar cluster.

    Args:
        brokers: ``HOST:PORT`` of the web services that the cluster lists.
    """
    who, admin = settings.pulsar_credentials, settings.pulsar_admin or ""
    urls = [u for u in (settings.pulsar or "").split(",") if urlsplit(u).scheme == "pulsar+ssl"]
    urls += _https([admin])
    # the only broker is asked where the settings say, whatever it calls itself
    if urlsplit(admin).scheme == "https" and len(brokers) > 1:
        urls += [f"https://{broker}" for broker in brokers]
    found = await _of_servers(urls, who.tls)
    return Expiries((*found, *_of_token(who), *_ours(who.tls)))


async def _of_servers(urls: Sequence[str], tls: Tls, first: bool = False) -> list[Expiry]:
    room = asyncio.Semaphore(AT_ONCE)

    async def read(url: str) -> Expiry | None:
        async with room:
            with contextlib.suppress(ArcwatchError, OSError, TimeoutError):
                return await _of_server(url, tls, first)
            return None

    found = await asyncio.gather(*map(read, dict.fromkeys(urls[:MOST])))
    return list({one.place: one for one in found if one}.values())


async def _of_server(url: str, tls: Tls, first: bool) -> Expiry | None:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    async with connected(host, port) as wire:
        if parts.scheme in ("nats", "tls") and not first:
            async with asyncio.timeout(PATIENCE):
                # it greets in the clear
                await wire.reader.readline()
        peer = await secured(wire, host, tls)
    if peer.expires is None:
        return None
    return Expiry("certificate", f"{host}:{port}", peer.subject, peer.expires)


def _https(urls: Iterable[str]) -> list[str]:
    return [url for url in urls if urlsplit(url).scheme == "https"]


def _of_user(who: NatsCredentials) -> list[Expiry]:
    with contextlib.suppress(ArcwatchError):
        answer = claims(who)
        if answer.expires is not None:
            name = printable(answer.name or answer.subject, limit=80)
            return [Expiry("JWT", str(who.creds or who.jwt), name, answer.expires)]
    return []


def _of_token(who: PulsarCredentials) -> list[Expiry]:
    with contextlib.suppress(ArcwatchError):
        answer = claims_of(reveal(who.token)) if who.token else None
        if answer and answer.expires is not None:
            subject = printable(answer.subject, limit=80)
            return [Expiry("token", str(who.token), subject, answer.expires)]
    return []


def _ours(tls: Tls) -> list[Expiry]:
    found = own_certificate(tls)
    if found is None:
        return []
    name = printable(found.common_name, limit=80)
    return [Expiry("client certificate", tls.cert or "", name, found.expires)]
