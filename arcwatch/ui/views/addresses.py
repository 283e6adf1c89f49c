"""What a row is called outside the screen: an address that a command line takes."""

from __future__ import annotations

from typing import Any

from arcwatch.store.ranking import short_topic
from arcwatch.store.rows import (
    BacklogRow,
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
from arcwatch.store.tree_rows import PulsarTreeRow


def address_of(row: Any) -> str:
    """The address of a row of any table; empty where it has none."""
    match row:
        case BacklogRow():
            return row.address
        case NatsConnectionRow() | NatsClosedRow():
            host = f"[{row.ip}]" if ":" in row.ip else row.ip
            return f"{host}:{row.port}"
        case NatsSubscriptionRow():
            return f"nats:{row.subject}"
        case NatsStreamRow():
            return f"js:{row.stream}"
        case NatsConsumerRow():
            return f"js:{row.stream}#{row.name}"
        case NatsServerRow():
            return row.url
        case PulsarTopicRow():
            return _topic(row.topic)
        case PulsarSubscriptionRow():
            return f"{_topic(row.topic)}#{row.name}"
        case PulsarTreeRow(kind="topic" | "partition"):
            return _topic(row.name)
        case PulsarTreeRow(kind="namespace"):
            # the pattern of every topic in it
            return f"pulsar:{row.name}/*"
        case PulsarBrokerRow():
            return row.broker
    return ""


def _topic(name: str) -> str:
    short = short_topic(name)
    return name if "://" in short else f"pulsar:{short}"
