"""Replace messages that cannot be encoded for another process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.runtime.boundary import guarded, salvaged


def encoded(messages: Sequence[Message]) -> bytes:
    """As :func:`~arcwatch.model.tail.encode_messages`, and never raises."""
    return guarded(
        partial(encode_messages, messages),
        lambda error: encode_messages(encodable(messages)),
        "messages could not be passed on",
    )


def encodable(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages; each that cannot be encoded is reduced to its position and body."""
    return salvaged(messages, _tried, _bare, "the message could not be passed on")


def _tried(messages: Sequence[Message]) -> Sequence[Message]:
    encode_messages(messages)
    return messages


def _bare(message: Message, error: ArcwatchError) -> Message:
    return Message(
        message.source,
        _sayable(message.address),
        message.received_time,
        message.size,
        message.body,
        _sayable(message.context),
        message.origin,
        id=message.id,
        unread=error.headline,
    )


def _sayable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
