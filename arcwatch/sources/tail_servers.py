"""The connections that the addresses of one context share, made when the first needs them."""

from __future__ import annotations

from arcwatch.config import Settings
from arcwatch.errors import UsageError

from .nats_connection import NatsConnection
from .nats_own_load import OwnLoad


class Servers:
    """What a tail has open.

    Args:
        settings: Where to look.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.context = settings, settings.context
        self._nats: NatsConnection | None = None
        self._load: OwnLoad | None = None

    def nats(self) -> NatsConnection:
        """The connection to NATS.

        Raises:
            UsageError: NATS is left out.
        """
        if self.settings.nats is None:
            raise UsageError("NATS is left out", hint="--nats nats://HOST:4222")
        if self._nats is None:
            self._nats = NatsConnection(self.settings.nats)
            self._nats.open()
        return self._nats

    def watch_load(self) -> None:
        """Tell whoever listens when the server has trouble with us, where it can be asked.

        Raises:
            UsageError: NATS is left out.
        """
        if self._load is None:
            self._load = OwnLoad(self.nats(), self.settings.nats_monitors)
            self._load.open()

    async def close(self) -> None:
        """End all connections."""
        if self._load:
            await self._load.close()
        if self._nats:
            await self._nats.close()
