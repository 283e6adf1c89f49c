"""The tables of open transactions and of their coordinators."""

from __future__ import annotations

from collections.abc import Sequence

from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.pulsar.transaction_rows import PulsarCoordinatorRow, PulsarTransactionRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, of_cluster, table_of, word
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable


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
