"""The tree of a Pulsar cluster: tenant, namespace, topic and partition, with sums.

It is made anew when it is looked at: an answer of a broker costs nothing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from math import nan
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from arcwatch.notation.topic_names import base_name, is_internal, namespace_of
from arcwatch.store.causes.cause import Cause
from arcwatch.store.rows import PulsarTopicRow

from .topic_rows import is_hot

if TYPE_CHECKING:
    from .cluster import PulsarClusterState

Kind: TypeAlias = Literal["tenant", "namespace", "topic", "partition"]

KINDS: tuple[Kind, ...] = ("tenant", "namespace", "topic", "partition")
"""From the outermost to the innermost."""


class PulsarTreeRow(Struct, frozen=True, gc=False):
    """A tenant, namespace, topic or partition, summed over everything below it.

    Only what a broker has loaded has figures: those of a namespace are sums over its loaded
    topics, and a topic that no broker has loaded has a name and nothing else.
    """

    cluster: str
    kind: Kind
    name: str
    """``tenant``, ``tenant/namespace``, or the full name of a topic or partition."""
    parent: str
    """The name of what it is in; empty for a tenant."""
    topics: int
    """Known by name or loaded, itself included; 0 for a partition."""
    all_listed: bool
    """False where there may be more topics than ``topics``: nobody has listed them yet."""
    not_loaded: int
    """How many of ``topics`` no broker has loaded."""
    partitions: int
    """Partitions of it, loaded or not; 0 for what has none."""
    loaded: bool = False
    """Whether a broker has loaded it, or anything in it."""
    hot: bool = False
    """Whether a partition is sent far more than its siblings."""
    msg_rate_in: float = nan
    msg_rate_out: float = nan
    throughput_in: float = nan
    throughput_out: float = nan
    storage_size: float | None = None
    offloaded_size: float | None = None
    backlog_entries: float | None = None
    """Summed over subscriptions."""
    backlog_messages: float = nan
    """``nan`` while the messages per entry of something in it are not known."""
    subscriptions: int | None = None
    producers: float | None = None
    consumers: float | None = None
    stale: bool = False
    cause: Cause | None = None
    """The strongest cause of a topic; None where there is none."""

    @property
    def topic(self) -> str:
        """The topic it is, or is a partition of; of a namespace or tenant its own name."""
        return self.parent if self.kind == "partition" else self.name


def tree(
    cluster: PulsarClusterState, *, internal: bool = False, opened: Collection[str] = ()
) -> list[PulsarTreeRow]:
    """Every row, each after its parent.

    Args:
        opened: Full names of the topics whose partitions are to be rows.
    """
    topics = _topics(cluster, internal=internal)
    rows: list[PulsarTreeRow] = []
    for tenant, namespaces in _places(cluster, topics, internal=internal).items():
        inside: list[PulsarTreeRow] = []
        for namespace in namespaces:
            found = topics.get(namespace, ())
            listed = namespace in cluster.names.names
            above = _summed(cluster.name, "namespace", namespace, tenant, found, listed=listed)
            inside.append(above)
            for topic in sorted(found, key=attrgetter("name")):
                inside.append(topic)
                if topic.name in opened:
                    inside += partitions(cluster, topic.name) if topic.partitions else []
        spaces = [row for row in inside if row.kind == "namespace"]
        listed = tenant in cluster.names.namespaces and all(row.all_listed for row in spaces)
        rows += [_summed(cluster.name, "tenant", tenant, "", spaces, listed=listed), *inside]
    return rows


def partitions(cluster: PulsarClusterState, topic: str) -> list[PulsarTreeRow]:
    """The partitions of a topic, loaded or not, by number."""
    loaded = {part.topic.name: part for part in cluster.parts_of(topic)}
    named = _named_partitions(cluster, topic)
    rates = [part.rates[0] for part in loaded.values()]
    rows = []
    for name in sorted({*loaded, *named}, key=lambda name: (len(name), name)):
        part = loaded.get(name)
        if part is None:
            rows.append(_unloaded(cluster.name, "partition", name, topic, 0))
            continue
        subs = part.topic.subscriptions
        waiting = sum([sub.backlog_entries for sub in subs])
        rows.append(
            PulsarTreeRow(
                cluster=cluster.name,
                kind="partition",
                name=name,
                parent=topic,
                topics=0,
                all_listed=True,
                not_loaded=0,
                partitions=0,
                loaded=True,
                # of segments, which are sealed now and then, Pulsar splits those that are busy
                hot=is_hot(part.rates[0], rates) and not name.startswith("segment://"),
                msg_rate_in=part.rates[0],
                msg_rate_out=part.rates[1],
                throughput_in=part.rates[2],
                throughput_out=part.rates[3],
                storage_size=part.topic.storage_size,
                offloaded_size=part.topic.offloaded_size,
                backlog_entries=waiting,
                backlog_messages=cluster.messages(name, waiting),
                subscriptions=len(subs),
                producers=part.topic.producers,
                consumers=part.topic.consumers,
                stale=part.stale,
            )
        )
    return rows


def _places(
    cluster: PulsarClusterState, topics: Iterable[str], *, internal: bool
) -> dict[str, list[str]]:
    """Namespaces by tenant: those listed, and those of loaded topics."""
    places: dict[str, set[str]] = {tenant: set() for tenant in cluster.names.tenants or ()}
    for tenant, namespaces in cluster.names.namespaces.items():
        places.setdefault(tenant, set()).update(namespaces)
    for namespace in topics:
        places.setdefault(namespace.partition("/")[0], set()).add(namespace)
    if not internal:
        places.pop("pulsar", None)
    return {tenant: sorted(places[tenant]) for tenant in sorted(places)}


def _topics(cluster: PulsarClusterState, *, internal: bool) -> dict[str, list[PulsarTreeRow]]:
    counts = _listed_partitions(cluster)
    found: dict[str, list[PulsarTreeRow]] = defaultdict(list)
    loaded, name_of_all = set(), cluster.name
    for topic in cluster.topics:
        if internal or not is_internal(topic.topic):
            loaded.add(topic.topic)
            found[namespace_of(topic.topic)].append(_loaded(topic, counts))
    for name, count in counts.items():
        if name not in loaded and (internal or not is_internal(name)):
            namespace = namespace_of(name)
            found[namespace].append(_unloaded(name_of_all, "topic", name, namespace, count))
    return found


def _listed_partitions(cluster: PulsarClusterState) -> dict[str, int]:
    counts: dict[str, int] = {}
    for names in cluster.names.names.values():
        partitioned = set(names.partitioned)
        counts |= dict.fromkeys(partitioned, 0)
        for name in names.topics:
            base = base_name(name)
            # where not all are listed, a name has to do
            if base != name and (base in partitioned or names.left_out):
                counts[base] = counts.get(base, 0) + 1
            else:
                counts.setdefault(name, 0)
    return counts


def _named_partitions(cluster: PulsarClusterState, topic: str) -> Iterator[str]:
    names = cluster.names.names.get(namespace_of(topic))
    for name in names.topics if names else ():
        if name != topic and base_name(name) == topic and cluster.names.is_partitioned(topic):
            yield name


def _loaded(topic: PulsarTopicRow, counts: dict[str, int]) -> PulsarTreeRow:
    partitions = max(topic.partitions, counts.get(topic.topic, 0))
    # by position: this is done for each of thousands
    return PulsarTreeRow(
        topic.cluster,
        "topic",
        topic.topic,
        namespace_of(topic.topic),
        1,
        True,
        0,
        partitions,
        True,
        False,
        topic.msg_rate_in,
        topic.msg_rate_out,
        topic.throughput_in,
        topic.throughput_out,
        topic.storage_size,
        topic.offloaded_size,
        topic.backlog_entries,
        topic.backlog_messages,
        len(topic.subscriptions),
        topic.producers,
        topic.consumers,
        topic.stale,
    )  # fmt: skip - a line a group


def _unloaded(cluster: str, kind: Kind, name: str, parent: str, partitions: int) -> PulsarTreeRow:
    topics = 1 if kind == "topic" else 0
    return PulsarTreeRow(cluster, kind, name, parent, topics, True, topics, partitions)


def _summed(
    cluster: str, kind: Kind, name: str, parent: str, rows: Sequence[PulsarTreeRow], *, listed: bool
) -> PulsarTreeRow:
    # a namespace without topics has no figures, and takes none from the sum
    loaded = [row for row in rows if row.loaded and row.topics]
    return PulsarTreeRow(
        cluster=cluster,
        kind=kind,
        name=name,
        parent=parent,
        topics=sum(row.topics for row in rows),
        all_listed=listed,
        not_loaded=sum(row.not_loaded for row in rows),
        partitions=sum(row.partitions for row in rows),
        loaded=any(row.loaded for row in rows) or not rows,
        hot=False,
        msg_rate_in=_rate(row.msg_rate_in for row in loaded),
        msg_rate_out=_rate(row.msg_rate_out for row in loaded),
        throughput_in=_rate(row.throughput_in for row in loaded),
        throughput_out=_rate(row.throughput_out for row in loaded),
        storage_size=_sum(row.storage_size for row in loaded),
        offloaded_size=_sum(row.offloaded_size for row in loaded),
        backlog_entries=_sum(row.backlog_entries for row in loaded),
        backlog_messages=sum(row.backlog_messages for row in loaded) if loaded else nan,
        subscriptions=sum(row.subscriptions or 0 for row in loaded) if loaded else None,
        producers=_sum(row.producers for row in loaded),
        consumers=_sum(row.consumers for row in loaded),
        stale=bool(loaded) and all(row.stale for row in loaded),
    )


def _rate(values: Iterable[float]) -> float:
    """The sum of rates; unknown if one is unknown or there are none."""
    known = list(values)
    return sum(known) if known else nan


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
