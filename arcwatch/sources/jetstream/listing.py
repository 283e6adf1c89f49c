"""List the streams and consumers of an account through JetStream's API, page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.wire.nats_system import Listed, answers_for, parse_page, stream_name

MOST = 2_000
"""Streams, or consumers of a stream, that are read."""


async def rows_of(connection: NatsConnection, subject: str) -> AsyncGenerator[Listed, None]:
    """The rows of ``STREAM.LIST`` or ``CONSUMER.LIST``, at most :data:`MOST`."""
    seen = 0
    while seen < MOST:
        rows, total = parse_page(await connection.ask(subject, b'{"offset": %d}' % seen), subject)
        for row in rows:
            yield row
        seen += len(rows)
        if not rows or seen >= total:
            return


async def mirrors_of(connection: NatsConnection, stream: str) -> list[str]:
    """Mirrors that answer direct gets for a stream, according to ``mirror_direct``.

    An answer has the name of the stream that it is from, but one that found nothing has none.
    Source: ``subscribeMirrorDirect`` in nats-server's ``server/stream.go``.
    """
    async with aclosing(rows_of(connection, connection.jetstream("STREAM.LIST"))) as rows:
        return [stream_name(row) async for row in rows if answers_for(row) == stream]
