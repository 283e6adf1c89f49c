"""What messages say, read when looked at, with schemas that are asked for as they turn up."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from arcwatch.model.decoded import Decoded, Schema
from arcwatch.model.message import Message

if TYPE_CHECKING:
    from arcwatch.config import Settings

SMALL = 2_000
"""Bytes of a body whose value is remembered once it was read."""

REMEMBERED = 2_000
"""Values that are."""

MOST_SCHEMAS = 1_000
"""Versions of schemas remembered."""

AGAIN_AFTER = 30.0
"""Seconds until a schema that could not be had is asked for again."""

Key = tuple[str, int]
"""A concrete address and a version."""


class Registry(Protocol):
    """Knows schemas; :class:`~arcwatch.sources.pulsar_schemas.Schemas` does."""

    async def of(self, topic: str, version: int | None) -> Schema | None:
        """One version of a topic's schema, by its full name; None where it could not be had."""

    def reason(self, topic: str, version: int | None) -> str | None:
        """Why it could not be had."""


OpenRegistry = Callable[[], AbstractAsyncContextManager[Registry]]


def registry_of(settings: Settings) -> OpenRegistry | None:
    """The schema registry that these settings name, if they name one."""
    admin = settings.pulsar_admin
    if admin is None:
        return None

    @asynccontextmanager
    async def opened() -> AsyncIterator[Registry]:
        # imported here because the first paint does not wait for them
        from arcwatch.sources.http import new_client
        from arcwatch.sources.pulsar import PulsarCluster
        from arcwatch.sources.pulsar_schemas import Schemas

        async with new_client() as client:
            yield Schemas(PulsarCluster(admin, client))

    return opened


class _Known(NamedTuple):
    schema: Schema | None
    reason: str | None
    at: float


class Values:
    """Reads messages.

    Args:
        registry: Opens whom to ask for schemas; None reads without.
        steady: Seconds on a clock that never jumps.
    """

    def __init__(
        self,
        registry: OpenRegistry | None = None,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry, self._steady = registry, steady
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
        """What a message says, as far as its schema is known by now."""
        from arcwatch.decode import decode_message

        version = message.schema_version
        if message.source != "pulsar" or version is None or self._registry is None:
            return decode_message(message)
        key = (message.address, version)
        known = self._known.get(key)
        if known is None or (known.reason and self._steady() - known.at > AGAIN_AFTER):
            self._want(key)
        if known is None:
            return decode_message(message, missing="its schema is being asked for")
        return decode_message(message, known.schema, missing=known.reason)

    async def learn(self) -> None:
        """Ask for schemas as messages turn up that need them, until cancelled."""
        if self._registry is None:
            return
        self._loop = asyncio.get_running_loop()
        key = await self._to_ask.get()
        async with self._registry() as registry:
            while True:
                await self._ask(registry, key)
                key = await self._to_ask.get()

    def _want(self, key: Key) -> None:
        if key not in self._asked and self._loop:
            self._asked.add(key)
            # a filter reads on another thread
            self._loop.call_soon_threadsafe(self._to_ask.put_nowait, key)

    async def _ask(self, registry: Registry, key: Key) -> None:
        from arcwatch.address import Topic, parse_address

        topic = parse_address(key[0])
        name = topic.full_name if isinstance(topic, Topic) else ""
        schema = await registry.of(name, key[1])
        self._known[key] = _Known(schema, registry.reason(name, key[1]), self._steady())
        self._asked.discard(key)
        if len(self._known) > MOST_SCHEMAS:
            self._known.popitem(last=False)
        self._read.clear()
        self.version += 1
