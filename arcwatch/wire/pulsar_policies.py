"""Policies, schema, ledgers and offloading of one topic: answers of the admin API -> model.

Each is an answer of its own, and each may be empty: that is how Pulsar says that it is not set.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct, field

from arcwatch.model.pulsar_opened import Ledgers, Offloading, Quota

from .numbers import BEYOND, Count, Int32, Int64, known, known_or_none, seconds_of
from .pulsar_admin import decode


class RetentionPolicy(Struct, frozen=True):
    """``RetentionPolicies``."""

    minutes: Int32 = field(name="retentionTimeInMinutes")
    megabytes: Int64 = field(name="retentionSizeInMB")


class QuotaPolicy(Struct, frozen=True, rename="camel"):
    """``BacklogQuotaImpl``."""

    limit_size: Int64 = -1
    limit_time: Int64 = -1
    policy: str | None = None


class _Schema(Struct, frozen=True):
    """``GetSchemaResponse``."""

    type: str
    version: Int64


class _Offload(Struct, frozen=True, rename="camel"):
    """``OffloadProcessStatusImpl``."""

    status: str
    last_error: str | None = None


class _Offloading(Struct, frozen=True):
    """``OffloadPoliciesImpl``."""

    driver: str | None = field(default=None, name="managedLedgerOffloadDriver")
    bucket: str | None = field(default=None, name="managedLedgerOffloadBucket")
    s3_bucket: str | None = field(default=None, name="s3ManagedLedgerOffloadBucket")
    gcs_bucket: str | None = field(default=None, name="gcsManagedLedgerOffloadBucket")
    size: Count | None = field(default=None, name="managedLedgerOffloadThresholdInBytes")
    seconds: Count | None = field(default=None, name="managedLedgerOffloadThresholdInSeconds")
    lag: Int64 | None = field(default=None, name="managedLedgerOffloadDeletionLagInMillis")


class _Cursor(Struct, frozen=True, rename="camel"):
    """``CursorStats``; the dedup cursor's properties are the last sequence of each producer."""

    messages_consumed_counter: Int64 = 0
    properties: dict[str, Int64] | None = None


class _Ledger(Struct, frozen=True):
    entries: Int64 = 0
    size: Int64 = 0
    offloaded: bool = False


class _InternalStats(Struct, frozen=True, rename="camel"):
    """``PersistentTopicInternalStats``."""

    number_of_entries: Count
    total_size: Count
    ledgers: list[_Ledger]
    entries_added_counter: Int64 = 0
    cursors: dict[str, _Cursor] = {}
    compacted_ledger: _Ledger | None = None


class _PartitionedInternalStats(Struct, frozen=True):
    partitions: dict[str, _InternalStats]


class _InfoLedger(Struct, frozen=True, rename="camel"):
    ledger_id: Int64 = -1
    timestamp: Int64 = 0


class _Info(Struct, frozen=True):
    """``ManagedLedgerInfo``; of a partitioned topic, one for each partition."""

    ledgers: list[_InfoLedger] = []
    partitions: dict[str, _Info] = {}


DEDUP = "pulsar.dedup"
"""The cursor at the last snapshot of deduplication: its position, and producers' sequences."""

_retention = msgspec.json.Decoder(RetentionPolicy | None)
_ttl = msgspec.json.Decoder(Int32 | None)
_quotas = msgspec.json.Decoder(dict[str, QuotaPolicy])
_schema = msgspec.json.Decoder(_Schema)
_offload = msgspec.json.Decoder(_Offload)
_offloading = msgspec.json.Decoder(_Offloading | None)
_internal = msgspec.json.Decoder(_InternalStats)
_partitioned_internal = msgspec.json.Decoder(_PartitionedInternalStats)
_info = msgspec.json.Decoder(_Info)


def parse_retention(body: bytes, where: str) -> tuple[int, int] | None:
    """Parse ``retention?applied=true``: seconds and bytes, -1 without limit."""
    return retention_of(decode(_retention, body, where) if body.strip() else None)


def retention_of(report: RetentionPolicy | None) -> tuple[int, int] | None:
    """Seconds and bytes, -1 without limit; None where it is not set."""
    if report is None:
        return None
    seconds = report.minutes * 60 if report.minutes >= 0 else -1
    # Pulsar's own megabyte; more than 63 bits of bytes is no limit
    size = report.megabytes * 1024 * 1024
    return seconds, size if 0 <= size < BEYOND else -1


