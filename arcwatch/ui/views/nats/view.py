"""View 2: NATS connections, JetStream streams and consumers, accounts, links, servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from arcwatch.engine.questions import DetailTarget
from arcwatch.model.reading import System
from arcwatch.store.charted import Charted
from arcwatch.store.nats.buckets import NatsBucketRow
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.nats.raft import NatsRaftRow
from arcwatch.store.nats.server import NatsServerState
from arcwatch.store.rows import (
    NatsAccountRow,
    NatsClosedRow,
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    NatsSubscriberRow,
)
from arcwatch.text import units
from arcwatch.ui.problems import why
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.nats import (
    bucket_tables,
    connection_tables,
    details,
    link_tables,
    stream_tables,
)
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.views.tables import COMPARED, TablesView
from arcwatch.ui.views.things import SubjectRow, Thing

from .bucket_detail import BucketDetail
from .closed_detail import ClosedDetail
from .connection_tables import NATS_TOP
from .consumer_detail import ConsumerDetail
from .subject_detail import SubjectDetail

OWN = "arcwatch"
"""What the names of arcwatch's own connections begin with."""


class NatsView(TablesView):
    """Connections and their traffic, JetStream's streams, and lagging consumers."""

    NAME: ClassVar[str] = "NATS"
    SYSTEM: ClassVar[System] = "nats"

    HOMES: ClassVar[Mapping[type, str]] = {
        NatsConnectionRow: "connections",
        NatsClosedRow: "closed",
        NatsStreamRow: "streams",
        NatsConsumerRow: "consumers",
        NatsBucketRow: "buckets",
        NatsAccountRow: "accounts",
        NatsLinkRow: "links",
        NatsRaftRow: "raft",
        NatsServerRow: "servers",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "internal", "Own connections", show=False, id="nats.internal"),
    ]

    def __init__(self, showing: ViewContext) -> None:
        self._connection = details.ConnectionDetail(showing)
        self._gone = ClosedDetail(showing)
        self._subject = SubjectDetail(showing)
        self._bucket = BucketDetail(showing)
        super().__init__(
            showing,
            _sheets(showing),
            [
                self._connection,
                self._gone,
                self._subject,
                self._bucket,
                details.StreamDetail(showing),
                ConsumerDetail(showing),
                details.ServerDetail(showing, self._visible),
            ],
        )
        self._internal = False
        self._closely: frozenset[DetailTarget] = frozenset()

    def action_internal(self) -> None:
        """Show arcwatch's own connections too, or hide them again."""
        self._internal = not self._internal
        self.draw()

    @property
    def version(self) -> object:
        return (super().version, self._internal)

    def draw(self) -> None:
        """As every view of tables; and set the details to poll."""
        super().draw()
        self._watch_details(self._targets())

    def on_hide(self) -> None:
        """Ask for nothing more that was asked only to be seen."""
        self._watch_details(frozenset())

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        store = self.showing.store
        rows: Mapping[str, Callable[[], Sequence[Any]]] = {
            "connections": store.nats_connections,
            "closed": store.nats_closed,
            "streams": store.nats_streams,
            "consumers": store.nats_consumers,
            "buckets": store.nats_buckets,
            "raft": store.nats_raft,
            "accounts": store.nats_accounts,
            "servers": store.nats_servers,
            "links": store.nats_links,
        }
        return store.caused(row for row in rows[sheet.id]() if self._visible(row))

    def count(self, sheet: Sheet) -> str:
        """How many there are; of connections, also how many more the servers have."""
        if sheet.id == "raft":
            return f"{self.showing.store.count_raft():,}"
        have, servers = len(self.rows(sheet)), self.showing.store.nats
        match sheet.id:
            case "connections":
                read = sum(len(state.connections) for state in servers)
                total = sum(state.total_connections or 0 for state in servers)
            case "closed" if all(state.closed.total is None for state in servers):
                return units.UNKNOWN
            case "closed":
                read = sum(len(state.closed.rows) for state in servers)
                total = sum(state.closed.total or 0 for state in servers)
            case _:
                read = total = have
        return f"{have:,} of {total:,}" if read < total else f"{have:,}"

    def why_empty(self, sheet: Sheet) -> str:
        """See :meth:`TablesView.why_empty`; who has left is asked only while it is looked at."""
        servers = self.showing.store.nats
        if sheet.id == "links" and (account := seen_as(servers)):
            return f"Account {account} cannot see links; the system account can."
        if sheet.id != "closed" or any(state.closed.total is not None for state in servers):
            return ""
        failures = [state.closed.failure for state in servers if state.closed.failure]
        return why(failures[0]) if failures else "Loading …"

    def charted(self, row: Any) -> Charted | None:
        return details.charted(self.showing, row)

    def together(self, row: Any) -> Sequence[Charted]:
        """See :meth:`TablesView.together`: the servers."""
        servers = self.showing.store.nats_servers()[:COMPARED]
        return [charted for each in servers if (charted := self.charted(each))]

    def go_to(self, row: Any, *, walks: bool = False) -> None:
        self._internal = self._internal or is_own(row)
        if isinstance(row, SubjectRow):
            # of no list
            self.show_sheet("connections")
            self.open(row)
        else:
            super().go_to(row, walks=walks)

    def thing_of(self, row: Any) -> Thing | None:
        """See :meth:`View.thing_of`: of a subject's subscribers, the connection."""
        found = self._subject.connection_of(row) if isinstance(row, NatsSubscriberRow) else None
        return Thing("nats", found) if found else None

    def _visible(self, row: Any) -> bool:
        return self._internal or not is_own(row)

    def _targets(self) -> frozenset[DetailTarget]:
        """What is polled only while it is on screen."""
        if self.shown_detail is self._connection:
            target = self._connection.target
            return frozenset([target] if target else [])
        if self.opened is self._subject:
            return self._subject.targets
        if self.opened is self._bucket:
            return self._bucket.targets
        if self.sheet.id == "closed" or self.opened is self._gone:
            return frozenset(DetailTarget(state.url, None) for state in self.showing.store.nats)
        return frozenset()

    def _watch_details(self, targets: frozenset[DetailTarget]) -> None:
        if targets != self._closely:
            self._closely = targets
            self.showing.watcher.watch_details(targets)


