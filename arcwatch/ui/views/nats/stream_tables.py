"""The JetStream tables of view 2: columns and sort keys."""

from __future__ import annotations

from arcwatch.model.nats import JsOrigin, JsReplica
from arcwatch.store.causes.of_jetstream import SILENT
from arcwatch.store.nats.buckets import NatsBucketRow
from arcwatch.store.nats.raft import NatsRaftRow
from arcwatch.store.rows import NatsAccountRow, NatsConsumerRow, NatsStreamRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, cause, figure, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

NEARLY_FULL = 0.8


def streams(showing: ViewContext, id: str = "streams") -> RowTable[NatsStreamRow]:
    """One row a JetStream stream."""
    fields: list[Field[NatsStreamRow]] = [
        word("stream", "STREAM", 16, lambda r: r.stream, flex=1),
        *of_cluster(showing),
        word("subjects", "SUBJECTS", 18, _subjects, flex=1, drop=2),
        figure("messages", "MESSAGES", 12, lambda r: r.messages, units.whole),
        figure("bytes", "BYTES", 10, lambda r: r.bytes, units.size),
        Field(Column("used", "LIMIT", 7, "right", drop=1), used, lambda r: r.limit_used),
        figure("in", "IN/S", 8, lambda r: r.in_msgs_rate, units.rate),
        figure("consumers", "CONS", 5, lambda r: r.consumers, units.whole),
        Field(
            Column("replicas", "REPLICAS", 14, drop=2),
            replicas_state,
            lambda r: replicas_state(r)[0],
        ),
        Field(Column("last", "LAST UTC", 9, "right", drop=3), _last, lambda r: r.last_time),
        word("retention", "RETENTION", 10, lambda r: r.retention, drop=4),
        word("storage", "STORAGE", 7, lambda r: r.storage, drop=5),
        Field(Column("leader", "LEADER", 8, drop=6), _leader, lambda r: r.leader),
        word("account", "ACCOUNT", 8, lambda r: r.account, drop=7),
        cause(),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.account} {r.stream}",
        haystack=lambda r: f"{r.stream} {_subjects(r)} {r.account}",
        sort=Sort("stream"),
    )


def consumers(showing: ViewContext, id: str = "consumers") -> RowTable[NatsConsumerRow]:
    """One row a JetStream consumer; of a stream's own table all are of that one."""
    stream: Field[NatsConsumerRow] = word("stream", "STREAM", 14, lambda r: r.stream, flex=1)
    fields: list[Field[NatsConsumerRow]] = [
        *([stream] if id == "consumers" else []),
        word("name", "CONSUMER", 14, lambda r: r.name, flex=1),
        *of_cluster(showing),
        figure("pending", "PENDING", 11, lambda r: r.num_pending, units.whole),
        figure("unacked", "ACK PEND", 9, lambda r: r.num_ack_pending, units.whole),
        Field(
            Column("redelivered", "REDELIV", 8, "right", drop=1),
            _redelivered,
            lambda r: r.num_redelivered,
        ),
        figure("waiting", "PULLS", 6, lambda r: r.num_waiting, units.whole, drop=2),
        Field(Column("delivered", "DELIV/S", 8, "right"), _delivered, lambda r: r.delivered_rate),
        figure("acked", "ACK/S", 8, lambda r: r.ack_rate, units.rate),
        word("account", "ACCOUNT", 8, lambda r: r.account, drop=4),
        cause(),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.account} {r.stream} {r.name}",
        haystack=lambda r: f"{r.stream} {r.name} {r.account}",
        sort=Sort("pending", reverse=True),
    )


def replica_state(replica: JsReplica) -> tuple[str, Tone]:
    """How one replica is, in words that their colour only repeats.

    >>> replica_state(JsReplica("n2", current=False, offline=False, active=0.2, lag=42))
    ('lags by 42', 'warn')
    """
    if replica.offline:
        return ("offline", "bad")
    if replica.current:
        return ("current", "good")
    return (f"lags by {units.whole(replica.lag)}" if replica.lag else "not current", "warn")


