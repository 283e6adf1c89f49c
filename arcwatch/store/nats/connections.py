"""The open connection of a server, and its recently closed connections."""

from __future__ import annotations

from copy import copy
from math import nan

from msgspec.structs import replace

from arcwatch.model.nats import NatsClosed, NatsOpened
from arcwatch.model.reading import Failure
from arcwatch.store.rows import NatsClosedRow, NatsConnectionRow, NatsSubscriptionRow
from arcwatch.store.series.rates import Counted, rates_between
from arcwatch.store.series.series import SeriesTable

from .build_rows import Place, closed_row, connection_row, subscription_row

SUBSCRIPTION = ("msgs",)
"""Fields of the series of a subscription, per second."""
TRIES = 5
"""How often the closed connections are asked for after a slow consumer was counted.

The server counts it a moment before it lists it, and counts some that it does not close.
"""


class OpenedConnection:
    """One connection, with its subscriptions.

    Args:
        cid: Its number on the server; None before any was asked for.
    """

    def __init__(self, cid: int | None = None) -> None:
        self.cid = cid
        self.connection: NatsConnectionRow | None = None
        """As it was when it was asked about alone, without rates."""
        self.subscriptions: tuple[NatsSubscriptionRow, ...] = ()
        self.rates = SeriesTable(SUBSCRIPTION)
        """A row for each subscription, keyed by its ``sid``."""
        self.stop: float | None = None
        """When it closed, Unix seconds; None while it is open."""
        self.reason = ""
        self.failure: Failure | None = None
        """Why the last request for it failed."""
        self.failed_at = nan
        """Unix seconds."""
        self._counted: Counted[str] | None = None

    def freeze(self) -> OpenedConnection:
        """An independent copy."""
        frozen = copy(self)
        frozen.rates = self.rates.freeze()
        return frozen

    def update(self, answer: NatsOpened, at: float, place: Place, has_stalls: bool) -> None:
        """Apply one answer, whose middle was at ``at``, Unix seconds."""
        self.failure = None
        if answer.connection is None:
            self.missed(at)
            return
        self.connection = connection_row(place, answer.connection, (nan,) * 5, has_stalls)
        self.stop, self.reason = answer.stop, answer.reason
        if answer.stop is not None:
            # what it had subscribed to, the server forgets
            self.missed(at)
            return
        epoch = f"{answer.server_id} {answer.cid} {answer.connection.start}"
        totals = {sub.sid: (sub.msgs,) for sub in answer.subscriptions}
        counted = Counted(epoch, answer.now, totals)
        rates = rates_between(self._counted, counted)
        self._counted = counted
        self.subscriptions = tuple(
            [subscription_row(place, answer.cid, s, rates[s.sid][0]) for s in answer.subscriptions]
        )
        self.rates.push(at, rates)

    def paused(self) -> None:
        """Discard the previous counters, so that no rate spans a pause."""
        self._counted = None

    def failed(self, failure: Failure, at: float) -> None:
        """Record why there was no answer at ``at``, Unix seconds."""
        self.failure, self.failed_at = failure, at
        self.missed(at)

    def missed(self, at: float) -> None:
        """Mark the last answer as stale."""
        self.rates.gap(at)
        self.subscriptions = tuple(
            replace(row, stale=True, msgs_rate=nan) for row in self.subscriptions
        )


class ClosedConnections:
    """The closed connections a server still lists."""

    def __init__(self) -> None:
        self.rows: tuple[NatsClosedRow, ...] = ()
        """The newest first."""
        self.total: int | None = None
        """How many the server remembers, of which ``rows`` may be a part."""
        self.tries = 0
        """How often to ask for them though nobody looks: a slow consumer is not named yet."""
        self.failure: Failure | None = None
        """Why the last request for them failed."""
        self._ahead = 0.0
        self._server_id, self._slow = "", 0.0

    def update_slow(self, server_id: str, slow_consumers: float) -> None:
        """Apply the server's count of slow consumers since its start."""
        before = self._slow if server_id == self._server_id else 0
        if slow_consumers > before:
            self.tries = TRIES
        if slow_consumers >= 0:
            self._server_id, self._slow = server_id, slow_consumers

    def update(self, answer: NatsClosed, at: float, place: Place, has_stalls: bool) -> None:
        """Apply the server's list, received at ``at`` by our clock."""
        known = {(row.cid, row.stop) for row in self.rows if row.slow}
        self._ahead, self.failure = answer.now - at, None
        self.total = answer.total
        self.rows = tuple([closed_row(place, row, has_stalls) for row in answer.connections])
        new = any(row.slow and (row.cid, row.stop) not in known for row in self.rows)
        self.tries = 0 if new else max(0, self.tries - 1)

    def failed(self, failure: Failure) -> None:
        """Mark the list as stale and record why."""
        self.failure = failure
        self.rows = tuple(replace(row, stale=True) for row in self.rows)

    def slow_since(self, since: float) -> list[tuple[float, NatsClosedRow]]:
        """Slow consumers closed after ``since``, with the time on our clock."""
        closed = ((row.stop - self._ahead, row) for row in self.rows if row.slow)
        return [(at, row) for at, row in closed if at >= since]
