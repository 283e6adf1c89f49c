"""The last message of each subject as of a sequence number: ``multi_last`` of a direct get.

The server refuses to answer for more than 1,024 subjects at once, so where there are more they are
named, some at a time.  Source: ``getDirectMulti`` in nats-server 2.11's ``server/stream.go``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec

from arcwatch.errors import SourceError
from arcwatch.notation.address import Stream
from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.wire.jetstream import parse_subjects

from .gets import BYTES, StoredMessages
from .pull import Pulled

SUBJECTS = 1_000
"""Subjects that are named at once."""
NAMED = 512 * 1024
"""Bytes of their names, at most: half of what a server takes as one message."""
MOST = 2_000_000
"""Subjects of one stream."""


async def last_messages(
    connection: NatsConnection, address: Stream, stored: StoredMessages, start: int, end: int
) -> AsyncGenerator[tuple[list[Pulled], float], None]:
    """Messages in stream order for each part, and how many follow.

    Raises:
        SourceError: No answer, or too many subjects.
    """
    if end <= max(start, 1):
        return
    found = await _last(stored, [address.subject or ">"], start, end)
    if found is not None:
        if found:
            yield found, 1.0
        return
    subjects = await _subjects(connection, address)
    passed = 0
    for part in _parts(subjects):
        passed += len(part)
        if found := await _last(stored, part, start, end):
            yield found, passed / len(subjects)


async def _last(
    stored: StoredMessages, subjects: list[str], start: int, end: int
) -> list[Pulled] | None:
    """The last message of each of some subjects; None if there are too many."""
    question: dict[str, object] = {
        "multi_last": subjects,
        "seq": max(start, 1),
        "up_to_seq": end - 1,
        "batch": SUBJECTS,
        "max_bytes": BYTES,
    }
    got = await stored.ask(question)
    if got.status.startswith("413"):
        return None
    found = got.messages
    pending = got.pending or 0
    # the answer ends at the bounds on its size, and what is missing has higher numbers
    while got.messages and len(found) <= pending:
        got = await stored.ask(question | {"seq": found[-1].sequence + 1})
        found += got.messages
    return found


async def _subjects(connection: NatsConnection, address: Stream) -> list[str]:
    found: list[str] = []
    while True:
        question = {"subjects_filter": address.subject or ">", "offset": len(found)}
        subject = connection.jetstream(f"STREAM.INFO.{address.stream}")
        answer = await connection.ask(subject, msgspec.json.encode(question), timeout=30)
        report, total = parse_subjects(answer, address.stream)
        found += report
        if not report or len(found) >= total:
            return found
        if len(found) > MOST:
            hint = f"name fewer: js:{address.stream}/SUBJECT.>"
            raise SourceError("too many subjects", where=f"js:{address.stream}", hint=hint)


def _parts(subjects: list[str]) -> list[list[str]]:
    """Subjects in batches that a server answers for.

    >>> [len(part) for part in _parts(["x" * 300_000, "y" * 300_000, "z"])]
    [1, 2]
    """
    parts: list[list[str]] = [[]]
    size = 0
    for subject in subjects:
        if parts[-1] and (len(parts[-1]) >= SUBJECTS or size + len(subject) > NAMED):
            parts.append([])
            size = 0
        parts[-1].append(subject)
        size += len(subject) + 4
    return parts
