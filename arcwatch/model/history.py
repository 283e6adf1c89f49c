"""What is stored, laid out as places in order: positions, pages, and what a scan brings."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from .message import Message

Position: TypeAlias = tuple[int, ...]
"""Where a reader stands in one partition or stream: before the first message at or after this.

Pulsar: ledger, entry, index in the entry's batch.  JetStream: a sequence number.  Positions of
one place compare as the messages follow each other.
"""

Positions: TypeAlias = tuple[Position, ...]
"""A position for each place of a history, in their order: where a reader of all of it stands."""


class Page(msgspec.Struct, frozen=True):
    """Messages that follow each other.

    Attributes:
        messages: In order of time; those of one place always in the order they are stored in.
        start: Where the first of them begins: what is before it is the page before this one.
        end: Where the next one goes on.
        first: Whether nothing that is stored is before it.
        last: Whether nothing was stored after it when it was read.
    """

    messages: tuple[Message, ...]
    start: Positions
    end: Positions
    first: bool = False
    last: bool = False


class Scanned(msgspec.Struct, frozen=True):
    """A step of a scan.

    Attributes:
        messages: Candidates, in order of time.
        scanned: Messages read in this step, those left out included.
        size: Bytes of their bodies, as far as they were looked at.
        time: The scan has passed this publish time, nanoseconds since the epoch.
        positions: Where it goes on.
        done: Part of the way behind it, 0 to 1, an estimate.
    """

    messages: tuple[Message, ...]
    scanned: int
    size: int
    time: int
    positions: Positions
    done: float


class Missing(msgspec.Struct, frozen=True):
    """What was stored before some position, and is not any more.

    Attributes:
        note: How much is missing, if that is known, and why: a line.
        leaves_doubt: Whether a key that is not stored before the position may have been there;
            None where the server does not report whether anything is missing.
    """

    note: str
    leaves_doubt: bool | None = False


class Stretch(msgspec.Struct, frozen=True):
    """A part of what one place stores, between two moments.

    Attributes:
        start: Nanoseconds since the epoch.
        end: Of its end.
        messages: How many lie in it, an estimate.
        offloaded: Whether they lie in tiered storage, whose reading is slow and is billed.
        exact: Whether the count is none of an estimate.
        size: Bytes of what lies in tiered storage, each stretch a ledger; None where not known.
    """

    start: int
    end: int
    messages: float
    offloaded: bool = False
    exact: bool = False
    size: int | None = None


class Extent(msgspec.Struct, frozen=True):
    """All that is stored, or what of it lies between two moments.

    Attributes:
        stretches: Of all places.
        messages: How many, an estimate where ``exact`` is false.
        size: Bytes as stored; None where that is not reported.
        exact: Whether ``messages`` was counted by the server.
        first_time: Publish time of the first message; None where there is none.
        last_time: Of the last, or of one behind it that was deleted.
        edge: Why there is nothing before it, in words: the retention that holds; empty of a part.
        looks: Messages that were read to know it.
        is_first_read: Whether ``first_time`` is that message's own; otherwise it is at most so
            late: reading it from tiered storage would have been slow, and billed.
        doubt: Which of the messages that were read are dated wrongly, a line; empty where none is.
    """

    stretches: tuple[Stretch, ...]
    messages: float
    size: int | None
    exact: bool
    first_time: int | None
    last_time: int | None
    edge: str
    looks: int = 0
    is_first_read: bool = True
    doubt: str = ""


class Opened(msgspec.Struct, frozen=True):
    """An address whose history can be read.

    Attributes:
        places: Addresses of the topics, partitions or streams that it stands for.
        notes: What a user should know of them, each a line.
    """

    places: tuple[str, ...]
    notes: tuple[str, ...] = ()


class ScanUpdate(msgspec.Struct, frozen=True):
    """The progress of a search or of writing a file, and what was found since the last report.

    Attributes:
        messages: For :func:`~arcwatch.model.tail.decode_messages`.
        count: How many these are.
        scanned: Messages looked at so far.
        size: Bytes of their bodies.
        found: Messages kept so far.
        failed: Messages that the filter could not judge.
        failure: Why, of the first of them.
        rate: Messages looked at a second.
        left: Seconds that it will take yet, an estimate; ``nan`` where that is not known.
        done: Part of the way behind it, 0 to 1; ``nan`` where that is not known.
        time: The publish time it has come to, nanoseconds since the epoch; 0 before the first.
        is_limited: Whether it ended because the limit was reached.
        is_over: Whether it has ended.
        kinds: Of a state, what became of each key: ``added`` and ``removed`` are of one of the
            messages, ``changed`` of two, the earlier one first.
        keyless: Messages without a key, which belong to no state.
        note: What a user should know of what was found.
    """

    messages: bytes = b""
    count: int = 0
    scanned: int = 0
    size: int = 0
    found: int = 0
    failed: int = 0
    failure: str = ""
    rate: float = 0.0
    left: float = float("nan")
    done: float = 0.0
    time: int = 0
    is_limited: bool = False
    is_over: bool = False
    kinds: tuple[str, ...] = ()
    keyless: int = 0
    note: str = ""
