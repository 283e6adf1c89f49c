"""A stored message as it is published again: what it keeps, what it loses, and where it goes."""

from __future__ import annotations

import re
from typing import NamedTuple

from arcwatch.model.message import Message

FROM = "arcwatch-replayed-from"
"""The header, or property, that names the message that this is a copy of: ``ADDRESS ID``."""

KEY, EVENT_TIME = "arcwatch-key", "arcwatch-event-time"
"""Headers for what NATS has no place for; the time in milliseconds since the epoch."""

_BURIED = {"REAL_TOPIC", "REAL_SUBSCRIPTION", "ORIGIN_MESSAGE_ID", "RECONSUMETIMES", "DELAY_TIME"}
"""Properties of dead and retried letters, which would bury them anew at once.

Source: ``RetryMessageUtil`` of Pulsar's Java client.
"""

_HEADER = re.compile(r"[!-9;-~]+")
_VALUE = re.compile(r"[^\r\n\0]*")


class Copy(NamedTuple):
    """What is published."""

    body: bytes
    key: str | None
    headers: tuple[tuple[str, str], ...]
    event_time: int | None
    """Milliseconds since the epoch."""

    @property
    def origin(self) -> str:
        """Of which message it is a copy: ``ADDRESS ID``."""
        return dict(self.headers).get(FROM, "")


def copied(message: Message) -> Copy:
    """What of a message is published again: all that the application put there.

    What a server acts upon is left out: JetStream's own headers (a copied ``Nats-Rollup`` would
    purge, a copied ``Nats-Msg-Id`` be dropped as known), and what marks a dead letter.
    """
    kept = [
        (name, value)
        for name, value in message.headers
        if name not in _BURIED and name != FROM and not name.lower().startswith("nats-")
    ]
    event = message.event_time
    return Copy(
        message.body,
        message.key,
        (*kept, (FROM, origin_of(message))),
        None if event is None else event // 1_000_000,
    )


def origin_of(message: Message) -> str:
    """The origin recorded in a copied message: ``ADDRESS ID``."""
    return f"{message.address} {message.id}"


def as_headers(copy: Copy) -> tuple[list[tuple[str, str]], int]:
    """A copy's headers as NATS carries them, and how many have no place there.

    >>> as_headers(Copy(b"", "k", (("a b", "1"), ("c", "2")), 5))
    ([('c', '2'), ('arcwatch-key', 'k'), ('arcwatch-event-time', '5')], 1)
    """
    headers = [*copy.headers]
    if copy.key is not None:
        headers.append((KEY, copy.key))
    if copy.event_time is not None:
        headers.append((EVENT_TIME, str(copy.event_time)))
    fit = [pair for pair in headers if _HEADER.fullmatch(pair[0]) and _VALUE.fullmatch(pair[1])]
    return fit, len(headers) - len(fit)


def as_properties(copy: Copy) -> dict[str, str]:
    """A copy's headers as Pulsar's properties: several of one name are joined by commas.

    >>> as_properties(Copy(b"", None, (("a", "1"), ("a", "2")), None))
    {'a': '1, 2'}
    """
    found: dict[str, str] = {}
    for name, value in copy.headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