def _sheets(showing: ViewContext) -> list[Sheet]:
    return [
        Sheet(
            "Connections",
            connection_tables.connections(showing),
            "No clients are connected.",
            totals=True,
            aliases=NATS_TOP,
        ),
        Sheet(
            "Closed",
            connection_tables.closed(showing),
            "No connections have closed since the servers started.",
            aliases=NATS_TOP,
        ),
        Sheet("Streams", stream_tables.streams(showing), "No streams yet."),
        Sheet("Consumers", stream_tables.consumers(showing), "No consumers yet."),
        Sheet("Buckets", bucket_tables.buckets(showing), "No key-value or object stores."),
        Sheet("RAFT", stream_tables.groups(showing), "No stream has replicas.", opens=False),
        Sheet(
            "Accounts",
            link_tables.accounts(showing),
            "No accounts reported yet.",
            totals=True,
            opens=False,
        ),
        Sheet(
            "Links",
            link_tables.links(showing),
            "No links between servers.",
            totals=True,
            opens=False,
        ),
        Sheet(
            "Servers",
            connection_tables.servers(showing),
            "No server has answered yet.",
            totals=True,
        ),
    ]


def seen_as(servers: Sequence[NatsServerState]) -> str:
    """The one account whose view this is; empty if servers report everything."""
    return next((s.server.seen_as for s in servers if s.server and s.server.seen_as), "")


def is_own(row: Any) -> bool:
    """Whether a row is one of arcwatch's own connections."""
    return isinstance(row, NatsConnectionRow | NatsClosedRow) and row.name.startswith(OWN)
