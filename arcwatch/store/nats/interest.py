"""Who receives messages of the one subject that is asked about, on one server."""

from __future__ import annotations

from copy import copy
from math import nan

from msgspec.structs import replace

from arcwatch.model.nats import NatsInterest, NatsSubscriber
from arcwatch.model.reading import Failure
from arcwatch.store.rows import NatsSubscriberRow, row_of
from arcwatch.store.series.rates import Counted, rates_between

from .build_rows import Place


class SubjectInterest:
    """The subscriptions that match a subject.

    Args:
        subject: With wildcards or without; empty before any was asked about.
    """

    def __init__(self, subject: str = "") -> None:
        self.subject = subject
        self.rows: tuple[NatsSubscriberRow, ...] = ()
        self.failure: Failure | None = None
        """Why the last request for it failed."""
        self.failed_at = nan
        """Unix seconds."""
        self.answered = False
        """Whether the server has ever reported this subject."""
        self._counted: Counted[tuple[int, str]] | None = None

    def freeze(self) -> SubjectInterest:
        """An independent copy."""
        return copy(self)

    def update(self, answer: NatsInterest, place: Place) -> None:
        """Apply one answer."""
        self.failure, self.answered = None, True
        totals = {
            (each.cid, each.subscription.sid): (each.subscription.msgs,)
            for each in answer.subscribers
        }
        counted = Counted(answer.server_id, answer.now, totals)
        rates = rates_between(self._counted, counted)
        self._counted = counted
        self.rows = tuple(
            [
                _row(place, each, rates[each.cid, each.subscription.sid][0])
                for each in answer.subscribers
            ]
        )

    def paused(self) -> None:
        """Discard the previous counters, so that no rate spans a pause."""
        self._counted = None

    def failed(self, failure: Failure, at: float) -> None:
        """Record why there was no answer at ``at``, Unix seconds."""
        self.failure, self.failed_at, self._counted = failure, at, None
        self.rows = tuple(replace(row, stale=True, msgs_rate=nan) for row in self.rows)


def _row(place: Place, each: NatsSubscriber, rate: float) -> NatsSubscriberRow:
    return row_of(
        NatsSubscriberRow,
        each,
        each.subscription,
        cluster=place[0],
        server_name=place[1],
        msgs_rate=rate,
        stale=False,
    )
