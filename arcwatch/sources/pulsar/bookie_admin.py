"""Ask bookies themselves, over their own HTTP port, which no broker's API names.

The port takes no login; only what a bookie reports about itself is read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
from msgspec.structs import replace

from arcwatch.config.credentials import Tls
from arcwatch.errors import SourceError
from arcwatch.model.pulsar import Bookie, PulsarBookies
from arcwatch.sources.net.http import get, new_client
from arcwatch.sources.net.http_errors import place
from arcwatch.wire.pulsar_bookies import (
    parse_bookie_space,
    parse_bookie_state,
    parse_underreplicated,
)

MOST = 100
"""Most bookies that are asked."""

ABREAST = 4
TIMEOUT = 5.0
"""Seconds for one answer: bookies that are down must not hold up the others."""

_HOST = re.compile(r"[\w.-]+|\[[0-9a-fA-F:.]+\]")
_HINT = "is this a bookie's HTTP port?  httpServerEnabled=true opens it, httpServerPort (8000)"


async def with_states(report: PulsarBookies, urls: Sequence[str], tls: Tls) -> PulsarBookies:
    """Add what bookies report about themselves to what brokers know.

    Args:
        urls: Addresses of bookies, matched by host; ``*`` stands for any host.
    """
    few = asyncio.Semaphore(ABREAST)
    async with new_client(tls) as client:

        async def one(bookie: Bookie) -> Bookie:
            async with few:
                return await _asked(client, bookie, _url_of(bookie, urls, report))

        known = report.bookies or ()
        found = await asyncio.gather(*map(one, known[:MOST]))
        under = None
        for url in [url for each in known[:MOST] if (url := _url_of(each, urls, report))]:
            if (under := await _underreplicated(client, url)) is not None:
                break
    return PulsarBookies(report.bookies and (*found, *known[MOST:]), under)


def _url_of(bookie: Bookie, urls: Sequence[str], report: PulsarBookies) -> str:
    """The address of its HTTP port; empty where none is given for it."""
    if len(urls) == len(report.bookies or ()) == 1 and "*" not in urls[0]:
        return urls[0]
    host = bookie.id.rpartition(":")[0] or bookie.id
    for url in urls:
        if "*" in url and _HOST.fullmatch(host):
            return url.replace("*", host)
        if urlsplit(url).hostname == host.strip("[]"):
            return url
    return ""


async def _asked(client: httpx.AsyncClient, bookie: Bookie, url: str) -> Bookie:
    if not url:
        return replace(bookie, why="`bookie_admin` has no address for it")
    try:
        state = f"{url.rstrip('/')}/api/v1/bookie/state"
        read_only = parse_bookie_state(await _get(client, state), place(state))
        info = f"{url.rstrip('/')}/api/v1/bookie/info"
        free, total = parse_bookie_space(await _get(client, info), place(info))
    except SourceError as error:
        return replace(bookie, why=error.headline)
    return replace(bookie, read_only=read_only, free=free, total=total)


async def _underreplicated(client: httpx.AsyncClient, url: str) -> int | None:
    """Ledgers of the whole cluster; None where this bookie cannot say."""
    path = f"{url.rstrip('/')}/api/v1/autorecovery/list_under_replicated_ledger"
    try:
        return parse_underreplicated(await _get(client, path), place(path))
    except SourceError:
        return None


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    # "there are none" is a 404 with a sentence
    accepted = frozenset({200, 404})
    _, body = await get(
        client, url, timeout=TIMEOUT, deadline=TIMEOUT, hint=_HINT, accept_status=accepted
    )
    return body
