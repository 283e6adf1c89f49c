"""What messages say, read when looked at, with schemas that are asked for as they turn up."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, NamedTuple

from arcwatch.errors import ArcwatchError
from arcwatch.model.decoded import Decoded, Schema
from arcwatch.model.message import Message

if TYPE_CHECKING:
    from .decoding import Decoding

SMALL = 2_000
"""Bytes of a body whose value is remembered once it was read."""

REMEMBERED = 2_000
"""Values that are."""

MOST_SCHEMAS = 1_000
"""Versions of schemas remembered."""

AGAIN_AFTER = 30.0
"""Seconds until a schema that could not be had is asked for again."""

Key = tuple[str, str, int]
"""A context, a concrete address, and a version."""


OpenDecoding = Callable[[], AbstractAsyncContextManager["Decoding"]]


class _Known(NamedTuple):
    schema: Schema | None
    reason: str | None
    at: float


class Values:
    """Reads messages.

    Args:
        decoding: Opens what knows the schemas; None reads without.
        steady: Seconds on a clock that never jumps.
    """

    def __init__(
        self,
        decoding: OpenDecoding | None = None,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._decoding, self._steady = decoding, steady
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
        # decoders are not needed before there is something to read
        from .reading import read_value

        version = message.schema_version
        if message.source != "pulsar" or version is None or self._decoding is None:
            return read_value(message)
        key = (message.context, message.address, version)
        known = self._known.get(key)
        if known is None or (known.reason and self._steady() - known.at > AGAIN_AFTER):
            self._want(key)
        if known is None:
            return read_value(message, missing="its schema is being fetched")
        return read_value(message, known.schema, missing=known.reason)

    async def learn(self) -> None:
        """Ask for schemas as messages turn up that need them, until cancelled."""
        if self._decoding is None:
            return
        self._loop = asyncio.get_running_loop()
        key = await self._to_ask.get()
        async with self._decoding() as decoding:
            while True:
                await self._ask(decoding, key)
                key = await self._to_ask.get()

    def _want(self, key: Key) -> None:
        if key not in self._asked and self._loop:
            self._asked.add(key)
            # a filter reads on another thread
            self._loop.call_soon_threadsafe(self._to_ask.put_nowait, key)

    async def _ask(self, decoding: Decoding, key: Key) -> None:
        try:
            schema, reason = await decoding.schema(*key)
        except ArcwatchError as error:
            schema, reason = None, error.headline
        self._known[key] = _Known(schema, reason, self._steady())
        self._asked.discard(key)
        if len(self._known) > MOST_SCHEMAS:
            self._known.popitem(last=False)
        self._read.clear()
        self.version += 1
