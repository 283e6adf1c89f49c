"""Reports of Pulsar brokers, from ``/metrics/`` and the admin API.

``in`` is what producers sent to the broker and ``out`` what it dispatched to consumers.
Counters are totals since the broker **loaded the topic**: an unload or a move sets them back.
Moments are Unix seconds, durations seconds, sizes bytes; backlogs count entries (batches).
``nan`` is a count that a broker does not give, or that cannot be: Pulsar writes -1 for "not set".
"""

from __future__ import annotations

from math import nan

from msgspec import Struct

from .latency import PulsarLatencies
from .pulsar_opened import Draining, Quota


class Coordinator(Struct, frozen=True, gc=False):
    """One transaction coordinator, from the ``pulsar_txn_*`` metrics of the broker that runs it.

    Totals are since that broker took it over.
    """

    id: str
    active: float
    created: float
    committed: float
    aborted: float
    timed_out: float


class Produced(Struct, frozen=True, gc=False):
    """What a transaction sent to one topic or partition."""

    topic: str
    ledger: int
    entry: int
    """Where it begins; -1 each where that is not reported."""
    hides: float = nan
    """Entries from there to the end of the topic, its own included, that are not delivered."""


class OpenTransaction(Struct, frozen=True, gc=False):
    """A transaction that was neither committed nor aborted."""

    id: str
    """As brokers write it: ``(COORDINATOR,NUMBER)``."""
    since: float | None
    """When it began, Unix seconds."""
    timeout: float
    """Seconds after which its coordinator aborts it."""
    produced: tuple[Produced, ...]
    acknowledged: tuple[tuple[str, str], ...]
    """Topics and their subscriptions in which it acknowledges messages, pending until it ends."""


class PulsarTransactions(Struct, frozen=True, tag="pulsar.transactions"):
    """The open transactions of all coordinators, the oldest first."""

    open: tuple[OpenTransaction, ...] | None
    """None where they may not be read: brokers list them for superusers alone."""


class FunctionCounts(Struct, frozen=True, gc=False):
    """One instance, from the metrics of the broker or worker that runs it; totals since it began.

    ``pulsar_function_*``, ``pulsar_source_*`` and ``pulsar_sink_*``.
    """

    kind: str
    """``function``, ``source`` or ``sink``."""
    name: str
    """``tenant/namespace/name``."""
    instance: str
    received: float
    processed: float
    """Of a source and a sink, written."""
    failed: float
    """Exceptions, its own and the system's."""
    latency: float
    latency_count: float
    """The sum of how long messages took, in seconds, and how many: of a function."""
    last_invoked: float | None


class PulsarFunction(Struct, frozen=True, gc=False):
    """One function, source or sink, as its worker describes it."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    """Full names of topics, or patterns."""
    output: str
    instances: int | None
    running: int | None
    restarts: int | None
    """None, as of the others, where the worker tells a number that is no count."""
    why: str
    """Why one does not run, otherwise its latest exception; empty without."""
    failed_at: float | None
    """When that was, Unix seconds."""
    workers: tuple[str, ...]


class PulsarFunctions(Struct, frozen=True, tag="pulsar.functions"):
    """All functions, sources and sinks of a cluster."""

    functions: tuple[PulsarFunction, ...] | None
    """None where they were not asked for, or may not be read."""
    not_asked: int = 0
    """How many more there are: too many, or not permitted."""


class Subscription(Struct, frozen=True, gc=False):
    """One subscription of one topic or partition, from the ``pulsar_subscription_*`` metrics."""

    name: str
    backlog_entries: float
    """``pulsar_subscription_back_log``.  One entry may hold a batch of many messages."""
    out_messages: float
    """``pulsar_out_messages_total``: dispatched, redeliveries included."""
    out_bytes: float
    unacked_messages: float
    consumers: float
    delayed_messages: float
    blocked: bool
    """``pulsar_subscription_blocked_on_unacked_messages``."""
    redeliver_rate: float
    """``pulsar_subscription_msg_rate_redeliver``, over the broker's last 60 s."""
    last_consumed: float | None
    last_acked: float | None
    backlog_size: int | None
    """Bytes; only where ``exposeSubscriptionBacklogSizeInPrometheus`` is set on the broker."""
    drop_rate: float = 0.0
    """``pulsar_subscription_msg_drop_rate``: messages of a non-persistent topic that nobody was
    ready for, per second over the broker's last 60 s."""
    throttled: tuple[tuple[str, float], ...] = ()
    """How often a dispatch rate made it wait, by whose rate it is: ``subscription``, ``topic``,
    ``broker``.  Only what ever did; brokers before 4.0 do not count it."""


