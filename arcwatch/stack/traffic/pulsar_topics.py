"""What the Pulsar tenant ``arc`` holds: namespaces, topics and subscriptions.  A table, no IO.

Everything here is bounded, so that brokers left running for days stay small: what nobody
acknowledges expires, what is retained is retained up to a size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from .change_plan import order_changes
from .plan import When
from .pulsar_plan import Message, audit_log, metrics, notes, task_events, tool_calls

TENANT = "arc"
AUDIT_LOG = "audit/log"
HISTORY_COUNT = 5000
"""Audit entries written when the log is empty."""

SubscriptionType = Literal["Exclusive", "Shared", "Failover", "KeyShared"]

HOUR = 3600


class Namespace(msgspec.Struct, frozen=True):
    """A namespace and how long it keeps things."""

    name: str

    ttl: int
    """Seconds after which a message counts as acknowledged by everyone."""

    retention_minutes: int
    retention_mb: int
    """What is acknowledged by all stays readable until either is exceeded."""


class Subscription(msgspec.Struct, frozen=True):
    """A subscription and the consumers that serve it, called ``<name>-1`` and so on."""

    name: str
    type: SubscriptionType
    consumers: int = 1

    in_waves: bool = False
    """Whether its backlog grows and drains instead of staying near nothing."""

    rejects: bool = False
    """Whether it refuses malformed messages, which end in its dead-letter topic."""


class Topic(msgspec.Struct, frozen=True):
    """A topic, its messages and its producers."""

    name: str
    """Without the tenant: ``agents/task-events``."""

    producer: str
    subscriptions: tuple[Subscription, ...]

    partitions: int = 0
    """0 is a topic without partitions."""

    by_key: bool = False
    """Whether a batch holds one key only.  Key_Shared needs it: a batch goes to one consumer
    whole, and with mixed batches a few consumers get everything and the others nothing."""

    batching: bool = True
    compression: Literal["NONE", "LZ4", "ZSTD"] = "NONE"
    encoding: Literal["plain", "text", "JSON", "AVRO"] = "plain"
    """The others register a schema; plain payloads have none."""

    record: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """Name of the schema's record, and its fields as pairs of name and Avro type."""

    @property
    def path(self) -> str:
        """``persistent/arc/agents/task-events``, as in admin paths."""
        return f"persistent/{TENANT}/{self.name}"

    @property
    def url(self) -> str:
        """``persistent://arc/agents/task-events``, as clients write it."""
        return f"persistent://{TENANT}/{self.name}"

    def dead_letters(self, subscription: Subscription) -> Topic:
        """The dead letter topic of ``subscription``.  Nobody reads it: ``triage`` has a backlog."""
        return Topic(
            f"{self.name}-{subscription.name}-DLQ",
            producer=f"{subscription.name}-DLQ",
            batching=False,
            subscriptions=(Subscription("triage", "Shared", consumers=0),),
        )

    @property
    def schema(self) -> dict[str, Any]:
        """The Avro definition of the record, which JSON schemas use as well."""
        fields = [{"name": name, "type": kind} for name, kind in self.fields]
        return {"type": "record", "name": self.record, "fields": fields}


NAMESPACES = (
    Namespace("agents", ttl=HOUR, retention_minutes=30, retention_mb=128),
    Namespace("audit", ttl=24 * HOUR, retention_minutes=30 * 24 * 60, retention_mb=256),
    Namespace("cdc", ttl=HOUR, retention_minutes=60, retention_mb=64),
)

TASK_EVENTS = Topic(
    "agents/task-events",
    producer="task-outbox",
    partitions=4,
    by_key=True,
    encoding="JSON",
    record="TaskEvent",
    fields=(
        ("task", "string"),
        ("agent", "string"),
        ("state", "string"),
        ("tokens", "int"),
        ("ms", "int"),
    ),
    subscriptions=(
        Subscription("workers", "Shared", consumers=2),
        Subscription("billing", "Shared", consumers=2, in_waves=True),
        Subscription("projector", "KeyShared", consumers=3),
    ),
)
METRICS = Topic(
    "agents/metrics",
    producer="metrics-agent",
    compression="ZSTD",
    encoding="AVRO",
    record="AgentMetrics",
    fields=(
        ("agent", "string"),
        ("region", "string"),
        ("at_ms", "long"),
        ("cpu", "double"),
        ("memory_mb", "int"),
        ("tokens_in", "int"),
        ("tokens_out", "int"),
    ),
    subscriptions=(Subscription("rollup", "Failover", consumers=2),),
)
TOOL_CALLS = Topic(
    "agents/tool-calls",
    producer="tool-proxy",
    # refusing one message of a batch has the whole batch delivered again, unless the broker
    # acknowledges single messages of a batch, which is off by default
    batching=False,
    subscriptions=(Subscription("sandbox", "Shared", rejects=True),),
)
AUDIT = Topic(
    AUDIT_LOG,
    producer="auditor",
    compression="LZ4",
    subscriptions=(Subscription("compliance", "Exclusive"),),
)
ORDERS = Topic(
    "cdc/orders",
    producer="debezium-orders",
    by_key=True,
    subscriptions=(Subscription("warehouse", "Failover", consumers=2),),
)

NOTES = Topic("agents/notes", producer="note-taker", encoding="text", subscriptions=())
"""The topic that functions read, if there are any."""
INVOICES = Topic(
    "agents/invoices", producer="biller", subscriptions=(Subscription("ledger", "Shared"),)
)
"""The topic of messages published in transactions, if there are any."""

TOPICS = (TASK_EVENTS, METRICS, TOOL_CALLS, AUDIT, ORDERS)


def plans(
    seed: int, when: When, *, functions: bool = False
) -> tuple[tuple[Topic, Iterator[Message]], ...]:
    """Each topic with the endless series of its messages."""
    return (
        *(((NOTES, notes(seed)),) if functions else ()),
        (TASK_EVENTS, task_events(seed, when)),
        (METRICS, metrics(seed, when)),
        (TOOL_CALLS, tool_calls(seed)),
        (AUDIT, audit_log(seed, when)),
        (ORDERS, order_changes(seed, when)),
    )
