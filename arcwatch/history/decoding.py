"""Decode messages with the schemas of their topics, for the verbs, the processes and the screen."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.config.settings import Settings, load
from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Decoded, Message, Schema
from arcwatch.notation.address import Topic, parse_address
from arcwatch.runtime.boundary import guarded

if TYPE_CHECKING:
    from arcwatch.sources.pulsar.schemas import Schemas

MOST_TOPICS = 10_000
"""Addresses of topics whose full name is remembered."""
MOST = 64 << 10
"""Bytes that are shown of a body that no decoder could read."""
SMALL = 2_000
"""Bytes of a body whose value is remembered once it was read."""
REMEMBERED = 2_000
"""Values that are."""
MOST_SCHEMAS = 1_000
"""Versions of schemas remembered."""
AGAIN_AFTER = 30.0
"""Seconds until a schema that could not be had is asked for again."""


class Decoding:
    """Decodes messages of any context.

    Args:
        settings: Those in use; a message that names another context is looked up there.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._schemas: dict[str, Schemas | None] = {}
        self._topics: dict[str, str] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Decoding:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._open.aclose()

    async def reader(self, message: Message) -> Callable[[], Decoded]:
        """Return a function that decodes a message once, when first called."""
        schema, missing = None, None
        if message.schema_version is not None:
            schema, missing = await self.schema(
                message.context, message.address, message.schema_version
            )
        found: list[Decoded] = []

        def read() -> Decoded:
            if not found:
                found.append(read_value(message, schema, missing=missing))
            return found[0]

        return read

    async def schema(
        self, context: str, address: str, version: int
    ) -> tuple[Schema | None, str | None]:
        """Fetch a schema, or why that failed; neither where no registry is known.

        Args:
            context: Of the message; empty is the one in use.

        Raises:
            UsageError: The context cannot be used as it is written.
        """
        schemas = await self._registry(context)
        if schemas is None:
            return None, None
        topic = self._topic(address)
        return await schemas.of(topic, version), schemas.reason(topic, version)

    async def _registry(self, context: str) -> Schemas | None:
        if context not in self._schemas:
            ours = context in ("", self._settings.context)
            settings = self._settings if ours else load({}, context=context)
            url = settings.pulsar_admin
            who = settings.pulsar_credentials
            self._schemas[context] = await self._asking(url, who) if url else None
        return self._schemas[context]

    async def _asking(self, url: str, who: PulsarCredentials) -> Schemas:
        # what talks HTTP takes 0.1 s to import, and most messages need no schema
        from arcwatch.sources.net.http import new_client
        from arcwatch.sources.pulsar.cluster import PulsarCluster
        from arcwatch.sources.pulsar.schemas import Schemas
        from arcwatch.sources.pulsar.web_login import login_of

        client = await self._open.enter_async_context(new_client(who.tls, login_of(who)))
        return Schemas(PulsarCluster(url, client))

    def _topic(self, address: str) -> str:
        if address not in self._topics:
            if len(self._topics) >= MOST_TOPICS:
                self._topics.clear()
            topic = parse_address(address)
            self._topics[address] = topic.full_name if isinstance(topic, Topic) else address
        return self._topics[address]


def read_value(
    message: Message, schema: Schema | None = None, *, missing: str | None = None
) -> Decoded:
    """As :func:`~arcwatch.decode.decode_message`, and never raises."""
    # decoders are not needed before there is something to read
    from arcwatch.decode import decode_message

    if message.unread:
        return _bytes_of(message, message.unread)
    return guarded(
        partial(decode_message, message, schema, missing=missing),
        partial(_undecoded, message),
        "the value could not be decoded",
        message.address,
    )


def _undecoded(message: Message, error: ArcwatchError) -> Decoded:
    return _bytes_of(message, f"{error.headline}; {error.hint}" if error.hint else error.headline)


def _bytes_of(message: Message, why: str) -> Decoded:
    body = message.body[:MOST]
    return Decoded("base64", b64encode(body).decode(), error=why, body=body)


Key = tuple[str, str, int]


"""A context, a concrete address, and a version."""


OpenDecoding = Callable[[], AbstractAsyncContextManager["Decoding"]]


class _Known(NamedTuple):
    schema: Schema | None
    reason: str | None
    at: float


class ValueDecoder:
    """Reads messages (``decoding``: opens what knows the schemas; None reads without)."""

    def __init__(self, decoding: OpenDecoding | None = None) -> None:
        self._decoding = decoding
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._asked: set[Key] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._to_ask: asyncio.Queue[Key] = asyncio.Queue()
        # by identity: a message that is on screen is the same object from frame to frame
        self._read: OrderedDict[int, tuple[Message, Decoded]] = OrderedDict()
        self.version = 0
        """Changes when messages may read differently than before."""

    def remembered(self, message: Message) -> Decoded:
        """As :meth:`read`, for messages that are looked at again and again."""
        known = self._read.get(id(message))
        if known and known[0] is message:
            return known[1]
        decoded = self.read(message)
        if len(message.body) <= SMALL:
            self._read[id(message)] = (message, decoded)
            if len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        return decoded

    def read(self, message: Message) -> Decoded:
        """Decode a message with its schema, if that is known by now."""
        version = message.schema_version
        if message.source != "pulsar" or version is None or self._decoding is None:
            return read_value(message)
        key = (message.context, message.address, version)
        known = self._known.get(key)
        if known is None or (known.reason and time.monotonic() - known.at > AGAIN_AFTER):
            self._request(key)
        if known is None:
            return read_value(message, missing="its schema is being fetched")
        return read_value(message, known.schema, missing=known.reason)

    async def learn(self) -> None:
        """Fetch schemas as messages need them, until cancelled."""
        if self._decoding is None:
            return
        self._loop = asyncio.get_running_loop()
        key = await self._to_ask.get()
        async with self._decoding() as decoding:
            while True:
                await self._ask(decoding, key)
                key = await self._to_ask.get()

    def _request(self, key: Key) -> None:
        if key not in self._asked and self._loop:
            self._asked.add(key)
            # a filter reads on another thread
            self._loop.call_soon_threadsafe(self._to_ask.put_nowait, key)

    async def _ask(self, decoding: Decoding, key: Key) -> None:
        try:
            schema, reason = await decoding.schema(*key)
        except ArcwatchError as error:
            schema, reason = None, error.headline
        self._known[key] = _Known(schema, reason, time.monotonic())
        self._asked.discard(key)
        if len(self._known) > MOST_SCHEMAS:
            self._known.popitem(last=False)
        self._read.clear()
        self.version += 1
