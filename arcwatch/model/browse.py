"""Reports of a history process besides pages."""

from __future__ import annotations

import msgspec


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
