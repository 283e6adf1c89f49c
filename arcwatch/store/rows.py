"""The rows that screens and verbs show, ready to be formatted or encoded.

Their fields are the fields of ``--json``.  Rates are per second, sizes bytes, durations seconds;
``nan`` is what is not known, and becomes ``null``.  ``stale`` marks what the server reported before
it stopped answering.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from msgspec import Struct

from arcwatch.model.nats import JsOrigin, JsPinned, JsReplica, SlowByKind
from arcwatch.store.causes.cause import Cause

Row = TypeVar("Row", bound=Struct)


def row_of(row: type[Row], *models: Struct | tuple[Any, ...] | type[Struct], **own: object) -> Row:
    """A row that has from each model the fields of the same name, and fields of its own.

    Args:
        models: What was answered; where that is not known its type, whose fields are then None.
    """
    fields: dict[str, object] = {}
    for model in models:
        if isinstance(model, type):
            fields.update(dict.fromkeys(_shared(row, model)[0]))
        else:
            names, values = _shared(row, type(model))
            fields.update(zip(names, values(model), strict=True))
    return row(**fields | own)


@cache
def _shared(row: type[Struct], model: type[Any]) -> tuple[list[str], Callable[[Any], Any]]:
    """The fields that the model has, too, and a function that reads them all."""
    names = [name for name in row.__struct_fields__ if hasattr(model, name)]
    return names, attrgetter(*names)


class NatsServerRow(Struct, frozen=True, gc=False):
    """One server: its last ``/varz`` and the rates since the previous one."""

    cluster: str
    server_name: str
    server_id: str
    version: str
    healthy: bool | None
    """None until ``/healthz`` has answered, and where it cannot be known."""
    health_note: str
    """Why it cannot be known."""
    uptime: float
    connections: float
    subscriptions: float
    slow_consumers: float
    in_msgs_rate: float
    out_msgs_rate: float
    in_bytes_rate: float
    out_bytes_rate: float
    in_msgs: float
    out_msgs: float
    in_bytes: float
    out_bytes: float
    stalled_clients: int | None
    mem: float
    cpu: float
    jetstream: bool
    js_storage: int | None
    js_max_storage: int | None
    js_memory: int | None
    js_max_memory: int | None
    js_reserved_storage: int | None
    """What the limits of streams have set aside."""
    js_reserved_memory: int | None
    js_api_total: int | None
    js_api_errors: int | None
    meta_leader: str | None
    cores: int
    max_payload: int
    max_pending: int
    max_connections: int
    total_connections: float
    write_deadline: float | None
    slow_by_kind: SlowByKind | None
    stale_connections: int | None
    stalls_rate: float
    """How often producers are made to wait, per second."""
    routes: int
    gateways: int
    leafnodes: int
    config_loaded: float | None
    tls_cert_not_after: float | None
    counts_neighbours: bool
    """Whether messages passed on by other servers are in these figures, besides clients' own."""
    streams_led: int
    """Streams that it leads."""
    seen_as: str
    """The account whose share of the server these figures are; empty where they are all of it."""
    url: str
    stale: bool
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""


class NatsConnectionRow(Struct, frozen=True, gc=False):
    """One client connection."""

    cluster: str
    server_name: str
    cid: int
    name: str
    ip: str
    port: int
    kind: str
    subscriptions: float
    pending_bytes: float
    in_msgs_rate: float
    out_msgs_rate: float
    in_bytes_rate: float
    out_bytes_rate: float
    rtt: float | None
    uptime: float | None
    idle: float | None
    in_msgs: float
    out_msgs: float
    in_bytes: float
    out_bytes: float
    account: str
    lang: str
    version: str
    stalls: int | None
    """How often it made producers wait; None where this server version does not count that."""
    stalls_rate: float
    start: float
    last_activity: float | None
    type: str
    tls_version: str
    tls_cipher: str
    stale: bool
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""


class NatsSubscriptionRow(Struct, frozen=True, gc=False):
    """One subscription of the open connection."""

    cluster: str
    server_name: str
    cid: int
    sid: str
    subject: str
    queue: str
    msgs: float
    msgs_rate: float
    max: int | None
    stale: bool


class NatsSubscriberRow(Struct, frozen=True, gc=False):
    """One subscription that receives messages of the subject asked about, and whose it is."""

    cluster: str
    server_name: str
    account: str
    cid: int
    sid: str
    subject: str
    queue: str
    msgs: float
    msgs_rate: float
    stale: bool


