"""Every kind of cause, strongest first: its severity, its evidence, and what to try.

A place shows the first of them that holds; the tests are in :mod:`.of_pulsar`,
:mod:`.of_jetstream` and :mod:`.of_servers`.
"""

from __future__ import annotations

from msgspec import Struct

from .cause import Severity


class Kind(Struct, frozen=True):
    """One kind of cause."""

    name: str
    severity: Severity
    rests_on: tuple[str, ...]
    """Names of :class:`~arcwatch.store.causes.cause.Evidence`, the decisive first."""
    advice: tuple[str, ...]
    """Sentences; ``{address}`` is replaced."""
    lingers: float = 0.0
    """Seconds that it is shown after it was last seen, of what comes and goes by nature."""


def _kind(name: str, severity: Severity, rests_on: str, *advice: str, lingers: float = 0.0) -> Kind:
    return Kind(name, severity, tuple(rests_on.split(", ")), advice, lingers)


_TABLE = (
    _kind(
        "unknown",
        "warning",
        "answer",
        "check that its server is running and that arcwatch can reach it",
        "`arcwatch context test` tries every address",
    ),
    _kind(
        "no-leader",
        "critical",
        "leader, replicas",
        "start the servers that hold it; more than half of its replicas must run",
    ),
    _kind(
        "unhealthy",
        "critical",
        "health, since",
        "read its log: it answers, but reports that it is not ready",
    ),
    _kind(
        "link-down",
        "critical",
        "connected, neighbours, since",
        "check that the other server is running, and its address, certificate and login",
        "until it is back, streams and subscribers on the other side miss messages",
    ),
    _kind(
        "near-cut",
        "critical",
        "pending, clients, limit",
        "make the client read faster or subscribe to less: its server closes it at the limit",
        "open the connection to see its busiest subscription",
    ),
    _kind(
        "loss",
        "warning",
        "lost",
        "add consumers or enlarge their receiver queues: messages without a ready one are lost",
        "use a persistent topic where no message may be lost",
    ),
    _kind(
        "origin-silent",
        "critical",
        "origin",
        "check that the stream it copies exists, and that its account or domain can be reached",
    ),
    _kind(
        "disconnected",
        "critical",
        "connected, waiting, delay, out",
        "check that the remote cluster is running, and that brokers can reach its service URLs",
        "entries are kept until it is back, unless a backlog quota or a TTL removes them",
    ),
    _kind(
        "behind",
        "warning",
        "in, out, growth, delay",
        "check the network, the load of the remote cluster, and the replicator dispatch rate",
    ),
    _kind(
        "paused",
        "info",
        "paused",
        "resume it with `nats consumer resume`, or wait until its pause ends",
    ),
    _kind(
        "no-consumers",
        "warning",
        "consumers",
        "start its consumers; or, if nobody needs it, delete it and its backlog: it keeps messages",
    ),
    _kind(
        "blocked",
        "critical",
        "unacked, last ack, permits",
        "its consumers hold as many messages as they may: make them acknowledge, or restart them",
        "restarting a consumer redelivers its messages to the others",
    ),
    _kind(
        "stalled",
        "critical",
        "unacked, ack pending, last ack, last delivered, permits, waiting pulls, redelivered",
        "look at what its consumers do: a deadlock, a call without a timeout, a lost connection",
        "restarting a consumer redelivers its messages to the others",
        "read what waits: arcwatch history '{history}'",
    ),
    _kind(
        "transaction",
        "warning",
        "transaction, open transactions, permits, unacked, last delivered",
        "nothing behind an open transaction is delivered until it ends or times out",
        "find its producer: `arcwatch pulsar transactions` lists its topics and how much it hides",
    ),
    _kind(
        "undelivered",
        "critical",
        "permits, unacked, last delivered",
        "consumers ask for messages and the broker sends none: unload the topic",
        "check the broker's log for its dispatcher, and for rate limits of the topic",
    ),
    _kind(
        "not-pulling",
        "critical",
        "waiting pulls, last delivered, ack pending",
        "start its clients, or look at why they stopped fetching",
    ),
    _kind(
        "stranded",
        "warning",
        "stranded, stored, waiting, consumers",
        "they reached the maximum of deliveries, or no consumer's filter matches their subject",
        "read them: arcwatch history '{history}'",
        "then publish them again or delete them: the stream keeps them until a limit removes them",
    ),
    _kind(
        "draining",
        "warning",
        "draining, slowest, last ack",
        "keys moved to another consumer, which gets no messages until the old one acks its own",
        "make the old consumer acknowledge; restarting it redelivers its messages to the others",
    ),
    _kind(
        "one-slow",
        "warning",
        "slowest, unacked, last ack",
        "look at this one consumer; restarting it redelivers its messages to the others",
    ),
    _kind(
        "held",
        "warning",
        "held since, ranges, unacked, last ack",
        "one message is not acknowledged while later ones are: its consumer may have lost it",
        "read it: arcwatch history '{history}' --at earliest",
        "give the subscription an ack timeout and a dead-letter policy",
    ),
    _kind(
        "miscounted",
        "warning",
        "reported, stored",
        "the server's count is wrong; newer versions of nats-server fix several such cases",
        "`nats consumer info` asks again; a step-down of the consumer's leader recounts",
    ),
    _kind(
        "hot-partition",
        "warning",
        "hot partition",
        "see which keys go there: a key that most messages share makes one partition do the work",
    ),
    _kind(
        "hot-key",
        "warning",
        "slowest",
        "see which keys it gets: a key that most messages share goes to one consumer alone",
    ),
    _kind(
        "quota",
        "critical",
        "quota, waiting, size",
        "producers go on once consumers catch up, or when the backlog quota is raised",
    ),
    _kind(
        "storage-full",
        "critical",
        "storage",
        "delete unneeded messages or limit streams: at its limit JetStream accepts no more",
        "or raise `max_file_store`, if the disk has room",
    ),
    _kind(
        "memory-full",
        "warning",
        "direct memory",
        "raise `-XX:MaxDirectMemorySize` or lower the cache of the managed ledger",
        "without direct memory the broker closes connections or crashes",
    ),
    _kind(
        "ack-limit",
        "warning",
        "ack pending, out, waiting pulls",
        "raise max_ack_pending, or acknowledge sooner: no more is delivered while it is reached",
    ),
    _kind(
        "throttled",
        "warning",
        "throttled by, out, waiting",
        "raise the dispatch rate, or accept the delay: the consumers are fast enough",
        "topic rate: `pulsar-admin topicPolicies get-dispatch-rate`; others: namespace policies"
        " and broker settings",
        lingers=30.0,
    ),
    _kind(
        "producers-throttled",
        "warning",
        "throttled, in",
        "raise the publish rate of the topic or namespace; producers on one connection share it",
        lingers=30.0,
    ),
    _kind(
        "stalls",
        "warning",
        "stalls, pending",
        "make the client read faster: meanwhile its server holds up producers that send to it",
        lingers=10.0,
    ),
    _kind(
        "link-behind",
        "warning",
        "pending, round trip",
        "check the network to the other server, and its load",
        lingers=10.0,
    ),
    _kind(
        "too-few",
        "warning",
        "in, out, growth, needed, consumers",
        "add consumers, or make each faster",
    ),
    _kind(
        "bursts",
        "info",
        "waiting pulls, last delivered, out",
        "nothing, unless its age matters: its clients fetch in bursts, and pause in between",
        lingers=90.0,
    ),
    _kind(
        "delayed",
        "info",
        "delayed, waiting",
        "nothing: their producers chose when they are delivered",
    ),
)

KINDS = {kind.name: kind for kind in _TABLE}
"""By name, strongest first."""
STRENGTH = {name: place for place, name in enumerate(KINDS)}
"""The lower, the stronger."""
