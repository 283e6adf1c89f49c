"""Which rows of tables a cause belongs to: its own, and that of the topic or stream it is in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar

from arcwatch.notation.topic_names import partition_of
from arcwatch.store.backlog.rows import FEW
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.topic_rows import (
    TopicPartitionRow,
    TopicReplicationRow,
    TopicSubscriptionRow,
)
from arcwatch.store.pulsar.tree import PulsarTreeRow
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    PulsarBrokerRow,
    PulsarSubscriptionRow,
    PulsarTopicRow,
)

from .cause import Cause
from .facts import Facts, SubscriptionFacts
from .kinds import STRENGTH

Place: TypeAlias = tuple[str, ...]
"""Words that identify a row among those of all tables."""

Row = TypeVar("Row")
"""A row of any table."""


def places_of(row: Any) -> tuple[Place, ...]:
    """The places of a row and of its parent; none for rows without causes."""
    match row:
        case NatsServerRow():
            return (("server", row.cluster, row.url),)
        case PulsarBrokerRow():
            return (("server", row.cluster, row.broker),)
        case NatsConnectionRow():
            return (("client", row.cluster, row.server_name, str(row.cid)),)
        case NatsLinkRow():
            return (("link", row.cluster, row.server_name, row.kind, row.peer, row.account),)
        case NatsStreamRow():
            return (("js", row.cluster, row.account, row.stream),)
        case NatsConsumerRow():
            stream = ("js", row.cluster, row.account, row.stream)
            return ((*stream, row.name), stream)
        case PulsarSubscriptionRow() | TopicSubscriptionRow():
            topic = ("pulsar", row.cluster, row.topic)
            return ((*topic, row.name), topic)
        case PulsarReplicatorRow() | TopicReplicationRow():
            topic = ("pulsar", row.cluster, row.topic)
            return ((*topic, "", row.remote), topic)
        case PulsarTreeRow() | TopicPartitionRow():
            return (("pulsar", row.cluster, row.name),)
        case PulsarTopicRow():
            return (("pulsar", row.cluster, row.topic),)
    return ()


def causes_by_place(found: Iterable[tuple[Facts, Cause | None]]) -> dict[Place, Cause]:
    """The strongest cause at each place."""
    causes: dict[Place, Cause] = {}
    for facts, cause in found:
        for place in (*places_of(facts.row), *_partitions(facts, cause)) if cause else ():
            known = causes.get(place)
            if cause and (known is None or STRENGTH[cause.kind] < STRENGTH[known.kind]):
                causes[place] = cause
    return causes


def _partitions(facts: Facts, cause: Cause) -> list[Place]:
    """The partitions that a subscription's cause is about: those in which more than a few wait."""
    if not isinstance(facts, SubscriptionFacts) or len(facts.parts) < 2:
        return []
    found: list[Place] = []
    for part in facts.parts:
        name, own = (
            part.topic.name,
            [s for s in part.topic.subscriptions if s.name == facts.row.name],
        )
        # one that stands out is meant alone
        is_meant = cause.kind != "hot-partition" or cause.text.endswith(f" p{partition_of(name)}")
        if is_meant and any(sub.backlog_entries > FEW for sub in own):
            found.append(("pulsar", facts.row.cluster, name))
    return found