def parse_ttl(body: bytes, where: str) -> int | None:
    """Parse ``messageTTL?applied=true``: seconds; 0 also means that none is set."""
    return (decode(_ttl, body, where) or None) if body.strip() else None


def parse_quotas(body: bytes, where: str) -> dict[str, Quota]:
    """Parse ``backlogQuotaMap``, by kind; one without a limit overrides that of others."""
    if not body.strip():
        return {}
    report: dict[str, QuotaPolicy] = decode(_quotas, body, where)
    return quotas_of(report)


def quotas_of(report: Mapping[str, QuotaPolicy]) -> dict[str, Quota]:
    """The quotas by kind."""
    return {kind: _quota_of(kind, quota) for kind, quota in sorted(report.items())}


def parse_schema(body: bytes, where: str) -> tuple[str, int] | None:
    """Type and version of the newest schema, from ``schemas/…/schema``; None if there is none."""
    if not body.strip():
        return None
    report = decode(_schema, body, where)
    return report.type, report.version


def parse_compaction(body: bytes, where: str) -> tuple[str, str] | None:
    """The answer of ``compaction``, which is that of ``offload``."""
    return parse_offload(body, where)


def parse_offload(body: bytes, where: str) -> tuple[str, str] | None:
    """The answer of ``offload``: how the last run went, and what was wrong with it."""
    if not body.strip():
        return None
    report = decode(_offload, body, where)
    return report.status, report.last_error or ""


def parse_offloading(body: bytes, where: str) -> Offloading | None:
    """Parse ``offloadPolicies?applied=true``; None where nothing is to be offloaded."""
    report = decode(_offloading, body, where) if body.strip() else None
    if report is None:
        return None
    found = Offloading(
        driver=report.driver or "",
        bucket=report.bucket or report.s3_bucket or report.gcs_bucket or "",
        threshold_size=known_or_none(report.size),
        threshold_seconds=known_or_none(report.seconds),
        deletion_lag=None if report.lag is None or report.lag < 0 else report.lag / 1000,
    )
    thresholds = (found.threshold_size, found.threshold_seconds)
    return None if not found.driver and thresholds == (None, None) else found


def parse_ledgers(stats: bytes, info: bytes, where: str, *, partitioned: bool) -> Ledgers:
    """The answers of ``internalStats`` and ``internal-info``, or of their partitioned forms."""
    if partitioned:
        parts = list(decode(_partitioned_internal, stats, where).partitions.values())
    else:
        parts = [decode(_internal, stats, where)]
    report = decode(_info, info, where)
    # the last ledger is the one that is written to: for it the broker reports the time of asking
    firsts = [
        # those that were offloaded are listed last
        min(one.ledgers, key=lambda each: each.ledger_id)
        for one in (report, *report.partitions.values())
        if len(one.ledgers) > 1
    ]
    closed = [at for first in firsts if (at := seconds_of(first.timestamp)) is not None]
    compacted = [c for part in parts if (c := part.compacted_ledger) and c.entries >= 0]
    snapshots = [(part, part.cursors[DEDUP]) for part in parts if DEDUP in part.cursors]
    behind = [max(0, p.entries_added_counter - c.messages_consumed_counter) for p, c in snapshots]
    return Ledgers(
        count=sum(len(part.ledgers) for part in parts),
        entries=sum(known(part.number_of_entries) for part in parts),
        size=sum(known(part.total_size) for part in parts),
        offloaded=sum(ledger.offloaded for part in parts for ledger in part.ledgers),
        first_closed=min(closed, default=None),
        compacted_entries=sum(one.entries for one in compacted) if compacted else None,
        compacted_size=sum(one.size for one in compacted) if compacted else None,
        deduplicated_producers=sum(len(cursor.properties or ()) for _, cursor in snapshots)
        if snapshots
        else None,
        since_snapshot=sum(behind) if snapshots else None,
    )


def _quota_of(kind: str, report: QuotaPolicy) -> Quota:
    """Each kind uses one of the limits; the other holds the other kind's default."""
    by_age = kind == "message_age"
    return Quota(
        kind=kind,
        size=report.limit_size if not by_age and report.limit_size >= 0 else None,
        seconds=report.limit_time if by_age and report.limit_time > 0 else None,
        policy=report.policy or "",
    )
