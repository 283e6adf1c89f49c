"""Publishes copies to one Pulsar topic."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Any

import _pulsar
import pulsar
import pulsar.schema

from arcwatch.errors import SourceError
from arcwatch.model.message import Schema
from arcwatch.text.control_characters import printable

from .publishing import PATIENCE, PublishWindow, Totals
from .replay_copy import Copy, as_properties

BATCH_DELAY = 5
"""Milliseconds."""
WATCH = 0.02
"""Seconds between two looks at whether the producer is connected."""

_UNKNOWN = frozenset(
    {"AlreadyClosed", "ConnectError", "Interrupted", "NotConnected", "Timeout", "UnknownError"}
)
"""Results that leave it open whether the broker has a message."""

KEPT = frozenset(
    {"AVRO", "JSON", "STRING", "INT8", "INT16", "INT32", "INT64", "FLOAT", "DOUBLE", "PROTOBUF"}
)
"""Types of schemas whose definition the registry accepts as it returns it."""


class _AsIs(pulsar.schema.Schema):  # type: ignore[misc]  # the library has no types
    """A schema by its definition, of bodies that are encoded already.

    The broker finds the version that the topic has of it, and registers none.
    """

    def __init__(self, schema: Schema) -> None:
        kind = getattr(_pulsar.SchemaType, schema.type)
        super().__init__(bytes, kind, {}, schema.type)
        # the library would write the definition anew, and the broker compare it with its own
        self._schema_info = _pulsar.SchemaInfo(kind, schema.type, schema.definition.decode())

    def encode(self, obj: bytes) -> bytes:
        """The same."""
        return obj

    def decode(self, data: bytes) -> bytes:
        """The same."""
        return data


class PulsarPublisher:
    """A producer for one topic that exists.

    Bodies go as they are.

    Args:
        schema: One that the topic has, and that the bodies were written with; None for none.
    """

    acknowledges = True

    def __init__(self, client: Any, name: str, schema: Schema | None = None) -> None:
        self._client, self._name, self._schema = client, name, schema
        self._producer: Any = None
        self._window = PublishWindow()
        self._lost = False
        self._watching: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self.totals = Totals()

    async def publish(self, copy: Copy) -> None:
        """Publish one; see :class:`.publishing.Publisher`.

        Raises:
            SourceError: The broker takes none, or was lost.
        """
        if self._producer is None:
            self._producer = await asyncio.to_thread(self._open)
            self._watching = asyncio.create_task(self._watch())
        self._raise_lost()
        try:
            number = await self._window.enter(copy.origin)
        except TimeoutError as error:
            raise SourceError("the broker sends no acknowledgements", where=self._name) from error
        if self._lost:
            # while this one waited for room: it was never sent, and has no answer to wait for
            self._window.leave(number)
        self._raise_lost()
        self.totals.published += 1
        self._send(copy, number)

    async def settle(self) -> None:
        """Wait for what is under way; see :class:`.publishing.Publisher`."""
        if not await self._window.empty():
            self.totals.lose(self._window.give_up())

    async def finish(self) -> None:
        """Wait, and publish no more; see :class:`.publishing.Publisher`."""
        if self._producer is None:
            return
        await self.settle()
        if self._watching:
            self._watching.cancel()
        with contextlib.suppress(pulsar.PulsarException):
            await asyncio.to_thread(self._producer.close)
        self._producer = None

    async def _watch(self) -> None:
        """Close the producer as soon as its connection is lost.

        The library would connect again after 0.1 s, and send once more all that has no answer,
        which a broker that does not look for duplicates then has twice.
        """
        while self._producer.is_connected():  # noqa: ASYNC110 - the library has no event for it
            await asyncio.sleep(WATCH)
        self._lost = True
        self.totals.lose(self._window.give_up())
        with contextlib.suppress(pulsar.PulsarException):
            await asyncio.to_thread(self._producer.close)

    def _raise_lost(self) -> None:
        if self._lost:
            raise SourceError("the connection was lost", where=self._name)

    def _open(self) -> Any:
        try:
            return self._client.create_producer(
                self._name,
                batching_enabled=True,
                batching_max_publish_delay_ms=BATCH_DELAY,
                send_timeout_millis=int(PATIENCE * 900),
                properties={"arcwatch": "replay"},
                **({"schema": _AsIs(self._schema)} if self._schema else {}),
            )
        except pulsar.PulsarException as error:
            why = printable(str(error), limit=200)
            raise SourceError("cannot publish", where=self._name, why=why) from error

    def _send(self, copy: Copy, number: int) -> None:
        options: dict[str, Any] = {}
        if copy.key is not None:
            options["partition_key"] = copy.key
        if copy.event_time is not None:
            options["event_timestamp"] = copy.event_time
        try:
            self._producer.send_async(
                copy.body,
                partial(self._answered, number),
                properties=as_properties(copy),
                **options,
            )
        except (pulsar.PulsarException, ValueError) as error:
            self._take(number, printable(str(error), limit=200) or "refused")

    def _answered(self, number: int, result: Any, _: Any) -> None:
        """On a thread of the library's."""
        why = "" if result == pulsar.Result.Ok else str(result).rpartition(".")[2]
        with contextlib.suppress(RuntimeError):
            # the loop may have gone meanwhile
            self._loop.call_soon_threadsafe(self._take, number, why)

    def _take(self, number: int, why: str) -> None:
        origin = self._window.waiting.get(number, "")
        if not self._window.leave(number):
            return
        if why in _UNKNOWN:
            self.totals.lose([origin])
        elif why:
            self.totals.fail(why)
        else:
            self.totals.acknowledged += 1
