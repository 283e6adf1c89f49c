"""The tables of key-value and object stores of view 2."""

from __future__ import annotations

from arcwatch.store.nats.buckets import NatsBucketRow, NatsKeyRow, NatsObjectRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.fields import Field, figure, moment, of_cluster, table_of, word
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

from .stream_tables import used


def buckets(showing: ViewContext, id: str = "buckets") -> RowTable[NatsBucketRow]:
    """One row a bucket."""
    fields: list[Field[NatsBucketRow]] = [
        word("bucket", "BUCKET", 16, lambda r: r.bucket, flex=1),
        *of_cluster(showing),
        word("kind", "KIND", 10, lambda r: r.kind),
        Field(Column("keys", "KEYS", 9, "right"), keys, lambda r: r.keys_at_most),
        figure("entries", "ENTRIES", 10, lambda r: r.entries, units.whole),
        figure("bytes", "BYTES", 10, lambda r: r.bytes, units.size),
        Field(Column("used", "LIMIT", 7, "right", drop=2), used, lambda r: r.limit_used),
        figure("history", "HISTORY", 8, lambda r: r.history, units.whole, drop=1),
        Field(Column("ttl", "TTL", 7, "right", drop=1), ttl, lambda r: r.ttl),
        figure("in", "IN/S", 8, lambda r: r.in_msgs_rate, units.rate),
        word("storage", "STORAGE", 7, lambda r: r.storage, drop=4),
        figure("replicas", "REPLICAS", 8, lambda r: r.replicas, units.whole, drop=3),
        word("account", "ACCOUNT", 8, lambda r: r.account, drop=5),
    ]
    return table_of(
        id,
        fields,
        key=lambda r: f"{r.cluster} {r.account} {r.stream}",
        haystack=lambda r: f"{r.bucket} {r.kind} {r.account}",
        sort=Sort("bucket"),
    )


def keys(row: NatsBucketRow) -> str:
    """How many keys at most: those whose deletion is still stored are among them."""
    return units.UNKNOWN if row.keys_at_most is None else f"≤ {units.whole(row.keys_at_most)}"


def ttl(row: NatsBucketRow) -> Cell:
    """After what time an entry is removed."""
    return ("none", "dim") if row.ttl is None else units.duration(row.ttl)


def entries(showing: ViewContext) -> RowTable[NatsKeyRow]:
    """One row a key, the newest entry first."""
    fields: list[Field[NatsKeyRow]] = [
        word("key", "KEY", 20, lambda r: r.key, flex=1, elide="middle"),
        figure("revision", "REVISION", 10, lambda r: r.revision, units.whole),
        moment(showing, "time", "STORED", lambda r: r.time),
        Field(Column("operation", "OPERATION", 9), _operation, lambda r: r.operation),
        figure("size", "SIZE", 8, lambda r: r.size, units.size, drop=1),
        word("ttl", "TTL", 5, lambda r: r.ttl, drop=2),
        word("value", "VALUE", 20, _value, flex=2),
    ]
    return table_of(
        "bucket-keys",
        fields,
        key=lambda r: r.subject,
        haystack=lambda r: f"{r.key} {r.operation} {r.value}",
        sort=Sort("revision", reverse=True),
    )


def objects(showing: ViewContext) -> RowTable[NatsObjectRow]:
    """One row an object."""
    fields: list[Field[NatsObjectRow]] = [
        word("name", "OBJECT", 20, lambda r: r.name, flex=1, elide="middle"),
        figure("size", "SIZE", 10, lambda r: r.size, units.size),
        figure("chunks", "CHUNKS", 8, lambda r: r.chunks, units.whole),
        moment(showing, "time", "STORED", lambda r: r.time),
        Field(Column("state", "STATE", 10, flex=1), _state, lambda r: _state(r)[0]),
        word("digest", "DIGEST", 24, lambda r: r.digest, flex=1, drop=1),
        word("description", "DESCRIPTION", 12, lambda r: r.description, flex=1, drop=2),
    ]
    return table_of(
        "bucket-objects",
        fields,
        key=lambda r: r.subject,
        haystack=lambda r: f"{r.name} {_state(r)[0]} {r.description}",
        sort=Sort("name"),
    )


def _operation(row: NatsKeyRow) -> Cell:
    return row.operation if row.operation == "put" else (row.operation, "dim")


def _value(row: NatsKeyRow) -> str:
    return f"{row.value}…" if row.is_cut else row.value


def _state(row: NatsObjectRow) -> tuple[str, Tone]:
    if row.deleted:
        return ("deleted", "dim")
    return (f"link to {row.link}", "") if row.link else ("stored", "")
