"""Fetch schemas from Pulsar's registry, once for each version of each topic.

Asking loads no topic and creates nothing.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple
from weakref import WeakValueDictionary

from arcwatch.errors import NotThereError, SourceError
from arcwatch.model.message import Schema
from arcwatch.model.pulsar_opened import TopicSchemas
from arcwatch.text.control_characters import printable
from arcwatch.wire.pulsar_schemas import parse_schema_version, parse_schema_versions

from .cluster import PulsarCluster, topic_path

KEPT = 1000
"""Versions remembered, the longest unused forgotten first."""
KEPT_SIZE = 32 * 1024 * 1024
"""Bytes of their definitions and properties, together."""
AGAIN_AFTER = 30.0
"""Seconds until what could not be had is asked for again."""
TRIES = 3
"""Failures in a row after which nothing at all is asked for :data:`AGAIN_AFTER` seconds."""
AT_ONCE = 8
"""Requests under way: a tail of a thousand topics starts with as many first messages."""

_PARTITION = re.compile(r"-partition-\d+$")

Key = tuple[str, int]
"""A topic's full name without the number of a partition, and a version."""


class _Lookup(NamedTuple):
    """A registry answer: the schema, or the reason for its absence and when to retry."""

    schema: Schema | None
    reason: str = ""
    until: float = float("inf")

    @property
    def size(self) -> int:
        if self.schema is None:
            return len(self.reason)
        report = self.schema.properties.items()
        return len(self.schema.definition) + sum(len(name) + len(value) for name, value in report)


class Schemas:
    """The answers of a cluster's schema registry."""

    def __init__(
        self, cluster: PulsarCluster, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._cluster, self._now = cluster, now
        self._kept: OrderedDict[Key, _Lookup] = OrderedDict()
        self._size = 0
        self._asking: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._failures = 0
        self._silent: _Lookup | None = None

    async def of(self, topic: str, version: int | None) -> Schema | None:
        """One version of a topic's schema; None if unavailable, see :meth:`reason`.

        Never raises for what the registry does: a schema that is not there costs a message its
        decoding and nothing else.

        Args:
            topic: Its full name, with the number of a partition or without.
            version: What the message was written with; None for none.
        """
        if version is None:
            return None
        key = _key(topic, version)
        if (kept := self._remembered(key)) is not None:
            return kept.schema
        # the second caller waits for the first one's answer, or asks if that one gave up
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock, self._at_once:
            if (kept := self._remembered(key)) is None:
                kept = await self._ask(key)
                self._cache(key, kept)
        return kept.schema

    def reason(self, topic: str, version: int | None) -> str | None:
        """Why :meth:`of` has no such schema, for ``decode_error``; None if it has."""
        kept = self._remembered(_key(topic, version)) if version is not None else None
        if kept is None or kept.schema is not None:
            return None
        name = printable(_key(topic, 0)[0].partition("://")[2], limit=200)
        return f"schema {version} of {name} could not be had: {kept.reason}"

    def _remembered(self, key: Key) -> _Lookup | None:
        """The cached answer for ``key``, or for the registry as a whole."""
        now = self._now()
        kept = self._kept.get(key)
        if kept is not None and now < kept.until:
            self._kept.move_to_end(key)
            return kept
        return self._silent if self._silent is not None and now < self._silent.until else None

    async def _ask(self, key: Key) -> _Lookup:
        topic, version = key
        path = f"schemas/{topic_path(topic).partition('/')[2]}/schema/{version}"
        try:
            body = await self._cluster.ask(path, about=topic)
            schema = parse_schema_version(body, self._cluster.place(path))
        except NotThereError:
            self._failures, self._silent = 0, None
            return _Lookup(None, "the registry does not have it", self._now() + AGAIN_AFTER)
        except SourceError as error:
            return self._failed(f"{error.what}: {error.why}" if error.why else error.what)
        self._failures, self._silent = 0, None
        return _Lookup(schema)

    def _failed(self, reason: str) -> _Lookup:
        failed = _Lookup(None, reason, self._now() + AGAIN_AFTER)
        self._failures += 1
        if self._failures >= TRIES:
            self._silent = failed
        return failed

    def _cache(self, key: Key, kept: _Lookup) -> None:
        if (old := self._kept.pop(key, None)) is not None:
            self._size -= old.size
        self._kept[key] = kept
        self._size += kept.size
        while len(self._kept) > KEPT or self._size > KEPT_SIZE:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size


async def schemas(cluster: PulsarCluster, topic: str) -> TopicSchemas:
    """All versions of a topic's schema, or why they cannot be read."""
    try:
        return TopicSchemas(topic, tuple(await versions(cluster, topic)))
    except SourceError as error:
        return TopicSchemas(topic, (), error.headline)


async def versions(cluster: PulsarCluster, topic: str) -> list[Schema]:
    """All versions of a topic's schema; none if it has none."""
    path = f"schemas/{topic_path(topic).partition('/')[2]}/schemas"
    try:
        return parse_schema_versions(await cluster.ask(path, about=topic), cluster.place(path))
    except NotThereError:
        return []


def _key(topic: str, version: int) -> Key:
    """The cache key: the registry stores one schema for all partitions.

    >>> _key("persistent://a/b/c-partition-12", 3)
    ('persistent://a/b/c', 3)
    """
    return _PARTITION.sub("", topic), version
