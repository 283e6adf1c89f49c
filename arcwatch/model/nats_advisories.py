"""JetStream's advisories about messages that it stopped delivering."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal["gave up", "terminated"]
"""``gave up``: delivered as often as the consumer allows, and never acknowledged.
``terminated``: a client said that it is not to be delivered again."""


class JsAdvisory(Struct, frozen=True, gc=False):
    """One message that one consumer will not be sent again."""

    stream: str
    consumer: str
    kind: Kind
    sequence: int
    """Of the message in its stream: ``js:STREAM`` at ``#sequence``."""
    deliveries: int
    at: float
    """Unix seconds, by the server's clock."""
    reason: str = ""
    """The client's reason; empty where it gave none."""
    domain: str = ""
    """JetStream's, whose stream it is; empty is none."""


class JsAdvisories(Struct, frozen=True, tag="nats.advisories"):
    """Advisories received since the answer before; none in the first one of a connection."""

    advisories: tuple[JsAdvisory, ...] = ()
    dropped: int = 0
    """Heard besides, and thrown away: they came faster than they are worth."""
    begins: bool = False
    """Whether listening begins here, so that earlier messages are unknown."""
