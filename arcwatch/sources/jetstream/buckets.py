"""Read what key-value and object stores hold, without a consumer.

Only the last message of each key or object is read, of servers before 2.11 all of the bucket.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager

from msgspec.structs import replace

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.model.message import Message
from arcwatch.model.nats_buckets import NatsBucket, StoredObject
from arcwatch.notation.address import Stream
from arcwatch.runtime.boundary import each
from arcwatch.sources.connections import Servers
from arcwatch.wire.jetstream import parse_extent
from arcwatch.wire.nats_buckets import key_of, object_of

from .history import connected, stream_history

MOST = 10_000
"""Keys or objects that are read of one bucket."""
LARGEST = 256 << 20
"""Bytes of a key-value store that is read, whose values come with their keys; and of descriptions
of objects."""
CHUNKS = 32
"""Chunks of an object that are asked for at once, usually 4 MB."""


@asynccontextmanager
async def open_bucket(
    settings: Settings, stream: str
) -> AsyncIterator[Callable[[], Awaitable[NatsBucket]]]:
    """Reads a bucket each time it is called, over a connection that ends with the block."""
    servers = Servers(settings)
    try:
        yield lambda: read_bucket(servers, stream)
    finally:
        await servers.close()


async def read_bucket(servers: Servers, stream: str) -> NatsBucket:
    """What a bucket holds, in order of its names."""
    if not stream.startswith("OBJ_"):
        await _ensure_small(servers, stream)
        messages, is_whole = await _last(servers, Stream(stream))
        found = sorted(map(key_of, messages), key=lambda one: one.key)
        return NatsBucket(stream, keys=tuple(found), is_whole=is_whole)
    bucket = stream.removeprefix("OBJ_")
    messages, is_whole = await _last(servers, Stream(stream, f"$O.{bucket}.M.>"))
    objects, unread = list[StoredObject](), list[ArcwatchError]()
    each(
        messages,
        lambda one: objects.append(object_of(one)),
        unread.append,
        "the metadata of an object could not be read",
    )
    objects.sort(key=lambda one: one.name)
    return NatsBucket(stream, objects=tuple(objects), is_whole=is_whole, unread=len(unread))


async def checked(
    servers: Servers, stream: str, objects: Iterable[StoredObject]
) -> tuple[StoredObject, ...]:
    """The same objects after their chunks were read, which costs what the objects weigh."""
    return tuple([replace(one, check=await _check(servers, stream, one)) for one in objects])


async def _last(servers: Servers, address: Stream) -> tuple[list[Message], bool]:
    """The last message of each subject, and whether they are all of them."""
    history = await stream_history(servers, address)
    found: dict[str, Message] = {}
    size = 0
    async with aclosing(history.last(await history.latest())) as steps:
        async for step in steps:
            found.update({one.subject or "": one for one in step.messages})
            size += sum(len(one.body) for one in step.messages)
            if len(found) > MOST or size > LARGEST:
                return list(found.values())[:MOST], False
    return list(found.values()), True


async def _check(servers: Servers, stream: str, one: StoredObject) -> str:
    if one.deleted or one.link:
        return ""
    if not one.nuid:
        return "has no chunk ID"
    bucket = stream.removeprefix("OBJ_")
    history = await stream_history(servers, Stream(stream, f"$O.{bucket}.C.{one.nuid}"))
    begin, size, chunks, digest = 1, 0, 0, hashlib.sha256()
    # what is added to them without end is not read
    while chunks <= one.chunks and (found := await history.stored.after({"seq": begin}, CHUNKS)):
        for chunk in found:
            digest.update(chunk.body)
            size += len(chunk.body)
        chunks, begin = chunks + len(found), found[-1].sequence + 1
    if (size, chunks) != (one.size, one.chunks):
        return f"{chunks:,} of {one.chunks:,} chunks, {size:,} of {one.size:,} bytes stored"
    kind, _, value = one.digest.partition("=")
    if kind != "SHA-256":
        return "has no SHA-256 digest"
    is_same = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=") == value.encode().rstrip(b"=")
    return "holds" if is_same else "digest differs: the stored chunks are damaged"


async def _ensure_small(servers: Servers, stream: str) -> None:
    connection = servers.nats()
    await connected(connection)
    answer = await connection.ask(connection.jetstream(f"STREAM.INFO.{stream}"), b"")
    if (size := parse_extent(answer, stream).size) > LARGEST:
        hint = f"read one key: arcwatch history kv:{stream.removeprefix('KV_')}/KEY"
        why = f"{size:,} bytes, more than {LARGEST:,}"
        raise SourceError(
            "the bucket is too large to list", where=f"js:{stream}", why=why, hint=hint
        )
