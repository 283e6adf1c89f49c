"""The connections shared by the addresses of one context, opened on first use."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import httpx

from arcwatch.config.settings import Settings
from arcwatch.errors import UsageError
from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.sources.nats.own_load import OwnLoad
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.web_login import login_of

if TYPE_CHECKING:
    from arcwatch.sources.pulsar.reader import Watch

FRESH = 1.0
"""Seconds for which a check of Pulsar's address holds."""


class Servers:
    """The open connections of a tail."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.context = settings, settings.context
        self._nats: NatsConnection | None = None
        self._load: OwnLoad | None = None
        self._pulsar: tuple[Any, Watch] | None = None
        self._check: asyncio.Task[None] | None = None
        self._checked = -math.inf
        self._http: httpx.AsyncClient | None = None

    def nats(self) -> NatsConnection:
        """The connection to NATS."""
        if self.settings.nats is None:
            self.settings.check_one("nats")
            raise UsageError("NATS is disabled", hint="--nats nats://HOST:4222")
        if self._nats is None:
            self._nats = NatsConnection(self.settings.nats, self.settings.nats_credentials)
            self._nats.open()
        return self._nats

    def watch_load(self) -> None:
        """Notify the listener when the server reports trouble with our connection, if it can."""
        if self._load is None:
            self._load = OwnLoad(
                self.nats(), self.settings.nats_monitors, self.settings.nats_credentials.tls
            )
            self._load.open()

    async def pulsar(self) -> tuple[Any, Watch]:
        """The client of the Pulsar cluster, and the watch over its readers."""
        if self._pulsar is None:
            await self.check_pulsar()
        if self._pulsar is None:
            self._pulsar = self._new_pulsar()
        return self._pulsar

    async def check_pulsar(self) -> None:
        """Return once a Pulsar broker has accepted our login, over a separate connection."""
        from arcwatch.sources.pulsar.handshake import check_brokers

        loop = asyncio.get_running_loop()
        if self._check is None or (self._check.done() and loop.time() > self._checked + FRESH):
            asked = check_brokers(self._pulsar_url, self.settings.pulsar_credentials)
            self._check = loop.create_task(asked)
            self._check.add_done_callback(self._note_check)
        # a hundred partitions that come back share one
        await asyncio.shield(self._check)

    def _note_check(self, check: asyncio.Task[None]) -> None:
        self._checked = check.get_loop().time()
        # the waiting task may have been cancelled
        if not check.cancelled():
            check.exception()

    @property
    def _pulsar_url(self) -> str:
        if self.settings.pulsar is None:
            self.settings.check_one("pulsar")
            raise UsageError("Pulsar is disabled", hint="--pulsar pulsar://HOST:6650")
        return self.settings.pulsar

    def _new_pulsar(self) -> tuple[Any, Watch]:
        # 60 ms that a tail of NATS does without
        from arcwatch.sources.pulsar.reader import Watch, new_client

        client = new_client(self._pulsar_url, self.settings.pulsar_credentials)
        watch = Watch()
        watch.start()
        return client, watch

    def pulsar_admin(self) -> PulsarCluster:
        """The client of Pulsar's admin API.

        Raises:
            UsageError: It is left out: without it, looking at a topic might create it.
        """
        if self.settings.pulsar_admin is None:
            self.settings.check_one("pulsar")
            why = (
                "without it arcwatch cannot check that a topic exists, and reading would create it"
            )
            hint = "--pulsar-admin http://HOST:8080"
            raise UsageError("Pulsar's admin address is disabled", why=why, hint=hint)
        return PulsarCluster(self.settings.pulsar_admin, self.web())

    def web(self) -> httpx.AsyncClient:
        """The HTTP client for Pulsar's brokers, with our credentials."""
        if self._http is None:
            who = self.settings.pulsar_credentials
            self._http = new_client(who.tls, login_of(who))
        return self._http

    async def close(self) -> None:
        """Close all connections."""
        if self._check is not None:
            self._check.cancel()
        if self._pulsar is not None:
            from arcwatch.sources.pulsar.reader import closed

            client, watch = self._pulsar
            watch.end()
            await closed(client)
        if self._http:
            await self._http.aclose()
        if self._load:
            await self._load.close()
        if self._nats:
            await self._nats.close()
