"""Checks of JetStream's streams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arcwatch.store.rows import NatsStreamRow
from arcwatch.text import units

from .check import Check, Judgement, Severity, fault, named
from .picture import Picture, stream_address

NEAR = 0.8
"""Share of a limit."""
SILENT = 60.0
"""Seconds in which an origin sends many messages."""

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
        f"nats stream edit --max-age 7d --max-bytes 10GB {named(row.stream)}, with limits of your"
        " own: what is beyond them is deleted at once",
        # a key-value bucket of a few keys is bounded by these
        "note" if each else None,
        limits=f"{each} per subject only" if each else "no max_bytes, max_msgs or max_age",
        holds=f"{units.things(row.messages, 'message')}, {units.size(row.bytes)}",
        grows=f"{units.rate(row.in_msgs_rate)}/s",
    )


def _one_copy(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.replicas != 1 or row.is_mirror:
        return None
    several = picture.most_servers >= FEWEST_FOR_COPIES
    mend = f"nats stream edit --replicas 3 {named(row.stream)}"
    return _of_stream(
        row,
        mend if several else f"run three servers in a cluster, then {mend}",
        "warning" if several else "note",
        replicas="1",
        servers_seen=str(picture.most_servers),
        holds=units.things(row.messages, "message"),
    )


def _even_copies(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.replicas % 2:
        return None
    return _of_stream(
        row,
        f"nats stream edit --replicas {row.replicas + 1} {named(row.stream)}",
        replicas=str(row.replicas),
    )


def _leaderless(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not row.leaderless:
        return None
    return _of_stream(
        row,
        "start the servers that hold it, more than half must run: nats server report jetstream",
        leader="none",
        replicas=str(row.replicas),
    )


def _behind(row: NatsStreamRow, picture: Picture) -> Judgement:
    bad = [peer for peer in row.peers if peer.offline or not peer.current]
    if not bad:
        return None
    peers = [f"{p.name} {'offline' if p.offline else f'{units.whole(p.lag)} behind'}" for p in bad]
    return _of_stream(
        row,
        f"start {bad[0].name}, or let it catch up; only if it is gone for good, as this discards"
        f" its copy: nats stream cluster peer-remove {named(row.stream, bad[0].name)}",
        replicas=str(row.replicas),
        not_current=", ".join(peers),
    )


def _full(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.discard != "new" or row.limit_used is None or row.limit_used < NEAR:
        return None
    return _of_stream(
        row,
        f"raise its limit: nats stream edit --max-bytes … --max-msgs … {named(row.stream)}; or,"
        f" deleting all but the newest N: nats stream purge --keep N {named(row.stream)}",
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
        "storage cannot be changed: create a stream with --storage file that sources this one, then"
        " move publishers and consumers",
        storage="memory",
        durable_consumers=", ".join(readers[:3]),
    )


def _unread(row: NatsStreamRow, picture: Picture) -> Judgement:
    if row.retention == "limits" or row.consumers or not row.messages:
        return None
    return _of_stream(
        row,
        f"nats consumer add {named(row.stream)}; or, deleting every message: nats stream purge"
        f" {named(row.stream)}",
        retention=row.retention,
        consumers="none",
        holds=units.things(row.messages, "message"),
    )


def _origin(row: NatsStreamRow, picture: Picture) -> Judgement:
    bad = [o for o in row.origins if o.error or o.active is None or o.active > SILENT]
    if not bad:
        return None
    active = bad[0].active
    last = "never" if active is None else f"{units.duration(active)} ago"
    return _of_stream(
        row,
        f"check that {bad[0].name} exists, that its server is reachable, and that its account or"
        " domain lets this stream read it",
        origin=bad[0].name,
        last_contact=last,
        behind_by=units.things(bad[0].lag, "message"),
        error=bad[0].error or "none reported",
    )


def _subjects(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not (row.num_subjects or 0) > MANY_SUBJECTS:
        return None
    return _of_stream(
        row,
        "keep IDs out of subjects, or split the stream by a subject prefix",
        subjects=units.whole(row.num_subjects),
    )


def _window(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not (row.duplicate_window or 0) > LONG_WINDOW:
        return None
    return _of_stream(
        row,
        f"nats stream edit --dupe-window 2m {named(row.stream)}",
        duplicate_window=units.duration(row.duplicate_window),
    )


def _holes(row: NatsStreamRow, picture: Picture) -> Judgement:
    if not row.num_deleted > max(MANY_HOLES, row.messages):
        return None
    return _of_stream(
        row,
        f"find the old messages that stay: nats stream view {named(row.stream)}; then let them"
        " expire with --max-age or --max-msgs-per-subject, which deletes at once",
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
        "It grows until the disk is full; from then on that server stores nothing more.",
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
        "While its server is down nobody can publish to it or read it; if its disk fails,"
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
        "Two replicas need both to run, and four survive the loss of one, as three do: the extra"
        " copy protects nothing.",
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
        "Nobody can publish to it or read it until more than half of its replicas run.",
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
        "If the leader fails now, there may be no replica that can take over.",
        "jsz",
        _streams,
        _behind,
    ),
    Check(
        "js-full",
        "nats",
        "warning",
        "stream about to refuse messages",
        "is there room in streams that refuse new messages when full?",
        "At the limit every publish fails: publishers that do not check the ack lose messages.",
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
        "A restart of its server loses the messages, and with them where its consumers were.",
        "jsz",
        _streams,
        _in_memory,
    ),
    Check(
        "js-unread",
        "nats",
        "warning",
        "messages that nobody consumes",
        "do streams that delete what is consumed have consumers?",
        "Only a consumer or a limit removes them: a work queue grows, and with interest retention"
        " new messages are discarded.",
        "jsz",
        _streams,
        _unread,
    ),
    Check(
        "js-origin",
        "nats",
        "critical",
        "origin of a mirror or source silent",
        "do the origins of mirrors and sources respond?",
        "The copy falls behind, and what its origin deletes meanwhile never reaches it.",
        "jsz",
        lambda picture: [row for row in picture.streams if row.origins],
        _origin,
    ),
    Check(
        "js-many-subjects",
        "nats",
        "note",
        "more than a million subjects",
        "is the number of subjects of every stream bounded?",
        "Each subject takes memory on every replica, and starting a server may take minutes.",
        "jsz",
        _streams,
        _subjects,
    ),
    Check(
        "js-long-duplicates",
        "nats",
        "note",
        "duplicate window of hours",
        "is the duplicate window at most an hour?",
        "Every message ID is held in memory for that long.",
        "jsz",
        _streams,
        _window,
    ),
    Check(
        "js-many-holes",
        "nats",
        "note",
        "more deleted messages than stored ones",
        "do streams have fewer gaps than messages?",
        "The sequences of deleted messages are held in memory and sent to replicas, and a few old"
        " messages keep large files.",
        "jsz",
        _streams,
        _holes,
    ),
)
