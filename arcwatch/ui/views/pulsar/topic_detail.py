"""An opened Pulsar topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from arcwatch.decode.schema_fields import SchemaRow, schema_rows
from arcwatch.model.pulsar_opened import LayoutChange, TopicAbout, TopicSchemas
from arcwatch.model.reading import Failure
from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.charted import RATES, WAITING, Charted
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.pulsar.listed_topic import with_listed
from arcwatch.store.pulsar.policy_rows import policy_rows, quota_of, retention_of
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.topic_rows import (
    TopicPartitionRow,
    TopicReplicationRow,
    TopicRow,
    TopicSubscriptionRow,
)
from arcwatch.store.pulsar.tree import PulsarTreeRow
from arcwatch.text import units
from arcwatch.ui.problems import why
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact, failure_facts
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.widgets.panel import PanelTone

from . import topic_tables


class TopicDetail(Detail[Any]):
    """Producers, consumers and their backlogs, storage and policies."""

    def __init__(self, showing: ViewContext) -> None:
        self.cluster = ""
        """The name of its cluster."""
        self.topic = ""
        """The full name of what is open, without the number of a partition; or nothing."""
        self._compared: tuple[TopicSchemas | None, Sequence[SchemaRow]] = (None, ())
        ago, tables = self._ago, topic_tables
        producers, partitions = tables.producers(ago), tables.partitions()
        replication = tables.replication()
        super().__init__(
            showing,
            [
                Sheet("Subscriptions", tables.subscriptions(ago), "No subscriptions."),
                Sheet("Consumers", tables.consumers(ago), "No consumers are connected."),
                Sheet("Producers", producers, "No producers are connected.", opens=False),
                Sheet("Partitions", partitions, "No partitions are loaded.", opens=False),
                Sheet("Replication", replication, "Not replicated to other clusters.", opens=False),
                Sheet("Schemas", tables.schemas(ago), "No schema.", opens=False),
                Sheet("Policies", tables.policies(), "Not reported.", opens=False),
            ],
        )

    def open(self, row: Any) -> bool:
        """See :meth:`Detail.open`.  A partition opens its topic."""
        match row:
            case PulsarTreeRow(kind="topic" | "partition") | PulsarReplicatorRow():
                self.topic, self.cluster = row.topic, row.cluster
            case _:
                return False
        return True

    def close(self) -> None:
        """See :meth:`Detail.close`."""
        self.topic = self.cluster = ""

    @property
    def title(self) -> str:
        """See :attr:`Detail.title`."""
        return short_topic(self.topic)

    def facts(self) -> Sequence[Fact]:
        row = self._known()
        state = self._state(row)
        if row is None:
            return state
        lacks = [
            Fact(f"needs ≥ {least}", ", ".join(what), "dim") for least, what in row.lacks.items()
        ]
        figures = [*_figures(row), *self._moments(row), *self._layout(row)]
        if row.about is None:
            return [*figures, *state, *self._functions(row), *lacks]
        return [
            *figures,
            *state,
            *_guarantees(row),
            *self._compaction(row, row.about),
            *self._functions(row),
            *policies(row.about),
            *self._storage(row, row.about),
            *lacks,
        ]

    def why_empty(self, sheet: Sheet) -> str:
        if sheet.id == "topic-schemas" and self._answered is not None:
            return self._schemas.why if self._schemas else "Loading …"
        if self._answered is not None:
            return ""
        return why(self._failure) if self._failure else "Loading …"

    def count(self, sheet: Sheet) -> str:
        """See :meth:`Detail.count`; consumers as the list counts them, one for each partition."""
        row = self._known()
        if row and sheet.id == "topic-consumers":
            return f"{sum(sub.consumers for sub in row.subscriptions):,}"
        if sheet.id == "topic-schemas" and (self._schemas is None or self._schemas.why):
            return units.UNKNOWN
        known = self._answered or (row and sheet.id == "topic-subscriptions")
        return super().count(sheet) if known else units.UNKNOWN

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        row = self._known()
        if row is None:
            return ()
        tables: dict[str, Sequence[Any]] = {
            "topic-subscriptions": row.subscriptions,
            "topic-consumers": row.consumers,
            "topic-producers": row.producers,
            "topic-partitions": row.parts,
            "topic-replication": row.replication,
            "topic-schemas": self._schema_rows() if sheet.id == "topic-schemas" else (),
            "topic-policies": tuple(policy_rows(row.about.policies)) if row.about else (),
        }
        return tables[sheet.id]

    def charted(self, row: Any | None) -> Charted | None:
        cluster = self._cluster()
        if cluster is None:
            return None
        opened = cluster.opened
        match row:
            case TopicSubscriptionRow():
                key = f"{row.topic}#{row.name}"
                return Charted(short_topic(key), cluster.subscription_rates, key, WAITING)
            case TopicPartitionRow() if opened:
                return Charted(short_topic(row.name), opened.partition_rates, row.name, RATES)
            case TopicReplicationRow() if opened:
                title = f"{short_topic(row.topic)} to {row.remote}"
                return Charted(title, opened.replication_rates, row.remote, WAITING)
        return Charted(short_topic(self.topic), cluster.topic_rates, self.topic, RATES)

    @property
    def _schemas(self) -> TopicSchemas | None:
        return self._showing.store.opened_schemas(self.topic, self.cluster)

    def _schema_rows(self) -> Sequence[SchemaRow]:
        """Built once for each answer: comparing thousands of fields takes a while."""
        if self._compared[0] is not self._schemas:
            found = self._schemas
            self._compared = (found, schema_rows(found.schemas) if found else ())
        return self._compared[1]

    def _moments(self, row: TopicRow) -> list[Fact]:
        times = (("created", row.created), ("last published", row.last_published))
        return [Fact(name, f"{units.duration(self._ago(at))} ago") for name, at in times if at]

    def _layout(self, row: TopicRow) -> list[Fact]:
        if row.layout is None:
            return []
        last = {change.kind: change for change in row.layout.changes}
        latest = [
            Fact(f"last {kind}", f"{units.duration(self._ago(one.at))} ago: {change_of(one)}")
            for kind, one in sorted(last.items(), reverse=True)
        ]
        failed = [Fact("layout", row.layout.failed, "bad")] if row.layout.failed else []
        segments = f"{row.layout.active:,} active, {row.layout.sealed:,} sealed"
        return [Fact("segments", segments), *latest, *failed]

    def _functions(self, row: TopicRow) -> list[Fact]:
        rows = [r for r in self._showing.store.pulsar_functions() if r.cluster == row.cluster]
        # a function reads by a subscription of its own name
        subscribed = {sub.name for sub in row.subscriptions}
        reading = [r.name for r in rows if r.name in subscribed or row.topic in r.inputs]
        writing = [r.name for r in rows if r.output == row.topic]
        labelled = (("read by", reading), ("written by", writing))
        return [Fact(label, ", ".join(names)) for label, names in labelled if names]

    def _compaction(self, row: TopicRow, about: TopicAbout) -> list[Fact]:
        run, ledgers = row.compaction, about.ledgers
        failed = bool(run and (run.failed_at or 0) > (run.last or 0)) or bool(
            about.compaction_error
        )
        if about.compaction_status == "RUNNING":
            return [Fact("compaction", "running")]
        last = run and (run.failed_at if failed else run.last)
        # after a topic was loaded anew, only what compaction has kept is known
        kept = ledgers.compacted_entries if ledgers else None
        if not failed and last is None and kept is None:
            return []
        parts = [about.compaction_error or ("failed" if failed else "done")]
        if last:
            parts[0] += f" {units.duration(self._ago(last))} ago"
        if run and run.removed is not None and not failed:
            parts.append(f"removed {run.removed:,} in {units.duration(run.seconds)}")
        if ledgers and kept is not None:
            parts.append(
                f"kept {units.things(kept, 'entry')}, {units.size(ledgers.compacted_size)}"
            )
        return [Fact("compaction", " · ".join(parts), "bad" if failed else "")]

    def _storage(self, row: TopicRow, about: TopicAbout) -> list[Fact]:
        ledgers, ago = about.ledgers, self._ago
        count = oldest = ""
        if ledgers:
            count = f"{units.whole(ledgers.count)} · {units.size(ledgers.size)}"
            closed = units.duration(ago(ledgers.first_closed))
            oldest = f"closed {closed} ago" if ledgers.first_closed else "still open"
        offloaded = units.size(row.offloaded_size)
        if ledgers and ledgers.offloaded:
            offloaded = f"{units.things(ledgers.offloaded, 'ledger')} · {offloaded}"
        failed = (row.last_offload_failed or 0) > (row.last_offloaded or 0)
        last = row.last_offload_failed if failed else row.last_offloaded
        run = f"{'failed' if failed else 'done'} {units.duration(ago(last))} ago" if last else ""
        status = about.offload_error or run or (about.offload_status or "").lower()
        return [
            Fact("ledgers", count or units.UNKNOWN),
            Fact("oldest", oldest or units.UNKNOWN),
            Fact("offloaded", offloaded),
            Fact(
                "offload",
                status.replace("_", " ") or units.UNKNOWN,
                "bad" if failed or about.offload_error else "",
            ),
            *_offloading(about),
        ]

    def _state(self, row: TopicRow | None) -> list[Fact]:
        """Only what is out of the ordinary."""
        if row is not None and row.gone:
            return [Fact("state", "deleted", "bad")]
        asking = [] if self._answered else [Fact("state", "loading …", "dim")]
        return failure_facts(self._failure) or asking

    @property
    def _failure(self) -> Failure | None:
        return self._showing.store.failure("pulsar", "opened", self.cluster)

    @property
    def _answered(self) -> TopicRow | None:
        return self._showing.store.opened_topic(self.topic, self.cluster)

    def _known(self) -> TopicRow | None:
        store = self._showing.store
        same = (row for row in store.pulsar_topics(internal=True) if row.topic == self.topic)
        listed = (row for row in same if self.cluster in ("", row.cluster))
        return with_listed(self._answered, next(listed, None))

    def _cluster(self) -> PulsarClusterState | None:
        clusters = self._showing.store.pulsar
        return next((one for one in clusters if self.cluster in ("", one.name)), None)

    def _ago(self, at: float | None) -> float | None:
        return None if at is None else max(0.0, self._showing.store.now - at)


def _figures(row: TopicRow) -> list[Fact]:
    return [
        Fact("in/s", f"{units.rate(row.msg_rate_in)}  {units.size(row.throughput_in)}/s"),
        Fact("out/s", f"{units.rate(row.msg_rate_out)}  {units.size(row.throughput_out)}/s"),
        Fact("backlog", units.things(row.backlog_entries, "entry")),
        Fact("stored", units.size(row.storage_size)),
    ]


def _guarantees(row: TopicRow) -> list[Fact]:
    facts = []
    limits: Counter[str] = Counter()
    for sub in row.subscriptions:
        limits.update(sub.throttled or {})
    if limits:
        facts.append(Fact("throttled", throttling(limits), "warn"))
    if row.deduplication not in ("", "Disabled"):
        facts.append(Fact("dedup", deduplication_of(row)))
    if row.open_transactions or row.committed_transactions or row.aborted_transactions:
        counts = (
            f"{row.open_transactions:,} open",
            f"{row.committed_transactions:,} committed",
            f"{row.aborted_transactions:,} aborted",
        )
        tone: PanelTone = "warn" if row.open_transactions else ""
        facts.append(Fact("transactions", " · ".join(counts), tone))
    return facts


def deduplication_of(row: TopicRow) -> str:
    """The status of deduplication, and what is kept for it."""
    ledgers = row.about.ledgers if row.about else None
    if ledgers is None or ledgers.deduplicated_producers is None:
        return row.deduplication.lower()
    producers = units.things(ledgers.deduplicated_producers, "producer")
    behind = f"{units.things(ledgers.since_snapshot, 'entry')} since the last snapshot"
    return f"{row.deduplication.lower()} · {producers} · {behind}"


def change_of(change: LayoutChange) -> str:
    """A split or merge by the numbers of its segments: ``0 → 2, 3``."""
    return " → ".join(", ".join(map(str, each)) for each in (change.before, change.after))


def throttling(counts: Mapping[str, int]) -> str:
    """How often a limit has held a subscription back, by whose limit it is.

    >>> throttling({"topic": 16})
    "16 times by the topic's limit"
    """
    return ", ".join(f"{count:,} times by the {whose}'s limit" for whose, count in counts.items())


def _offloading(about: TopicAbout) -> list[Fact]:
    offload = about.offloading
    if offload is None:
        return []
    when = [units.size(offload.threshold_size)] if offload.threshold_size is not None else []
    if (seconds := offload.threshold_seconds) is not None:
        when.append(units.duration(seconds))
    lag = "" if offload.deletion_lag is None else units.duration(offload.deletion_lag)
    # a threshold without a driver does nothing
    tone: PanelTone = "" if offload.driver else "warn"
    to = Fact("offload to", f"{offload.driver} {offload.bucket}".rstrip() or "no driver set", tone)
    kept = [Fact("deletion lag", lag)] if lag else []
    return [Fact("offload at", " or ".join(when) or "manually only"), to, *kept]


def policies(about: TopicAbout) -> list[Fact]:
    """What is kept of a topic, for how long, and what its messages are."""
    version = "" if about.schema_version is None else f" v{about.schema_version}"
    if strategy := next((p.value for p in about.policies if p.name == "schema_compatibility"), ""):
        version += f" · {strategy}"
    quota = "; ".join(filter(None, map(quota_of, about.quotas))) or "none"
    facts = (
        ("retention", "retention", retention_of(about)),
        ("ttl", "TTL", units.duration(about.ttl) if about.ttl else "none"),
        ("quota", "quota", quota),
        ("schema", "schema", f"{about.schema_type}{version}" if about.schema_type else "none"),
    )
    return [
        Fact(label, units.UNKNOWN if key in about.unknown else value) for key, label, value in facts
    ]
