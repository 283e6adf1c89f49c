"""Key-value and object stores: streams with names and subjects of their own, by ADR-8 and ADR-20.

Nothing is asked for the list of them: what it says is what the streams say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.model.nats_buckets import KvKey, NatsBucket, StoredObject
from arcwatch.model.reading import Failure
from arcwatch.store.rows import NatsStreamRow, row_of

KEY_VALUE, OBJECT = "key-value", "object"

_FORMS = {"KV_": (KEY_VALUE, "$KV."), "OBJ_": (OBJECT, "$O.")}
"""The kind of a bucket and the subjects that its stream stores, by how the stream's name begins."""


class NatsBucketRow(Struct, frozen=True, gc=False):
    """One bucket, as the leader of its stream reports it."""

    cluster: str
    account: str
    bucket: str
    kind: str
    """``key-value`` or ``object``."""
    stream: str
    keys_at_most: int | None
    """Keys, and those whose deletion is still stored; None of an object store, and where the
    server does not tell."""
    entries: float
    """Stored revisions of a key-value store; of an object store its chunks and descriptions."""
    bytes: float
    max_bytes: int | None
    limit_used: float | None
    history: int | None
    """Revisions that are kept of each key; None is no limit, and of an object store."""
    ttl: float | None
    """Seconds after which what was put is removed; None is never."""
    in_msgs_rate: float
    storage: str
    replicas: int
    leader: str
    last_time: str | None
    is_mirror: bool
    stale: bool


class NatsKeyRow(KvKey, frozen=True, gc=False):
    """The last entry of a key of a bucket."""

    bucket: str = ""
    stale: bool = False
    cluster: str = ""
    """The cluster it is in if there are several, else empty."""


class NatsObjectRow(StoredObject, frozen=True, gc=False):
    """An object of a bucket."""

    bucket: str = ""
    stale: bool = False
    cluster: str = ""
    """The cluster it is in if there are several, else empty."""


class OpenedBucket(Struct, frozen=True):
    """The one bucket that is looked into, by the last answer about it."""

    stream: str = ""
    cluster: str = ""
    """The cluster it is in if there are several, else empty."""
    keys: tuple[NatsKeyRow, ...] = ()
    objects: tuple[NatsObjectRow, ...] = ()
    is_whole: bool = True
    unread: int = 0
    answered_at: float | None = None
    """Unix seconds; None before the first answer."""
    failure: Failure | None = None
    """Why it was not read when it was asked for last."""

    def updated(
        self, answer: NatsBucket | Failure, stream: str, at: float, cluster: str = ""
    ) -> OpenedBucket:
        """This with an answer about ``stream``, or the lack of one."""
        is_same = (stream, cluster) == (self.stream, self.cluster)
        same = self if is_same else OpenedBucket(stream, cluster)
        if isinstance(answer, Failure):
            keys = tuple([replace(row, stale=True) for row in same.keys])
            objects = tuple([replace(row, stale=True) for row in same.objects])
            return replace(same, keys=keys, objects=objects, failure=answer)
        keys, objects = rows_of(answer, cluster)
        return OpenedBucket(stream, cluster, keys, objects, answer.is_whole, answer.unread, at)


def rows_of(
    answer: NatsBucket, cluster: str = ""
) -> tuple[tuple[NatsKeyRow, ...], tuple[NatsObjectRow, ...]]:
    """The keys and the objects of a bucket."""
    name = answer.stream.partition("_")[2]
    of = {"bucket": name, "cluster": cluster}
    keys = tuple([row_of(NatsKeyRow, key, **of) for key in answer.keys])
    return keys, tuple([row_of(NatsObjectRow, one, **of) for one in answer.objects])


def bucket_rows(streams: Iterable[NatsStreamRow]) -> Iterator[NatsBucketRow]:
    """The buckets among some streams."""
    for row in streams:
        start = row.stream.partition("_")[0] + "_"
        kind, subjects = _FORMS.get(start, ("", ""))
        name = row.stream.removeprefix(start)
        # a mirror has no subjects of its own
        if kind and name and all(subject.startswith(subjects) for subject in row.subjects):
            is_keys = kind == KEY_VALUE
            yield row_of(
                NatsBucketRow,
                row,
                bucket=name,
                kind=kind,
                keys_at_most=row.num_subjects if is_keys else None,
                entries=row.messages,
                history=row.max_per_subject if is_keys else None,
                ttl=row.max_age,
            )
