"""Where a tail starts in stored messages."""

from __future__ import annotations

import time

from msgspec import Struct

from arcwatch.notation.times import Earliest, Instant, PulsarPosition, StreamSequence, parse_time


class Start(Struct, frozen=True):
    """Where to start.  Without any of these: with the next message.

    Attributes:
        earliest: With the first that is kept.
        time: With the first at or after this, nanoseconds since the epoch.
        sequence: With this one (JetStream).
        message_id: With this one: ledger, entry, partition, batch index; -1 is unknown (Pulsar).
        after: With the one after ``message_id``.
    """

    earliest: bool = False
    time: int | None = None
    sequence: int | None = None
    message_id: tuple[int, int, int, int] | None = None
    after: bool = False

    @property
    def is_new(self) -> bool:
        """Whether only new messages are requested."""
        return self == NEW


NEW = Start()


def start_of(since: str) -> Start:
    """Where a written time is; empty is from now on.

    Raises:
        NotationError: It is no time.
    """
    if not since.strip():
        return NEW
    now = time.time_ns()
    match parse_time(since, now):
        case Earliest():
            return Start(earliest=True)
        case Instant(ns):
            return NEW if ns >= now else Start(time=ns)
        case StreamSequence(seq):
            return Start(sequence=seq)
        case PulsarPosition(ledger, entry, partition, batch):
            return Start(message_id=(ledger, entry, partition, batch))
        case _:
            return NEW
