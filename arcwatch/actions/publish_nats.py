"""Publishes copies to NATS subjects, with JetStream's acknowledgement where a stream keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from nats.errors import Error

from arcwatch.errors import SourceError
from arcwatch.runtime.cancellation import cancellable
from arcwatch.text.control_characters import printable
from arcwatch.wire.nats_protocol import Delivery, read_headers

from .publishing import PATIENCE, WAITING, PublishWindow, Totals
from .replay_copy import Copy, as_headers


class _Refusal(msgspec.Struct):
    description: str = "refused"


class _Answer(msgspec.Struct):
    """``JSPubAckResponse`` of nats-server."""

    error: _Refusal | None = None
    stream: str = ""


_answer = msgspec.json.Decoder(_Answer)


class Connection(Protocol):
    """A connection with listeners, whose client can publish."""

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

    def add(self, listener: Any) -> None:
        """Register a listener for lost connections."""

    def remove(self, listener: Any) -> None:
        """Remove a listener."""


class NatsPublisher:
    """Publishes to one subject."""

    def __init__(self, connection: Connection, subject: str, *, acknowledges: bool) -> None:
        self._connection, self._subject = connection, subject
        self.acknowledges = acknowledges
        self.totals = Totals()
        self._window = PublishWindow()
        self._inbox, self._sid = "", b""
        self._lost = ""
        connection.add(self)

    async def publish(self, copy: Copy) -> None:
        """Publish one; see :class:`.publishing.Publisher`.

        Raises:
            SourceError: The connection is lost, or the stream sends no acknowledgements.
        """
        pairs, dropped = as_headers(copy)
        if not self.acknowledges and len(self._window.waiting) >= WAITING // 2:
            await self._pass()
        number = await self._enter(copy.origin)
        reply = f"{self._inbox}.{number}" if self.acknowledges else ""
        # the library takes one value a name
        headers: dict[str, str] = {}
        for name, value in pairs:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        self.totals.published += 1
        try:
            publishing = self._connection.client.publish(self._subject, copy.body, reply, headers)
            await cancellable(publishing)
        except (Error, OSError, ValueError) as error:
            if self._window.leave(number):
                self.totals.fail(printable(str(error), limit=200) or type(error).__name__)
            return
        self.totals.dropped += dropped

    async def settle(self) -> None:
        """Nothing: one connection keeps their order."""

    async def finish(self) -> None:
        """Wait for what is under way; see :class:`.publishing.Publisher`."""
        await self._pass()
        if not await self._window.empty():
            self.totals.lose(self._window.give_up())
        self._connection.remove(self)
        if self._sid:
            self._connection.unsubscribe(self._sid)
            self._sid = b""

    def connected(self) -> None:
        """Nothing: what was under way when the connection was lost stays unknown."""

    def lost(self, why: str) -> None:
        """Stop publishing: outstanding acknowledgements will never arrive."""
        self._lost = self._lost or why
        self.totals.lose(self._window.give_up())

    def refused(self, subject: str, why: str) -> None:
        """Do nothing: the missing acknowledgement is reported."""

    def harmed(self, why: str) -> None:
        """Nothing: publishing waits for answers."""

    async def _enter(self, origin: str) -> int:
        self._raise_lost()
        if self.acknowledges and not self._sid:
            self._inbox = self._connection.new_inbox()
            self._sid = self._connection.subscribe(f"{self._inbox}.*", self._answered)
        try:
            number = await self._window.enter(origin)
        except TimeoutError as error:
            raise SourceError(
                "the stream sends no acknowledgements", where=self._subject
            ) from error
        try:
            self._raise_lost()
        except SourceError:
            # lost while this one waited for room: it was never sent
            self._window.leave(number)
            raise
        return number

    async def _pass(self) -> None:
        """What a server has that acknowledges nothing, it has once it answers a ping."""
        waiting = [*self._window.waiting]
        while not self.acknowledges and self._connection.client.is_connected:
            if await self._connection.reached(PATIENCE):
                for number in waiting:
                    self._window.leave(number)
                return

    def _raise_lost(self) -> None:
        # the library would keep it, and send it once it is back
        if self._lost or not self._connection.client.is_connected:
            raise SourceError("the connection was lost", where=self._subject, why=self._lost)

    def _answered(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            number = delivery.subject.rpartition(b".")[2]
            is_ours = number.isdigit() and len(number) < 20
            if not (is_ours and self._window.leave(int(number))):
                continue
            if status := read_headers(delivery.head).status:
                self.totals.fail(printable(status, limit=100))
            elif why := _refusal(delivery.body):
                self.totals.fail(why)
            else:
                self.totals.acknowledged += 1


def _refusal(body: bytes) -> str:
    try:
        answer = _answer.decode(body)
    except msgspec.DecodeError:
        return "not an answer from JetStream"
    if answer.error:
        return printable(answer.error.description, limit=200)
    return "" if answer.stream else "not an answer from JetStream"