def replicas_state(row: NatsStreamRow) -> tuple[str, Tone]:
    """How the replicas of a stream are together: how many of them are current."""
    if row.leaderless:
        return ("no leader", "bad")
    offline = sum(peer.offline for peer in row.peers)
    behind = sum(not peer.current and not peer.offline for peer in row.peers)
    text = f"{1 + len(row.peers) - offline - behind} of {row.replicas}"
    if offline:
        return (f"{text}, {offline} off", "bad")
    return (f"{text}, {behind} lag", "warn") if behind else (text, "")


def _delivered(row: NatsConsumerRow) -> Cell:
    return ("paused", "warn") if row.paused else units.rate(row.delivered_rate)


def _redelivered(row: NatsConsumerRow) -> Cell:
    return (units.whole(row.num_redelivered), "warn" if row.num_redelivered > 0 else "")


def origin_state(origin: JsOrigin) -> tuple[str, Tone]:
    """How far a copy is behind an origin, in words that their colour only repeats.

    >>> origin_state(JsOrigin("ORDERS", lag=1204, active=0.4))
    ('lags by 1,204', 'warn')
    """
    if origin.error:
        return (origin.error, "bad")
    if origin.active is None:
        return ("never contacted", "bad")
    if origin.active > SILENT:
        return (f"no contact for {units.duration(origin.active)}", "bad")
    return (f"lags by {units.whole(origin.lag)}", "warn") if origin.lag else ("current", "good")


def _subjects(row: NatsStreamRow) -> str:
    origins = [f"{o.name} {origin_state(o)[0]}" for o in row.origins]
    copied = f"copies {', '.join(origins)}" if origins else ""
    return " ".join(filter(None, (*row.subjects, copied)))


def _leader(row: NatsStreamRow) -> Cell:
    return ("nobody", "bad") if row.leaderless else row.leader


def used(row: NatsStreamRow | NatsAccountRow | NatsBucketRow) -> Cell:
    """The fullest of its limits, as a share."""
    if row.limit_used is None:
        return (units.UNKNOWN, "dim")
    nearly = row.limit_used > NEARLY_FULL
    return (f"{row.limit_used:.0%}", "warn") if nearly else f"{row.limit_used:.0%}"


def _last(row: NatsStreamRow) -> str:
    return (row.last_time or "")[11:19] or units.UNKNOWN


def groups(showing: ViewContext) -> RowTable[NatsRaftRow]:
    """One row a group."""
    fields: list[Field[NatsRaftRow]] = [
        word("kind", "KIND", 8, lambda r: r.kind),
        word("group", "GROUP", 20, lambda r: r.group, flex=2, elide="middle"),
        *of_cluster(showing),
        Field(Column("leader", "LEADER", 10, flex=1), _group_leader, lambda r: r.leader),
        Field(Column("current", "CURRENT", 10, "right"), _current, lambda r: r.current),
        figure("offline", "OFFLINE", 8, lambda r: r.offline, units.whole),
        figure("lag", "LAG", 8, lambda r: r.lag, units.whole),
        word("peers", "PEERS", 24, _peers, flex=2, drop=1),
        word("account", "ACCOUNT", 8, lambda r: r.account, drop=2),
    ]
    return table_of(
        "raft",
        fields,
        key=lambda r: f"{r.cluster} {r.account} {r.group}",
        haystack=lambda r: f"{r.kind} {r.group} {r.leader} {r.account} {_peers(r)}",
        sort=Sort("offline", reverse=True),
    )


def _group_leader(row: NatsRaftRow) -> Cell:
    return row.leader or ("none", "bad")


def _current(row: NatsRaftRow) -> Cell:
    if row.current is None:
        return f"{units.UNKNOWN} of {row.members}"
    text = f"{row.current} of {row.members}"
    return text if row.current == row.members else (text, "bad" if row.offline else "warn")


def _peers(row: NatsRaftRow) -> str:
    return ", ".join(f"{peer.name} {replica_state(peer)[0]}" for peer in row.peers)