class Replicator(Struct, frozen=True, gc=False):
    """Replication of one topic or partition to one remote cluster: ``pulsar_replication_*``."""

    remote: str
    connected: bool
    backlog_entries: float
    delay: float
    """Age of the oldest entry not yet replicated, in seconds."""
    rate_in: float
    rate_out: float
    """Messages per second from and to that cluster, over the broker's last 60 s."""
    throughput_in: float
    throughput_out: float


class OffloadCounts(Struct, frozen=True, gc=False):
    """Tiered storage of one topic or partition: ``brk_ledgeroffloader_*``.

    Totals are since the broker loaded the topic.
    """

    topic: str
    offload_rate: float
    read_rate: float
    """Bytes per second written to it and read from it, over the broker's last 60 s."""
    read_bytes: float
    """In total."""
    errors: float
    read_errors: float
    """Failures to write to it and to read from it that the broker counts: not that it cannot be
    reached at all."""
    read_latency: float
    """95th percentile of a read from it, in seconds."""


class Topic(Struct, frozen=True, gc=False):
    """One topic or one partition, as its owner broker sees it."""

    name: str
    """``persistent://tenant/namespace/topic``, with ``-partition-N`` for a partition."""
    in_messages: float
    in_bytes: float
    out_messages: float
    """Summed over subscriptions, readers included."""
    out_bytes: float
    storage_size: float
    """``pulsar_storage_size``: with replicas."""
    offloaded_size: float
    backlog_size: float
    """Bytes up to the slowest subscription: ``pulsar_storage_backlog_size``."""
    producers: float
    consumers: float
    subscriptions: tuple[Subscription, ...]
    replicators: tuple[Replicator, ...] = ()
    publish_limited: float = 0.0
    """How often a publish rate made producers wait, those that share a connection with one that
    is limited among them."""


class PulsarBroker(Struct, frozen=True, tag="pulsar.broker"):
    """One ``/metrics/`` page: a broker and every topic it has loaded."""

    broker: str
    """``host:port`` of its web service, as in the cluster's broker list."""
    cluster: str
    version: str
    started: float | None
    """``process_start_time_seconds``, which is how a restart shows."""
    heap_used: int | None
    heap_max: int | None
    direct_used: int | None
    direct_max: int | None
    topic_metrics: bool
    """False where the broker does not report topics (``exposeTopicLevelMetricsInPrometheus``)."""
    topics: tuple[Topic, ...]
    lines: int
    """Length of the page, for the visible cost."""
    size: int
    skipped: int = 0
    """Lines about topics that could not be read: Pulsar 4.0 does not escape a line end in a name,
    so that such a topic is missing here."""
    clock: float | None = None
    """The broker's own clock when it began to count, seconds from a moment of its start: what
    rates are divided by, since neither a busy broker nor a slow network can delay it."""
    latencies: PulsarLatencies = PulsarLatencies()
    coordinators: tuple[Coordinator, ...] = ()
    """Of transactions, those that this broker runs."""
    functions: tuple[FunctionCounts, ...] = ()
    """Instances of functions, sources and sinks, where the worker is part of the broker."""
    functions_known: float = 0
    """How many there are, running or not, where its worker leads the others."""
    offloads: tuple[OffloadCounts, ...] = ()
    """Of topics that something was offloaded or read back of."""


class PulsarBrokers(Struct, frozen=True, tag="pulsar.brokers"):
    """The brokers that are alive in the cluster: ``GET /admin/v2/brokers``."""

    brokers: tuple[str, ...]
    refused: bool = False
    """Whether we may not read the list, so that the one broker here is whom we asked for it."""


class PulsarPort(Struct, frozen=True, tag="pulsar.port"):
    """A broker let us in at the port that clients connect to."""


class PulsarHealth(Struct, frozen=True, gc=False, tag="pulsar.health"):
    """Whether one broker reports itself ready: ``GET /admin/v2/brokers/ready``."""

    broker: str
    healthy: bool | None
    """None where the broker's version has no such endpoint."""
    error: str


class Member(Struct, frozen=True, gc=False):
    """One consumer of one subscription, summed over the partitions that it reads."""

    name: str
    address: str
    unacked: float
    permits: int
    """Messages that it has asked for and was not sent; Pulsar may send a batch more, so that it
    can be below zero."""
    last_consumed: float | None
    last_acked: float | None
    """Unix seconds."""
    draining: Draining | None = None
    """Keys of what it holds that went to another one; None of a broker before 4.0."""


