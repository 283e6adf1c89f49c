"""The table of JetStream's RAFT groups of view 2."""

from __future__ import annotations

from arcwatch.store.nats.raft import NatsRaftRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .stream_tables import replica_state


def groups(showing: ViewContext) -> RowTable[NatsRaftRow]:
    """One row a group."""
    fields: list[Field[NatsRaftRow]] = [
        word("kind", "KIND", 8, lambda r: r.kind),
        word("group", "GROUP", 20, lambda r: r.group, flex=2, elide="middle"),
        *of_cluster(showing),
        Field(Column("leader", "LEADER", 10, flex=1), _leader, lambda r: r.leader),
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


def _leader(row: NatsRaftRow) -> Cell:
    return row.leader or ("none", "bad")


def _current(row: NatsRaftRow) -> Cell:
    if row.current is None:
        return f"{units.UNKNOWN} of {row.members}"
    text = f"{row.current} of {row.members}"
    return text if row.current == row.members else (text, "bad" if row.offline else "warn")


def _peers(row: NatsRaftRow) -> str:
    return ", ".join(f"{peer.name} {replica_state(peer)[0]}" for peer in row.peers)
