"""The tables of view 3: columns and sort keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from arcwatch.notation.topic_names import COMPACTION
from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.pulsar.bookie_rows import PulsarBookieRow
from arcwatch.store.pulsar.function_rows import PulsarFunctionRow
from arcwatch.store.pulsar.offload_rows import PulsarOffloadRow
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.resource_group_rows import NEAR, PulsarResourceGroupRow
from arcwatch.store.pulsar.topic_rows import TopicSubscriptionRow
from arcwatch.store.pulsar.transaction_rows import PulsarCoordinatorRow, PulsarTransactionRow
from arcwatch.store.pulsar.tree import PulsarTreeRow
from arcwatch.store.rows import PulsarBrokerRow, PulsarSubscriptionRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, cause, figure, of_cluster, table_of, word
from arcwatch.ui.views.nats.connection_tables import health
from arcwatch.ui.views.nats.facts import SOON
from arcwatch.ui.widgets.cells import SHAPES, Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

UNASKED = "needs bookie_admin"
"""Only a bookie itself knows how full its disk is and whether it accepts writes: no broker does."""


class Waiting(Protocol):
    """A row that knows about how many messages wait in it."""

    @property
    def backlog_messages(self) -> float:
        """``nan`` where that is not known."""


def subscriptions(
    showing: ViewContext, id: str = "subscriptions"
) -> RowTable[PulsarSubscriptionRow]:
    """One row a subscription, partitions summed; beside an opened one all are of its topic."""
    topic = word("topic", "TOPIC", 22, _topic, flex=2, elide="middle")
    fields: list[Field[PulsarSubscriptionRow]] = [
        *([topic] if id == "subscriptions" else []),
        *(of_cluster(showing) if id == "subscriptions" else []),
        word("name", "SUBSCRIPTION", 14, lambda r: r.name, flex=1, elide="middle"),
        Field(Column("type", "TYPE", 10, drop=3), _type, lambda r: r.type),
        figure("entries", "BACKLOG", 9, lambda r: r.backlog_entries, units.whole),
        Field(
            Column("messages", "≈ MSGS", 11, "right", drop=1),
            messages,
            lambda r: r.backlog_messages,
        ),
        figure("size", "BYTES", 10, lambda r: r.backlog_size, units.size, drop=4),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        figure("unacked", "UNACKED", 8, lambda r: r.unacked_messages, units.whole, drop=2),
        Field(
            Column("redelivered", "REDEL/S", 8, "right", drop=5),
            _redelivered,
            lambda r: r.redeliver_rate,
        ),
        figure("consumers", "CONS", 5, lambda r: r.consumers, units.whole),
        # on the smallest screen too: what is blocked is what one has come to see
        cause(width=16, drop=0, otherwise=no_cause),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.topic}#{r.name}",
        haystack=lambda r: f"{r.topic}#{r.name} {r.type or ''}",
        sort=Sort("entries", reverse=True),
    )


def topic_of() -> RowTable[PulsarTreeRow]:
    """The one topic of an opened subscription."""
    fields: list[Field[PulsarTreeRow]] = [
        word("topic", "TOPIC", 22, lambda r: short_topic(r.name), flex=1, elide="middle"),
        figure("in", "IN/S", 8, lambda r: r.msg_rate_in, units.rate),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        figure("storage", "STORED", 9, lambda r: r.storage_size, units.size, drop=1),
        figure("subs", "SUBS", 5, lambda r: r.subscriptions, units.whole, drop=2),
        figure("producers", "PROD", 5, lambda r: r.producers, units.whole, drop=3),
        figure("consumers", "CONS", 5, lambda r: r.consumers, units.whole, drop=3),
    ]
    return table_of(
        "subscription-topic",
        fields,
        key=lambda r: f"{r.cluster} {r.name}",
        haystack=lambda r: r.name,
        sort=Sort("topic"),
    )


def brokers(showing: ViewContext) -> RowTable[PulsarBrokerRow]:
    """One row a broker."""
    fields: list[Field[PulsarBrokerRow]] = [
        word("broker", "BROKER", 20, lambda r: r.broker, flex=1),
        word("cluster", "CLUSTER", 12, lambda r: r.cluster, drop=3),
        word("version", "VERSION", 8, lambda r: r.version, drop=2),
        Field(Column("health", "HEALTH", 6), lambda r: health(r.healthy, stale=r.stale)),
        Field(
            Column("tls", "TLS FOR", 9, "right", drop=1),
            lambda r: _tls_for(showing, r),
            lambda r: r.tls_cert_not_after,
        ),
        figure("topics", "TOPICS", 7, lambda r: r.topics, units.whole),
        figure("in", "IN/S", 8, lambda r: r.msg_rate_in, units.rate),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        *throughput(drop=1),
        Field(
            Column("heap", "HEAP", 20, "right", drop=4),
            lambda r: _of(r.heap_used, r.heap_max),
            lambda r: r.heap_used,
        ),
        Field(
            Column("direct", "DIRECT", 20, "right", drop=5),
            lambda r: _of(r.direct_used, r.direct_max),
            lambda r: r.direct_used,
        ),
        figure("uptime", "UPTIME", 8, lambda r: r.uptime, units.duration, drop=6),
        cause(),
    ]
    return table_of(
        "brokers",
        fields,
        key=lambda r: f"{r.cluster} {r.broker}",
        haystack=lambda r: f"{r.broker} {r.cluster}",
        sort=Sort("broker"),
    )


def _tls_for(showing: ViewContext, row: PulsarBrokerRow) -> Cell:
    if row.tls_cert_not_after is None:
        return (units.UNKNOWN, "dim")
    left = row.tls_cert_not_after - showing.store.now
    if left < 0:
        return ("expired", "bad")
    return (units.duration(left), "warn" if left < SOON else "")


def resource_groups(showing: ViewContext) -> RowTable[PulsarResourceGroupRow]:
    """One row for each resource group."""
    fields: list[Field[PulsarResourceGroupRow]] = [
        word("group", "RESOURCE GROUP", 16, lambda r: r.group, flex=1),
        *of_cluster(showing),
        Field(Column("used", "USED", 5, "right"), _used, lambda r: r.used),
        figure("in", "IN/S", 8, lambda r: r.msg_rate_in, units.rate),
        word("in_limit", "IN LIMIT", 9, lambda r: _limit(r.in_limit, units.whole)),
        figure("in_bytes", "IN B/S", 9, lambda r: r.throughput_in, units.size, drop=2),
        word(
            "in_bytes_limit",
            "IN B/S LIMIT",
            12,
            lambda r: _limit(r.in_bytes_limit, units.size),
            drop=2,
        ),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate),
        word("out_limit", "OUT LIMIT", 9, lambda r: _limit(r.out_limit, units.whole)),
        figure("out_bytes", "OUT B/S", 9, lambda r: r.throughput_out, units.size, drop=2),
        word(
            "out_bytes_limit",
            "OUT B/S LIMIT",
            13,
            lambda r: _limit(r.out_bytes_limit, units.size),
            drop=2,
        ),
        word("namespaces", "NAMESPACES", 20, _members, flex=2, drop=1, elide="middle"),
    ]
    return table_of(
        "resource-groups",
        fields,
        key=lambda r: f"{r.cluster} {r.group}",
        haystack=lambda r: f"{r.group} {_members(r)}",
        sort=Sort("used", reverse=True),
    )


def _used(row: PulsarResourceGroupRow) -> Cell:
    used = f"{row.used:.0%}" if row.used == row.used else units.UNKNOWN
    return (used, "warn") if row.is_near else used


def _limit(limit: float | None, form: Callable[[float], str]) -> str:
    return "no limit" if limit is None else form(limit)


def _members(row: PulsarResourceGroupRow) -> str:
    if row.namespaces is None:
        return units.UNKNOWN
    more = f" ({row.not_asked:,} not asked)" if row.not_asked else ""
    return (", ".join(row.namespaces) or "none") + more


def bookies() -> RowTable[PulsarBookieRow]:
    """One row for each bookie, with the state that it reports itself."""
    fields: list[Field[PulsarBookieRow]] = [
        word("bookie", "BOOKIE", 20, lambda r: r.bookie, flex=1),
        word("cluster", "CLUSTER", 12, lambda r: r.cluster, drop=1),
        word("rack", "RACK", 12, lambda r: r.rack, flex=1, drop=2),
        Field(Column("state", "STATE", len(UNASKED), flex=1), _bookie_state, lambda r: r.read_only),
        Field(Column("disk", "LEDGER DISK", 24, drop=3), _bookie_disk, lambda r: r.used),
        figure("under", "UNDER-REPLICATED", 16, lambda r: r.underreplicated, units.whole, drop=4),
    ]
    return table_of(
        "bookies",
        fields,
        key=lambda r: f"{r.cluster} {r.bookie}",
        haystack=lambda r: f"{r.bookie} {r.cluster} {r.rack}",
        sort=Sort("bookie"),
    )


def _bookie_state(row: PulsarBookieRow) -> Cell:
    if row.read_only is None:
        return (row.why, "warn") if row.why else (UNASKED, "dim")
    return ("read-only", "bad") if row.read_only else ("writable", "good")


def _bookie_disk(row: PulsarBookieRow) -> Cell:
    if row.free is None or not row.total:
        return (units.UNKNOWN, "dim")
    used = f"{row.used:.0%} of {units.size(row.total)}"
    return (used, "warn") if row.used >= NEAR else used


def throughput(*, drop: int) -> list[Field[PulsarTreeRow | PulsarBrokerRow]]:
    """Bytes per second, in and out; columns that a narrow table drops together."""
    return [
        figure("bytes_in", "IN B/S", 10, lambda r: r.throughput_in, units.size, drop=drop),
        figure("bytes_out", "OUT B/S", 10, lambda r: r.throughput_out, units.size, drop=drop),
    ]


def _topic(row: PulsarSubscriptionRow) -> str:
    return short_topic(row.topic)


def messages(row: Waiting) -> str:
    """About how many messages wait; every digit while there is room for it."""
    value = row.backlog_messages
    return units.whole(value) if not value > 1e7 else units.count(value)


def _type(row: PulsarSubscriptionRow) -> Cell:
    return row.type or (units.UNKNOWN, "dim")


def _redelivered(row: PulsarSubscriptionRow) -> Cell:
    return (units.rate(row.redeliver_rate), "warn") if row.redeliver_rate > 0 else ""


def no_cause(row: PulsarSubscriptionRow | TopicSubscriptionRow) -> Cell:
    """What a subscription shows while no cause has held."""
    if row.blocked:
        return (f"{SHAPES['bad']} blocked", "bad")
    if row.consumers:
        return ""
    nobody, fine = "no consumers", row.name == COMPACTION or not row.backlog_entries
    return (nobody, "dim") if fine else (f"{SHAPES['warn']} {nobody}", "warn")


def _of(used: int | None, most: int | None) -> str:
    return f"{units.size(used)} of {units.size(most)}" if most else units.size(used)


def offloads(showing: ViewContext) -> RowTable[PulsarOffloadRow]:
    """One row for each topic."""

    def last(row: PulsarOffloadRow) -> Cell:
        at = row.failed_at or row.last_offloaded
        ago = units.UNKNOWN if at is None else units.duration(max(0.0, showing.store.now - at))
        return (f"failed {ago} ago", "bad") if row.failed_at else ago

    fields: list[Field[PulsarOffloadRow]] = [
        word("topic", "TOPIC", 22, lambda r: short_topic(r.topic), flex=2, elide="middle"),
        figure("size", "STORED", 9, lambda r: r.storage_size, units.size),
        figure("offloaded", "OFFLOADED", 9, lambda r: r.offloaded_size, units.size),
        Field(Column("last", "LAST OFFLOAD", 16, "right"), last, lambda r: r.last_offloaded),
        figure("out", "OFFLOAD B/S", 11, lambda r: r.offload_rate, units.size, drop=1),
        figure("in", "READ B/S", 9, lambda r: r.read_rate, units.size, drop=2),
        figure("read", "TOTAL READ", 10, lambda r: r.read_bytes, units.size, drop=4),
        figure("latency", "READ P95", 8, lambda r: r.read_latency, units.duration, drop=3),
        _count("errors", "ERRORS", lambda r: r.errors),
        _count("read_errors", "READ ERRORS", lambda r: r.read_errors),
    ]
    return table_of(
        "offloading",
        fields,
        key=lambda r: f"{r.cluster} {r.topic}",
        haystack=lambda r: r.topic,
        sort=Sort("offloaded", reverse=True),
    )


def _count(
    key: str, title: str, value: Callable[[PulsarOffloadRow], float]
) -> Field[PulsarOffloadRow]:
    return Field(
        Column(key, title, len(title) + 1, "right", drop=2),
        lambda row: (units.whole(value(row)), "warn" if value(row) > 0 else ""),
        value,
    )


def functions(showing: ViewContext) -> RowTable[PulsarFunctionRow]:
    """One row for each function, source and sink."""
    fields: list[Field[PulsarFunctionRow]] = [
        word("name", "FUNCTION", 20, lambda r: r.name, flex=1, elide="middle"),
        *of_cluster(showing),
        word("kind", "KIND", 8, lambda r: r.kind, drop=3),
        Field(Column("running", "RUNNING", 8, "right"), _running, lambda r: r.running),
        figure("in", "IN/S", 8, lambda r: r.in_rate, units.rate),
        figure("out", "OUT/S", 8, lambda r: r.out_rate, units.rate),
        Field(Column("failed", "FAILED/S", 8, "right"), _failed, lambda r: r.failed_rate),
        figure("latency", "LATENCY", 8, lambda r: r.latency, units.duration, drop=1),
        figure("restarts", "RESTARTS", 8, lambda r: r.restarts, units.whole, drop=2),
        figure("idle", "IDLE", 8, lambda r: _idle(showing, r), units.duration, drop=4),
        word("reads", "INPUTS", 16, _inputs, flex=1, drop=3, elide="middle"),
        word("writes", "OUTPUT", 16, lambda r: short_topic(r.output), flex=1, drop=4),
        word("why", "ERROR", 16, lambda r: r.why, flex=2, drop=1),
    ]
    return table_of(
        "functions",
        fields,
        key=lambda r: f"{r.cluster} {r.kind} {r.name}",
        haystack=lambda r: " ".join((r.name, r.kind, *r.inputs, r.output, r.why)),
        sort=Sort("name"),
    )


def _inputs(row: PulsarFunctionRow) -> str:
    return ", ".join(map(short_topic, row.inputs))


def _idle(showing: ViewContext, row: PulsarFunctionRow) -> float | None:
    return None if row.last_invoked is None else max(0.0, showing.store.now - row.last_invoked)


def _running(row: PulsarFunctionRow) -> Cell:
    if row.running is None:
        return (units.UNKNOWN, "dim")
    instances = units.UNKNOWN if row.instances is None else f"{row.instances}"
    return (f"{row.running} of {instances}", "bad" if row.is_down else "")


def _failed(row: PulsarFunctionRow) -> Cell:
    return (units.rate(row.failed_rate), "warn" if row.failed_rate > 0 else "")


def transactions(showing: ViewContext) -> RowTable[PulsarTransactionRow]:
    """One row for each open transaction."""
    fields: list[Field[PulsarTransactionRow]] = [
        word("id", "TRANSACTION", 11, lambda r: r.id),
        *of_cluster(showing),
        figure("open", "OPEN FOR", 9, lambda r: r.open_for, units.duration),
        figure("left", "TIMES OUT IN", 12, lambda r: r.times_out_in, units.duration, drop=1),
        Field(
            Column("hides", "HIDES", 7, "right"),
            lambda r: (units.whole(r.hides), "warn" if r.hides > 0 else ""),
            lambda r: r.hides,
        ),
        word("topics", "PUBLISHES TO", 20, lambda r: _listed(r.topics), flex=1, elide="middle"),
        word(
            "acks",
            "ACKS PENDING IN",
            20,
            lambda r: _listed(r.subscriptions),
            flex=1,
            drop=2,
            elide="middle",
        ),
    ]
    return table_of(
        "transactions",
        fields,
        key=lambda r: f"{r.cluster} {r.id}",
        haystack=lambda r: " ".join((r.id, *r.topics, *r.subscriptions)),
        sort=Sort("open", reverse=True),
    )


def coordinators(showing: ViewContext) -> RowTable[PulsarCoordinatorRow]:
    """One row for each transaction coordinator."""
    fields: list[Field[PulsarCoordinatorRow]] = [
        word("id", "COORDINATOR", 11, lambda r: r.coordinator),
        *of_cluster(showing),
        word("broker", "BROKER", 20, lambda r: r.broker, flex=1),
        figure("open", "OPEN", 7, lambda r: r.open, units.whole),
        figure("begun", "BEGUN", 9, lambda r: r.begun, units.whole, drop=1),
        figure("committed", "COMMITTED", 9, lambda r: r.committed, units.whole),
        figure("aborted", "ABORTED", 9, lambda r: r.aborted, units.whole),
        figure("timed_out", "TIMED OUT", 9, lambda r: r.timed_out, units.whole),
    ]
    return table_of(
        "coordinators",
        fields,
        key=lambda r: f"{r.cluster} {r.coordinator}",
        haystack=lambda r: f"{r.coordinator} {r.broker}",
        sort=Sort("id"),
    )


def _listed(topics: Sequence[str]) -> str:
    return ", ".join(map(short_topic, topics)) or units.UNKNOWN


def replicators(showing: ViewContext) -> RowTable[PulsarReplicatorRow]:
    """One row for each topic and remote cluster."""
    fields: list[Field[PulsarReplicatorRow]] = [
        word("topic", "TOPIC", 22, lambda r: short_topic(r.topic), flex=2, elide="middle"),
        *of_cluster(showing),
        word("remote", "REMOTE", 10, lambda r: r.remote, flex=1),
        Field(Column("state", "STATE", 14), _link_state, lambda r: r.connected),
        figure("for", "FOR", 8, lambda r: _lasts(showing, r), units.duration, drop=2),
        figure("entries", "ENTRIES", 9, lambda r: r.backlog_entries, units.whole),
        figure("delay", "OLDEST", 8, lambda r: r.delay, units.duration),
        figure("in", "IN/S", 8, lambda r: r.msg_rate_in, units.rate, drop=1),
        figure("out", "OUT/S", 8, lambda r: r.msg_rate_out, units.rate, drop=1),
        figure("bytes_in", "IN B/S", 10, lambda r: r.throughput_in, units.size, drop=3),
        figure("bytes_out", "OUT B/S", 10, lambda r: r.throughput_out, units.size, drop=3),
    ]
    return table_of(
        "replication",
        fields,
        key=lambda r: f"{r.cluster} {r.topic} {r.remote}",
        haystack=lambda r: f"{r.topic} {r.remote}",
        sort=Sort("entries", reverse=True),
    )


def _lasts(showing: ViewContext, row: PulsarReplicatorRow) -> float | None:
    return None if row.since is None else max(0.0, showing.store.now - row.since)


def _link_state(row: PulsarReplicatorRow) -> Cell:
    if row.connected:
        return "connected"
    text = "not connected"
    if row.partitions_connected:
        text = f"connected {row.partitions_connected}/{row.partitions}"
    # one that has nothing to send needs no connection
    return (text, "bad" if row.is_cut_off else "dim")
