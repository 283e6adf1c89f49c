"""Publishes copies to NATS subjects, with JetStream's acknowledgement where a stream keeps them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from nats.errors import Error

from arcwatch.cancellation import cancellable
from arcwatch.errors import SourceError
from arcwatch.replayed import Copy, as_headers
from arcwatch.text import printable
from arcwatch.wire.nats_protocol import Delivery, read_headers

from .publishing import PATIENCE, Totals, Window


class _Refusal(msgspec.Struct):
    description: str = "refused"


class _Answer(msgspec.Struct):
    """``JSPubAckResponse`` of nats-server."""

    error: _Refusal | None = None
    stream: str = ""


_answer = msgspec.json.Decoder(_Answer)


class Connection(Protocol):
    """A connection that listens, and whose client can be told to publish."""

    @property
    def client(self) -> Any:
        """nats-py's."""

    def subscribe(self, subject: str, deliver: Callable[[list[Delivery]], None]) -> bytes:
        """Ask for a subject's messages."""

    def unsubscribe(self, sid: bytes) -> None:
        """Ask for no more of them."""

    def new_inbox(self) -> str:
        """A subject for answers."""

    async def reached(self, timeout: float) -> bool:
        """Wait until the server has processed all commands before; False if that is unknown."""


class NatsPublisher:
    """Publishes to one subject.

    Args:
        connection: To publish over.
        subject: Without wildcards.
        acknowledges: Whether a stream keeps what is published there, and says so.
    """

    def __init__(self, connection: Connection, subject: str, *, acknowledges: bool) -> None:
        self._connection, self._subject = connection, subject
        self.acknowledges = acknowledges
        self.totals = Totals()
        self._window = Window()
        self._numbers = itertools.count(1)
        self._inbox, self._sid = "", b""

    async def publish(self, copy: Copy) -> None:
        """Publish one; see :class:`.publishing.Publisher`.

        Raises:
            SourceError: The connection is lost, or the stream acknowledges nothing.
        """
        pairs, dropped = as_headers(copy)
        reply = await self._reply() if self.acknowledges else ""
        # the library takes one value a name
        headers: dict[str, str] = {}
        for name, value in pairs:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        try:
            publishing = self._connection.client.publish(self._subject, copy.body, reply, headers)
            await cancellable(publishing)
        except (Error, OSError, ValueError) as error:
            if reply:
                self._window.leave()
            self.totals.published += 1
            self.totals.fail(_why(error))
            if not self._connection.client.is_connected:
                raise SourceError("not connected", where=self._subject) from error
            return
        self.totals.published += 1
        self.totals.dropped += dropped

    async def settle(self) -> None:
        """Nothing: one connection keeps their order."""

    async def finish(self) -> None:
        """Wait for what is under way; see :class:`.publishing.Publisher`."""
        if not self.acknowledges:
            if not await self._connection.reached(PATIENCE):
                raise SourceError("not connected", where=self._subject)
            return
        if not await self._window.empty():
            for _ in range(self._window.waiting):
                self.totals.fail("no answer in time")
        if self._sid:
            self._connection.unsubscribe(self._sid)
            self._sid = b""

    async def _reply(self) -> str:
        if not self._sid:
            self._inbox = self._connection.new_inbox()
            self._sid = self._connection.subscribe(f"{self._inbox}.*", self._answered)
        try:
            await self._window.enter()
        except TimeoutError as error:
            raise SourceError("the stream acknowledges nothing", where=self._subject) from error
        return f"{self._inbox}.{next(self._numbers)}"

    def _answered(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            if status := read_headers(delivery.head).status:
                self.totals.fail(printable(status, limit=100))
            elif why := _refusal(delivery.body):
                self.totals.fail(why)
            else:
                self.totals.acknowledged += 1
            self._window.leave()


def _refusal(body: bytes) -> str:
    try:
        answer = _answer.decode(body)
    except msgspec.DecodeError:
        return "not what JetStream answers"
    if answer.error:
        return printable(answer.error.description, limit=200)
    return "" if answer.stream else "not what JetStream answers"


def _why(error: BaseException) -> str:
    return printable(str(error), limit=200) or type(error).__name__
