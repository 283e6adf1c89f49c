"""The facts from which the cause of a problem at one place is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from arcwatch.model.pulsar import Member, OpenTransaction
from arcwatch.model.pulsar_opened import Quota
from arcwatch.store.backlog.pace import Pace
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.pulsar.broker import Part
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    PulsarBrokerRow,
    PulsarSubscriptionRow,
    PulsarTopicRow,
)

Read: TypeAlias = Mapping[str, float]
"""When each answer that figures are from was read, Unix seconds, by the name of the answer."""


class SubscriptionFacts(NamedTuple):
    """A Pulsar subscription."""

    row: PulsarSubscriptionRow
    parts: Sequence[Part]
    """The partitions of its topic, or the topic."""
    members: Sequence[Member]
    """Its consumers, where the admin API was asked of its topic."""
    transactions: int
    """Open ones of its topic."""
    limits: tuple[int | None, tuple[Quota, ...]]
    """TTL and quotas of its topic."""
    pace: Pace
    age: float
    """Seconds that the oldest has waited, at least; ``nan`` is unknown."""
    age_text: str
    keeps_up: bool
    read: Read
    now: float
    """Unix seconds."""
    shown: str = ""
    """The kind of the cause that is shown, which is held for longer."""
    transaction: OpenTransaction | None = None
    """The oldest open one of its topic, where they were listed."""


class ReplicatorFacts(NamedTuple):
    """Replication of a Pulsar topic to one remote cluster."""

    row: PulsarReplicatorRow
    pace: Pace
    age: float
    age_text: str
    keeps_up: bool
    read: Read
    now: float


class ConsumerFacts(NamedTuple):
    """A JetStream consumer."""

    row: NatsConsumerRow
    stream: NatsStreamRow | None
    pace: Pace
    age: float
    age_text: str
    keeps_up: bool
    read: Read
    now: float
    shown: str = ""


class StreamFacts(NamedTuple):
    """A mirror, a leaderless stream, or a work queue with messages that no consumer gets."""

    row: NatsStreamRow
    stranded: float
    """Messages that no consumer will get; 0 of a copy."""
    consumers: int
    pace: Pace
    read: Read
    now: float


class TopicFacts(NamedTuple):
    """A Pulsar topic itself, whatever waits in its subscriptions."""

    row: PulsarTopicRow
    read: Read
    now: float


class ConnectionFacts(NamedTuple):
    """A connection of a NATS client."""

    row: NatsConnectionRow
    max_pending: int
    """Pending bytes at which its server closes it; 0 where that is not reported."""
    read: Read
    now: float


class LinkFacts(NamedTuple):
    """What joins two NATS servers."""

    row: NatsLinkRow
    missing_since: float | None
    """Unix seconds; None while it is connected."""
    max_pending: int
    read: Read
    now: float


class ServerFacts(NamedTuple):
    """A NATS server."""

    row: NatsServerRow
    health: str
    """What ``/healthz`` finds wrong; empty while that is nothing."""
    sick_since: float | None
    """Unix seconds; None while it says that it is well."""
    lost: tuple[str, ...]
    """Neighbours that it is configured to be linked to, and is not."""
    lacks_leader: bool
    """Whether it is in a JetStream cluster that nobody leads."""
    has_slow_client: bool
    """Whether one is near the limit of what may wait for it."""
    read: Read
    now: float


class BrokerFacts(NamedTuple):
    """A Pulsar broker."""

    row: PulsarBrokerRow
    unready_since: float | None
    """Unix seconds; None while it says that it is ready."""
    read: Read
    now: float
    shown: str = ""


Facts: TypeAlias = (
    SubscriptionFacts
    | ConsumerFacts
    | StreamFacts
    | ReplicatorFacts
    | TopicFacts
    | ConnectionFacts
    | LinkFacts
    | ServerFacts
    | BrokerFacts
)