class NatsClosedRow(Struct, frozen=True, gc=False):
    """One closed connection."""

    cluster: str
    server_name: str
    cid: int
    name: str
    ip: str
    port: int
    reason: str
    stop: float
    lived: float | None
    pending_bytes: float
    stalls: int | None
    subscriptions: float
    in_msgs: float
    out_msgs: float
    in_bytes: float
    out_bytes: float
    lang: str
    version: str
    account: str
    kind: str
    type: str
    rtt: float | None
    start: float
    last_activity: float | None
    tls_version: str
    tls_cipher: str
    stale: bool

    @property
    def slow(self) -> bool:
        """Whether the server closed it as a slow consumer."""
        return self.reason.startswith("Slow Consumer")


class NatsAccountRow(Struct, frozen=True, gc=False):
    """One account on one server: client traffic and JetStream usage."""

    cluster: str
    server_name: str
    account: str
    connections: float | None
    """None, as for all that its clients do, where the server does not report it."""
    leafnodes: float | None
    subscriptions: float | None
    slow_consumers: float | None
    in_msgs_rate: float
    out_msgs_rate: float
    in_bytes_rate: float
    out_bytes_rate: float
    in_msgs: float | None
    out_msgs: float | None
    in_bytes: float | None
    out_bytes: float | None
    clients_alone: bool | None
    """Whether routes, gateways and leaf nodes are left out; else each server counts them again."""
    jetstream: bool
    memory: float | None
    """None, as for all of JetStream, without it."""
    max_memory: int | None
    storage: float | None
    max_storage: int | None
    streams: int | None
    consumers: int | None
    api_total: float | None
    api_errors: float | None
    api_rate: float
    limit_used: float | None
    """The fullest of its limits, 0 to 1; None without a limit."""
    stale: bool


class NatsStreamRow(Struct, frozen=True, gc=False):
    """One JetStream stream, as reported by its leader."""

    cluster: str
    stream: str
    account: str
    messages: float
    bytes: float
    first_time: str | None
    last_time: str | None
    consumers: int
    in_msgs_rate: float
    limit_used: float | None
    """The fullest of its byte and message limits, 0 to 1; None without a limit."""
    subjects: tuple[str, ...]
    retention: str
    storage: str
    replicas: int
    leader: str
    """Empty where nobody leads, so that nobody can publish to it or read it."""
    peers: tuple[JsReplica, ...]
    """Its replicas but for the leader, as the leader sees them."""
    first_seq: float
    last_seq: float
    max_bytes: int | None
    max_messages: int | None
    max_age: float | None
    num_subjects: int | None
    num_deleted: float
    stale: bool
    is_mirror: bool = False
    """Whether it copies the one stream of ``origins``, rather than takes messages from several."""
    origins: tuple[JsOrigin, ...] = ()
    discard: str = ""
    """What gives way at a limit: ``old`` messages, or the ``new`` one, which is refused."""
    duplicate_window: float | None = None
    """Seconds that the ids of messages are remembered."""
    stored_as: str = ""
    """The subjects that messages are stored under where those are changed first, as a filter."""
    max_per_subject: int | None = None
    """Messages that are kept of each subject; None is no limit."""
    allows: tuple[str, ...] = ()
    """Which of :data:`~arcwatch.model.nats.STREAM_FEATURES` are switched on."""
    lacks: tuple[str, ...] = ()
    """Which of them its server is too old for."""
    delete_marker_ttl: float | None = None
    """Seconds that the marker of a subject stays whose last message went by its age."""
    cause: Cause | None = None
    """The strongest cause of it or its consumers; None where there is none."""

    @property
    def lag(self) -> float:
        """Messages of its origins that it does not have yet."""
        return sum(origin.lag for origin in self.origins)

    @property
    def leaderless(self) -> bool:
        """Whether it lacks the leader it needs."""
        return self.replicas > 1 and not self.leader


class NatsConsumerRow(Struct, frozen=True, gc=False):
    """One JetStream consumer, as reported by its leader."""

    cluster: str
    stream: str
    account: str
    name: str
    num_pending: float
    num_ack_pending: float
    num_redelivered: float
    num_waiting: float
    delivered_rate: float
    ack_rate: float
    paused: bool
    durable: bool
    ack_policy: str
    last_delivered: float | None
    last_ack: float | None
    leader: str
    delivered_seq: float
    """The last message of the stream that it was sent."""
    ack_floor_seq: float
    """Up to this one all are acknowledged."""
    created: float | None
    deliver_policy: str
    filters: tuple[str, ...]
    """The subjects it is limited to; none is all of the stream's."""
    deliver_subject: str
    """Where the server sends its messages; empty where they are pulled."""
    ack_wait: float | None
    max_deliver: int | None
    max_ack_pending: int | None
    """Nothing more is delivered while as many wait for acknowledgement; None is no limit."""
    max_waiting: int | None
    stale: bool
    pending_reported: str | None = None
    """What the server said is pending where that cannot be; ``num_pending`` is then at most what
    the stream holds, or not known."""
    push_bound: bool = False
    """Whether its delivery subject has a subscriber."""
    deliver_group: str = ""
    """The queue group that shares what it is sent."""
    flow_control: bool = False
    """Whether the server waits for the client where it pushes faster than that reads."""
    pause_until: float | None = None
    """When the pause ends, Unix seconds; None where it is not paused."""
    priority_policy: str = ""
    """The priority policy of its groups: ``overflow``, ``pinned_client`` or ``prioritized``."""
    priority_groups: tuple[str, ...] = ()
    pinned: tuple[JsPinned, ...] = ()
    """Groups pinned to one client, which alone gets their messages."""
    peers: tuple[JsReplica, ...] = ()
    """Its replicas but for the leader, as the leader sees them."""
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""

    @property
    def backlog(self) -> float:
        """Messages not delivered yet, plus those awaiting acknowledgement."""
        return self.num_pending + self.num_ack_pending


