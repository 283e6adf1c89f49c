"""Look up what must be known of a target before publishing to it."""

from __future__ import annotations

import msgspec

from arcwatch.errors import NotThereError, SourceError
from arcwatch.sources.nats.connection import NatsConnection

PATIENCE = 5.0
"""Seconds for a server to answer a ping."""


class _Names(msgspec.Struct):
    """``JSApiStreamNamesResponse`` of nats-server."""

    streams: list[str] | None = None


_names = msgspec.json.Decoder(_Names)


async def stream_of(connection: NatsConnection, subject: str) -> str:
    """The stream that stores and acknowledges what is published to a subject, if any."""
    question = msgspec.json.encode({"subject": subject})
    try:
        body = await connection.ask(connection.jetstream("STREAM.NAMES"), question)
        return next(iter(_names.decode(body).streams or ()), "")
    except (NotThereError, msgspec.DecodeError):
        # no JetStream here: nobody would acknowledge
        return ""
    except SourceError:
        if await connection.reached(PATIENCE):
            # we may not ask
            return ""
        raise
