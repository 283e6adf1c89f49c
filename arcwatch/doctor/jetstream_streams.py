"""Checks of JetStream's streams."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote
from typing import Any

from arcwatch.store.rows import NatsStreamRow
from arcwatch.text import units

from .check import Check, Judgement, Severity, fault
from .picture import Picture, stream_address

NEAR = 0.8
"""Share of a limit."""

SILENT = 60.0
"""Seconds in which an origin is heard many times."""

MANY_SUBJECTS = 1_000_000
LONG_WINDOW = 3_600.0
MANY_HOLES = 100_000

FEWEST_FOR_COPIES = 3
"""Servers of a cluster from which on replicas survive the loss of one."""


def _streams(picture: Picture) -> Iterable[NatsStreamRow]:
    return picture.streams


def _of_stream(
    row: NatsStreamRow, mend: str, severity: Severity | None = None, **figures: str
) -> Judgement:
    return fault(
        stream_address(row), f"/jsz, leader {row.leader or 'none'}", mend, severity, **figures
    )


def _unbounded(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.max_bytes is not None or row.max_messages is not None or row.max_age is not None:
        return None
    each = row.max_per_subject
    return _of_stream(
        row,
        f"nats stream edit {quote(row.stream)} --max-age 7d --max-bytes 10GB",
        # a key-value bucket of a few keys is bounded by these
        "note" if each else None,
        limits=f"{each} of each subject alone" if each else "no max_bytes, max_msgs or max_age",
        holds=f"{units.whole(row.messages)} messages, {units.size(row.bytes)}",
        grows=f"{units.rate(row.in_msgs_rate)}/s",
    )


def _one_copy(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.replicas != 1 or row.is_mirror:
        return None
    several = picture.most_servers >= FEWEST_FOR_COPIES
    mend = f"nats stream edit {quote(row.stream)} --replicas 3"
    return _of_stream(
        row,
        mend if several else f"run three servers in a cluster, then {mend}",
        "warning" if several else "note",
        replicas="1",
        servers_seen=str(picture.most_servers),
        holds=f"{units.whole(row.messages)} messages",
    )


def _even_copies(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.replicas % 2:
        return None
    return _of_stream(
        row,
        f"nats stream edit {quote(row.stream)} --replicas {row.replicas + 1}",
        replicas=str(row.replicas),
    )


def _leaderless(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not row.leaderless:
        return None
    return _of_stream(
        row,
        f"start the servers that hold it; nats stream cluster peer-remove {quote(row.stream)}"
        " SERVER",
        leader="none",
        replicas=str(row.replicas),
    )


def _behind(row: NatsStreamRow, picture: Picture) -> Judgement:
    bad = [peer for peer in row.peers if peer.offline or not peer.current]
    if not bad:
        return None
    said = [f"{p.name} {'offline' if p.offline else f'{units.whole(p.lag)} behind'}" for p in bad]
    return _of_stream(
        row,
        f"start {bad[0].name}, or nats stream cluster peer-remove {quote(row.stream)}"
        f" {quote(bad[0].name)}",
        replicas=str(row.replicas),
        not_current=", ".join(said),
    )


def _full(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.discard != "new" or row.limit_used is None or row.limit_used < NEAR:
        return None
    return _of_stream(
        row,
        f"nats stream edit {quote(row.stream)} --max-bytes …, or consume and delete:"
        " --retention work",
        "critical" if row.limit_used >= 1 else None,
        used=f"{row.limit_used:.0%} of its limit",
        discard="new",
    )


def _in_memory(row: NatsStreamRow, picture: Picture) -> Judgement:
    readers = [c.name for c in picture.consumers if c.durable and c.stream == row.stream]
    if row.storage != "memory" or not readers or row.replicas > 1:
        return None
    return _of_stream(
        row,
        "create it with --storage file; storage cannot be changed later",
        storage="memory",
        durable_consumers=", ".join(readers[:3]),
    )


def _unread(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.retention == "limits" or row.consumers or not row.messages:
        return None
    return _of_stream(
        row,
        f"nats consumer add {quote(row.stream)}, or nats stream purge {quote(row.stream)}",
        retention=row.retention,
        consumers="none",
        holds=f"{units.whole(row.messages)} messages",
    )


def _copies(picture: Picture) -> Iterable[NatsStreamRow]:
    return [row for row in picture.streams if row.origins]


def _origin(row: NatsStreamRow, picture: Picture) -> Judgement:
    bad = [o for o in row.origins if o.error or o.active is None or o.active > SILENT]
    if not bad:
        return None
    heard = bad[0].active
    last = "never" if heard is None else f"{units.duration(heard)} ago"
    return _of_stream(
        row,
        f"check that {bad[0].name} exists and its domain or account lets this stream read it",
        origin=bad[0].name,
        heard=last,
        behind_by=f"{units.whole(bad[0].lag)} messages",
        error=bad[0].error or "none told",
    )


def _subjects(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not (row.num_subjects or 0) > MANY_SUBJECTS:
        return None
    return _of_stream(
        row,
        "leave ids out of subjects, or split the stream by the first token",
        subjects=units.whole(row.num_subjects),
    )


def _window(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not (row.duplicate_window or 0) > LONG_WINDOW:
        return None
    return _of_stream(
        row,
        f"nats stream edit {quote(row.stream)} --dupe-window 2m",
        duplicate_window=units.duration(row.duplicate_window),
    )


def _holes(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not row.num_deleted > max(MANY_HOLES, row.messages):
        return None
    return _of_stream(
        row,
        f"compact it: nats stream edit {quote(row.stream)} --compression s2, or keep fewer"
        " old messages",
        deleted_in_between=units.whole(row.num_deleted),
        messages=units.whole(row.messages),
    )


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "js-unbounded",
        "nats",
        "warning",
        "stream without any limit",
        "does every stream have a limit?",
        "It grows until the disk is full, and then nothing on that server is stored any more.",
        "jsz",
        _streams,
        _unbounded,
    ),
    Check(
        "js-one-replica",
        "nats",
        "note",
        "one replica",
        "is every stream kept on several servers?",
        "While its server is down nobody can publish to it or read it; with its disk"
        " everything is lost.",
        "jsz",
        _streams,
        _one_copy,
    ),
    Check(
        "js-even-replicas",
        "nats",
        "warning",
        "an even number of replicas",
        "is the number of replicas odd?",
        "Two need both to agree, four survive the loss of one, as three do: it costs and"
        " protects no more.",
        "jsz",
        _streams,
        _even_copies,
    ),
    Check(
        "js-no-leader",
        "nats",
        "critical",
        "stream without leader",
        "does every stream have a leader?",
        "Nobody can publish to it or read it until most of its replicas run.",
        "jsz",
        _streams,
        _leaderless,
    ),
    Check(
        "js-replica-behind",
        "nats",
        "warning",
        "replica that is not current",
        "are all replicas of every stream current?",
        "If the leader fails now, the next has to catch up first, or there is none.",
        "jsz",
        _streams,
        _behind,
    ),
    Check(
        "js-full",
        "nats",
        "warning",
        "stream will refuse messages",
        "is there room in streams that refuse new messages when full?",
        "At the limit every publish fails: publishers that do not look at the answer lose"
        " messages.",
        "jsz",
        _streams,
        _full,
    ),
    Check(
        "js-in-memory",
        "nats",
        "warning",
        "durable consumers on a stream in memory",
        "are streams with durable consumers on disk?",
        "A restart of the server takes the messages; the consumer waits for numbers that do"
        " not come.",
        "jsz",
        _streams,
        _in_memory,
    ),
    Check(
        "js-unread",
        "nats",
        "warning",
        "messages that nobody will take",
        "do streams that delete what is consumed have consumers?",
        "With this retention only consumers remove messages: without any, it grows for ever.",
        "jsz",
        _streams,
        _unread,
    ),
    Check(
        "js-origin",
        "nats",
        "critical",
        "mirror or source that is not heard",
        "do mirrors and sources hear their origin?",
        "The copy falls behind, and what the origin deletes meanwhile is missing for good.",
        "jsz",
        _copies,
        _origin,
    ),
    Check(
        "js-many-subjects",
        "nats",
        "note",
        "more than a million subjects",
        "is the number of subjects of every stream bounded?",
        "Each subject takes memory on every replica, and starting the server takes minutes.",
        "jsz",
        _streams,
        _subjects,
    ),
    Check(
        "js-long-duplicates",
        "nats",
        "note",
        "duplicates remembered for hours",
        "is the window for duplicates an hour at most?",
        "Each id of a message is held in memory for as long.",
        "jsz",
        _streams,
        _window,
    ),
    Check(
        "js-many-holes",
        "nats",
        "note",
        "more deleted messages than kept ones",
        "do streams hold fewer holes than messages?",
        "Numbers of deleted messages are held in memory and sent to replicas; old messages"
        " hold files.",
        "jsz",
        _streams,
        _holes,
    ),
)
