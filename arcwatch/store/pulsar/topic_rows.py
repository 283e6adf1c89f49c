"""Rows of the open topic, also printed by ``--json``.

As in :mod:`arcwatch.store.rows`: rates are per second, sizes bytes, moments Unix seconds, ``nan``
and None are not known.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from arcwatch.model.pulsar_opened import Compaction, Draining, Layout, TopicAbout
from arcwatch.store.causes.cause import Cause


class PositionElsewhere(Struct, frozen=True, gc=False):
    """Position of a replicated subscription in another watched cluster."""

    cluster: str
    backlog_entries: float
    oldest: float | None
    """When the oldest that waits there was published."""
    behind: float
    """Seconds of publish time that it is behind this one: what lies between would be delivered
    again there.  Less than 0 is ahead; ``nan`` where the two cannot be compared."""


class TopicSubscriptionRow(Struct, frozen=True, gc=False):
    """One subscription, summed over partitions."""

    cluster: str
    topic: str
    name: str
    type: str | None
    durable: bool
    backlog_entries: float
    backlog_messages: float
    backlog_size: int | None
    msg_rate_out: float
    throughput_out: float
    unacked_messages: float
    delayed_messages: float
    redeliver_rate: float
    blocked: bool
    consumers: int
    active_consumer: str
    last_consumed: float | None
    last_acked: float | None
    stale: bool
    oldest: float | None = None
    """When the oldest that waits was published, exactly."""
    holes: int = 0
    """Ranges that are acknowledged behind it."""
    replicated: bool = False
    """Whether its position is kept in the remote clusters, too."""
    elsewhere: tuple[PositionElsewhere, ...] = ()
    """Its positions there, of clusters that are watched and in which the topic is open."""
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""
    draining: Draining | None = None
    """Keys that wait for their earlier consumer; None of a broker before 4.0."""
    throttled: dict[str, int] | None = None
    """How often a dispatch rate made it wait since brokers loaded the topic, by whose rate it is:
    ``subscription``, ``topic``, ``broker``; None of a broker before 4.0."""


class TopicConsumerRow(Struct, frozen=True, gc=False):
    """One consumer, summed over its partitions."""

    cluster: str
    topic: str
    subscription: str
    name: str
    address: str
    version: str
    since: float | None
    """Of its connections the oldest."""
    partitions: int
    msg_rate_out: float
    throughput_out: float
    unacked_messages: float
    permits: int
    redeliver_rate: float
    blocked: bool
    last_consumed: float | None
    last_acked: float | None
    stale: bool
    draining: Draining | None = None
    """Keys of what it holds that went to another one."""


class TopicProducerRow(Struct, frozen=True, gc=False):
    """One producer, summed over its partitions."""

    cluster: str
    topic: str
    name: str
    address: str
    version: str
    since: float | None
    access: str
    partitions: int
    msg_rate_in: float
    """Over the broker's last 60 s."""
    throughput_in: float
    stale: bool


class TopicPartitionRow(Struct, frozen=True, gc=False):
    """One partition; of a topic without partitions, the topic."""

    cluster: str
    topic: str
    name: str
    owner: str
    hot: bool
    msg_rate_in: float
    msg_rate_out: float
    throughput_in: float
    throughput_out: float
    backlog_entries: float
    backlog_messages: float
    storage_size: float
    offloaded_size: float
    producers: float
    consumers: float
    stale: bool
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""
    sealed: float | None = None
    """When a segment of a scalable topic was split or merged into others."""


class TopicReplicationRow(Struct, frozen=True, gc=False):
    """Replication to one remote cluster, summed over partitions."""

    cluster: str
    topic: str
    remote: str
    connected: int
    """Partitions that are."""
    partitions: int
    backlog_entries: float
    growth: float
    """Entries per second by which what waits grew over the last minute."""
    delay: float
    """Of the partition where it is longest; 0 without a connection says nothing."""
    msg_rate_in: float
    msg_rate_out: float
    outbound: str
    stale: bool
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""


class TopicRow(Struct, frozen=True, gc=False):
    """The open topic with everything known about it."""

    cluster: str
    topic: str
    partitions: int
    gone: bool
    """Whether it was deleted since it was opened."""
    msg_rate_in: float
    msg_rate_out: float
    throughput_in: float
    throughput_out: float
    storage_size: float | None
    offloaded_size: float | None
    last_offloaded: float | None
    last_offload_failed: float | None
    backlog_entries: float | None
    about: TopicAbout | None
    subscriptions: tuple[TopicSubscriptionRow, ...]
    consumers: tuple[TopicConsumerRow, ...]
    producers: tuple[TopicProducerRow, ...]
    parts: tuple[TopicPartitionRow, ...]
    replication: tuple[TopicReplicationRow, ...]
    stale: bool
    deduplication: str = ""
    """``Disabled``, ``Enabled``, …, of partitions that differ each; empty where not reported."""
    open_transactions: int = 0
    committed_transactions: int = 0
    aborted_transactions: int = 0
    """That have published to it, the last two since brokers loaded it."""
    created: float | None = None
    last_published: float | None = None
    lacks: dict[str, tuple[str, ...]] = {}
    """What its broker is too old to report, by the first version of Pulsar that does."""
    layout: Layout | None = None
    """The segments of a scalable topic."""
    compaction: Compaction | None = None
    """Summed over partitions: the latest times, all messages removed, the longest duration."""


HOT_SHARE = 2.0


HOT_RATE = 10.0
"""A partition is hot when it is sent more than so many times the mean of its siblings, and more
than so many messages per second: below that nobody would move a key."""


def is_hot(rate: float, rates: Sequence[float]) -> bool:
    """Whether a partition's rate is far above the others of ``rates``, its own included.

    >>> is_hot(250.0, [100.0, 250.0, 100.0]), is_hot(9.0, [1.0, 9.0]), is_hot(500.0, [500.0])
    (True, False, False)
    """
    known = [value for value in rates if value == value]
    if rate != rate or rate <= HOT_RATE or len(known) < 2:
        return False
    return rate > HOT_SHARE * (sum(known) - rate) / (len(known) - 1)
