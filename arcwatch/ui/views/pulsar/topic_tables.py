"""The tables of an opened Pulsar topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from arcwatch.decode.schema_fields import SchemaRow
from arcwatch.store.pulsar.policy_rows import TopicPolicyRow
from arcwatch.store.pulsar.topic_rows import (
    PositionElsewhere,
    TopicConsumerRow,
    TopicPartitionRow,
    TopicProducerRow,
    TopicReplicationRow,
    TopicSubscriptionRow,
)
from arcwatch.text import units
from arcwatch.ui.views.fields import Field, cause, figure, table_of, word
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .tables import messages, no_cause

Ago: TypeAlias = Callable[[float | None], float | None]
"""Seconds since a moment, by the time of what is shown."""


def subscriptions(ago: Ago) -> RowTable[TopicSubscriptionRow]:
    """One row a subscription, partitions summed."""
    fields: list[Field[TopicSubscriptionRow]] = [
        word("name", "SUBSCRIPTION", 16, lambda r: r.name, flex=1, elide="middle"),
        Field(Column("type", "TYPE", 10, drop=3), lambda r: r.type or "–", lambda r: r.type),
        figure("entries", "BACKLOG", 9, lambda r: r.backlog_entries, units.whole),
        Field(
            Column("messages", "≈ MSGS", 11, "right", drop=1),
            messages,
            lambda r: r.backlog_messages,
        ),
        figure("oldest", "OLDEST", 8, lambda r: ago(r.oldest), units.duration, drop=2),
        figure("size", "BYTES", 9, lambda r: r.backlog_size, units.size, drop=5),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate, drop=1),
        figure("unacked", "UNACKED", 8, lambda r: r.unacked_messages, units.whole, drop=2),
        figure("delayed", "DELAYED", 7, lambda r: r.delayed_messages, units.whole, drop=6),
        Field(
            Column("redelivered", "REDEL/S", 8, "right", drop=5),
            lambda r: (units.rate(r.redeliver_rate), "warn") if r.redeliver_rate > 0 else "",
            lambda r: r.redeliver_rate,
        ),
        figure("consumers", "CONS", 5, lambda r: r.consumers, units.whole, drop=1),
        figure("consumed", "SENT AGO", 8, lambda r: ago(r.last_consumed), units.duration, drop=4),
        figure("acked", "ACKED AGO", 9, lambda r: ago(r.last_acked), units.duration, drop=4),
        Field(
            Column("elsewhere", "OTHER CLUSTERS", 16, drop=3, optional=True), _elsewhere, _elsewhere
        ),
        Field(
            Column("state", "STATE", 11, drop=4, optional=True),
            _subscription_state,
            lambda r: _subscription_state(r)[0],
        ),
        cause(width=16, drop=0, otherwise=no_cause),
    ]
    return table_of(
        "topic-subscriptions",
        fields,
        key=lambda r: r.name,
        haystack=lambda r: f"{r.name} {r.type or ''}",
        sort=Sort("entries", reverse=True),
    )


def _elsewhere(row: TopicSubscriptionRow) -> str:
    """How far its position in other clusters is behind: ``eu 2.1s behind``."""

    def tell(one: PositionElsewhere) -> str:
        if one.behind != one.behind:
            return f"{one.cluster} {units.UNKNOWN}"
        way = "ahead" if one.behind < 0 else "behind"
        return f"{one.cluster} {units.duration(abs(one.behind))} {way}"

    return ", ".join(map(tell, row.elsewhere))


def consumers(ago: Ago, id: str = "topic-consumers") -> RowTable[TopicConsumerRow]:
    """One row a consumer, partitions summed; of a subscription's own table all are of that one."""
    is_topics = id == "topic-consumers"
    subscription: Field[TopicConsumerRow] = word(
        "subscription", "SUBSCRIPTION", 14, lambda r: r.subscription, flex=1, elide="middle"
    )
    fields: list[Field[TopicConsumerRow]] = [
        word("name", "CONSUMER", 14, lambda r: r.name, flex=1, elide="middle"),
        *([subscription] if is_topics else []),
        word("address", "ADDRESS", 21, lambda r: r.address),
        word("version", "CLIENT", 18, lambda r: r.version, drop=3),
        figure("since", "UP", 8, lambda r: ago(r.since), units.duration, drop=1),
        figure("partitions", "PARTS", 5, lambda r: r.partitions, units.whole, drop=6),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        figure("bytes", "OUT B/S", 9, lambda r: r.throughput_out, units.size, drop=6),
        figure("unacked", "UNACKED", 8, lambda r: r.unacked_messages, units.whole, drop=2),
        figure("permits", "PERMITS", 8, lambda r: r.permits, units.whole, drop=5),
        figure("acked", "ACKED AGO", 9, lambda r: ago(r.last_acked), units.duration, drop=4),
        Field(Column("state", "STATE", 8, drop=3), _consumer_state),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.subscription} {r.name} {r.address}",
        haystack=lambda r: f"{r.name} {r.subscription} {r.address} {r.version}",
        sort=Sort("subscription") if is_topics else Sort("unacked", reverse=True),
    )


def producers(ago: Ago) -> RowTable[TopicProducerRow]:
    """One row a producer, partitions summed."""
    fields: list[Field[TopicProducerRow]] = [
        word("name", "PRODUCER", 16, lambda r: r.name, flex=1, elide="middle"),
        word("address", "ADDRESS", 21, lambda r: r.address),
        word("version", "CLIENT", 18, lambda r: r.version, drop=2),
        figure("since", "UP", 8, lambda r: ago(r.since), units.duration, drop=1),
        word("access", "ACCESS", 10, lambda r: r.access, drop=3),
        figure("partitions", "PARTS", 5, lambda r: r.partitions, units.whole, drop=4),
        # producers have no counter: this one figure changes once a minute
        figure("in", "IN/S 60s", 9, lambda r: r.msg_rate_in, units.rate),
        figure("bytes", "B/S 60s", 9, lambda r: r.throughput_in, units.size, drop=3),
    ]
    return table_of(
        "topic-producers",
        fields,
        key=lambda r: f"{r.name} {r.address}",
        haystack=lambda r: f"{r.name} {r.address} {r.version}",
        sort=Sort("in", reverse=True),
    )


