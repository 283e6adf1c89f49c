"""Dead letters of both systems: the table and the detail panel."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from msgspec import Struct

from arcwatch.model.nats_advisories import JsAdvisory
from arcwatch.store.charted import Charted
from arcwatch.store.messages.dead_letters import DeadLetterRow, cause_of
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.problems import without_cluster
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact
from arcwatch.ui.views.fields import Field, figure, moment, of_cluster, table_of, word
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable


class DeadMessage(Struct, frozen=True):
    """One message that JetStream gave up on: a row."""

    place: str
    """The address of its stream."""
    advisory: JsAdvisory

    @property
    def stale(self) -> bool:
        """An advisory does not become stale."""
        return False


def dead_letters(showing: ViewContext) -> RowTable[DeadLetterRow]:
    """One row for each subscription or consumer, and way of not consuming."""
    fields: list[Field[DeadLetterRow]] = [
        word("system", "", 6, lambda r: r.system, drop=3),
        word("source", "SUBSCRIPTION", 20, _whose, flex=2, elide="middle"),
        *of_cluster(showing),
        Field(Column("what", "WHAT", 12), _what, lambda r: r.what),
        figure("count", "COUNT", 9, lambda r: r.count, units.whole),
        figure("rate", "/S", 7, lambda r: r.rate, units.rate, drop=1),
        figure("waiting", "WAITING", 8, lambda r: r.waiting, units.whole, drop=4),
        moment(showing, "last", "NEWEST", lambda r: r.last),
        word("cause", "WHY", 16, lambda r: r.cause, flex=1, drop=2),
        word("place", "WHERE", 16, lambda r: r.place, flex=1, drop=5, elide="middle"),
    ]
    return table_of(
        "dead-letters",
        fields,
        key=lambda r: f"{r.cluster} {r.place} {r.source} {r.what}",
        haystack=lambda r: f"{r.system} {r.source} {r.what} {r.place} {r.cause}",
        sort=Sort("count", reverse=True),
    )


class DeadLetterDetail(Detail[DeadLetterRow]):
    """Whose they are, where, how many, and of JetStream which."""

    KIND = DeadLetterRow

    def __init__(self, showing: ViewContext) -> None:
        nothing = "These are in their own topic: b opens it."
        super().__init__(showing, [Sheet("Messages", _messages(showing), nothing)])

    @property
    def row(self) -> DeadLetterRow | None:
        """What is open, as it is now."""
        if opened := self._row:
            rows = self._showing.store.dead_letters()
            self._row = next((row for row in rows if _key(row) == _key(opened)), opened)
        return self._row

    @property
    def title(self) -> str:
        return f"{self._row.what}  {self._row.source or self._row.place}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        row = self.row
        if row is None:
            return ()
        last = self.when(row.last)
        since = "since loaded" if row.system == "pulsar" else "received"
        return [
            Fact("count", f"{units.whole(row.count)} {since}"),
            Fact("rate", f"{units.rate(row.rate)} msg/s"),
            Fact("waiting", units.whole(row.waiting)),
            Fact("newest", f"{last}  {row.last_id}".rstrip()),
            Fact("why", row.cause),
            Fact("subscription", row.source or "no matching subscription"),
            Fact("where", row.place),
        ]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        row = self.row
        return [DeadMessage(row.place, advisory) for advisory in row.messages] if row else ()

    def charted(self, row: Any | None) -> Charted | None:
        return charted(self._showing, self._row) if self._row else None


def charted(showing: ViewContext, row: DeadLetterRow) -> Charted | None:
    """What goes into a topic of dead letters; None of JetStream, whose streams hold all else."""
    lines = (("in msg/s", "msg_rate_in"),)
    topic = without_cluster(row.place).removeprefix("pulsar:")
    key = topic if "://" in topic else f"persistent://{topic}"
    for cluster in showing.store.pulsar:
        is_its = row.system == "pulsar" and cluster.name == row.cluster
        if is_its and key in cluster.topic_rates:
            return Charted(topic, cluster.topic_rates, key, lines)
    return None


def advisories_status(showing: ViewContext) -> str:
    """Since when advisories are followed, or why they are not; empty without NATS."""
    store = showing.store
    if store.half("nats") == "off":
        return ""
    logs = store.advisories
    for context, log in logs.items():
        if log.failure:
            of = f"{printable(store.called[context], 40)}: " if context in store.called else ""
            return f"{of}{log.failure.what}: {log.failure.why}"
    # from then on all of them are listened to
    since = max((log.since for log in logs.values()), default=nan)
    if any(log.since != log.since for log in logs.values()) or since != since:
        return "JetStream: connecting"
    dropped = sum(log.dropped for log in logs.values())
    lost = f", {dropped:,} more evicted" if dropped else ""
    return f"JetStream advisories since {units.clock(since, utc=showing.utc)}{lost}"


def _messages(showing: ViewContext) -> RowTable[DeadMessage]:
    fields: list[Field[DeadMessage]] = [
        moment(showing, "at", "AT", lambda r: r.advisory.at, fixed=True),
        figure("sequence", "SEQUENCE", 12, lambda r: r.advisory.sequence, units.whole),
        figure("deliveries", "DELIVERED", 9, lambda r: r.advisory.deliveries, units.whole),
        word("cause", "WHY", 20, lambda r: cause_of(r.advisory), flex=1),
    ]
    return table_of(
        "dead-messages",
        fields,
        key=lambda r: f"{r.advisory.sequence} {r.advisory.at}",
        haystack=lambda r: f"#{r.advisory.sequence} {cause_of(r.advisory)}",
        sort=Sort("at", reverse=True),
    )


def _what(row: DeadLetterRow) -> Cell:
    return (row.what, "" if row.what == "retries" else "warn")


def _whose(row: DeadLetterRow) -> str:
    source, place = (without_cluster(one).partition(":")[2] for one in (row.source, row.place))
    return source or f"? {place}"


def _key(row: DeadLetterRow) -> tuple[str, ...]:
    return row.cluster, row.place, row.source, row.what
