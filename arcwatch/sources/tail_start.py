"""Where a tail begins in what a server keeps."""

from __future__ import annotations

from msgspec import Struct


class Start(Struct, frozen=True):
    """Where to begin.  Without any of these: with the next message.

    Attributes:
        earliest: With the first that is kept.
        time: With the first at or after this, nanoseconds since the epoch.
        sequence: With this one (JetStream).
        message_id: With this one: ledger, entry, partition, batch index; -1 is not told (Pulsar).
    """

    earliest: bool = False
    time: int | None = None
    sequence: int | None = None
    message_id: tuple[int, int, int, int] | None = None

    @property
    def is_new(self) -> bool:
        """Whether only what comes from now on is wanted."""
        return self == NEW


NEW = Start()