def partitions() -> RowTable[TopicPartitionRow]:
    """One row a partition; of a topic without, one for itself."""
    fields: list[Field[TopicPartitionRow]] = [
        word("name", "PARTITION", 9, _number, flex=1, elide="middle"),
        figure("in", "IN/S", 8, lambda r: r.msg_rate_in, units.rate),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        figure("bytes_in", "IN B/S", 10, lambda r: r.throughput_in, units.size, drop=4),
        figure("bytes_out", "OUT B/S", 10, lambda r: r.throughput_out, units.size, drop=4),
        figure("entries", "BACKLOG", 9, lambda r: r.backlog_entries, units.whole),
        Field(
            Column("messages", "≈ MSGS", 11, "right", drop=2),
            messages,
            lambda r: r.backlog_messages,
        ),
        figure("storage", "STORED", 9, lambda r: r.storage_size, units.size, drop=1),
        figure("offloaded", "OFFLOADED", 9, lambda r: r.offloaded_size, units.size, drop=5),
        figure("producers", "PROD", 5, lambda r: r.producers, units.whole, drop=3),
        figure("consumers", "CONS", 5, lambda r: r.consumers, units.whole, drop=3),
        word("owner", "BROKER", 18, lambda r: r.owner, drop=3, elide="middle"),
        Field(Column("state", "STATE", 6), _part_state),
        cause(),
    ]
    return table_of(
        "topic-partitions",
        fields,
        key=lambda r: r.name,
        haystack=lambda r: f"{_number(r)} {r.owner} {'hot' if r.hot else ''}",
        sort=Sort("name"),
    )


def replication() -> RowTable[TopicReplicationRow]:
    """One row a remote cluster, partitions summed."""
    fields: list[Field[TopicReplicationRow]] = [
        word("remote", "REMOTE CLUSTER", 16, lambda r: r.remote, flex=1),
        Field(Column("state", "STATE", 14), _replication_state),
        figure("entries", "BACKLOG", 9, lambda r: r.backlog_entries, units.whole),
        figure("growth", "GROWTH/S", 9, lambda r: r.growth, units.signed_rate),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        figure("in", "IN/S", 8, lambda r: r.msg_rate_in, units.rate, drop=2),
        # without a connection the broker reports 0, which is not how long anything waits
        figure("delay", "DELAY", 8, _delay, units.duration, drop=1),
        word("outbound", "CONNECTION", 24, lambda r: r.outbound, drop=3, elide="middle"),
        cause(),
    ]
    return table_of(
        "topic-replication",
        fields,
        key=lambda r: r.remote,
        haystack=lambda r: f"{r.remote} {r.outbound}",
        sort=Sort("remote"),
    )


def policies() -> RowTable[TopicPolicyRow]:
    """One row for each rate or setting."""
    fields: list[Field[TopicPolicyRow]] = [
        word("name", "POLICY", 27, lambda r: r.name),
        word("limit", "LIMIT", 24, lambda r: r.limit, flex=1),
        word("set_by", "SET BY", 10, lambda r: r.set_by),
    ]
    return table_of(
        "topic-policies",
        fields,
        key=lambda r: r.name,
        haystack=lambda r: f"{r.name} {r.limit} {r.set_by}",
        sort=Sort("name"),
    )


def schemas(ago: Ago) -> RowTable[SchemaRow]:
    """One row for each version of the schema."""
    fields: list[Field[SchemaRow]] = [
        figure("version", "VERSION", 7, lambda r: r.version, units.whole),
        word("type", "TYPE", 15, lambda r: r.type),
        figure("created", "REGISTERED", 10, lambda r: ago(r.created), units.duration, drop=2),
        figure("fields", "FIELDS", 6, lambda r: r.fields, units.whole, drop=1),
        word("says", "DIFFERENCE FROM THE ONE BEFORE", 30, lambda r: r.says, flex=1),
    ]
    return table_of(
        "topic-schemas",
        fields,
        key=lambda r: str(r.version),
        haystack=lambda r: f"{r.type} {r.says} {r.definition}",
        sort=Sort("version", reverse=True),
    )


def _part_state(row: TopicPartitionRow) -> tuple[str, Tone]:
    if row.sealed is not None:
        return ("sealed", "dim")
    return ("hot", "warn") if row.hot else ("", "")


def _number(row: TopicPartitionRow) -> str:
    if row.name.startswith("segment://"):
        return row.name.rpartition("/")[2]
    return row.name.rpartition("-")[2] if row.name != row.topic else "(whole)"


def _subscription_state(row: TopicSubscriptionRow) -> tuple[str, Tone]:
    if not row.durable:
        return ("not durable", "dim")
    return ("replicated", "dim") if row.replicated else ("", "")


def _consumer_state(row: TopicConsumerRow) -> tuple[str, Tone]:
    if row.blocked:
        return ("blocked", "bad")
    return ("draining", "warn") if row.draining and row.draining.unacked else ("", "")


def _replication_state(row: TopicReplicationRow) -> Cell:
    if row.connected == row.partitions:
        return ("connected", "good")
    if row.connected:
        return (f"{row.connected} of {row.partitions}", "warn")
    return ("not connected", "bad")


def _delay(row: TopicReplicationRow) -> float | None:
    return row.delay if row.connected else None
