"""One connection to NATS that subscribes and sends requests, reconnecting until closed.

The client library connects, logs in, pings and comes back; reading messages is ours, see
:mod:`arcwatch.wire.nats_protocol`.  Its private names that this and :mod:`.nats_login` take are
``_ps``, ``_transport``, ``_process_msg``, ``_process_info``, ``_process_connect_init``,
``_process_op_err``, ``_close``, ``_err``, ``_server_pool``, ``_pongs``, ``_flush_pending``,
``_auth_configured`` and ``_public_nkey``; tests hold them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.errors import Error, ProtocolError
from nats.protocol.parser import Parser

from arcwatch import __version__
from arcwatch.config.credentials import ANONYMOUS, JETSTREAM, NatsCredentials
from arcwatch.errors import ArcwatchError, NotThereError, SourceError
from arcwatch.notation.own_names import CONNECTION
from arcwatch.notation.server_url import shown
from arcwatch.notation.versions import series
from arcwatch.runtime.boundary import boundary, guarded
from arcwatch.runtime.cancellation import cancellable
from arcwatch.sources.net.wrong_port import recognized
from arcwatch.text.control_characters import printable
from arcwatch.wire.nats_protocol import Delivery, Scanner

from .login import NatsLogin, why_lost

CLOSING = 0.3
"""Seconds that the goodbye to a server may take; one that does not read is left without."""
ROUND_TRIP = 10.0
"""Seconds for a server to answer a PING, after all that it was sent before."""
RETRY = 2.0
"""Seconds between two attempts to come back."""
PING = 15
"""Seconds; a connection that answers two pings no more is given up and made anew."""
MOST_SERVERS = 1_000
"""Servers of a cluster that are remembered."""
LONGEST_URL = 300
"""Characters: a host's name has at most 253."""
ASK_AGAIN = 0.1
"""Seconds without another answer after which a request is sent again."""
MOST_ANSWERS = 4_096
"""Answers to one request that wait to be looked at."""

Deliver = Callable[[list[Delivery]], None]

_VIOLATION = re.compile(r"(?i)permissions violation for subscription to \"([^\"]+)\"")

logging.getLogger("nats").addHandler(logging.NullHandler())
logging.getLogger("nats").propagate = False
# how the library upgrades a connection to TLS makes asyncio warn at its end, on the terminal
logging.getLogger("asyncio").setLevel(logging.ERROR)


def own_name() -> str:
    """The name of our connections, which distinguishes them from all others."""
    return f"{CONNECTION}{__version__}@{socket.gethostname()}"


class Listener:
    """Callbacks of one user of the connection; every method may be overridden."""

    def connected(self) -> None:
        """A new connection is up: earlier subscriptions are gone."""

    def lost(self, why: str) -> None:
        """There is no connection; another attempt follows."""

    def refused(self, subject: str, why: str) -> None:
        """A subscription was denied."""

    def harmed(self, why: str) -> None:
        """The server, or publishers, are slowed down by our connection."""


