"""The admin API's answers about an open topic.

Asking loads the topic, which is why it is asked of no other.  Units and directions are those of
:mod:`arcwatch.model.pulsar`: counters are totals since the topic was loaded.
"""

from __future__ import annotations

from msgspec import Struct

from .message import Schema


class Draining(Struct, frozen=True, gc=False):
    """Keys of a Key_Shared subscription that moved to another consumer.

    That one is sent none of them until the earlier one has acknowledged what it holds of them.
    """

    hashes: int
    """Hashes of keys that wait so."""
    unacked: int
    """Messages of them that the earlier consumer holds."""
    cleared: int
    """Hashes that no longer wait, since the consumer connected or the topic was loaded."""

    def __add__(self, other: Draining) -> Draining:
        return Draining(
            self.hashes + other.hashes, self.unacked + other.unacked, self.cleared + other.cleared
        )


class Consumer(Struct, frozen=True, gc=False):
    """One consumer of one subscription of one topic or partition: ``ConsumerStats``."""

    name: str
    address: str
    since: float | None
    version: str
    """Of its client: ``Pulsar-CPP-v4.2.0``."""
    out_messages: float
    out_bytes: float
    unacked_messages: float
    permits: int
    """Messages that it has asked for and has not been sent."""
    blocked: bool
    redeliver_rate: float
    """Over the broker's last 60 s."""
    last_consumed: float | None
    last_acked: float | None
    draining: Draining | None = None
    """Of what it holds; None of a broker before 4.0."""


class Producer(Struct, frozen=True, gc=False):
    """One producer of one topic or partition: ``PublisherStats``."""

    name: str
    address: str
    since: float | None
    version: str
    access: str
    """``Shared``, ``Exclusive``, …"""
    in_rate: float
    """Messages per second over the broker's last 60 s: there is no counter."""
    throughput_in: float


class OpenedSubscription(Struct, frozen=True, gc=False):
    """One subscription of one topic or partition: ``SubscriptionStats``."""

    name: str
    type: str | None
    """None before the first consumer."""
    durable: bool
    backlog_entries: float
    backlog_size: int | None
    """Bytes, as the broker estimates them."""
    out_messages: float
    out_bytes: float
    unacked_messages: float
    delayed_messages: float
    redeliver_rate: float
    blocked: bool
    active_consumer: str
    """Who of the consumers is served, where only one is."""
    last_consumed: float | None
    last_acked: float | None
    consumers: tuple[Consumer, ...]
    holes: int = 0
    """Ranges that are acknowledged behind the first message that is not."""
    moved: float | None = None
    """When that message was last another one."""
    oldest: float | None = None
    """When it was published; None where nothing waits, or the broker was not asked."""
    is_replicated: bool = False
    """Whether its position is replicated to other clusters, where it only ever moves forward."""
    draining: Draining | None = None
    throttled: tuple[tuple[str, int], ...] | None = None
    """How often a dispatch rate made it wait, by whose rate it is: ``subscription``, ``topic``,
    ``broker``.  Both are None of a broker before 4.0."""


class Replication(Struct, frozen=True, gc=False):
    """What goes from one topic or partition to another cluster: ``ReplicatorStats``."""

    cluster: str
    connected: bool
    backlog_entries: float
    delay: float
    """Seconds that the oldest message under way has waited; 0 also while nothing is under way,
    so that 0 without a connection means an outage."""
    in_messages: int | None
    out_messages: int | None
    outbound: str
    """The address of the connection to that cluster; empty without one."""
    is_sending: bool = False
    """Whether that cluster is connected, to send what was published there."""


class Compaction(Struct, frozen=True, gc=False):
    """What compaction has done since a broker loaded the topic: ``CompactionStats``."""

    last: float | None
    """When it last succeeded."""
    failed_at: float | None
    removed: int | None
    """Messages that the last one left out; None before the first."""
    seconds: float | None
    """How long the last one took."""


class OpenedPart(Struct, frozen=True, gc=False):
    """A topic without partitions, or one partition: ``TopicStats``."""

    name: str
    in_messages: float
    in_bytes: float
    out_messages: float
    out_bytes: float
    storage_size: float
    offloaded_size: float
    last_offloaded: float | None
    last_offload_failed: float | None
    owner: str
    """``host:port`` of the broker that serves it; empty where it is not reported."""
    producers: tuple[Producer, ...]
    subscriptions: tuple[OpenedSubscription, ...]
    replication: tuple[Replication, ...]
    deduplication: str = ""
    """``Disabled``, ``Enabled``, ``Initializing``, …; empty where it is not reported."""
    open_transactions: int = 0
    committed_transactions: int = 0
    aborted_transactions: int = 0
    """That have published to it, the last two since a broker loaded it."""
    created: float | None = None
    """None of a broker before 4.2."""
    last_published: float | None = None
    """None, too, while nobody has since a broker loaded it."""
    sealed: float | None = None
    """When a segment was split or merged into others; None while it is written to."""
    compaction: Compaction | None = None
    """None where it is not reported."""


