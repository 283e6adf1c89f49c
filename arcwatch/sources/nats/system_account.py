"""Poll nats-servers over the client port, as the system account or an ordinary one.

Everything here is asked, as over the monitoring port, and nothing is subscribed to but answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence

import httpx
import msgspec
from msgspec.structs import replace

from arcwatch.errors import NotThereError, SourceError
from arcwatch.model.nats import NatsHealth, NatsInterest, NatsJetStream, NatsServer
from arcwatch.sources.jetstream.listing import rows_of
from arcwatch.wire.nats_jetstream import parse_jsz
from arcwatch.wire.nats_protocol import Delivery
from arcwatch.wire.nats_system import (
    OWN_QUESTIONS,
    QUESTIONS,
    Envelope,
    Listed,
    accounts_in,
    as_jsz,
    health_status,
    opened,
    options,
    parse_own_account,
    sender,
    stream_name,
)
from arcwatch.wire.nats_user import NatsUser, parse_user

from .connection import NatsConnection
from .monitor import ACCOUNTS_PAGE, OK, NatsMonitor, Query

STALL = 0.3
"""Seconds without one more answer after which no further server is waited for."""
PATIENCE = 1.0
"""Seconds for the first answer."""
UNUSED_TOO = b'{"include_unused": true}'
"""Asks servers for accounts that have no connection there as well."""
ANSWERS_LIMIT = 4_096
"""Servers whose answers are taken; no cluster has as many."""
ANSWERS_BYTES = 256 << 20
"""Bytes of them together."""
_NOT_EVERYWHERE = ("/accstatz", "/healthz")
"""What servers before 2.7 do not answer."""


async def gather(connection: NatsConnection, subject: str, body: bytes = b"") -> list[bytes]:
    """The replies of all servers to one request; empty if not permitted."""
    answers: asyncio.Queue[Delivery] = asyncio.Queue()

    def deliver(batch: Sequence[Delivery]) -> None:
        for one in batch[: ANSWERS_LIMIT - answers.qsize()]:
            answers.put_nowait(one)

    inbox = connection.new_inbox()
    sid = connection.subscribe(inbox, deliver)
    connection.request(subject, inbox, body)
    found: list[bytes] = []
    size = 0
    try:
        while len(found) < ANSWERS_LIMIT and size < ANSWERS_BYTES:
            async with asyncio.timeout(STALL if found else PATIENCE):
                answer = await answers.get()
            # a head without a body is "no responders"
            if not answer.body:
                break
            found.append(bytes(answer.body))
            size += len(answer.body)
    except TimeoutError:
        # nobody else answers
        pass
    finally:
        connection.unsubscribe(sid)
    return found


class NatsShut(NatsMonitor):
    """Servers that reject us everywhere; polling them returns the reason.

    Args:
        url: The client port's, without secrets.
    """

    def __init__(self, url: str, why: str) -> None:
        self.url, self._why = url, why
        self._last: NatsServer | None = None

    async def _get(
        self, path: str, query: Query | None = None, accept: frozenset[int] = OK
    ) -> tuple[str, int, bytes]:
        why, _, hint = self._why.partition("; ")
        more = "or name a monitoring port that is open with --nats-monitor"
        raise SourceError(
            "login refused", where=self.url, why=why, hint=f"{hint or 'log in'}, {more}"
        )


class NatsSystem(NatsMonitor):
    """One server polled through the system account, answering as its monitoring port does.

    Args:
        name: What the server is called, which outlives its restarts.
    """

    def __init__(self, connection: NatsConnection, name: str) -> None:
        self.url = _address(connection, name)
        self._connection, self._name = connection, name
        self._last: NatsServer | None = None

    async def jetstream(self, *, page: int = ACCOUNTS_PAGE) -> NatsJetStream:
        """As the monitoring port reports it; empty for a domain other than the configured one."""
        report = await super().jetstream(page=page)
        if self._connection.domain and report.domain != self._connection.domain:
            return replace(report, streams=(), followed=(), usage=())
        return report

    async def _get(
        self, path: str, query: Query | None = None, accept: frozenset[int] = OK
    ) -> tuple[str, int, bytes]:
        report = json.loads(options(query or {}))
        try:
            answer = await _answered(self._connection, QUESTIONS[path], self._name, report)
        except SourceError:
            if path not in _NOT_EVERYWHERE:
                raise
            # silence of a server that is there is its "not found"
            await self.varz()
            return self.url, 404, b""
        body = bytes(opened(answer, self.url).data)
        status = health_status(body, self.url) if path == "/healthz" else 200
        return self.url, status, body


async def listed(connection: NatsConnection, server: NatsServer) -> NatsJetStream:
    """The streams and consumers that JetStream's API lists for our account, of any leader."""
    subject = connection.jetstream("STREAM.LIST")
    try:
        streams = [one async for one in rows_of(connection, subject)]
    except NotThereError:
        # the account has no JetStream
        streams = []
    consumers: dict[str, list[Listed]] = {}
    for stream in streams:
        name = stream_name(stream)
        of_stream = connection.jetstream(f"CONSUMER.LIST.{name}")
        consumers[name] = [one async for one in rows_of(connection, of_stream)]
    leader = "" if connection.asks_elsewhere else server.server_name
    return parse_jsz(as_jsz(server, streams, consumers, leader=leader), subject)


def no_streams(server: NatsServer) -> bytes:
    """The ``/jsz`` answer of a server without streams."""
    return as_jsz(server, (), {}, leader="")


