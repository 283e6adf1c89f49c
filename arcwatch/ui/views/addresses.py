"""The addresses of rows, as command lines accept them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from arcwatch.doctor.rows import CheckRow
from arcwatch.errors import UsageError
from arcwatch.model.reading import System
from arcwatch.notation.address import Stream, Subject, Topic, parse_address, topic_address
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.events.event import Event
from arcwatch.store.known import Known
from arcwatch.store.messages.dead_letters import DeadLetterRow
from arcwatch.store.nats.buckets import NatsBucketRow, NatsKeyRow, NatsObjectRow
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.nats.raft import NatsRaftRow
from arcwatch.store.pulsar.function_rows import PulsarFunctionRow
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.topic_rows import (
    TopicConsumerRow,
    TopicPartitionRow,
    TopicProducerRow,
    TopicSubscriptionRow,
)
from arcwatch.store.pulsar.transaction_rows import PulsarTransactionRow
from arcwatch.store.pulsar.tree import PulsarTreeRow
from arcwatch.store.rows import (
    NatsAccountRow,
    NatsClosedRow,
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    NatsSubscriptionRow,
    PulsarBrokerRow,
    PulsarSubscriptionRow,
    PulsarTopicRow,
)
from arcwatch.store.series.latency_rows import LatencyRow
from arcwatch.store.troubles import connection_address, link_address, server_address
from arcwatch.text.control_characters import printable
from arcwatch.ui.problems import without_cluster

_PULSAR = ("pulsar:", "non-persistent:")
"""What addresses of Pulsar begin with."""


def place_of(address: str, done: str = "tailed") -> str:
    """Where messages are of what has this address: a subscription's topic, not itself.

    Args:
        address: Of a row.
        done: What is to be done there.

    Raises:
        UsageError: Nowhere: it is a server or a connection.
    """
    try:
        place = parse_address(address) if address else None
    except UsageError:
        place = None
    match place:
        case Topic():
            return str(replace(place, subscription=""))
        case Stream():
            return str(replace(place, consumer=""))
        case Subject():
            return str(place)
    why = f"{printable(address, 60)} is not one" if address else "this row has no address"
    raise UsageError("only subjects, streams and topics can be " + done, why=why)


def judged_address(row: Any) -> str:
    """What alerts call a row's place; see :mod:`arcwatch.store.alerts.places`."""
    match row:
        case AlertRow() | Event() | CheckRow():
            return ""
        case NatsConnectionRow() | NatsClosedRow():
            return connection_address(row)
        case NatsServerRow() | PulsarBrokerRow():
            return server_address(row)
        case NatsAccountRow():
            return f"server:{row.server_name}#{row.account}"
        case PulsarFunctionRow():
            return f"{row.kind}:{row.name}"
        case PulsarTransactionRow():
            return f"transaction:{row.id.strip('()')}"
        case LatencyRow():
            return row.address
        case PulsarTreeRow(kind="tenant"):
            return f"pulsar:{row.name}/*"
        case DeadLetterRow():
            # of JetStream, an alert about all else in the stream is not about these
            return without_cluster(row.place if row.system == "pulsar" else row.source)
    return without_cluster(address_of(row))


def located(store: Known, row: Any) -> str:
    """The address of a row, with the prefix of its cluster if there are several."""
    address = address_of(row)
    if not store.called or not address.startswith((*_PULSAR, "js:", "nats:")):
        return address
    system: System = "pulsar" if address.startswith(_PULSAR) else "nats"
    return store.prefix_of(system, row.cluster) + address


def address_of(row: Any) -> str:
    """The address of a row of any table; empty where it has none."""
    match row:
        case DeadLetterRow() | Event() | CheckRow():
            return row.place
        case BacklogRow() | AlertRow():
            return row.address
    return _nats_address(row) or _pulsar_address(row)


def _nats_address(row: Any) -> str:
    match row:
        case NatsConnectionRow() | NatsClosedRow():
            host = f"[{row.ip}]" if ":" in row.ip else row.ip
            return f"{host}:{row.port}"
        case NatsSubscriptionRow():
            return str(Subject(row.subject))
        case NatsStreamRow() | NatsBucketRow():
            return str(Stream(row.stream))
        case NatsKeyRow():
            return str(Stream(f"KV_{row.bucket}", row.subject))
        case NatsObjectRow():
            return str(Stream(f"OBJ_{row.bucket}", row.subject))
        case NatsRaftRow() if row.kind != "meta":
            return row.group
        case NatsConsumerRow():
            return str(Stream(row.stream, consumer=row.name))
        case NatsLinkRow():
            return link_address(row)
        case NatsServerRow():
            return row.url
    return ""


def _pulsar_address(row: Any) -> str:
    match row:
        case PulsarTopicRow() | TopicProducerRow():
            return topic_address(row.topic)
        case PulsarSubscriptionRow() | TopicSubscriptionRow():
            return topic_address(row.topic, row.name)
        case TopicConsumerRow():
            return topic_address(row.topic, row.subscription)
        case TopicPartitionRow() | PulsarTreeRow(kind="topic" | "partition"):
            return topic_address(row.name)
        case PulsarTreeRow(kind="namespace"):
            # the pattern of every topic in it
            return f"pulsar:{row.name}/*"
        case PulsarBrokerRow():
            return row.broker
        case PulsarReplicatorRow():
            return topic_address(row.topic, row.cursor)
        case PulsarFunctionRow():
            return _first_topic(*row.inputs, row.output)
        case PulsarTransactionRow():
            return _first_topic(*row.topics, *row.subscriptions)
    return ""


def _first_topic(*topics: str) -> str:
    first = next(iter(topics), "")
    return f"pulsar:{first.removeprefix('persistent://')}" if first else ""
