"""What is to be known of a place before anything is published there."""

from __future__ import annotations

import msgspec

from arcwatch.errors import SourceError

from .nats_connection import NatsConnection


class _Names(msgspec.Struct):
    """``JSApiStreamNamesResponse`` of nats-server."""

    streams: list[str] | None = None


_names = msgspec.json.Decoder(_Names)


async def is_kept(connection: NatsConnection, subject: str) -> bool:
    """Whether a stream keeps what is published to a subject, and so acknowledges it.

    Raises:
        SourceError: No answer, though there is JetStream.
    """
    question = msgspec.json.encode({"subject": subject})
    try:
        body = await connection.ask(connection.jetstream("STREAM.NAMES"), question)
        return bool(_names.decode(body).streams)
    except (SourceError, msgspec.DecodeError):
        # no JetStream here, or none for us: nobody would acknowledge
        return False
