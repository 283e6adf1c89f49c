"""An opened subject: who else subscribes, its queue group's members, and what stores it."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from arcwatch.engine.questions import DetailTarget
from arcwatch.model.reading import Failure
from arcwatch.notation.subjects import overlap
from arcwatch.store.charted import Charted
from arcwatch.store.nats.server import NatsServerState
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsStreamRow,
    NatsSubscriberRow,
    NatsSubscriptionRow,
)
from arcwatch.text import units
from arcwatch.ui.problems import why
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact, failure_facts
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.views.things import SubjectRow

from . import stream_tables, subscriber_tables
from .details import charted


class SubjectDetail(Detail[SubjectRow]):
    """Who receives messages of a subject, asked for while it is open."""

    def __init__(self, showing: ViewContext) -> None:
        self._since = nan
        glyphs = showing.glyphs
        members = subscriber_tables.members(self.connection_of, self._share, glyphs)
        others = subscriber_tables.others(self.connection_of)
        streams = stream_tables.streams(showing, "subject-streams")
        super().__init__(
            showing,
            [
                Sheet("Queue group", members, "No queue group subscribes to it."),
                Sheet("Others", others, "Nobody else subscribes to it."),
                Sheet("Streams", streams, "No stream stores it: a message lost here is lost."),
            ],
        )

    def open(self, row: Any) -> bool:
        match row:
            case NatsSubscriptionRow():
                self._row = SubjectRow(row.cluster, row.subject, row.queue)
            case SubjectRow():
                self._row = row
            case _:
                return False
        self._since = self._showing.store.now
        return True

    @property
    def targets(self) -> frozenset[DetailTarget]:
        """What to poll for it: every server of its cluster."""
        if self._row is None:
            return frozenset()
        subject = self._row.subject
        return frozenset(
            DetailTarget(state.url, None, subject, cluster=state.called) for state in self._states
        )

    @property
    def title(self) -> str:
        if self._row is None:
            return ""
        queue = f"  queue group {self._row.queue}" if self._row.queue else ""
        return f"nats:{self._row.subject}{queue}"

    def facts(self) -> Sequence[Fact]:
        members, others = self._members(), self._others()
        stored = [row.stream for row in self._streams()]
        subscribers = units.UNKNOWN if not self._answered else f"{len(members) + len(others):,}"
        return [
            *failure_facts(self._failure),
            Fact("subscribers", subscribers),
            *self._group(members),
            Fact("stored by", ", ".join(stored) or "no stream", "" if stored else "warn"),
        ]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        if sheet.id == "subject-members":
            return self._members()
        return self._streams() if sheet.id == "subject-streams" else self._others()

    def count(self, sheet: Sheet) -> str:
        known = self._answered or sheet.id == "subject-streams"
        return super().count(sheet) if known else units.UNKNOWN

    def why_empty(self, sheet: Sheet) -> str:
        if self._answered or sheet.id == "subject-streams":
            return ""
        return why(self._failure) if self._failure else "Loading …"

    def charted(self, row: Any | None) -> Charted | None:
        """See :meth:`Detail.charted`: of a subscriber its connection."""
        if isinstance(row, NatsSubscriberRow):
            row = self.connection_of(row)
        return charted(self._showing, row) if row is not None else None

    def connection_of(self, row: NatsSubscriberRow) -> NatsConnectionRow | None:
        """The connection of a subscriber; None of one of another server, or of ours."""
        place = row.cluster, row.server_name, row.cid
        rows = (client for state in self._states for client in state.connections)
        return next((c for c in rows if (c.cluster, c.server_name, c.cid) == place), None)

    def _group(self, members: Sequence[NatsSubscriberRow]) -> list[Fact]:
        if not members:
            return []
        shares = [self._share(row) for row in members]
        known = [share for share in shares if share == share]
        facts = [
            Fact("queue group", f"{members[0].queue}, {units.things(len(members), 'member')}"),
            Fact("fair share", f"{100 / len(members):.0f} %"),
        ]
        if len(known) > 1 and min(known) > 0:
            facts.append(Fact("skew", f"{max(known) / min(known):.1f} × between most and least"))
        return facts

    def _share(self, row: NatsSubscriberRow) -> float:
        """Part of the group's messages that a member receives, 0 to 1; ``nan`` if unknown."""
        rates = [each.msgs_rate for each in self._members()]
        total = sum(rates)
        return row.msgs_rate / total if total > 0 else nan

    def _members(self) -> list[NatsSubscriberRow]:
        queue = self._queue
        return [row for row in self._subscribers() if queue and row.queue == queue]

    def _others(self) -> list[NatsSubscriberRow]:
        queue = self._queue
        return [row for row in self._subscribers() if not queue or row.queue != queue]

    @property
    def _queue(self) -> str:
        """The queue group that is looked at: the one opened, or else the first of the subject."""
        if self._row and self._row.queue:
            return self._row.queue
        return min((row.queue for row in self._subscribers() if row.queue), default="")

    def _subscribers(self) -> list[NatsSubscriberRow]:
        subject = self._row.subject if self._row else ""
        interests = (state.interest for state in self._states)
        return [row for one in interests if one.subject == subject for row in one.rows]

    def _streams(self) -> list[NatsStreamRow]:
        if self._row is None:
            return []
        place, subject = self._row.cluster, self._row.subject
        rows = (row for row in self._showing.store.nats_streams() if row.cluster == place)
        return [row for row in rows if any(overlap(each, subject) for each in row.subjects)]

    @property
    def _states(self) -> list[NatsServerState]:
        place = self._row.cluster if self._row else None
        return [state for state in self._showing.store.nats if state.cluster == place]

    @property
    def _answered(self) -> bool:
        subject = self._row.subject if self._row else ""
        return any(s.interest.answered and s.interest.subject == subject for s in self._states)

    @property
    def _failure(self) -> Failure | None:
        """Why a server does not report it; failures before it was opened do not count."""
        interests = (state.interest for state in self._states)
        found = (one.failure for one in interests if one.failure and one.failed_at > self._since)
        return next(found, None)
