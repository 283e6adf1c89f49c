"""The table of replication to remote clusters."""

from __future__ import annotations

from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable


def replicators(showing: ViewContext) -> RowTable[PulsarReplicatorRow]:
    """One row for each topic and remote cluster."""
    fields: list[Field[PulsarReplicatorRow]] = [
        word("topic", "TOPIC", 22, lambda r: short_topic(r.topic), flex=2, elide="middle"),
        *of_cluster(showing),
        word("remote", "REMOTE", 10, lambda r: r.remote, flex=1),
        Field(Column("state", "STATE", 14), _state, lambda r: r.connected),
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


def _state(row: PulsarReplicatorRow) -> Cell:
    if row.connected:
        return "connected"
    text = "not connected"
    if row.partitions_connected:
        text = f"connected {row.partitions_connected}/{row.partitions}"
    # one that has nothing to send needs no connection
    return (text, "bad" if row.is_cut_off else "dim")
