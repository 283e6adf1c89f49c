"""Messages of our own through a nats-server, on subjects that nobody else has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from arcwatch.wire.nats_protocol import Delivery

Take = Callable[[bytes], None]
"""Takes the body of a message that came back, when it comes."""


class Connection(Protocol):
    """A connection that listens and asks."""

    def subscribe(self, subject: str, deliver: Callable[[list[Delivery]], None]) -> bytes:
        """Ask for a subject's messages."""

    def unsubscribe(self, sid: bytes) -> None:
        """Ask for no more of them."""

    def request(self, subject: str, reply: str, body: bytes) -> None:
        """Send a message."""

    def new_inbox(self) -> str:
        """A subject that nobody else has."""

    async def reached(self) -> bool:
        """When the server has done all it was told before."""


class NatsProbe:
    """Publish and receive, or request and reply, over one connection.

    Args:
        connection: Is there already.
        kind: Whether a message comes back by itself, or is answered.
    """

    def __init__(self, connection: Connection, kind: Literal["publish", "request"]) -> None:
        self.path = f"nats {kind}"
        self._connection = connection
        self._inbox = connection.new_inbox()
        self._subject = connection.new_inbox() if kind == "request" else self._inbox
        self._sids: list[bytes] = []

    async def open(self, take: Take) -> None:
        """Subscribe, and wait until the server knows."""

        def came(deliveries: list[Delivery]) -> None:
            for delivery in deliveries:
                take(delivery.body)

        self._sids.append(self._connection.subscribe(self._inbox, came))
        if self._subject != self._inbox:
            self._sids.append(self._connection.subscribe(self._subject, self._answer))
        await self._connection.reached()

    def send(self, body: bytes) -> None:
        """Send one."""
        self._connection.request(self._subject, self._inbox, body)

    async def close(self) -> None:
        """Leave nothing."""
        for sid in self._sids:
            self._connection.unsubscribe(sid)

    def _answer(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._connection.request(self._inbox, self._inbox, delivery.body)
