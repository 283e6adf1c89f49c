"""Choose how nats-servers are polled: over monitoring ports or over the client port."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from arcwatch.config.credentials import JETSTREAM
from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, SourceError

from .connection import Listener, NatsConnection
from .greeting import greetings
from .monitor import NatsMonitor
from .system_account import Elsewhere, NatsShut, SystemServers

PROBE = 1.0
"""Seconds for a monitoring port that nobody named to show that it is there."""
LOGIN = 3.0
"""Seconds for the client port to let us in, before the monitoring ports are waited for."""

_UNHEARD = "not permitted to request $SYS.REQ.SERVER.PING.STATSZ, nor $SYS.REQ.ACCOUNT.PING.STATZ"
_NOT_LISTENING = "nothing is listening there"


class NatsEntrance:
    """Discovers how to poll the servers of one context.

    A monitoring port that the user named is asked, whatever it answers.  One that is only where
    it usually is must answer; else the client port is tried, as the system account or as
    whoever logs in.  Where that leads nowhere either, both are tried again each time.
    """

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._elsewhere, self._is_open_elsewhere = _connection(settings), False
        self._monitors = self._of_ports(client)
        guessed = settings.origins.get("nats_monitor", "").startswith(("beside ", "default"))
        self._by_monitor = not (self._monitors and guessed and settings.nats)
        self._client = client
        self._connection: NatsConnection | None = None
        self._servers: SystemServers | None = None
        self._arrival: _LoginOutcome | None = None

    def _of_ports(self, client: httpx.AsyncClient) -> Sequence[NatsMonitor]:
        urls = self._settings.nats_monitors
        if self._settings.nats_credentials.jetstream == JETSTREAM:
            return [NatsMonitor(url, client) for url in urls]
        return [
            Elsewhere(url, client, self._elsewhere, reports_streams=url == urls[0]) for url in urls
        ]

    async def servers(self) -> Sequence[NatsMonitor]:
        """The servers known by now; more may join."""
        if not self._by_monitor and not self._is_in and await self._any_port_answers():
            self._by_monitor = True
            await self.aclose()
        if self._by_monitor:
            await self._open_elsewhere()
            return self._monitors
        return await self._over_client_port() or self._monitors

    async def aclose(self) -> None:
        """Close all connections."""
        if self._elsewhere and self._is_open_elsewhere:
            self._is_open_elsewhere = False
            await self._elsewhere.close()
        if self._connection:
            await self._connection.close()
            self._connection = None

    async def _open_elsewhere(self) -> None:
        if self._elsewhere is None or self._is_open_elsewhere:
            return
        self._is_open_elsewhere = True
        arrival = _LoginOutcome()
        self._elsewhere.add(arrival)
        self._elsewhere.open()
        await arrival.outcome()

    @property
    def _is_in(self) -> bool:
        return self._servers is not None and bool(self._servers.known)

    async def _over_client_port(self) -> Sequence[NatsMonitor]:
        assert self._settings.nats is not None, "else its monitoring ports are all there is"
        if self._connection is None:
            self._arrival = _LoginOutcome()
            self._connection = NatsConnection(self._settings.nats, self._settings.nats_credentials)
            self._connection.add(self._arrival)
            self._connection.open()
            self._servers = SystemServers(self._connection)
        assert self._servers is not None, "made together"
        assert self._arrival is not None, "made together"
        why = await self._arrival.outcome()
        found = await self._servers.discover() if not why else self._servers.known
        if found or why.endswith(_NOT_LISTENING):
            return found
        return [NatsShut(self._connection.where, why or _UNHEARD)]

    async def _any_port_answers(self) -> bool:
        async def greeted() -> set[str]:
            try:
                async with asyncio.timeout(PROBE):
                    return {one.server_id for one in (await greetings(self._settings)).servers}
            except (TimeoutError, ArcwatchError):
                return set()

        client_port = asyncio.create_task(greeted())

        async def answers(url: str) -> bool:
            try:
                async with asyncio.timeout(PROBE):
                    server = await NatsMonitor(url, self._client, timeout=PROBE).varz()
            except (SourceError, TimeoutError):
                return False
            # beside it may be the monitoring port of another server, which knows nothing of ours
            ids = await client_port
            is_alone = not (server.routes or server.gateways or server.leafnodes)
            return not (ids and is_alone) or server.server_id in ids

        try:
            return any(await asyncio.gather(*map(answers, self._settings.nats_monitors)))
        finally:
            client_port.cancel()


def _connection(settings: Settings) -> NatsConnection | None:
    """A connection to a JetStream that the monitoring ports may not report; None if they do."""
    who = settings.nats_credentials
    if settings.nats is None or who.jetstream == JETSTREAM:
        return None
    return NatsConnection(settings.nats, who)


class _LoginOutcome(Listener):
    """Records whether the login succeeded, or why not."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._why = _NOT_LISTENING

    def connected(self) -> None:
        self._why = ""
        self._changed.set()

    def lost(self, why: str) -> None:
        self._why = why
        self._changed.set()

    async def outcome(self) -> str:
        """Why the login failed; empty if it succeeded."""
        try:
            async with asyncio.timeout(LOGIN):
                await self._changed.wait()
        except TimeoutError:
            return "no answer in time"
        return self._why