class NatsConnection:
    """A connection, maintained until it is closed.

    Args:
        url: ``nats://…``, several with commas.

    Attributes:
        connects: How often it was connected: another number than before is another connection.
    """

    def __init__(self, url: str, who: NatsCredentials = ANONYMOUS) -> None:
        self.url, self._who = url, who
        self._client: Client | None = None
        self._listeners: list[Listener] = []
        self._routes: dict[bytes, Deliver] = {}
        self._sids = (f"a{number}".encode() for number in itertools.count(1))
        self._task: asyncio.Task[None] | None = None
        self._error = ""
        self._contact = 0
        self.connects = 0

    @property
    def last_contact(self) -> int:
        """Time of the last data from the server, nanoseconds since the epoch; 0 before."""
        return self._contact

    @property
    def is_connected(self) -> bool:
        """Whether a server is connected."""
        return self._client is not None and bool(self._client.is_connected)

    @property
    def where(self) -> str:
        """The server's address without secrets."""
        return shown(self.url)

    @property
    def client(self) -> Client:
        """The nats-py client, for users that may publish."""
        assert self._client is not None, "there is one once this is connected"
        return self._client

    @property
    def client_id(self) -> int | None:
        """The server's id of this connection: ``cid`` in its ``/connz``."""
        return self._client.client_id if self._client and self.is_connected else None

    @property
    def server_id(self) -> str:
        """The id of the connected server."""
        info: dict[str, Any] = self._client._server_info if self._client else {}
        return str(info.get("server_id", ""))

    def is_before(self, major: int, minor: int) -> bool:
        """Whether the connected server is older than a version; False if it does not report one."""
        info: dict[str, Any] = self._client._server_info if self._client else {}
        found = series(str(info.get("version", "")))
        return found is not None and found < (major, minor)

    @property
    def domain(self) -> str:
        """The configured JetStream domain; empty is the server's own."""
        return self._who.jetstream_domain

    @property
    def asks_elsewhere(self) -> bool:
        """Whether JetStream's API has a prefix other than the server's own."""
        return self._who.jetstream != JETSTREAM

    def jetstream(self, question: str) -> str:
        """The subject of a JetStream API request such as ``STREAM.INFO.ORDERS``."""
        return f"{self._who.jetstream}.{question}"

    def open(self) -> None:
        """Start connecting; listeners are notified of the outcome."""
        self._task = asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        """Close the connection."""
        while self._task and not self._task.done():
            # between two attempts to connect, the library swallows being cancelled
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.1)
        if self._client:
            await _closed(self._client)

    def add(self, listener: Listener) -> None:
        """Add a listener and notify it of the current state."""
        self._listeners.append(listener)
        if self.is_connected:
            listener.connected()
        elif self._error:
            listener.lost(self._error)

    def remove(self, listener: Listener) -> None:
        """Remove a listener."""
        self._listeners.remove(listener)

    def harmed(self, why: str) -> None:
        """Notify all listeners that their subscriptions do harm."""
        for listener in tuple(self._listeners):
            listener.harmed(why)

    def subscribe(self, subject: str, deliver: Deliver, most: int = 0) -> bytes:
        """Subscribe to a subject.

        Args:
            deliver: Takes them, in batches; it must be quick.
            most: After so many the server stops by itself; 0 is never.

        Returns:
            The subscription's number.
        """
        sid = next(self._sids)
        self._routes[sid] = deliver
        end = b"UNSUB %s %d\r\n" % (sid, most) if most else b""
        self._write(b"SUB %s %s\r\n%s" % (subject.encode(), sid, end))
        return sid

    def limit(self, sid: bytes, most: int) -> None:
        """Set the number of messages, from the first, after which the server unsubscribes us."""
        self._write(b"UNSUB %s %d\r\n" % (sid, most))

    def unsubscribe(self, sid: bytes) -> None:
        """Unsubscribe; messages still in flight are not delivered."""
        if self._routes.pop(sid, None):
            self._write(b"UNSUB %s\r\n" % sid)

    def request(self, subject: str, reply: str, body: bytes) -> None:
        """Publish a request whose replies go to an existing subscription."""
        head = b"PUB %s %s %d\r\n" % (subject.encode(), reply.encode(), len(body))
        self._write(head + body + b"\r\n")

    def new_inbox(self) -> str:
        """A unique reply subject."""
        assert self._client is not None, "there is a client once something is subscribed to"
        return str(self._client.new_inbox())

    async def reached(self, timeout: float = ROUND_TRIP) -> bool:
        """Wait until the server has processed all earlier commands; False if unknown.

        The library's ``flush`` and ``rtt`` send their PING ahead of what it still holds back.
        And where they are cancelled or time out, the PONG that comes after all ends its read loop.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._answered_ping()
        except TimeoutError:
            return False

    async def _answered_ping(self) -> bool:
        client = self._client
        if client is not None and client._pending:
            await cancellable(client._flush_pending(force_flush=True))
        if client is None or not client.is_connected:
            return False
        pong: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        client._pongs.append(pong)
        self._write(b"PING\r\n")
        # `wait` leaves the future alone when it ends early
        await asyncio.wait([pong])
        return True

    async def ask(self, subject: str, body: bytes, *, timeout: float = 5.0) -> bytes:
        """Send one request and return one reply."""
        from nats.errors import NoRespondersError

        if self._client is None or not self.is_connected:
            raise SourceError("not connected", where=self.where, why=self._error)
        try:
            answer = await cancellable(self._client.request(subject, body, timeout=timeout))
            return bytes(answer.data)
        except NoRespondersError as error:
            raise NotThereError("no responders", where=subject) from error
        except (Error, OSError, TimeoutError) as error:
            why = why_lost(error, self._who)
            raise SourceError("no answer", where=subject, why=why) from error

    async def ask_for(
        self, subject: str, body: bytes, meant: Callable[[bytes], bool], *, timeout: float = 5.0
    ) -> bytes:
        """Send a request that many servers receive and return the reply addressed to us.

        In a cluster, and across a leaf node, servers that know nothing of us answer as well, and
        often first (``server/events.go``, ``$SYS.REQ.USER.INFO``).

        Args:
            body: Its JSON.
            timeout: Seconds until it must be here.
        """
        if not self.is_connected:
            raise SourceError("not connected", where=self.where, why=self._error)
        answers: asyncio.Queue[Delivery] = asyncio.Queue()

        def deliver(batch: Sequence[Delivery]) -> None:
            for one in batch[: MOST_ANSWERS - answers.qsize()]:
                answers.put_nowait(one)

        inbox = self.new_inbox()
        sid = self.subscribe(inbox, deliver)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    self.request(subject, inbox, body)
                    if (answer := await _first(answers, meant)) is not None:
                        break
        except TimeoutError as error:
            raise SourceError("no answer", where=subject, why=self._error) from error
        finally:
            self.unsubscribe(sid)
        # one without a body is "no responders"
        if not answer.body:
            raise NotThereError("no responders", where=subject)
        return bytes(answer.body)

    def _write(self, command: bytes) -> None:
        """Send if connected; otherwise the next connection notifies the listeners."""
        transport = self._client._transport if self._client and self.is_connected else None
        if transport is not None:
            transport.write(command)

    async def _keep(self) -> None:
        while True:
            closed = asyncio.Event()
            try:
                await self._connect(closed)
                self._notify_connected()
                await closed.wait()
            except (Error, OSError, ValueError, ImportError, ArcwatchError) as error:
                self._notify_lost(why_lost(error, self._who))
            await asyncio.sleep(RETRY)

    async def _connect(self, closed: asyncio.Event) -> None:
        client = self._client = _Client()
        reader = client._ps = _Reader(client, self)

        async def lost() -> None:
            why = why_lost(client.last_error, self._who, client._server_info)
            # the library forgets what its parser raised
            self._notify_lost(reader.broken or why)

        async def on_reconnect() -> None:
            self._notify_connected()

        async def failed(error: Exception) -> None:
            # of each attempt; what it logs by itself would be a traceback for each
            if not self.is_connected:
                self._notify_lost(why_lost(error, self._who, client._server_info))

        async def ended() -> None:
            closed.set()

        login = NatsLogin(self._who, self.url, client)
        await client.connect(
            self.url.split(","),
            **login.options(),
            name=own_name(),
            error_cb=failed,
            disconnected_cb=lost,
            reconnected_cb=on_reconnect,
            closed_cb=ended,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RETRY,  # type: ignore[arg-type]  # any number of seconds
            ping_interval=PING,
            connect_timeout=5,
        )
        try:
            login.check_encrypted()
        except Error:
            await client.close()
            raise

    def _notify_connected(self) -> None:
        self._error = ""
        # the server's first PONG is read by the library itself
        self._contact = time.time_ns()
        self.connects += 1
        self._routes.clear()
        for listener in tuple(self._listeners):
            listener.connected()

    def _notify_lost(self, why: str) -> None:
        self._error = why
        for listener in tuple(self._listeners):
            listener.lost(why)

    def _deliver(self, messages: Sequence[Delivery]) -> list[Delivery]:
        """Deliver our messages, and return what the client library asked for."""
        batches: dict[bytes, list[Delivery]] = {}
        for message in messages:
            batches.setdefault(message.sid, []).append(message)
        others = []
        for sid, batch in batches.items():
            if deliver := self._routes.get(sid):
                # the library would read nothing more of a connection on which this raised
                guarded(partial(deliver, batch), _dropped, "a message could not be processed")
            elif sid.isdigit():
                others += batch
        return others

    def _handle_error(self, line: bytes) -> None:
        text = printable(line[4:].decode("utf-8", "replace").strip().strip("'"), limit=300)
        if found := _VIOLATION.search(text):
            for listener in tuple(self._listeners):
                listener.refused(found[1], text)


@contextlib.asynccontextmanager
async def listening(connection: NatsConnection, listener: Listener) -> AsyncIterator[None]:
    """Keep a connection open that has one listener."""
    connection.add(listener)
    connection.open()
    try:
        yield
    finally:
        await connection.close()


def _dropped(error: ArcwatchError) -> None:
    """Do nothing: readers count messages themselves."""


async def _closed(client: Client) -> None:
    """Close the library's client without waiting for a server that does not read."""
    closing = asyncio.create_task(client.close())
    try:
        await asyncio.wait([closing], timeout=CLOSING)
    finally:
        if not closing.done():
            # what it waits for is that the server takes what was written
            writer = getattr(client._transport, "_io_writer", None)
            if writer is not None:
                writer.transport.abort()
            closing.cancel()


