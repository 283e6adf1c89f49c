"""The detail panel of a closed NATS connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arcwatch.store.charted import Charted
from arcwatch.store.nats.build_rows import kind_of
from arcwatch.store.rows import NatsClosedRow, NatsConnectionRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact
from arcwatch.ui.views.sheets import Sheet

from . import connection_tables
from .details import charted


class ClosedDetail(Detail[NatsClosedRow]):
    """All that the server remembers of it, and whether its client is back, or went before."""

    KIND = NatsClosedRow

    def __init__(self, showing: ViewContext) -> None:
        back = connection_tables.connections(showing, "closed-back")
        before = connection_tables.closed(showing, "closed-alike")
        super().__init__(
            showing,
            [
                Sheet("Open now", back, "This client has not reconnected.", totals=True),
                Sheet("Also closed", before, "No other closed connection of this client is known."),
            ],
        )

    @property
    def title(self) -> str:
        row = self._row
        return f"{row.name or '(no name)'}  {row.ip}:{row.port}  cid {row.cid}" if row else ""

    def facts(self) -> Sequence[Fact]:
        row = self._row
        if row is None:
            return ()
        bad = row.reason != connection_tables.GOODBYE
        stalls = units.whole(row.stalls)
        return [
            Fact("closed", self.when(row.stop), "bad" if bad else ""),
            Fact("reason", row.reason, "bad" if bad else ""),
            Fact("in", f"{units.whole(row.in_msgs)} msg, {units.size(row.in_bytes)}"),
            Fact("out", f"{units.whole(row.out_msgs)} msg, {units.size(row.out_bytes)}"),
            Fact("pending", units.size(row.pending_bytes), "warn" if row.pending_bytes > 0 else ""),
            Fact("stalls", stalls, "warn" if row.stalls else ""),
            Fact("lifetime", units.duration(row.lived)),
            Fact("since", self.when(row.start)),
            Fact("last", self.when(row.last_activity)),
            Fact("last RTT", units.duration(row.rtt)),
            Fact("subs", units.whole(row.subscriptions)),
            Fact("client", f"{row.lang} {row.version}".strip() or units.UNKNOWN),
            Fact("kind", kind_of(row)),
            Fact("TLS", f"{row.tls_version} {row.tls_cipher}".strip() or "none"),
            Fact("server", row.server_name),
            *([Fact("account", row.account)] if row.account else []),
            Fact("same client", "matched by name" if row.name else "matched by address"),
        ]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        gone, store = self._row, self._showing.store
        if gone is None:
            return ()
        if sheet.id == "closed-back":
            return [row for row in store.nats_connections() if _same_client(row, gone)]
        it = (gone.server_name, gone.cid, gone.stop)
        return [
            row
            for row in store.nats_closed()
            if _same_client(row, gone) and (row.server_name, row.cid, row.stop) != it
        ]

    def charted(self, row: Any | None) -> Charted | None:
        """See :meth:`Detail.charted`; of a connection that is gone no past is kept."""
        return charted(self._showing, row) if isinstance(row, NatsConnectionRow) else None


def _same_client(row: NatsConnectionRow | NatsClosedRow, gone: NatsClosedRow) -> bool:
    """Whether it is probably the same client: one without a name is identified by its host."""
    if row.cluster != gone.cluster or row.account != gone.account:
        return False
    return row.name == gone.name if gone.name else not row.name and row.ip == gone.ip