class LayoutChange(Struct, frozen=True, gc=False):
    """Segments of a scalable topic that were split or merged into others, by their numbers."""

    at: float | None
    kind: str
    """``split`` or ``merge``."""
    before: tuple[int, ...]
    after: tuple[int, ...]


class Layout(Struct, frozen=True):
    """The segments of a scalable topic, and what is reported of it only as a whole."""

    active: int
    sealed: int
    """Those that split or merged, and are only read from, until they are deleted."""
    storage_size: int | None
    producers: tuple[Producer, ...]
    """One for each segment that it writes to."""
    changes: tuple[LayoutChange, ...]
    """Oldest first."""
    failed: str
    """The last split or merge, if it failed."""


class OpenedTopic(Struct, frozen=True, tag="pulsar.opened"):
    """One topic with all its partitions."""

    name: str
    partitions: int
    """0 for a topic that has none."""
    parts: tuple[OpenedPart, ...]
    layout: Layout | None = None
    """Of a scalable topic, whose parts are its segments."""


class TopicGone(Struct, frozen=True, tag="pulsar.gone"):
    """The topic does not exist, or no longer."""

    name: str


class TopicClosed(Struct, frozen=True, tag="pulsar.closed"):
    """A topic is no longer open."""


class Quota(Struct, frozen=True, gc=False):
    """How much may wait in a topic, and what happens then."""

    kind: str
    """``destination_storage`` or ``message_age``."""
    size: int | None
    """Bytes; None where size is not limited."""
    seconds: int | None
    policy: str
    """``producer_request_hold``, ``producer_exception``, ``consumer_backlog_eviction``."""

    @property
    def is_limited(self) -> bool:
        """Whether it has a limit; without one it means that no quota of its kind is set."""
        return self.size is not None or self.seconds is not None


class Ledgers(Struct, frozen=True, gc=False):
    """Where messages are stored, and what is kept besides; of all partitions: ``internalStats``."""

    count: int
    entries: float
    size: float
    """Bytes, without replicas."""
    offloaded: int
    """Of ``count``."""
    first_closed: float | None
    """When the oldest ledger was closed: what is in it is older.  None while it is still open."""
    compacted_entries: int | None = None
    compacted_size: int | None = None
    """Entries and bytes that compaction has kept; None before the first."""
    deduplicated_producers: int | None = None
    """Producers whose last sequence is in the snapshot of deduplication; None where there is none.
    """
    since_snapshot: int | None = None
    """Entries since that snapshot, which are read when a broker loads the topic."""


class Offloading(Struct, frozen=True, gc=False):
    """When the ledgers of a topic are moved to other storage, and where to."""

    driver: str
    """``aws-s3``, ``S3``, ``filesystem``, …; empty where nothing is set up to take them."""
    bucket: str
    threshold_size: int | None
    threshold_seconds: int | None
    """The oldest go once the topic is larger, or they are older; None where that is not set."""
    deletion_lag: float | None
    """Seconds that bookies keep them after that; None for a broker's default."""


class TopicSchemas(Struct, frozen=True, tag="pulsar.schemas"):
    """Every version of a topic's schema; none where it has none."""

    name: str
    schemas: tuple[Schema, ...]
    why: str = ""
    """Why they could not be read."""


class TopicPolicy(Struct, frozen=True, gc=False):
    """One setting or limit in effect for a topic."""

    name: str
    """``publish_rate``, ``dispatch_rate``, ``deduplication``, ``compaction_threshold``, …"""
    set_by: str
    """``topic``, ``namespace``, ``broker``; empty where it is not known."""
    messages: int | None = None
    size: int | None = None
    """Messages and bytes: of a rate in ``seconds``, of a subscribe rate subscriptions of one
    consumer.  None is no limit."""
    seconds: int | None = None
    value: str = ""
    """A value that is no number: ``on``, ``FULL``, a resource group."""


class TopicAbout(Struct, frozen=True, tag="pulsar.about"):
    """What holds for a topic, its own or its namespace's or the broker's: the effective policies.

    None is what is not set.  What could not be asked is in ``unknown``.
    """

    name: str
    retention_seconds: int | None = None
    """-1 keeps what was acknowledged for ever."""
    retention_size: int | None = None
    """Bytes; -1 without limit."""
    ttl: int | None = None
    """Seconds after which what nobody acknowledged counts as such."""
    quotas: tuple[Quota, ...] = ()
    schema_type: str | None = None
    schema_version: int | None = None
    offload_status: str | None = None
    """``NOT_RUN``, ``RUNNING``, ``SUCCESS``, ``ERROR``; None of a partitioned topic."""
    offload_error: str = ""
    ledgers: Ledgers | None = None
    unknown: tuple[str, ...] = ()
    """Of ``retention``, ``ttl``, ``quota``, ``schema``, ``offload``, ``ledgers``,
    ``offloading`` and ``compaction``."""
    offloading: Offloading | None = None
    """None where it was not asked, or neither a driver nor a threshold is set."""
    compaction_status: str | None = None
    """``NOT_RUN``, ``RUNNING``, ``SUCCESS``, ``ERROR``; None of a partitioned topic."""
    compaction_error: str = ""
    policies: tuple[TopicPolicy, ...] = ()