class _Client(Client):
    """The library's client, with validation of the server's ``INFO``.

    What else is raised while it connects would end its attempts for good, and leave a connection
    that never comes back and says nothing.
    """

    async def _process_connect_init(self) -> None:
        transport, lines = self._transport, list[bytes]()
        assert transport is not None, "it is there once there is a connection"
        read = transport.readline

        async def noted() -> bytes:
            lines.append(await read())
            return lines[-1]

        transport.readline = noted  # type: ignore[method-assign]  # nothing else sees what came
        # what another server said before says nothing of this one
        self._server_info = {}
        try:
            await super()._process_connect_init()
        except (OSError, TimeoutError):
            raise
        except Exception as error:
            # the library fails in any way at a greeting that is not NATS's
            if not isinstance(self._server_info, dict):
                self._server_info = {}
            if isinstance(error, Error) and self._server_info:
                # it did greet, and refuses us
                raise
            raise NotNatsError(_about_greeting(error, *lines[:1])) from error

    async def _process_info(self, info: Any, initial_connection: bool = False) -> None:
        if not isinstance(info, dict):
            raise NotNatsError("its INFO is not an object")
        await super()._process_info(self._usable(info), initial_connection)

    async def _process_op_err(self, e: Exception) -> None:
        if isinstance(e, ProtocolError):
            # It would come back at once, over and over, to a server that says the same again: a
            # new client comes back after a pause.
            self._err = e
            self._ending = asyncio.create_task(self._close(Client.CLOSED, True))
            return
        await super()._process_op_err(e)

    def _usable(self, info: dict[str, Any]) -> dict[str, Any]:
        """``info`` with a bounded number of its other servers' valid addresses."""
        urls = info.get("connect_urls")
        room = max(0, MOST_SERVERS - len(self._server_pool))
        if not isinstance(urls, list):
            return info | {"connect_urls": []}
        usable = [url for url in urls if isinstance(url, str) and _is_address(url)]
        return info | {"connect_urls": usable[:room]}


