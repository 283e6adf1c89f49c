"""Read the ``INFO`` of servers at the client port, which identifies them.

A nats-server sends it first of all on every connection, before any login
(``server/client.go``, ``Info``).
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from arcwatch.config.credentials import NatsCredentials
from arcwatch.config.settings import Settings
from arcwatch.errors import SourceError
from arcwatch.model.nats import NatsGreeting, NatsGreetings
from arcwatch.notation.server_url import shown
from arcwatch.sources.net.peer import PATIENCE, Wire, connected, secured
from arcwatch.wire.nats_user import ServerInfo, parse_info

MOST = 16
"""Addresses that are connected to."""


async def read_info(wire: Wire, where: str) -> ServerInfo:
    """Read the first line of an open connection."""
    hint = "is this the NATS client port? with handshake_first set tls_first = true"
    try:
        async with asyncio.timeout(PATIENCE):
            line = await wire.reader.readuntil(b"\r\n")
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
        raise SourceError("no greeting from nats-server", where=where, hint=hint) from error
    except (asyncio.LimitOverrunError, ValueError) as error:
        why = "a line longer than 64 KiB"
        raise SourceError(
            "no greeting from nats-server", where=where, why=why, hint=hint
        ) from error
    return parse_info(line.removeprefix(b"INFO ").strip(), where)


async def greetings(settings: Settings) -> NatsGreetings:
    """The identities of the reachable servers at the client port."""
    urls = [url for url in (settings.nats or "").split(",") if url][:MOST]
    who = settings.nats_credentials
    asked = [_greeting(url, who) for url in urls if urlsplit(url).scheme not in ("ws", "wss")]
    found = await asyncio.gather(*asked, return_exceptions=True)
    failures = [one for one in found if isinstance(one, BaseException)]
    if failures and len(failures) == len(urls):
        raise failures[0]
    return NatsGreetings(tuple(one for one in found if isinstance(one, NatsGreeting)))


async def _greeting(url: str, who: NatsCredentials) -> NatsGreeting:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 4222
    async with connected(host, port) as wire:
        if who.tls_first:
            await secured(wire, host, who.tls)
        info = await read_info(wire, shown(url))
    return NatsGreeting(
        shown(url), info.server_id, info.server_name, info.cluster, info.auth_required
    )
