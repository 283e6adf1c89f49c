"""The detail panels of view 2: a connection, a stream, a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Any

from msgspec.structs import replace

from arcwatch.engine.questions import DetailTarget
from arcwatch.model.reading import Failure
from arcwatch.store.charted import TRAFFIC, Charted, of_nats
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.nats.server import COUNTED, NatsServerState
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    NatsSubscriptionRow,
)
from arcwatch.text import units
from arcwatch.ui.problems import why
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact, failure_facts
from arcwatch.ui.views.sheets import Sheet

from . import connection_tables, link_tables, stream_tables
from . import facts as nats_facts

UNKNOWN_RATES = dict.fromkeys((f"{field}_rate" for field in COUNTED), nan)


class ConnectionDetail(Detail[NatsConnectionRow]):
    """A connection with its subscriptions, which are asked for while it is open."""

    KIND = NatsConnectionRow

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(
            showing,
            [Sheet("Subscriptions", connection_tables.subscriptions(), "No subscriptions.")],
        )
        self._since = nan

    def open(self, row: Any) -> bool:
        self._since = self._showing.store.now
        return super().open(row)

    @property
    def target(self) -> DetailTarget | None:
        """The detail to poll for it."""
        state = self._state
        return (
            DetailTarget(state.url, self._row.cid, cluster=state.called)
            if state and self._row
            else None
        )

    @property
    def title(self) -> str:
        row = self._row
        return f"{row.name or '(no name)'}  {row.ip}:{row.port}  cid {row.cid}" if row else ""

    def facts(self) -> Sequence[Fact]:
        state, row = self._state, self._newest()
        if state is None or row is None:
            return ()
        gone = _gone(self._showing, state, row)
        return [
            *gone,
            *failure_facts(self._failure),
            *nats_facts.of_connection(self._showing, row, state.server),
        ]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        state = self._state
        return state.opened.subscriptions if state and self._is_answered else ()

    def count(self, sheet: Sheet) -> str:
        return super().count(sheet) if self._is_answered else units.UNKNOWN

    def why_empty(self, sheet: Sheet) -> str:
        if self._is_answered:
            return ""
        return why(self._failure) if self._failure else "Loading …"

    @property
    def _failure(self) -> Failure | None:
        """Why the server does not report it; failures before it was opened do not count."""
        opened = self._state.opened if self._state else None
        return opened.failure if opened and opened.failed_at > self._since else None

    @property
    def _is_answered(self) -> bool:
        state, row = self._state, self._row
        opened = state.opened.connection if state else None
        return bool(opened and row and (opened.cid, opened.start) == (row.cid, row.start))

    def charted(self, row: Any | None) -> Charted | None:
        state = self._state
        if state is None or self._row is None:
            return None
        if isinstance(row, NatsSubscriptionRow):
            return Charted(row.subject, state.opened.rates, row.sid, (("msg/s", "msgs"),))
        return Charted(self.title, state.connection_traffic, str(self._row.cid), TRAFFIC)

    @property
    def _state(self) -> NatsServerState | None:
        return state_of(self._showing, self._row) if self._row else None

    def _newest(self) -> NatsConnectionRow | None:
        """The last report; of a closed connection, its final totals."""
        row, state = self._row, self._state
        if row is None or state is None:
            return row
        same = (r for r in state.connections if (r.cid, r.start) == (row.cid, row.start))
        newest = next(same, None)
        if newest is None:
            last = state.opened.connection
            known = last if last and (last.cid, last.start) == (row.cid, row.start) else row
            newest = replace(known, idle=None, **UNKNOWN_RATES)
        self._row = newest
        return newest


class StreamDetail(Detail[NatsStreamRow]):
    """A stream with its consumers, and how its replicas are."""

    KIND = NatsStreamRow

    def __init__(self, showing: ViewContext) -> None:
        consumers = stream_tables.consumers(showing, "stream-consumers")
        super().__init__(showing, [Sheet("Consumers", consumers, "No consumers on this stream.")])

    @property
    def title(self) -> str:
        return f"js:{self._row.stream}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        if self._row is None:
            return ()
        key = self._key(self._row)
        rows = self._showing.store.nats_streams()
        found = next((row for row in rows if self._key(row) == key), None)
        self._row = found or self._row
        gone = [] if found else [Fact("state", "gone", "bad")]
        return [*gone, *nats_facts.of_stream(self._row)]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        if self._row is None:
            return ()
        key = self._key(self._row)
        return [row for row in self._showing.store.nats_consumers() if self._key(row) == key]

    def charted(self, row: Any | None) -> Charted | None:
        shown = row if isinstance(row, NatsConsumerRow) else self._row
        return None if shown is None else charted(self._showing, shown)

    def _key(self, row: NatsStreamRow | NatsConsumerRow) -> tuple[str, str, str]:
        return row.cluster, row.account, row.stream


class ServerDetail(Detail[NatsServerRow]):
    """A server with its limits, its connections and its accounts.

    Args:
        visible: Whether a connection is to be seen.
    """

    KIND = NatsServerRow

    def __init__(
        self, showing: ViewContext, visible: Callable[[NatsConnectionRow], bool] = lambda row: True
    ) -> None:
        self._visible = visible
        clients = connection_tables.connections(showing, "server-connections")
        accounts = link_tables.accounts(showing, "server-accounts")
        links = link_tables.links(showing, "server-links")
        super().__init__(
            showing,
            [
                Sheet("Connections", clients, "No clients are connected.", totals=True),
                Sheet("Accounts", accounts, "No accounts reported yet.", totals=True, opens=False),
                Sheet("Links", links, "No links to other servers.", totals=True, opens=False),
            ],
        )

    @property
    def title(self) -> str:
        return f"{self._row.server_name}  {self._row.url}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        rows = self._showing.store.nats_servers()
        place = self._row and (self._row.cluster, self._row.url)
        row = next((row for row in rows if (row.cluster, row.url) == place), self._row)
        return nats_facts.of_server(self._showing, row) if row else ()

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        state = state_of(self._showing, self._row) if self._row else None
        if state is None:
            return ()
        if sheet.id == "server-accounts":
            return state.accounts.rows
        if sheet.id == "server-links":
            place = state.cluster, state.name
            rows = self._showing.store.nats_links()
            return [row for row in rows if (row.cluster, row.server_name) == place]
        return [row for row in state.connections if self._visible(row)]

    def charted(self, row: Any | None) -> Charted | None:
        shown = row if isinstance(row, NatsConnectionRow | NatsLinkRow) else self._row
        return None if shown is None else charted(self._showing, shown)


def state_of(
    showing: ViewContext, row: NatsConnectionRow | NatsServerRow | NatsLinkRow
) -> NatsServerState | None:
    """The server that a row is of."""
    place = row.cluster, row.server_name
    return next((s for s in showing.store.nats if (s.cluster, s.name) == place), None)


def charted(showing: ViewContext, row: Any) -> Charted | None:
    """The series of a row of any of the tables of view 2; None when it has none."""
    return of_nats(showing.store.nats, row)


def _gone(showing: ViewContext, state: NatsServerState, row: NatsConnectionRow) -> list[Fact]:
    """That the connection has closed, when and why, as far as that is known."""
    opened = state.opened
    if opened.cid == row.cid and opened.stop is not None:
        at = units.when(opened.stop, showing.store.now, utc=showing.utc)
        return [Fact("closed", at, "bad"), Fact("reason", opened.reason, "bad")]
    return [] if row in state.connections else [Fact("state", "no longer listed", "warn")]
