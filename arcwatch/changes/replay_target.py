"""Targets of replayed messages: one subject or topic, or the origin of each message."""

from __future__ import annotations

from arcwatch.errors import UsageError
from arcwatch.model.message import Message
from arcwatch.notation.address import Stream, Subject, Topic, parse_address

ORIGIN = "origin"
"""The word for where each message came from."""


class ReplayTarget:
    """Where messages go.

    Args:
        target: One subject or topic, a subject ending in ``.>`` that stands before each message's
            own, or None for where each came from: a dead letter's topic, a stored message's
            subject.
    """

    def __init__(self, target: Subject | Topic | None) -> None:
        self._target = target

    def __str__(self) -> str:
        return str(self._target or ORIGIN)

    def of(self, message: Message) -> Subject | Topic | None:
        """The target of one message; None if its origin is unknown."""
        if isinstance(self._target, Subject) and self._target.pattern:
            prefix = self._target.subject.removesuffix(">")
            return (
                Subject(prefix + message.subject, self._target.context) if message.subject else None
            )
        if self._target is not None:
            return self._target
        if message.source == "js":
            return Subject(message.subject) if message.subject else None
        return _origin(dict(message.headers).get("REAL_TOPIC", ""))


def parse_target(text: str) -> ReplayTarget:
    """Where messages go: ``origin``, or the address of a subject or a topic.

    Raises:
        UsageError: It is not one place.
    """
    if text == ORIGIN:
        return ReplayTarget(None)
    address = parse_address(text)
    where = str(address)
    if isinstance(address, Stream):
        hint = "publish to a subject of it: nats:SUBJECT"
        raise UsageError("nothing is published to a stream", where=text, hint=hint)
    if isinstance(address, Topic):
        if address.pattern or address.subscription or address.partition is not None:
            hint = "write pulsar:TENANT/NAMESPACE/TOPIC"
            raise UsageError("not one topic", where=where, hint=hint)
        address.check_readable()
    elif address.pattern and ("*" in address.subject.split(".") or address.subject == ">"):
        hint = "write nats:SUBJECT, or nats:PREFIX.> to keep each message's own behind it"
        raise UsageError("not one subject", where=where, hint=hint)
    return ReplayTarget(address)


def _origin(name: str) -> Topic | None:
    from msgspec.structs import replace

    if "://" not in name:
        return None
    try:
        topic = Topic.of(name)
    except UsageError:
        return None
    return None if topic.pattern else replace(topic, partition=None)
