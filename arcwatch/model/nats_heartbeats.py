"""Who was heard to say that it is alive."""

from __future__ import annotations

from msgspec import Struct


class Heartbeats(Struct, frozen=True, tag="nats.heartbeats"):
    """The subjects that were published to since the answer before."""

    subjects: tuple[str, ...] = ()
    begins: bool = False
    """Whether listening begins here, so that whoever was silent before may not have been."""