class PulsarBrokerRow(Struct, frozen=True, gc=False):
    """One broker, summed over its loaded topics."""

    cluster: str
    broker: str
    version: str
    healthy: bool | None
    """None until ``brokers/ready`` has answered, and where its version has no such endpoint."""
    topics: int | None
    """None where the broker does not report topics."""
    msg_rate_in: float
    msg_rate_out: float
    throughput_in: float
    throughput_out: float
    uptime: float
    heap_used: int | None
    heap_max: int | None
    direct_used: int | None
    direct_max: int | None
    tls_cert_not_after: float | None
    """When the certificate of its web service ends, Unix seconds; None without TLS."""
    stale: bool
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""


class PulsarSubscriptionRow(Struct, frozen=True, gc=False):
    """One subscription, summed over the partitions of its topic."""

    cluster: str
    topic: str
    name: str
    type: str | None
    """None where the admin API has not been asked about this topic."""
    backlog_entries: float
    backlog_messages: float
    """Entries times the topic's messages per entry; ``nan`` while that is not known."""
    backlog_size: int | None
    """Bytes; None where neither the metrics nor the admin API have reported it."""
    msg_rate_out: float
    throughput_out: float
    unacked_messages: float
    consumers: float
    delayed_messages: float
    blocked: bool
    redeliver_rate: float
    last_consumed: float | None
    last_acked: float | None
    stale: bool
    holes: int = 0
    """Ranges that are acknowledged behind the first message that is not, where the admin API was
    asked: the oldest is older than the last so many messages."""
    held_since: float | None = None
    """Unix seconds when that message was last another one; None without holes."""
    drop_rate: float = 0.0
    """Messages that were lost because no consumer was ready, per second over the broker's last
    60 s; of non-persistent topics."""
    throttled_by: tuple[str, ...] = ()
    """Whose dispatch rate has made it wait since the last look: ``subscription``, ``topic``,
    ``broker``."""
    cause: Cause | None = None
    """The strongest cause; None where there is none."""

    @property
    def waiting_entries(self) -> float:
        """Entries that wait for a consumer now, rather than for their time."""
        if not self.delayed_messages > 0:
            return self.backlog_entries
        return max(0.0, self.backlog_entries - self.delayed_messages)

    @property
    def waiting_messages(self) -> float:
        """The same in messages; ``nan`` while messages per entry are not known."""
        if not self.delayed_messages > 0 or not self.backlog_entries > 0:
            return self.backlog_messages
        return self.backlog_messages * self.waiting_entries / self.backlog_entries


class PulsarTopicRow(Struct, frozen=True, gc=False):
    """One topic, summed over its partitions."""

    cluster: str
    topic: str
    partitions: int
    """Partitions that brokers have loaded; 0 is a topic without partitions."""
    msg_rate_in: float
    msg_rate_out: float
    throughput_in: float
    throughput_out: float
    storage_size: float
    offloaded_size: float
    backlog_entries: float
    """Summed over subscriptions."""
    backlog_messages: float
    producers: float
    consumers: float
    subscriptions: tuple[PulsarSubscriptionRow, ...]
    stale: bool
    throttled: bool = False
    """Whether a publish rate has throttled producers since the last sample."""
    offload_failed: float | None = None
    """Unix seconds when offloading last failed, unless it has worked since; also None where that
    is not known."""
    cause: Cause | None = None
    """The strongest cause of it or its subscriptions; None where there is none."""


class Problem(Struct, frozen=True, gc=False):
    """Something that needs attention."""

    cluster: str | None
    system: str
    what: str
    where: str
    why: str
    hint: str
    since: float | None
    """Unix seconds."""
    over: bool = False
    """Whether it happened at ``since``, rather than goes on since then."""
    rule: str = ""
    """The rule that found it; empty for what is known without one."""
    severity: str = ""
    """``warning`` or ``critical``, of a rule."""

    @property
    def title(self) -> str:
        """What is wrong; of an alert its rule's name and severity first."""
        return f"{self.rule} {self.severity}: {self.what}" if self.rule else self.what
