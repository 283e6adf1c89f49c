"""Client of one NATS server's monitoring port.  The only module that knows its paths.

Every answer is read-only for the server, and none asks for what is secret: ``/connz`` with
``auth=1`` would name accounts and users, and add the JWTs they logged in with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

import httpx

from arcwatch.errors import SourceError
from arcwatch.model.nats import (
    NatsClosed,
    NatsConnections,
    NatsHealth,
    NatsInterest,
    NatsJetStream,
    NatsOpened,
    NatsServer,
)
from arcwatch.model.nats_links import NatsAccounts, NatsLinks
from arcwatch.notation.subjects import is_literal
from arcwatch.sources.net.http import BODY_LIMIT, get
from arcwatch.sources.net.http_errors import place
from arcwatch.wire.nats_accounts import parse_accstatz
from arcwatch.wire.nats_connz import merge_connz, parse_closed, parse_connz_page, parse_opened
from arcwatch.wire.nats_jetstream import led_by, merge_jsz, parse_jsz
from arcwatch.wire.nats_json import HINT
from arcwatch.wire.nats_links import merge_links, parse_gatewayz, parse_leafz, parse_routez
from arcwatch.wire.nats_monitor import parse_healthz, parse_varz
from arcwatch.wire.nats_subsz import parse_interest, parse_subscription_count

T = TypeVar("T")

CONNECTIONS_PAGE = 1024
"""Rows asked for at once, the server's own default: about 600 KiB, 4 ms to read."""
CONNECTIONS_LIMIT = 10_000
"""Rows read at most; ``NatsConnections.total`` counts the rest."""
MOST_WALKED = 50_000
"""Subscriptions of a server that is asked for those of a subject: it walks through all of them."""
MOST_LISTED = 10_000
"""Subscriptions that are read, and looked through where a subject has wildcards."""
CLOSED_LIMIT = 256
"""Closed connections read; the server remembers 10,000 and sorts them all each time."""
ACCOUNTS_PAGE = 1024
"""Accounts asked for at once.  The server walks all of its streams for every page."""
ACCOUNTS_LIMIT = 16 * ACCOUNTS_PAGE
"""Accounts read at most."""
_LIMITS = {"/varz": 4 << 20, "/healthz": 1 << 20}
"""Bytes of the answers that do not grow with what a server has to do; usually some kilobytes."""

Query: TypeAlias = Mapping[str, str | int]

OK = frozenset({200})
"""Statuses that are an answer, of most paths."""

_JSZ = {"accounts": 1, "streams": 1, "consumers": 1, "config": 1}


