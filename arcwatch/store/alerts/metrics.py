"""The metrics that rules can use, with their meaning and unit."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from arcwatch.text.quantities import COUNT, DURATION, RATE, SHARE, SIZE, TRUTH, Dimension

Kind: TypeAlias = Literal[
    "backlog", "topic", "server", "client", "latency", "member", "mirror", "expiry", "source"
]
"""``backlog`` is a subscription or consumer, ``topic`` a topic or stream, ``server`` a NATS server,
an account on one, or a broker, ``client`` a NATS connection, ``latency`` what is told
or measured of how long something takes, ``member`` who sends heartbeats, ``mirror`` a stream that
copies others, ``expiry`` what ends, ``source`` whoever is asked."""


class Metric(Struct, frozen=True):
    """One metric of one kind of target; :mod:`.alert_places` reads it."""

    name: str
    kind: Kind
    dimension: Dimension
    meaning: str
    watched: float = 0.0
    """Seconds of watching before it can be known."""
    own: bool = False
    """Whether the problems tell of it already, without any rule."""
    is_signed: bool = False
    """Whether it may be below zero."""


_ALL = (
    Metric("backlog.age", "backlog", DURATION, "how long the oldest has waited, about"),
    Metric("backlog.messages", "backlog", COUNT, "messages that wait, about on Pulsar"),
    Metric("backlog.entries", "backlog", COUNT, "Pulsar entries that wait"),
    Metric(
        "backlog.waiting", "backlog", COUNT, "messages, or entries where messages are not known"
    ),
    Metric("backlog.size", "backlog", SIZE, "bytes that wait, where Pulsar tells"),
    Metric(
        "backlog.growth",
        "backlog",
        RATE,
        "growth over most of the last minute",
        70.0,
        is_signed=True,
    ),
    Metric("backlog.drains_in", "backlog", DURATION, "until it is gone at this rate", 70.0),
    Metric("backlog.unacked", "backlog", COUNT, "delivered and not acknowledged"),
    Metric("backlog.redelivered", "backlog", RATE, "on Pulsar, over its last 60 s"),
    Metric("backlog.in_rate", "backlog", RATE, "messages into its topic or stream"),
    Metric("backlog.out_rate", "backlog", RATE, "messages delivered"),
    Metric("consumers", "backlog", COUNT, "of a Pulsar subscription"),
    Metric("blocked", "backlog", TRUTH, "Pulsar waits for acknowledgements before it goes on"),
    Metric("topic.in_rate", "topic", RATE, "messages into a topic or stream"),
    Metric("topic.out_rate", "topic", RATE, "messages out of a Pulsar topic"),
    Metric("topic.stopped", "topic", DURATION, "since the last message of a steady flow", 90.0),
    Metric("topic.size", "topic", SIZE, "what is stored"),
    Metric("topic.used", "topic", SHARE, "of a stream's limits, the fullest"),
    Metric("topic.producers", "topic", COUNT, "of a Pulsar topic"),
    Metric("dead_letters", "topic", RATE, "messages into a Pulsar topic called …-DLQ"),
    Metric("mirror.lag", "mirror", COUNT, "messages that a copying stream has not copied"),
    Metric("mirror.silent", "mirror", DURATION, "since a copying stream heard its origin"),
    Metric("leaderless", "topic", TRUTH, "a stream that nobody leads", own=True),
    Metric("unhealthy", "server", TRUTH, "a server says so of itself", own=True),
    Metric("storage.used", "server", SHARE, "of JetStream's, on a server or by an account"),
    Metric("server.connections", "server", SHARE, "of those that a NATS server allows"),
    Metric("server.cpu", "server", SHARE, "of all cores, of a NATS server"),
    Metric("server.heap", "server", SHARE, "of a broker's memory, heap or direct"),
    Metric("server.stalls", "server", RATE, "how often a NATS server makes producers wait"),
    Metric("client.pending", "client", SIZE, "what a NATS connection has not read yet"),
    Metric("client.stalls", "client", RATE, "how often a connection makes producers wait"),
    Metric("client.rtt", "client", DURATION, "the last round trip that the server measured"),
    Metric("slow_consumer", "client", TRUTH, "closed lately for reading too slowly", own=True),
    Metric("latency.p50", "latency", DURATION, "half of them took no longer"),
    Metric("latency.p90", "latency", DURATION, "90 of 100; Pulsar does not tell it of publishing"),
    Metric("latency.p99", "latency", DURATION, "99 of 100, in the last minute on Pulsar"),
    Metric("latency.p999", "latency", DURATION, "999 of 1000; at most that on Pulsar's writing"),
    Metric("latency.max", "latency", DURATION, "the longest"),
    Metric("heartbeat.lost", "member", TRUTH, "one of [alerts] heartbeats misses six of its beats"),
    Metric("heartbeat.silent", "member", DURATION, "since one of [alerts] heartbeats was heard"),
    Metric("expires_in", "expiry", DURATION, "until a certificate, a JWT or a token ends"),
    Metric("silent", "source", DURATION, "how long a server has not answered", own=True),
)

METRICS = {metric.name: metric for metric in _ALL}
"""By name, in the order in which the help tells them."""
