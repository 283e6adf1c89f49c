"""Reads how the servers at the client port greet, which tells who they are: ``INFO``.

A nats-server sends it first of all on every connection, before any login
(``server/client.go``, ``Info``).
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from arcwatch.config import Settings
from arcwatch.credentials import NatsCredentials
from arcwatch.errors import SourceError
from arcwatch.model.nats_greeting import NatsGreeting, NatsGreetings
from arcwatch.server_url import shown
from arcwatch.wire.nats_user import ServerInfo, parse_info

from .peer import PATIENCE, Wire, connected, secured

MOST = 16
"""Addresses that are connected to."""


async def read_info(wire: Wire, where: str) -> ServerInfo:
    """The first line of an open connection.

    Raises:
        SourceError: None came in time, or it is too long.
        WireError: It is something else.
    """
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
    """Who the servers at the client port are, as far as they can be reached."""
    urls = [url for url in (settings.nats or "").split(",") if url][:MOST]
    who = settings.nats_credentials
    found = await asyncio.gather(*(_greeting(url, who) for url in urls))
    return NatsGreetings(tuple(one for one in found if one))


async def _greeting(url: str, who: NatsCredentials) -> NatsGreeting | None:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 4222
    if parts.scheme in ("ws", "wss"):
        return None
    try:
        async with connected(host, port) as wire:
            if who.tls_first:
                await secured(wire, host, who.tls)
            info = await read_info(wire, shown(url))
    except SourceError:
        # whoever asks that server for anything else says why
        return None
    return NatsGreeting(shown(url), info.server_id, info.server_name, info.cluster)