class NatsMonitor:
    """One server's monitoring endpoint.

    Args:
        url: ``http://HOST:PORT``, with the server's ``http_base_path`` if it has one.
        timeout: Seconds of silence that end an attempt.
        limit: Bytes beyond which one answer is refused.
    """

    def __init__(
        self, url: str, client: httpx.AsyncClient, *, timeout: float = 5.0, limit: int = BODY_LIMIT
    ) -> None:
        self.url = url.rstrip("/")
        self._client, self._timeout, self._limit = client, timeout, limit
        self._last: NatsServer | None = None

    async def varz(self) -> NatsServer:
        """The server itself: identity, start and counters."""
        self._last = await self._read("/varz", parse_varz)
        return self._last

    async def healthz(self) -> NatsHealth:
        """Whether the server reports itself ready.

        A server that is not logs a warning at each call, so ask rarely.
        """
        answer = await self._get_if_there("/healthz", accept=frozenset({200, 500, 503}))
        if answer is None:
            return NatsHealth(None, "this version has no /healthz")
        where, status, body = answer
        return parse_healthz(status, body, where)

    async def connections(
        self, *, page: int = CONNECTIONS_PAGE, limit: int = CONNECTIONS_LIMIT
    ) -> NatsConnections:
        """The open connections, at most ``limit``, fetched in pages of ``page``."""
        pages: list[NatsConnections] = []
        for offset in range(0, limit, page):
            asked = min(page, limit - offset)
            query: Query = {"state": "open", "sort": "cid", "limit": asked, "offset": offset}
            pages.append(await self._read("/connz", parse_connz_page, query))
            if len(pages[-1].connections) < asked:
                break
        return merge_connz(pages)

    async def connection(self, cid: int) -> NatsOpened:
        """One connection with its subscriptions; available for a while after it has closed."""
        where, _, body = await self._get("/connz", {"cid": cid, "state": "all", "subs": "detail"})
        return parse_opened(cid, body, where)

    async def interest(self, subject: str) -> NatsInterest:
        """Who receives messages of a subject, on this server.

        The server walks through all its subscriptions for one answer: one with too many is not
        asked.

        Raises:
            SourceError: No answer, or too many subscriptions.
        """
        where, _, body = await self._get("/subsz")
        count = parse_subscription_count(body, where)
        literal = is_literal(subject)
        if count > (MOST_WALKED if literal else MOST_LISTED):
            raise SourceError(f"not asked for one of its {count:,} subscriptions", where=where)
        test: Query = {"test": subject} if literal else {}
        where, _, body = await self._get("/subsz", {"subs": 1, "limit": MOST_LISTED, **test})
        return parse_interest(subject, body, where)

    async def closed(self, *, limit: int = CLOSED_LIMIT) -> NatsClosed:
        """The most recently closed connections, at most ``limit``."""
        query: Query = {"state": "closed", "sort": "stop", "limit": limit}
        return await self._read("/connz", parse_closed, query)

    async def jetstream(self, *, page: int = ACCOUNTS_PAGE) -> NatsJetStream:
        """The streams and consumers that this server leads; none if JetStream is off."""
        pages: list[NatsJetStream] = []
        for offset in range(0, ACCOUNTS_LIMIT, page):
            query = _JSZ | {"limit": page, "offset": offset}
            read = await self._read_if_there("/jsz", parse_jsz, query)
            if read is None:
                server = self._last or await self.varz()
                return NatsJetStream(server.server_id, server.now, ())
            pages.append(read)
            if pages[-1].accounts <= offset + page:
                break
        report = merge_jsz(pages)
        # The answer names leaders, and not the server that gives it.
        known = self._last if self._last and self._last.server_id == report.server_id else None
        return led_by((known or await self.varz()).server_name, report)

    async def links(self) -> NatsLinks:
        """Its links to other servers; kinds of link that it does not have are not polled."""
        server = self._last or await self.varz()
        requests = (
            (server.routes, "/routez", parse_routez),
            (server.gateways, "/gatewayz", parse_gatewayz),
            (server.leafnodes, "/leafz", parse_leafz),
        )
        answers = []
        for count, path, parse in requests:
            if count and (answer := await self._read_if_there(path, parse)):
                answers.append(answer)
        return merge_links(answers, server.server_id)

    async def accounts(self) -> NatsAccounts:
        """The traffic of each account, with or without open connections."""
        answer = await self._get_if_there("/accstatz", {"unused": 1})
        if answer is None:
            server = self._last or await self.varz()
            return NatsAccounts(server.server_id, server.now, ())
        where, _, body = answer
        return parse_accstatz(body, where)

    async def _get_if_there(
        self, path: str, query: Query | None = None, accept: frozenset[int] = OK
    ) -> tuple[str, int, bytes] | None:
        """As :meth:`_get`, for an endpoint missing in some versions; None if it is missing.

        ``/jsz`` came with 2.2, ``/accstatz`` with 2.7 and ``/healthz`` between them.  A place that
        does not answer ``/varz`` either is no monitoring port, and raises.
        """
        where, status, body = await self._get(path, query, accept | {404})
        if status != 404:
            return where, status, body
        if self._last is None:
            await self.varz()
        return None

    async def _read(
        self, path: str, parse: Callable[[bytes, str], T], query: Query | None = None
    ) -> T:
        """Parse an answer and release its bytes."""
        where, _, body = await self._get(path, query)
        return parse(body, where)

    async def _read_if_there(
        self, path: str, parse: Callable[[bytes, str], T], query: Query | None = None
    ) -> T | None:
        answer = await self._get_if_there(path, query)
        return None if answer is None else parse(answer[2], answer[0])

    async def _get(
        self, path: str, query: Query | None = None, accept: frozenset[int] = OK
    ) -> tuple[str, int, bytes]:
        asked = f"?{httpx.QueryParams(query)}" if query else ""
        status, body = await get(
            self._client,
            self.url + path + asked,
            timeout=self._timeout,
            limit=min(self._limit, _LIMITS.get(path, BODY_LIMIT)),
            hint=HINT,
            accept_status=accept,
        )
        return place(self.url + path), status, body
