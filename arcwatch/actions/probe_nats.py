"""Probe messages through a nats-server, on subjects that only the probe uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

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
        """Create a subject that only the probe uses."""

    async def reached(self) -> bool:
        """Return once the server has handled everything sent before."""

    def add(self, listener: Any) -> None:
        """Register a listener for connections, the current one included."""

    def remove(self, listener: Any) -> None:
        """Remove a listener."""


def drop(body: bytes) -> None:
    """Discard messages that arrived before any was sent."""


class NatsProbe:
    """Publish and receive, or request and reply, over one connection."""

    def __init__(self, connection: Connection, kind: Literal["publish", "request"]) -> None:
        self.path = f"nats {kind}"
        self._connection = connection
        self._inbox = connection.new_inbox()
        self._subject = connection.new_inbox() if kind == "request" else self._inbox
        self._sids: list[bytes] = []
        self._take: Take = drop

    async def open(self, take: Take) -> None:
        """Subscribe, and wait until the server knows."""
        self._take = take
        self._connection.add(self)
        await self._connection.reached()

    def connected(self) -> None:
        """Subscribe; a connection that was lost took its subscriptions with it."""
        self._sids = [self._connection.subscribe(self._inbox, self._received)]
        if self._subject != self._inbox:
            self._sids.append(self._connection.subscribe(self._subject, self._answer))

    def lost(self, why: str) -> None:
        """Do nothing: messages sent meanwhile do not return and count as lost."""

    def refused(self, subject: str, why: str) -> None:
        """Nothing: then all of them are lost."""

    def harmed(self, why: str) -> None:
        """Nothing: the pace is the user's."""

    def send(self, body: bytes) -> None:
        """Send one."""
        self._connection.request(self._subject, self._inbox, body)

    async def close(self) -> None:
        """Leave nothing."""
        self._connection.remove(self)
        for sid in self._sids:
            self._connection.unsubscribe(sid)

    def _received(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._take(delivery.body)

    def _answer(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._connection.request(self._inbox, self._inbox, delivery.body)
