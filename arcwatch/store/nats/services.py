"""NATS micro services, polled while they are on screen."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.model.reading import Failure
from arcwatch.store.rows import row_of


class NatsServiceRow(ServiceEndpoint, frozen=True, gc=False):
    """One endpoint of one instance, and what it did since it was asked before."""

    cluster: str = ""
    """The cluster it is in if there are several, else empty."""
    rate: float = nan
    """Requests per second."""
    recent: float = nan
    """Seconds of work a request, of those since then; ``nan`` where there were none."""
    stale: bool = False


class Services(Struct, frozen=True):
    """Every instance that answered last."""

    rows: tuple[NatsServiceRow, ...] = ()
    unread: tuple[str, ...] = ()
    """Why an answer could not be read, for each such answer."""
    answered_at: float | None = None
    """Unix seconds; None before the first answer."""
    steady: float = nan
    """The same moment on a clock that never jumps."""
    failure: Failure | None = None

    def updated(
        self, answer: ServiceAnswers | Failure, at: float, steady: float, cluster: str = ""
    ) -> Services:
        """This with the next answer, or the lack of one."""
        if isinstance(answer, Failure):
            old = [replace(row, rate=nan, recent=nan, stale=True) for row in self.rows]
            return replace(self, rows=tuple(old), steady=nan, failure=answer)
        before = {(row.instance, row.endpoint, row.subject): row for row in self.rows}
        rows = [
            _row(one, before.get((one.instance, one.endpoint, one.subject)), steady - self.steady)
            for one in answer.endpoints
        ]
        rows = [replace(row, cluster=cluster) for row in rows] if cluster else rows
        return Services(tuple(rows), answer.unread, at, steady)


def together(every: Mapping[str, Services]) -> Services:
    """The answers of several clusters as one, by context; as old as the oldest."""
    if len(every) < 2:
        return next(iter(every.values()), Services())
    ends = [one.answered_at for one in every.values() if one.answered_at is not None]
    return Services(
        tuple([row for one in every.values() for row in one.rows]),
        tuple([why for one in every.values() for why in one.unread]),
        min(ends, default=None),
        failure=next((one.failure for one in every.values() if one.failure), None),
    )


def _row(now: ServiceEndpoint, before: NatsServiceRow | None, seconds: float) -> NatsServiceRow:
    done = now.requests - before.requests if before else nan
    if not (done >= 0 and seconds > 0):
        return row_of(NatsServiceRow, now)
    worked = now.requests * (nan if now.average is None else now.average)
    earlier = before.requests * (before.average or 0.0) if before else 0.0
    recent = max(worked - earlier, 0.0) / done if done else nan
    return row_of(NatsServiceRow, now, rate=done / seconds, recent=recent)
