"""The targets of rules, each with the metrics of its kind that are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf, nan
from typing import Any, TypeAlias

from arcwatch.notation.address import Stream, topic_address
from arcwatch.store.expiry_rows import ExpiryRow
from arcwatch.store.messages.presence import Member
from arcwatch.store.nats.raft import OfflinePeer
from arcwatch.store.nats.server import NatsServerState, consumer_key, origin_key, stream_key
from arcwatch.store.pulsar.cluster import subscription_key
from arcwatch.store.pulsar.function_rows import PulsarFunctionRow
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.transaction_rows import PulsarTransactionRow
from arcwatch.store.rows import (
    NatsAccountRow,
    NatsClosedRow,
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    PulsarBrokerRow,
    PulsarSubscriptionRow,
    PulsarTopicRow,
)
from arcwatch.store.series.latency_rows import LatencyRow
from arcwatch.store.series.samples import BacklogSamples

Figures: TypeAlias = "Mapping[str, Callable[[RuleTarget], float | None]]"
"""How to read each figure, by the name that rules know it by; see :mod:`.metrics`."""

_topic_address = lru_cache(maxsize=50_000)(topic_address)


class RuleTarget:
    """An object that rules are evaluated on.

    Attributes:
        system: ``nats`` or ``pulsar``.
        cluster: Its name; empty where it is not known.
        address: What globs are matched with, and people see.
        key: The same for as long as it is the same place, and no other's.
        row: What the store has of it.
        stale: Whether that is from before its server stopped answering.
        source: The one server whose silence leaves in doubt whether the place still exists; empty
            where any server of its system may report it, None where ``stale`` alone says so.
        past: What it was some time ago.
        beside: What else its figures are read from, such as the row of a subscription's topic.
    """

    __slots__ = (
        "_figures",
        "address",
        "beside",
        "cluster",
        "key",
        "past",
        "row",
        "source",
        "stale",
        "system",
    )

    def __init__(
        self,
        figures: Figures,
        system: str,
        address: str,
        row: Any,
        *,
        key: str = "",
        past: BacklogSamples | None = None,
        beside: Any = None,
        source: str | None = "",
    ) -> None:
        self._figures, self.system, self.address, self.row = figures, system, address, row
        # the row of a source is but a figure
        self.cluster: str = getattr(row, "cluster", "")
        self.stale: bool = getattr(row, "stale", False)
        self.key = f"{self.cluster} {key or address}"
        self.past: BacklogSamples = past or _NO_PAST
        self.beside: Any = beside
        self.source = source

    def read(self, metric: str) -> float:
        """The value of one metric; ``nan`` if unknown, in which case a rule decides nothing."""
        figure = self._figures.get(metric)
        if figure is None or self.stale:
            return nan
        value = figure(self)
        return nan if value is None else value


_NO_PAST = BacklogSamples()


def subscription_place(
    topic: PulsarTopicRow, row: PulsarSubscriptionRow, past: BacklogSamples
) -> RuleTarget:
    """A subscription of a Pulsar topic."""
    address = _topic_address(row.topic, row.name)
    return RuleTarget(_SUBSCRIPTION, "pulsar", address, row, past=past, beside=topic)


def consumer_place(state: NatsServerState, row: NatsConsumerRow) -> RuleTarget:
    """A JetStream consumer, and the server that reports it."""
    address = _consumer_address(row.stream, row.name)
    key = f"{row.account}/{address}"
    return RuleTarget(_CONSUMER, "nats", address, row, key=key, past=state.past, beside=state)


def copy_place(row: NatsStreamRow, past: BacklogSamples) -> RuleTarget:
    """The lag of a mirror, or of a stream with sources."""
    address = str(Stream(row.stream))
    return RuleTarget(_COPY, "nats", address, row, key=f"{row.account}/{address} copy", past=past)


def mirror_place(row: NatsStreamRow) -> RuleTarget:
    """The contact of a mirror with its origin, as a kind of target of its own."""
    address = str(Stream(row.stream))
    return RuleTarget(_MIRROR, "nats", address, row, key=f"{row.account}/{address} mirror")


def topic_place(row: PulsarTopicRow, past: BacklogSamples) -> RuleTarget:
    """A Pulsar topic, partitions summed."""
    return RuleTarget(_TOPIC, "pulsar", _topic_address(row.topic), row, past=past)


def stream_place(
    row: NatsStreamRow, past: BacklogSamples, stranded: float | None = None
) -> RuleTarget:
    """A JetStream stream; of a work queue with its messages that no consumer will get."""
    address = str(Stream(row.stream))
    key = f"{row.account}/{address}"
    return RuleTarget(_STREAM, "nats", address, row, key=key, past=past, beside=stranded)


def server_place(row: NatsServerRow) -> RuleTarget:
    """A NATS server."""
    address = f"server:{row.server_name}"
    return RuleTarget(_SERVER, "nats", address, row, key=row.url, source=row.url)


def account_place(row: NatsAccountRow, source: str) -> RuleTarget:
    """The JetStream usage of one account on one server, by its monitoring URL."""
    address = f"server:{row.server_name}#{row.account}"
    return RuleTarget(_ACCOUNT, "nats", address, row, source=source)


def broker_place(row: PulsarBrokerRow) -> RuleTarget:
    """A Pulsar broker."""
    return RuleTarget(_BROKER, "pulsar", f"server:{row.broker}", row)


def connection_place(row: NatsConnectionRow, source: str) -> RuleTarget:
    """An open client connection on the server with this monitoring URL."""
    # a glob without a # stands for all connections of that name
    address = f"client:{row.name or row.ip}#{row.cid}"
    key = f"{row.server_name}/{address}"
    return RuleTarget(_CONNECTION, "nats", address, row, key=key, source=source)


def closed_place(row: NatsClosedRow, source: str) -> RuleTarget:
    """A client connection that its server closed recently as a slow consumer."""
    address = f"client:{row.name or row.ip}#{row.cid}"
    key = f"{row.server_name}/{address} {row.stop}"
    return RuleTarget(_CLOSED, "nats", address, row, key=key, source=source)


def latency_place(row: LatencyRow, newest: Callable[[str], float]) -> RuleTarget:
    """A reported or measured latency (``newest``: those of its last seconds, by field)."""
    key = f"{row.way} {row.address}"
    return RuleTarget(_LATENCY, row.system, row.address, row, key=key, beside=newest, source=None)


def member_place(member: Member, now: float, *, deaf: bool, cluster: str = "") -> RuleTarget:
    """A sender of heartbeats; ``deaf`` if they cannot be received."""
    place = RuleTarget(_MEMBER, "nats", member.name, (member, now), source=None)
    place.stale = deaf
    place.cluster, place.key = cluster, f"{cluster} {place.address}"
    return place


def replicator_place(row: PulsarReplicatorRow) -> RuleTarget:
    """Replication of a Pulsar topic to one remote cluster."""
    return RuleTarget(_REPLICATOR, "pulsar", _topic_address(row.topic, row.cursor), row)


def function_place(row: PulsarFunctionRow) -> RuleTarget:
    """A function, source or sink."""
    return RuleTarget(_FUNCTION, "pulsar", f"{row.kind}:{row.name}", row)


def transaction_place(row: PulsarTransactionRow) -> RuleTarget:
    """An open transaction."""
    return RuleTarget(_TRANSACTION, "pulsar", f"transaction:{row.id.strip('()')}", row)


def peer_place(row: OfflinePeer) -> RuleTarget:
    """A RAFT peer that is offline."""
    return RuleTarget(
        _PEER, "nats", f"server:{row.server_name}", row, key=f"peer {row.server_name}"
    )


def expiry_place(row: ExpiryRow) -> RuleTarget:
    """A certificate, a JWT or a token."""
    return RuleTarget(_EXPIRY, row.system, f"expiry:{row.place}#{row.what}", row)


def source_place(system: str, source: str, silent: float, cluster: str = "") -> RuleTarget:
    """A polled source, and the seconds since its last answer; one of several with its cluster."""
    place = RuleTarget(_SOURCE, system, f"server:{source}", silent, source=None)
    place.cluster, place.key = cluster, f"{cluster} {place.address}"
    return place


# -- figures ------------------------------------------------------------------------------------


def _waiting(place: RuleTarget) -> float:
    """Messages, or entries, of which there are fewer, while messages are unknown."""
    row = place.row
    known = row.waiting_messages == row.waiting_messages
    return float(row.waiting_messages if known else row.waiting_entries)


def _age(place: RuleTarget) -> float:
    # entries are fewer than their messages, so that of those the age is the least it can be
    return place.past.age(place.row.topic, _waiting(place)).seconds


def _growth(place: RuleTarget) -> float:
    row = place.row
    growth = place.past.growth(subscription_key(row))
    # of what only waits for its time the growth is known as well: none
    return growth * _waiting(place) / row.waiting_entries if row.waiting_entries else 0.0


def _drains_in(waiting: float, growth: float) -> float:
    """Seconds until a backlog is drained at its present trend; infinity if it does not shrink."""
    if not waiting or growth != growth:
        return 0.0 if not waiting else nan
    return waiting / -growth if growth < 0 else inf


def _silence_of(place: RuleTarget) -> float | None:
    origins = place.row.origins
    return max([inf if o.active is None else o.active for o in origins], default=None)


def _fullest(*pairs: tuple[float | None, float | None]) -> float:
    shares = [have / most for have, most in pairs if most and most > 0 and have is not None]
    return max(shares, default=nan)


def _unhealthy(place: RuleTarget) -> float | None:
    return None if place.row.healthy is None else float(not place.row.healthy)


@lru_cache(maxsize=50_000)
def _consumer_address(stream: str, consumer: str) -> str:
    return str(Stream(stream, consumer=consumer))


_SUBSCRIPTION: Figures = {
    "backlog.age": _age,
    "backlog.messages": lambda p: p.row.waiting_messages,
    "backlog.entries": lambda p: p.row.waiting_entries,
    "backlog.waiting": _waiting,
    "backlog.size": lambda p: p.row.backlog_size,
    "backlog.growth": _growth,
    "backlog.drains_in": lambda p: _drains_in(_waiting(p), _growth(p)),
    "backlog.unacked": lambda p: p.row.unacked_messages,
    "backlog.redelivered": lambda p: p.row.redeliver_rate,
    "backlog.in_rate": lambda p: p.beside.msg_rate_in,
    "backlog.out_rate": lambda p: p.row.msg_rate_out,
    "consumers": lambda p: p.row.consumers,
    "blocked": lambda p: float(p.row.blocked),
}
_CONSUMER: Figures = {
    "backlog.age": lambda p: p.past.age(stream_key(p.row), p.row.backlog).seconds,
    "backlog.messages": lambda p: p.row.backlog,
    "backlog.waiting": lambda p: p.row.backlog,
    "backlog.growth": lambda p: p.past.growth(consumer_key(p.row)),
    "backlog.drains_in": lambda p: _drains_in(p.row.backlog, p.past.growth(consumer_key(p.row))),
    "backlog.unacked": lambda p: p.row.num_ack_pending,
    "backlog.in_rate": lambda p: p.beside.consumer_rates.latest(consumer_key(p.row), "in_msgs"),
    "backlog.out_rate": lambda p: p.row.delivered_rate,
}
_COPY: Figures = {
    "backlog.messages": lambda p: p.row.lag,
    "backlog.waiting": lambda p: p.row.lag,
    "backlog.growth": lambda p: p.past.growth(origin_key(p.row)),
    "backlog.drains_in": lambda p: _drains_in(p.row.lag, p.past.growth(origin_key(p.row))),
    "backlog.out_rate": lambda p: p.row.in_msgs_rate,
}
_TOPIC: Figures = {
    "topic.in_rate": lambda p: p.row.msg_rate_in,
    "topic.out_rate": lambda p: p.row.msg_rate_out,
    "topic.stopped": lambda p: p.past.stopped(p.row.topic),
    "topic.size": lambda p: p.row.storage_size,
    "topic.producers": lambda p: p.row.producers,
    "offload_failed": lambda p: float(p.row.offload_failed is not None),
    # the name that Pulsar's clients give it where nobody gives another
    "dead_letters": lambda p: p.row.msg_rate_in if p.row.topic.endswith("-DLQ") else None,
}
_STREAM: Figures = {
    "topic.in_rate": lambda p: p.row.in_msgs_rate,
    "topic.stopped": lambda p: p.past.stopped(stream_key(p.row)),
    "topic.size": lambda p: p.row.bytes,
    "topic.used": lambda p: p.row.limit_used,
    "leaderless": lambda p: float(p.row.leaderless),
    "stranded": lambda p: p.beside if p.row.consumers else None,
}
_SERVER: Figures = {
    "unhealthy": _unhealthy,
    "storage.used": lambda p: _fullest(
        (p.row.js_storage, p.row.js_max_storage), (p.row.js_memory, p.row.js_max_memory)
    ),
    "server.connections": lambda p: _fullest((p.row.connections, p.row.max_connections)),
    "server.cpu": lambda p: p.row.cpu / 100 / p.row.cores if p.row.cores else None,
    "server.stalls": lambda p: p.row.stalls_rate,
}
_ACCOUNT: Figures = {"storage.used": lambda p: p.row.limit_used}
_BROKER: Figures = {
    "unhealthy": _unhealthy,
    "server.heap": lambda p: _fullest(
        (p.row.heap_used, p.row.heap_max), (p.row.direct_used, p.row.direct_max)
    ),
}
_CONNECTION: Figures = {
    "client.pending": lambda p: p.row.pending_bytes,
    "client.stalls": lambda p: p.row.stalls_rate,
    "client.rtt": lambda p: p.row.rtt,
    "slow_consumer": lambda p: 0.0,
}
_CLOSED: Figures = {"slow_consumer": lambda p: 1.0}
_LATENCY: Figures = {
    "latency.p50": lambda p: p.beside("p50"),
    "latency.p90": lambda p: p.beside("p90"),
    "latency.p99": lambda p: p.beside("p99"),
    "latency.p999": lambda p: p.beside("p999"),
    "latency.max": lambda p: p.beside("max"),
}
_MIRROR: Figures = {"mirror.lag": lambda p: p.row.lag, "mirror.silent": _silence_of}
_MEMBER: Figures = {
    "heartbeat.lost": lambda p: float(p.row[0].state == "lost"),
    "heartbeat.silent": lambda p: p.row[1] - p.row[0].last,
}
_REPLICATOR: Figures = {
    "replicator.backlog": lambda p: p.row.backlog_entries,
    "replicator.delay": lambda p: p.row.delay,
    "replicator.cut_off": lambda p: float(p.row.is_cut_off),
}
_FUNCTION: Figures = {
    "function.failed_rate": lambda p: p.row.failed_rate,
    "function.in_rate": lambda p: p.row.in_rate,
    "function.latency": lambda p: p.row.latency,
    "function.down": lambda p: None if p.row.running is None else float(p.row.is_down),
}
_TRANSACTION: Figures = {"transaction.age": lambda p: p.row.open_for}
_PEER: Figures = {"peer.offline": lambda p: p.row.offline_for}
_EXPIRY: Figures = {"expires_in": lambda p: max(0.0, p.row.left)}
_SOURCE: Figures = {"silent": lambda p: p.row}