def _is_address(url: str) -> bool:
    """Whether this is a valid ``HOST:PORT``."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(f"nats://{url}")
        return len(url) < LONGEST_URL and bool(parts.hostname) and parts.port is not None
    return False


class NotNatsError(ProtocolError):
    """The other end is not a nats-server; unlike the library's errors, the text explains why."""

    def __str__(self) -> str:
        return str(self.args[0])


def _about_greeting(error: Exception, line: bytes | None = None) -> str:
    if line is None:
        why = "a line that does not end" if type(error) is ValueError else "invalid INFO"
    elif not line:
        why = "it closed the connection"
    elif b"INFO" in line:
        why = "invalid INFO"
    else:
        speaks = recognized(line)
        begins = printable(repr(line[:16].rstrip())[1:])
        why = f"this is {speaks}" if speaks else f"it begins with {begins}"
    return f"no greeting from nats-server: {why}; is this the NATS client port?"


async def _first(
    answers: asyncio.Queue[Delivery], meant: Callable[[bytes], bool]
) -> Delivery | None:
    """The first reply that matches, or "no responders"; None if only others arrived.

    A server may let only one answer through to an account's user, from any server (2.11.4 does):
    the request is then to be sent again.
    """
    answer = await answers.get()
    while answer.body and not meant(bytes(answer.body)):
        try:
            async with asyncio.timeout(ASK_AGAIN):
                answer = await answers.get()
        except TimeoutError:
            return None
    return answer


class _Reader(Parser):
    """Parses many messages at a time; everything else is left to the library."""

    def __init__(self, client: Client, connection: NatsConnection) -> None:
        self._scanner = Scanner()
        self._connection = connection
        self.broken = ""
        """Why what came cannot be read; empty while it can."""
        super().__init__(client)

    def reset(self) -> None:
        super().reset()
        self._scanner.reset()

    async def parse(self, data: bytes = b"") -> None:
        self._connection._contact = time.time_ns()
        try:
            with boundary("data from the server could not be read", self._connection.where):
                messages, lines = self._scanner.feed(data)
        except SourceError as error:
            self.broken = error.headline
            raise NotNatsError(error.headline) from error
        self.broken = ""
        client: Client = self.nc
        for other in self._connection._deliver(messages):
            reply, head = other.reply or b"", other.head
            await client._process_msg(int(other.sid), other.subject, reply, other.body, head)
        for line in lines:
            if line.startswith(b"-ERR"):
                self._connection._handle_error(line)
            await self._handle_line(line)
        if lines:
            # what is there already is read without a pause, and a flood would leave nobody one
            await asyncio.sleep(0)

    async def _handle_line(self, line: bytes) -> None:
        try:
            await super().parse(line)
        except (Error, OSError):
            raise
        except Exception as error:
            # the library would stop reading, and leave a connection that brings nothing
            self.broken = "not the NATS protocol: unknown command"
            raise NotNatsError(self.broken) from error