class Elsewhere(NatsMonitor):
    """A monitoring port whose streams may not be those of the configured JetStream.

    With a domain or a prefix of its own, that is another server's or another account's: its streams
    and consumers are listed by JetStream's API, unless the port reports the same domain.

    Args:
        connection: Ours, to ask JetStream over; None where the client port is left out.
    """

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        connection: NatsConnection | None,
        *,
        reports_streams: bool,
    ) -> None:
        super().__init__(url, client)
        self._connection, self._reports_streams = connection, reports_streams

    async def jetstream(self, *, page: int = ACCOUNTS_PAGE) -> NatsJetStream:
        """The streams and consumers of the configured JetStream."""
        here = await super().jetstream(page=page)
        if self._connection is not None and here.domain and here.domain == self._connection.domain:
            return here
        if not self._reports_streams:
            return replace(here, streams=(), followed=(), usage=())
        if self._connection is None:
            why = "its streams are read over the client port, which is off"
            raise SourceError("a different JetStream than this server's", where=self.url, why=why)
        return await listed(self._connection, self._last or await self.varz())


class NatsOwnAccount(NatsMonitor):
    """One server as our account sees it; the first also reports JetStream."""

    def __init__(self, connection: NatsConnection, name: str, *, reports_streams: bool) -> None:
        self.url = _address(connection, name)
        self._connection, self._name, self._reports_streams = connection, name, reports_streams
        self._last: NatsServer | None = None

    async def varz(self) -> NatsServer:
        """The account's own traffic on this server."""
        report = json.loads(UNUSED_TOO)
        found = await asked(self._connection, OWN_QUESTIONS["/accstatz"], self._name, report)
        self._last = parse_own_account(found, self.url)
        return self._last

    async def interest(self, subject: str) -> NatsInterest:
        """Not for us.

        Raises:
            SourceError: Always: only the system account may ask.
        """
        why = "only users of the system account can see it"
        raise SourceError("subscriptions unknown", where=self.url, why=why)

    async def healthz(self) -> NatsHealth:
        """Always unknown: only the system account may ask."""
        await self.varz()
        return NatsHealth(None, "only users of the system account can see it")

    async def jetstream(self, *, page: int = 0) -> NatsJetStream:
        """The account's streams and consumers, of any leader."""
        server = self._last or await self.varz()
        report = self._reports_streams
        return await listed(self._connection, server) if report else parse_jsz(no_streams(server))

    async def _get(
        self, path: str, query: Query | None = None, accept: frozenset[int] = OK
    ) -> tuple[str, int, bytes]:
        report = json.loads(options(query or {}))
        found = await asked(self._connection, OWN_QUESTIONS[path], self._name, report)
        return self.url, 200, bytes(found.data)


async def asked(
    connection: NatsConnection, subject: str, name: str, report: Mapping[str, object]
) -> Envelope:
    """The reply of the server called ``name``; the others, which also receive it, do not reply."""
    return opened(await _answered(connection, subject, name, report), _address(connection, name))


async def _answered(
    connection: NatsConnection, subject: str, name: str, report: Mapping[str, object]
) -> bytes:
    where = _address(connection, name)
    request = msgspec.json.encode({**report, "server_name": name, "exact_match": True})
    try:
        # before 2.12 there is no ``exact_match``: where n1 is asked, n10 answers as well
        return await connection.ask_for(subject, request, lambda body: _name(body) == name)
    except NotThereError as error:
        why = f"no responders on {subject}: permissions have changed"
        raise SourceError("not permitted", where=where, why=why) from error
    except SourceError as error:
        why = error.why or "no answer in 5 s"
        hint = "it is down, restarting, or has left the cluster"
        raise SourceError("server does not answer", where=where, why=why, hint=hint) from error


class SystemServers:
    """Every server reachable over a connection, polled in the best permitted way.

    All that they report, as the system account; else what the user's own account has there.
    """

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._known: dict[str, NatsMonitor] = {}
        self._own_account = False

    @property
    def known(self) -> list[NatsMonitor]:
        """All servers ever discovered, by name."""
        return [self._known[name] for name in sorted(self._known)]

    async def discover(self) -> list[NatsMonitor]:
        """The known servers and newly joined ones; empty if not permitted."""
        if not self._own_account:
            names = _names(await gather(self._connection, "$SYS.REQ.SERVER.PING.STATSZ"))
            for name in names - self._known.keys():
                self._known[name] = NatsSystem(self._connection, name)
        if not self._known or self._own_account:
            await self._discover_as_account()
        return self.known

    async def _discover_as_account(self) -> None:
        answers = await gather(self._connection, OWN_QUESTIONS["/accstatz"], UNUSED_TOO)
        ours = await self._account() if answers else ""
        names = _names(a for a in answers if not ours or {ours}.issuperset(accounts_in(a)))
        self._own_account = bool(names)
        for name in sorted(names - self._known.keys()):
            first = not self._known
            self._known[name] = NatsOwnAccount(self._connection, name, reports_streams=first)

    async def _account(self) -> str:
        """Our account; empty if the server does not report it.

        Across a leaf node, the servers of the hub answer for the account that it is joined to.
        """
        try:
            return (await own_user(self._connection, timeout=PATIENCE)).account
        except SourceError:
            return ""


async def own_user(connection: NatsConnection, *, timeout: float = 5.0) -> NatsUser:
    """Our identity on the connected server.

    Raises:
        NotThereError: The server is older than 2.10, which has no such question.
    """
    subject, ours = "$SYS.REQ.USER.INFO", connection.server_id
    answer = await connection.ask_for(
        subject, b"", lambda body: sender(body).id == ours, timeout=timeout
    )
    return parse_user(answer, subject)


def _address(connection: NatsConnection, name: str) -> str:
    return f"{connection.where.partition(',')[0]}#{name}"


def _name(answer: bytes) -> str:
    """The name of the server that replied, or its id if it has none."""
    report = sender(answer)
    return report.name or report.id


def _names(answers: Iterable[bytes]) -> set[str]:
    return {name for name in map(_name, answers) if name}
