"""Estimate what a stream stores from its counts and a few messages.

With a direct get the server says how many messages of the same subjects are behind the one it
sends, so that the counts of a timeline are exact, deleted messages and filters included.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise

import msgspec

from arcwatch.model.history import Extent, Stretch
from arcwatch.notation.address import Stream
from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.text.units import duration, size
from arcwatch.wire.jetstream import StreamExtent, parse_extent, parse_subjects, rfc3339

from .gets import StoredMessages

PROBES = 64
"""Moments that are looked at."""


async def extent(
    connection: NatsConnection,
    address: Stream,
    stored: StoredMessages,
    window: tuple[int, int] | None = None,
) -> Extent:
    """The stored messages of a stream, of some subjects, or within a window.

    Args:
        window: Between which moments, nanoseconds since the epoch.
    """
    report = await _stream_info(connection, address)
    stretches: list[Stretch] = []
    moments = _moments(report, window)
    # what is behind a message is counted as if a * within a token were a wildcard
    is_counted = stored.direct and not address.has_literal_star
    if report.messages:
        find = _counted if is_counted else _estimated
        stretches = await find(report, stored, moments, window[1] if window else math.inf)
    counted = sum(stretch.messages for stretch in stretches)
    return Extent(
        tuple(stretches),
        counted if is_counted or window else report.messages,
        None if address.subject or window else report.size,
        exact=all(stretch.exact for stretch in stretches) if window else True,
        first_time=stretches[0].start if stretches else None,
        last_time=stretches[-1].end if stretches else None,
        edge="" if window else edge(report),
        looks=len(moments),
    )


async def _counted(
    report: StreamExtent, stored: StoredMessages, moments: list[int], end: float
) -> list[Stretch]:
    # how many messages there are from each moment on, and when the next of them is
    behind: list[tuple[int, int]] = []
    for moment in moments:
        got = await stored.ask({"start_time": rfc3339(moment), "batch": 1, **stored.selection})
        if not got.messages or got.pending is None:
            break
        behind.append((got.messages[0].time, got.pending + 1))
    if len(behind) < len(moments) or report.last_time <= end:
        behind.append((report.last_time, 0))
    return [
        Stretch(one[0], max(other[0], one[0]), one[1] - other[1], exact=True)
        for one, other in pairwise(behind)
        if one[1] > other[1]
    ]


async def _estimated(
    report: StreamExtent, stored: StoredMessages, moments: list[int], end: float
) -> list[Stretch]:
    """The same by sequence numbers, some of which may belong to removed messages."""
    behind: list[tuple[int, int]] = []
    for moment in moments:
        found = await stored.first_from(moment)
        if found is None:
            break
        behind.append((found.time, found.sequence))
    if len(behind) < len(moments) or report.last_time <= end:
        behind.append((report.last_time, report.last + 1))
    share = report.messages / max(report.last - report.first + 1, 1)
    return [
        Stretch(one[0], max(other[0], one[0]), (other[1] - one[1]) * share, exact=share == 1)
        for one, other in pairwise(behind)
        if other[1] > one[1]
    ]


def _moments(report: StreamExtent, window: tuple[int, int] | None) -> list[int]:
    """Evenly spaced moments over the whole stream, or a window including its end."""
    first, last = report.first_time, report.last_time
    if window is not None:
        first, last = max(first, window[0]), min(last, window[1])
    length, count = max(last - first, 0), PROBES - 1 if window else PROBES
    return sorted({first + length * number // count for number in range(PROBES)})


async def _stream_info(connection: NatsConnection, address: Stream) -> StreamExtent:
    """The stream's state; for some subjects with their message count."""
    question = {"subjects_filter": address.subject} if address.subject else {}
    answer = await connection.ask(
        connection.jetstream(f"STREAM.INFO.{address.stream}"), msgspec.json.encode(question)
    )
    report = parse_extent(answer, address.stream)
    if address.subject:
        subjects, _ = parse_subjects(answer, address.stream)
        matches = _pattern(address.subject).fullmatch
        counts = [count for subject, count in subjects.items() if matches(subject)]
        report = report._replace(messages=sum(counts))
    return report


def _pattern(subject: str) -> re.Pattern[str]:
    """The server's pattern for a subject, where a ``*`` within a token is a wildcard."""
    tokens = [
        ".+" if token == ">" else "[^.]+" if token == "*" else re.escape(token)
        for token in subject.split(".")
    ]
    return re.compile(r"\.".join(tokens), re.DOTALL)


def edge(report: StreamExtent) -> str:
    """The stream's limits as text."""
    limits = [duration(report.max_age / 1e9)] if report.max_age > 0 else []
    limits += [f"{report.per_subject:,} of a subject"] if report.per_subject > 0 else []
    limits += [f"{report.max_messages:,} messages"] if report.max_messages > 0 else []
    limits += [size(report.max_size)] if report.max_size > 0 else []
    words = f"limits: {', '.join(limits)}" if limits else "no limits"
    if report.retention == "limits":
        return words
    return f"{words}; {report.retention}: acknowledged messages are removed"