class SubscriptionDetail(Struct, frozen=True, gc=False):
    """What only the admin API reports about a subscription."""

    name: str
    type: str | None
    """``Exclusive``, ``Shared``, ``Failover``, ``Key_Shared``; None before the first consumer."""
    backlog_size: int | None
    durable: bool
    holes: int = 0
    """Ranges that are acknowledged behind the first message that is not."""
    moved: float | None = None
    """Unix seconds when that message was last another one."""
    consumers: tuple[Member, ...] = ()


class PulsarTopic(Struct, frozen=True):
    """One loaded topic or partition, asked by itself: ``stats`` and ``internalStats``.

    Only ever asked of topics that a broker already has loaded, or that the user opened.
    """

    name: str
    in_messages: float
    """``msgInCounter``, counted since the same moment as ``entries_added``."""
    entries_added: float
    """``entriesAddedCounter`` of the managed ledger."""
    subscriptions: tuple[SubscriptionDetail, ...]
    ttl: int | None = None
    """Seconds after which what nobody acknowledged is as good as acknowledged; None is never, or
    not known."""
    quotas: tuple[Quota, ...] = ()
    transactions: int = 0
    """Open ones that have published to it."""
    last_offloaded: float | None = None
    last_offload_failed: float | None = None
    """Unix seconds, since a broker loaded it."""


class PulsarTopics(Struct, frozen=True, tag="pulsar.topics"):
    """Topics that were asked at once; those that did not answer are not here."""

    topics: tuple[PulsarTopic, ...]


class Bookie(Struct, frozen=True, gc=False):
    """One bookie that the cluster knows, whether or not it runs."""

    id: str
    """``host:port``, or the name that it was given."""
    rack: str
    """Empty where it was put into none."""
    read_only: bool | None = None
    free: int | None = None
    total: int | None = None
    """Bytes of its ledger disks; these three are None unless the bookie itself was asked."""
    why: str = ""
    """Why it did not answer when asked."""


class PulsarBookies(Struct, frozen=True, tag="pulsar.bookies"):
    """``GET /admin/v2/bookies/all`` and ``…/racks-info``.

    Brokers of Pulsar 4.0 report neither whether a bookie accepts writes nor how full its disks are:
    only bookies report it, on a port that no API names.
    """

    bookies: tuple[Bookie, ...] | None
    """None where the broker does not report them, or not to this user."""
    underreplicated: int | None = None
    """Ledgers with too few copies, as one bookie reports for the whole cluster."""


class ResourceGroup(Struct, frozen=True, gc=False):
    """Limits on what the namespaces of a resource group do together."""

    name: str
    limits: tuple[int | None, int | None, int | None, int | None]
    """Messages and bytes per second that may be published, then dispatched; None is no limit."""


class PulsarResourceGroups(Struct, frozen=True, tag="pulsar.resource_groups"):
    """``GET /admin/v2/resourcegroups``, each group, and the policies of namespaces."""

    names: tuple[str, ...]
    groups: tuple[ResourceGroup, ...] | None = None
    """None, like ``member_of``, if only the names were asked for."""
    member_of: dict[str, str] | None = None
    """The group of each namespace that is in one."""
    not_asked: int = 0
    """Namespaces that were not asked about: too many, or not permitted."""


class PulsarTenants(Struct, frozen=True, tag="pulsar.tenants"):
    """Every tenant: ``GET /admin/v2/tenants``."""

    tenants: tuple[str, ...]


class PulsarNamespaces(Struct, frozen=True, tag="pulsar.namespaces"):
    """The namespaces of one tenant: ``GET /admin/v2/namespaces/{tenant}``."""

    tenant: str
    namespaces: tuple[str, ...]
    """``tenant/namespace``."""


class PulsarNames(Struct, frozen=True, tag="pulsar.names"):
    """The topics of one namespace: ``GET /admin/v2/persistent/{namespace}``, ``/partitioned``."""

    namespace: str
    topics: tuple[str, ...]
    """Full names; of a partitioned topic each partition that was ever used."""
    partitioned: tuple[str, ...]
    """Full names of the partitioned topics, without a number."""
    left_out: int = 0
    """Names that were listed beyond what is kept."""


class ExactBacklog(Struct, frozen=True):
    """What a broker found when it read all that waits in one subscription."""

    address: str
    entries: int
    messages: int
    oldest: float | None
    """Unix seconds when the oldest was published; None where nothing waits."""
    partitions: int
    scans: int
    """Requests that it took: a broker reads at most 10,000 entries for each."""
