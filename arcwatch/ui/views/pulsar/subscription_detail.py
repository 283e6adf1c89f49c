"""An opened Pulsar subscription: who consumes, in what state it is, and what is beside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.charted import Charted, of_pulsar
from arcwatch.store.pulsar.topic_rows import TopicConsumerRow, TopicRow, TopicSubscriptionRow
from arcwatch.store.rows import PulsarSubscriptionRow, PulsarTopicRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.addresses import located
from arcwatch.ui.views.detail import Detail, Fact, failure_facts
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.widgets.panel import PanelTone

from . import tables, topic_tables
from .topic_detail import policies, throttling


class SubscriptionDetail(Detail[PulsarSubscriptionRow]):
    """One subscription.  What the lists know of it is there at once, the rest when it answers."""

    KIND = PulsarSubscriptionRow

    def __init__(self, showing: ViewContext) -> None:
        consumers = topic_tables.consumers(self._ago, "subscription-consumers")
        others = tables.subscriptions(showing, "subscription-others")
        super().__init__(
            showing,
            [
                Sheet("Consumers", consumers, "No consumers are connected.", opens=False),
                Sheet("Others", others, "No other subscriptions of this topic."),
                Sheet("Topic", tables.topic_of(), "Loading …"),
            ],
        )

    @property
    def topic(self) -> str:
        """The full name of the topic it is of; empty while nothing is open."""
        return self._row.topic if self._row else ""

    @property
    def cluster(self) -> str:
        """The name of its cluster; empty while nothing is open."""
        return self._row.cluster if self._row else ""

    @property
    def title(self) -> str:
        return f"{short_topic(self._row.topic)}#{self._row.name}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        if self._row is None:
            return ()
        row = self._listed() or self._row
        gone = [] if self._listed() else [Fact("state", "no longer listed", "warn")]
        opened = self._opened()
        about = policies(opened.about) if opened and opened.about else ()
        failure = self._showing.store.failure("pulsar", "opened", self.cluster)
        backlog = self._backlog()
        return [
            *gone,
            *failure_facts(failure),
            *(waiting(backlog) if backlog else ()),
            *self._delivery(row),
            *about,
        ]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        if self._row is None:
            return ()
        if sheet.id == "subscription-consumers":
            return self._consumers()
        if sheet.id == "subscription-others":
            return [row for row in self._siblings() if row.name != self._row.name]
        place = self._row.cluster, self._row.topic
        tree_rows = self._showing.store.pulsar_tree(internal=True)
        return [r for r in tree_rows if (r.cluster, r.name) == place and r.kind == "topic"]

    def count(self, sheet: Sheet) -> str:
        """See :meth:`Detail.count`; consumers as the list counts them."""
        listed = self._listed()
        if sheet.id != "subscription-consumers" or listed is None:
            return super().count(sheet)
        return units.whole(listed.consumers)

    def why_empty(self, sheet: Sheet) -> str:
        asked = sheet.id == "subscription-consumers" and self._opened() is None
        return "Loading …" if asked else ""

    def charted(self, row: Any | None) -> Charted | None:
        """See :meth:`Detail.charted`: its own backlog, or that of another one under the cursor."""
        shown = row if isinstance(row, PulsarSubscriptionRow) else self._row
        return of_pulsar(self._showing.store.pulsar, shown) if shown else None

    def _delivery(self, row: PulsarSubscriptionRow) -> list[Fact]:
        reported = self._reported()
        kind = (reported.type if reported else row.type) or units.UNKNOWN
        names = {one.name for one in self._consumers()}
        by = f" by {len(names):,} names" if len(names) > 1 else ""
        return [
            Fact("type", kind),
            Fact("consumers", f"{units.whole(row.consumers)}{by}", _bad(row.consumers == 0)),
            Fact("unacked", units.whole(row.unacked_messages), _bad(row.blocked)),
            Fact("out", f"{units.rate(row.msg_rate_out)} msg/s"),
            Fact("bytes out", f"{units.size(row.throughput_out)}/s"),
            Fact("redelivered", f"{units.rate(row.redeliver_rate)}/s"),
            Fact("delayed", units.whole(row.delayed_messages)),
            *_held_back(reported),
            Fact("sent", self._since(reported.last_consumed if reported else row.last_consumed)),
            Fact("acked", self._since(reported.last_acked if reported else row.last_acked)),
        ]

    def _since(self, at: float | None) -> str:
        return units.UNKNOWN if at is None else f"{units.duration(self._ago(at))} ago"

    def _consumers(self) -> Sequence[TopicConsumerRow]:
        opened = self._opened()
        found = opened.consumers if opened else ()
        return [one for one in found if self._row and one.subscription == self._row.name]

    def _reported(self) -> TopicSubscriptionRow | None:
        opened = self._opened()
        found = opened.subscriptions if opened else ()
        return next((s for s in found if self._row and s.name == self._row.name), None)

    def _opened(self) -> TopicRow | None:
        return self._showing.store.opened_topic(self.topic, self.cluster)

    def _backlog(self) -> BacklogRow | None:
        if self._row is None:
            return None
        key = self._row.cluster, located(self._showing.store, self._row)
        rows = self._showing.store.backlogs()
        return next((row for row in rows if (row.cluster, row.address) == key), None)

    def _siblings(self) -> Sequence[PulsarSubscriptionRow]:
        topic = self._topic_row()
        return topic.subscriptions if topic else ()

    def _listed(self) -> PulsarSubscriptionRow | None:
        return next((s for s in self._siblings() if self._row and s.name == self._row.name), None)

    def _topic_row(self) -> PulsarTopicRow | None:
        if self._row is None:
            return None
        key = self._row.cluster, self._row.topic
        topics = self._showing.store.pulsar_topics(internal=True)
        return next((t for t in topics if (t.cluster, t.topic) == key), None)

    def _ago(self, at: float | None) -> float | None:
        return None if at is None else max(0.0, self._showing.store.now - at)


def _held_back(row: TopicSubscriptionRow | None) -> list[Fact]:
    facts = []
    if row and row.throttled:
        facts.append(Fact("throttled", throttling(row.throttled), "warn"))
    if row and row.draining and row.draining.hashes:
        keys = row.draining
        text = f"{keys.hashes:,} hashes, {keys.unacked:,} unacked"
        facts.append(Fact("draining", text, "warn"))
    return facts


def _bad(is_wrong: bool) -> PanelTone:
    return "bad" if is_wrong else ""


def waiting(row: BacklogRow) -> Sequence[Fact]:
    """How much is waiting, since when, and when it will be gone."""
    return [
        Fact("waiting", _messages(row)),
        *_entries(row),
        Fact("oldest", units.age(row.age, at_least=row.age_at_least, exact=row.age_exact)),
        Fact("in", f"{units.rate(row.in_rate)} msg/s"),
        Fact("growth", f"{units.signed_rate(row.growth)} msg/s, 1 min"),
        Fact("drains in", _drains_in(row)),
    ]


def _messages(row: BacklogRow) -> str:
    if row.messages != row.messages:
        return units.UNKNOWN
    return f"{units.estimate(row.messages, exact=row.exact)} msgs"


def _entries(row: BacklogRow) -> Sequence[Fact]:
    return [] if row.entries is None else [Fact("entries", units.whole(row.entries))]


def _drains_in(row: BacklogRow) -> str:
    if row.stale or row.growth != row.growth or row.drains_in != row.drains_in:
        return units.UNKNOWN
    if row.keeps_up:
        return "keeping up"
    if row.drains_in < inf:
        return units.duration(row.drains_in)
    return "growing" if row.growth > 0 else "never"
