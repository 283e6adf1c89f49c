"""The connections that the addresses of one context share, made when the first needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from arcwatch.config import Settings
from arcwatch.errors import UsageError

from .broker_login import login_of
from .http import new_client
from .nats_connection import NatsConnection
from .nats_own_load import OwnLoad
from .pulsar import PulsarCluster

if TYPE_CHECKING:
    from .pulsar_reader import Watch


class Servers:
    """What a tail has open.

    Args:
        settings: Where to look.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.context = settings, settings.context
        self._nats: NatsConnection | None = None
        self._load: OwnLoad | None = None
        self._pulsar: tuple[Any, Watch] | None = None
        self._http: httpx.AsyncClient | None = None

    def nats(self) -> NatsConnection:
        """The connection to NATS.

        Raises:
            UsageError: NATS is left out.
        """
        if self.settings.nats is None:
            raise UsageError("NATS is left out", hint="--nats nats://HOST:4222")
        if self._nats is None:
            self._nats = NatsConnection(self.settings.nats, self.settings.nats_credentials)
            self._nats.open()
        return self._nats

    def watch_load(self) -> None:
        """Tell whoever listens when the server has trouble with us, where it can be asked.

        Raises:
            UsageError: NATS is left out.
        """
        if self._load is None:
            self._load = OwnLoad(
                self.nats(), self.settings.nats_monitors, self.settings.nats_credentials.tls
            )
            self._load.open()

    def pulsar(self) -> tuple[Any, Watch]:
        """The client of the Pulsar cluster, and who watches its readers.

        Raises:
            UsageError: Pulsar is left out.
        """
        if self.settings.pulsar is None:
            raise UsageError("Pulsar is left out", hint="--pulsar pulsar://HOST:6650")
        if self._pulsar is None:
            # 60 ms that a tail of NATS does without
            from .pulsar_reader import Watch, new_client

            watch = Watch()
            watch.start()
            self._pulsar = new_client(self.settings.pulsar, self.settings.pulsar_credentials), watch
        return self._pulsar

    def pulsar_admin(self) -> PulsarCluster:
        """Whoever asks its admin API.

        Raises:
            UsageError: It is left out: without it, looking at a topic might create it.
        """
        if self.settings.pulsar_admin is None:
            why = "without it nobody knows whether a topic exists, and reading would create it"
            hint = "--pulsar-admin http://HOST:8080"
            raise UsageError("Pulsar's admin address is left out", why=why, hint=hint)
        return PulsarCluster(self.settings.pulsar_admin, self.web())

    def web(self) -> httpx.AsyncClient:
        """Who asks Pulsar's brokers over HTTP, as whoever we are to them."""
        if self._http is None:
            who = self.settings.pulsar_credentials
            self._http = new_client(who.tls, login_of(who))
        return self._http

    async def close(self) -> None:
        """End all connections."""
        if self._pulsar is not None:
            from .pulsar_reader import closed

            client, watch = self._pulsar
            watch.end()
            await closed(client)
        if self._http:
            await self._http.aclose()
        if self._load:
            await self._load.close()
        if self._nats:
            await self._nats.close()
