"""``stats`` of an opened topic and ``partitioned-stats`` of its partitions -> model."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct, field

from arcwatch.model.pulsar_opened import (
    Compaction,
    Consumer,
    OpenedPart,
    OpenedSubscription,
    OpenedTopic,
    Producer,
    Replication,
)
from arcwatch.notation.own_names import is_ours

from .numbers import Count, Int64, Real, known, known_or_none, seconds_of
from .pulsar_admin import Drained, decode, draining

MOST_PARTITIONS = 100_000
"""Most of what one topic may have."""


class Client(Drained, frozen=True, rename="camel"):
    """A producer or consumer.  Only consumers drain, but a Struct has one base alone."""

    address: str | None = None
    connected_since: str | None = None
    client_version: str | None = None


class _Consumer(Client, frozen=True, rename="camel"):
    """``ConsumerStatsImpl``."""

    consumer_name: str | None = None
    msg_out_counter: Count = 0
    bytes_out_counter: Count = 0
    unacked_messages: Count = 0
    available_permits: Int64 = 0
    blocked: bool = field(default=False, name="blockedConsumerOnUnackedMsgs")
    msg_rate_redeliver: Real = 0.0
    last_consumed_timestamp: Int64 = 0
    last_acked_timestamp: Int64 = 0


class Publisher(Client, frozen=True, rename="camel"):
    """``PublisherStatsImpl``."""

    producer_name: str | None = None
    access_mode: str | None = None
    msg_rate_in: Real = 0.0
    msg_throughput_in: Real = 0.0


class _Subscription(Drained, frozen=True, rename="camel", kw_only=True):
    """``SubscriptionStatsImpl``."""

    msg_backlog: Count
    type: str | None = None
    is_durable: bool = True
    is_replicated: bool = False
    backlog_size: Count = -1
    msg_out_counter: Count = 0
    bytes_out_counter: Count = 0
    unacked_messages: Count = 0
    msg_delayed: Count = 0
    msg_rate_redeliver: Real = 0.0
    blocked: bool = field(default=False, name="blockedSubscriptionOnUnackedMsgs")
    active_consumer_name: str | None = None
    last_consumed_timestamp: Int64 = 0
    last_acked_timestamp: Int64 = 0
    last_mark_delete_advanced_timestamp: Int64 = 0
    holes: Count = field(default=0, name="nonContiguousDeletedMessagesRanges")
    earliest_msg_publish_time_in_backlog: Int64 = 0
    dispatch_throttled_msg_events_by_subscription_limit: Count | None = None
    dispatch_throttled_msg_events_by_topic_limit: Count = 0
    dispatch_throttled_msg_events_by_broker_limit: Count = 0
    dispatch_throttled_bytes_events_by_subscription_limit: Count = 0
    dispatch_throttled_bytes_events_by_topic_limit: Count = 0
    dispatch_throttled_bytes_events_by_broker_limit: Count = 0
    consumers: list[_Consumer] = field(default_factory=list)


class _Replicator(Struct, frozen=True, rename="camel"):
    """``ReplicatorStatsImpl``."""

    connected: bool = False
    replication_backlog: Count = 0
    replication_delay_in_seconds: Real = 0.0
    msg_in_count: Count | None = None
    msg_out_count: Count | None = None
    outbound_connection: str | None = None
    inbound_connection: str | None = None


class _Compaction(Struct, frozen=True, rename="camel"):
    """``CompactionStatsImpl``."""

    last_compaction_removed_event_count: Count = 0
    last_compaction_succeed_timestamp: Int64 = 0
    last_compaction_failed_timestamp: Int64 = 0
    last_compaction_duration_time_in_mills: Int64 = 0


class _Stats(Struct, frozen=True, rename="camel"):
    """``TopicStatsImpl``; a non-persistent topic lacks what is about storage."""

    msg_in_counter: Count
    bytes_in_counter: Count = 0
    msg_out_counter: Count = 0
    bytes_out_counter: Count = 0
    storage_size: Count = 0
    offloaded_storage_size: Count = 0
    last_offload_success: Int64 = field(default=0, name="lastOffloadSuccessTimeStamp")
    last_offload_failure: Int64 = field(default=0, name="lastOffloadFailureTimeStamp")
    owner_broker: str | None = None
    publishers: list[Publisher] = []
    subscriptions: dict[str, _Subscription] = {}
    replication: dict[str, _Replicator] = {}
    deduplication_status: str | None = None
    ongoing_txn_count: Count = 0
    committed_txn_count: Count = 0
    aborted_txn_count: Count = 0
    topic_creation_time_stamp: Int64 = 0
    last_publish_time_stamp: Int64 = 0
    compaction: _Compaction | None = None


# each costs a name and a request
_Partitions: TypeAlias = Annotated[int, Meta(ge=0, le=MOST_PARTITIONS)]


class _Metadata(Struct, frozen=True):
    partitions: _Partitions = 0


class _PartitionedStats(Struct, frozen=True):
    """``PartitionedTopicStatsImpl`` asked with ``perPartition=true``."""

    metadata: _Metadata
    partitions: dict[str, _Stats]


_metadata = msgspec.json.Decoder(_Metadata)
_stats = msgspec.json.Decoder(_Stats)
_partitioned = msgspec.json.Decoder(_PartitionedStats)


def parse_partitions(body: bytes, where: str) -> int:
    """The answer of ``…/{topic}/partitions``: how many, 0 of a topic without."""
    return decode(_metadata, body, where).partitions


def parse_opened(name: str, stats: bytes, where: str) -> OpenedTopic:
    """The answer of ``stats`` of a topic without partitions."""
    return OpenedTopic(name, 0, (_part(name, decode(_stats, stats, where)),))


def parse_opened_partitions(name: str, stats: bytes, where: str) -> OpenedTopic:
    """The answer of ``partitioned-stats?perPartition=true``."""
    report = decode(_partitioned, stats, where)
    inside = f"{name}-partition-"
    parts = [_part(key, part) for key, part in report.partitions.items() if key.startswith(inside)]
    parts.sort(key=lambda part: (len(part.name), part.name))
    return OpenedTopic(name, report.metadata.partitions, tuple(parts))


def _part(name: str, report: _Stats) -> OpenedPart:
    """One part, with neither our own readers nor what they read.

    The topic's own counters go on telling what a reader was sent after it has gone, so what is
    sent is summed up over the others.
    """
    others = {key: one for key, one in report.subscriptions.items() if not is_ours(key)}
    return OpenedPart(
        name=name,
        in_messages=known(report.msg_in_counter),
        in_bytes=known(report.bytes_in_counter),
        out_messages=sum(known(one.msg_out_counter) for one in others.values()),
        out_bytes=sum(known(one.bytes_out_counter) for one in others.values()),
        storage_size=known(report.storage_size),
        offloaded_size=known(report.offloaded_storage_size),
        last_offloaded=seconds_of(report.last_offload_success),
        last_offload_failed=seconds_of(report.last_offload_failure),
        owner=report.owner_broker or "",
        producers=tuple(producer(one) for one in report.publishers),
        subscriptions=tuple(_subscription(key, one) for key, one in others.items()),
        replication=tuple(_replication(key, one) for key, one in report.replication.items()),
        deduplication=report.deduplication_status or "",
        open_transactions=known_or_none(report.ongoing_txn_count) or 0,
        committed_transactions=known_or_none(report.committed_txn_count) or 0,
        aborted_transactions=known_or_none(report.aborted_txn_count) or 0,
        created=seconds_of(report.topic_creation_time_stamp),
        last_published=seconds_of(report.last_publish_time_stamp),
        compaction=_compaction(report.compaction) if report.compaction else None,
    )


def _compaction(report: _Compaction) -> Compaction:
    done = seconds_of(report.last_compaction_succeed_timestamp)
    failed = seconds_of(report.last_compaction_failed_timestamp)
    took = report.last_compaction_duration_time_in_mills
    return Compaction(
        done,
        failed,
        known_or_none(report.last_compaction_removed_event_count) if done else None,
        took / 1000 if done or failed else None,
    )


def _subscription(name: str, report: _Subscription) -> OpenedSubscription:
    return OpenedSubscription(
        name=name,
        # the text None is how the broker says that nobody has subscribed yet
        type=None if report.type == "None" else report.type,
        durable=report.is_durable,
        is_replicated=report.is_replicated,
        backlog_entries=known(report.msg_backlog),
        backlog_size=known_or_none(report.backlog_size),
        out_messages=known(report.msg_out_counter),
        out_bytes=known(report.bytes_out_counter),
        unacked_messages=known(report.unacked_messages),
        delayed_messages=known(report.msg_delayed),
        redeliver_rate=report.msg_rate_redeliver,
        blocked=report.blocked,
        active_consumer=report.active_consumer_name or "",
        last_consumed=seconds_of(report.last_consumed_timestamp),
        last_acked=seconds_of(report.last_acked_timestamp),
        consumers=tuple(_consumer(one) for one in report.consumers),
        holes=known_or_none(report.holes) or 0,
        moved=seconds_of(report.last_mark_delete_advanced_timestamp),
        oldest=seconds_of(report.earliest_msg_publish_time_in_backlog)
        if report.msg_backlog > 0
        else None,
        draining=draining(report),
        throttled=_throttled(report),
    )


def _consumer(report: _Consumer) -> Consumer:
    return Consumer(
        name=report.consumer_name or "",
        address=address_of(report.address),
        since=since(report.connected_since),
        version=report.client_version or "",
        out_messages=known(report.msg_out_counter),
        out_bytes=known(report.bytes_out_counter),
        unacked_messages=known(report.unacked_messages),
        permits=report.available_permits,
        blocked=report.blocked,
        redeliver_rate=report.msg_rate_redeliver,
        last_consumed=seconds_of(report.last_consumed_timestamp),
        last_acked=seconds_of(report.last_acked_timestamp),
        draining=draining(report),
    )


def _throttled(report: _Subscription) -> tuple[tuple[str, int], ...] | None:
    """Only the limits that throttled it."""
    if report.dispatch_throttled_msg_events_by_subscription_limit is None:
        return None
    counts = {
        whose: sum(
            known_or_none(getattr(report, f"dispatch_throttled_{what}_events_by_{whose}_limit"))
            or 0
            for what in ("msg", "bytes")
        )
        for whose in ("subscription", "topic", "broker")
    }
    return tuple((whose, count) for whose, count in counts.items() if count)


def producer(report: Publisher) -> Producer:
    """A producer of one part."""
    return Producer(
        name=report.producer_name or "",
        address=address_of(report.address),
        since=since(report.connected_since),
        version=report.client_version or "",
        access=report.access_mode or "",
        in_rate=report.msg_rate_in,
        throughput_in=report.msg_throughput_in,
    )


def _replication(cluster: str, report: _Replicator) -> Replication:
    return Replication(
        cluster=cluster,
        connected=report.connected,
        backlog_entries=known(report.replication_backlog),
        delay=report.replication_delay_in_seconds,
        in_messages=known_or_none(report.msg_in_count),
        out_messages=known_or_none(report.msg_out_count),
        outbound=(report.outbound_connection or "").lstrip("/"),
        is_sending=bool(report.inbound_connection),
    )


def since(text: str | None) -> float | None:
    """Unix seconds of ``2026-11-23T18:29:54.88404697Z``; None of anything else."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError, OSError):
        return None


def address_of(text: str | None) -> str:
    """Java writes an address without a host name as ``/10.0.0.7:45060``."""
    return (text or "").lstrip("/")
