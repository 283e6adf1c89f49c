"""The metrics that rules can use, with their meaning and unit."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from arcwatch.text.quantities import COUNT, DURATION, RATE, SHARE, SIZE, TRUTH, Dimension

Kind: TypeAlias = Literal[
    "backlog",
    "topic",
    "server",
    "client",
    "latency",
    "member",
    "mirror",
    "replicator",
    "function",
    "transaction",
    "peer",
    "expiry",
    "source",
]
"""``backlog`` is a subscription or consumer, ``topic`` a topic or stream, ``server`` a NATS server,
an account on one, or a broker, ``client`` a NATS connection, ``latency`` what is reported
or measured of how long something takes, ``member`` who sends heartbeats, ``mirror`` a stream that
copies others, ``replicator`` what goes from a Pulsar topic to a remote cluster,
``function`` a function, source or sink of Pulsar, ``transaction`` an open one of Pulsar,
``peer`` a server that RAFT groups miss, ``expiry`` what ends, ``source`` whoever is asked."""


class Metric(Struct, frozen=True):
    """One metric of one kind of target; :mod:`.alert_places` reads it."""

    name: str
    kind: Kind
    dimension: Dimension
    meaning: str
    watched: float = 0.0
    """Seconds of watching before it can be known."""
    own: bool = False
    """Whether it is a problem on the screen already, without any rule."""
    is_signed: bool = False
    """Whether it may be below zero."""


_ALL = (
    Metric("backlog.age", "backlog", DURATION, "estimated age of the oldest message"),
    Metric("backlog.messages", "backlog", COUNT, "messages in the backlog; on Pulsar an estimate"),
    Metric("backlog.entries", "backlog", COUNT, "Pulsar entries in the backlog"),
    Metric("backlog.waiting", "backlog", COUNT, "messages, or entries where messages are unknown"),
    Metric("backlog.size", "backlog", SIZE, "bytes in the backlog, where Pulsar reports them"),
    Metric("backlog.growth", "backlog", RATE, "growth over the last minute", 70.0, is_signed=True),
    Metric(
        "backlog.drains_in", "backlog", DURATION, "until it is drained, at the current rate", 70.0
    ),
    Metric("backlog.unacked", "backlog", COUNT, "delivered, not acknowledged"),
    Metric("backlog.redelivered", "backlog", RATE, "redeliveries on Pulsar, over its last 60 s"),
    Metric("backlog.in_rate", "backlog", RATE, "messages published to its topic or stream"),
    Metric("backlog.out_rate", "backlog", RATE, "messages delivered"),
    Metric("consumers", "backlog", COUNT, "consumers of a Pulsar subscription"),
    Metric("blocked", "backlog", TRUTH, "Pulsar delivers no more until messages are acknowledged"),
    Metric("topic.in_rate", "topic", RATE, "messages published to a topic or stream"),
    Metric("topic.out_rate", "topic", RATE, "messages delivered from a Pulsar topic"),
    Metric("topic.stopped", "topic", DURATION, "since the last message of a steady flow", 90.0),
    Metric("topic.size", "topic", SIZE, "bytes stored"),
    Metric("topic.used", "topic", SHARE, "usage of the fullest limit of a stream"),
    Metric("topic.producers", "topic", COUNT, "producers of a Pulsar topic"),
    Metric("dead_letters", "topic", RATE, "messages published to a Pulsar topic named …-DLQ"),
    Metric("stranded", "topic", COUNT, "messages of a work queue that no consumer will get"),
    Metric("mirror.lag", "mirror", COUNT, "messages a mirror or sourcing stream has yet to copy"),
    Metric(
        "mirror.silent",
        "mirror",
        DURATION,
        "since a mirror or sourcing stream last reached its origin",
    ),
    Metric("replicator.backlog", "replicator", COUNT, "entries waiting for a remote cluster"),
    Metric("replicator.delay", "replicator", DURATION, "age of the oldest entry waiting for it"),
    Metric(
        "replicator.cut_off",
        "replicator",
        TRUTH,
        "entries wait for a remote cluster that is not connected",
        own=True,
    ),
    Metric("function.failed_rate", "function", RATE, "exceptions of a Pulsar function"),
    Metric("function.in_rate", "function", RATE, "messages received by a Pulsar function"),
    Metric("function.latency", "function", DURATION, "average processing time of a message"),
    Metric(
        "function.down",
        "function",
        TRUTH,
        "an instance is not running; polled by check and on screen",
    ),
    Metric("transaction.age", "transaction", DURATION, "since a Pulsar transaction was opened"),
    Metric(
        "offload_failed",
        "topic",
        TRUTH,
        "the last offload of a polled Pulsar topic failed",
        own=True,
    ),
    Metric("peer.offline", "peer", DURATION, "since a RAFT peer went offline", own=True),
    Metric("leaderless", "topic", TRUTH, "a stream has no leader", own=True),
    Metric("unhealthy", "server", TRUTH, "a server reports that it is unhealthy", own=True),
    Metric("storage.used", "server", SHARE, "JetStream storage used, of a server or an account"),
    Metric("server.connections", "server", SHARE, "connections, of the maximum of a NATS server"),
    Metric("server.cpu", "server", SHARE, "CPU of a NATS server, of all its cores"),
    Metric("server.heap", "server", SHARE, "memory of a broker in use, heap or direct"),
    Metric("server.stalls", "server", RATE, "how often a NATS server stalls producers"),
    Metric("client.pending", "client", SIZE, "bytes pending for a NATS connection"),
    Metric("client.stalls", "client", RATE, "how often a connection stalls producers"),
    Metric("client.rtt", "client", DURATION, "last round trip measured by the server"),
    Metric("slow_consumer", "client", TRUTH, "recently closed for reading too slowly", own=True),
    Metric("latency.p50", "latency", DURATION, "median"),
    Metric(
        "latency.p90", "latency", DURATION, "90th percentile; not reported for publishing to Pulsar"
    ),
    Metric("latency.p99", "latency", DURATION, "99th percentile; on Pulsar of the last minute"),
    Metric(
        "latency.p999",
        "latency",
        DURATION,
        "99.9th percentile; an upper bound for writes of Pulsar",
    ),
    Metric("latency.max", "latency", DURATION, "maximum"),
    Metric(
        "heartbeat.lost", "member", TRUTH, "a member of [alerts] heartbeats missed six heartbeats"
    ),
    Metric(
        "heartbeat.silent",
        "member",
        DURATION,
        "since the last heartbeat of a member of [alerts] heartbeats",
    ),
    Metric("expires_in", "expiry", DURATION, "until a certificate, a JWT or a token expires"),
    Metric("silent", "source", DURATION, "time since a server last answered", own=True),
)

METRICS = {metric.name: metric for metric in _ALL}
"""By name, in the order of the help."""
