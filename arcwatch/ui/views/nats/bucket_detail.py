"""An opened key-value or object store, read while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arcwatch.engine.questions import DetailTarget
from arcwatch.store.charted import Charted
from arcwatch.store.nats.buckets import KEY_VALUE, NatsBucketRow, OpenedBucket
from arcwatch.text import units
from arcwatch.ui.problems import why
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact, failure_facts
from arcwatch.ui.views.sheets import Sheet

from . import bucket_tables
from .details import charted


class BucketDetail(Detail[NatsBucketRow]):
    """A bucket with its keys, or its objects."""

    KIND = NatsBucketRow

    def __init__(self, showing: ViewContext) -> None:
        keys, objects = bucket_tables.entries(showing), bucket_tables.objects(showing)
        self._keys = Sheet("Keys", keys, "No keys.", opens=False)
        self._objects = Sheet("Objects", objects, "No objects.", opens=False)
        super().__init__(showing, [self._keys, self._objects])

    def open(self, row: Any) -> bool:
        if super().open(row):
            self.sheets = (self._keys if row.kind == KEY_VALUE else self._objects,)
        return isinstance(row, NatsBucketRow)

    @property
    def targets(self) -> frozenset[DetailTarget]:
        """What to poll for it."""
        if self._row is None:
            return frozenset()
        return frozenset([DetailTarget("", None, bucket=self._row.stream, cluster=self._called)])

    @property
    def title(self) -> str:
        return f"{self._row.kind} store {self._row.bucket}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        if self._row is None:
            return ()
        rows, place = self._showing.store.nats_buckets(), _place(self._row)
        found = next((row for row in rows if _place(row) == place), None)
        self._row = found or self._row
        gone = [] if found else [Fact("state", "gone", "bad")]
        return [*gone, *failure_facts(self._bucket.failure), *self._read(), *_of(self._row)]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        return self._bucket.keys if sheet is self._keys else self._bucket.objects

    def count(self, sheet: Sheet) -> str:
        more = "" if self._bucket.is_whole else "+"
        return units.UNKNOWN if self._bucket.answered_at is None else super().count(sheet) + more

    def why_empty(self, sheet: Sheet) -> str:
        if self._bucket.answered_at is not None:
            return ""
        return why(self._bucket.failure) if self._bucket.failure else "Loading …"

    def charted(self, row: Any | None) -> Charted | None:
        """See :meth:`Detail.charted`: entries a second."""
        return charted(self._showing, self._row) if self._row else None

    def _read(self) -> list[Fact]:
        """What of it was not read."""
        bucket = self._bucket
        first = [] if bucket.is_whole else [Fact("read", "the first 10,000 only", "warn")]
        if bucket.unread:
            first.append(Fact("unread", units.things(bucket.unread, "object"), "warn"))
        return first

    @property
    def _called(self) -> str:
        """The cluster it is in if there are several, else empty."""
        states = self._showing.store.nats
        found = (one.called for one in states if self._row and one.cluster == self._row.cluster)
        return next(found, "")

    @property
    def _bucket(self) -> OpenedBucket:
        bucket = self._showing.store.bucket
        place = self._row and (self._row.stream, self._called)
        is_this = (bucket.stream, bucket.cluster) == place
        return bucket if is_this else OpenedBucket()


def _of(row: NatsBucketRow) -> list[Fact]:
    most = ", no limit" if row.max_bytes is None else f" of {units.size(row.max_bytes)}"
    history = "unlimited" if row.history is None else f"{row.history:,} per key"
    kept = [Fact("keys", bucket_tables.keys(row)), Fact("history", history)]
    age = "none" if row.ttl is None else units.duration(row.ttl)
    return [
        *(kept if row.kind == KEY_VALUE else []),
        Fact("entries", units.whole(row.entries)),
        Fact("bytes", f"{units.size(row.bytes)}{most}"),
        Fact("in", f"{units.rate(row.in_msgs_rate)} msg/s"),
        Fact("TTL", age),
        Fact("storage", row.storage),
        Fact("replicas", f"{row.replicas:,}"),
        Fact("leader", row.leader or units.UNKNOWN),
        Fact("stream", row.stream),
        Fact("account", row.account),
    ]


def _place(row: NatsBucketRow) -> tuple[str, str, str]:
    return row.cluster, row.account, row.stream
