"""Resolve an address to topics, and look up what readers need to know of them.

All of it by names, which load and create nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from urllib.parse import quote

from arcwatch.errors import NotThereError, SourceError
from arcwatch.model.pulsar_opened import TopicGone
from arcwatch.notation.address import Topic
from arcwatch.notation.times import format_time
from arcwatch.text.control_characters import printable
from arcwatch.wire.pulsar_reading import (
    Quota,
    Readable,
    parse_dispatch_rate,
    parse_last_message,
    parse_last_readable,
    parse_replication_clusters,
)

from .cluster import PulsarCluster, topic_path
from .names import names
from .open_topic import opened, partitions
from .transactions import transactions

_name = partial(printable, limit=100)

_HINT = "`arcwatch pulsar topics` lists the loaded topics"


async def places(cluster: PulsarCluster, address: Topic) -> tuple[str, ...]:
    """The full names of the topics, or partitions, of an address."""
    if address.pattern:
        found = await names(cluster, f"{address.tenant}/{address.namespace}")
        whole = set(found.partitioned)
        return tuple(name for name in found.topics if name not in whole and address.matches(name))
    if address.partition is not None:
        await ensure_there(cluster, address.full_name)
        return (address.full_name,)
    count = await _partitions(cluster, address.full_name)
    name = address.full_name
    return tuple(f"{name}-partition-{number}" for number in range(count)) or (name,)


async def ensure_there(cluster: PulsarCluster, name: str) -> None:
    """Raise unless the topic exists: a reader would create it."""
    whole = await whole_of(cluster, name)
    if whole == name:
        await _partitions(cluster, name)


async def whole_of(cluster: PulsarCluster, name: str) -> str:
    """The partitioned topic of a partition, or the topic itself: a name may only look like one."""
    return next(iter(await wholes_of(cluster, (name,))))


async def wholes_of(cluster: PulsarCluster, names: Iterable[str]) -> set[str]:
    """The topics of these names, or of which they are partitions; each is looked up once."""
    counts: dict[str, int] = {}
    wholes = set()
    for name in names:
        topic = Topic.of(name)
        whole = Topic(topic.tenant, topic.namespace, topic.name, topic.persistent).full_name
        if topic.partition is not None and whole not in counts:
            try:
                counts[whole] = await partitions(cluster, whole)
            except NotThereError:
                counts[whole] = 0
        is_part = topic.partition is not None and topic.partition < counts[whole]
        wholes.add(whole if is_part else name)
    return wholes


async def last_message(cluster: PulsarCluster, name: str) -> tuple[int, int]:
    """Ledger and entry of its last message; -1 each if empty.  Loads the topic."""
    path = f"{topic_path(name)}/lastMessageId"
    return parse_last_message(await cluster.ask(path, about=name), cluster.place(path))


async def last_readable(cluster: PulsarCluster, name: str) -> Readable | None:
    """The last message not held back by an open transaction, and how many were aborted.

    None where the topic has none, or where that is unknown: brokers without transactions do not.
    """
    path = f"transactions/transactionBufferStats/{topic_path(name).partition('/')[2]}"
    try:
        return parse_last_readable(await cluster.ask(path, about=name, version="v3"), name)
    except SourceError:
        return None


async def replication_clusters(cluster: PulsarCluster, name: str) -> tuple[str, ...]:
    """The clusters that a topic is replicated between; none if not permitted."""
    topic = Topic.of(name)
    wider = f"namespaces/{quote(topic.tenant, safe='')}/{quote(topic.namespace, safe='')}"
    try:
        name = await whole_of(cluster, name)
    except SourceError:
        return ()
    for path in (f"{topic_path(name)}/replication?applied=true", f"{wider}/replication"):
        try:
            body = await cluster.ask(path, about=name)
            if found := parse_replication_clusters(body, cluster.place(path)):
                return found
        except SourceError:
            # a broker without policies of topics
            continue
    return ()


async def unsent(cluster: PulsarCluster, name: str) -> str:
    """From where a topic may lack messages that were published before now; empty if nowhere.

    How far another cluster is behind only that one knows.
    """
    clusters = await replication_clusters(cluster, name)
    if len(clusters) < 2:
        return ""
    try:
        report = await opened(cluster, name)
        parts = () if isinstance(report, TopicGone) else report.parts
    except SourceError:
        parts = ()
    links = [link for part in parts for link in part.replication]
    if not links:
        return f"is replicated between {' and '.join(map(_name, sorted(clusters)))}"
    others = dict.fromkeys(_name(link.cluster) for link in links)
    away = {_name(link.cluster) for link in links if not link.is_sending}
    names = [f"{one} (not connected now)" if one in away else one for one in others]
    return f"is replicated from {' and '.join(names)}"


async def open_transaction(cluster: PulsarCluster, name: str) -> str:
    """Which transaction keeps readers from the end of a topic, and since when, a clause."""
    try:
        listed = (await transactions(cluster, hides=False)).open or ()
    except SourceError:
        listed = ()
    found = [one for one in listed if any(part.topic == name for part in one.produced)]
    if not found or found[0].since is None:
        return "a transaction is open"
    since = format_time(round(found[0].since * 1000) * 10**6, 3)
    oldest = f"transaction {found[0].id} is open since {since}"
    return f"{oldest}, and {len(found) - 1} more" if len(found) > 1 else oldest


async def quota(cluster: PulsarCluster, name: str) -> Quota:
    """The topic's dispatch rate, from any level; unlimited if not permitted."""
    try:
        path = f"{topic_path(await whole_of(cluster, name))}/dispatchRate?applied=true"
        body = await cluster.ask(path, about=name, nothing=b"")
        return parse_dispatch_rate(body, cluster.place(path))
    except SourceError:
        return Quota(None, None)


async def _partitions(cluster: PulsarCluster, name: str) -> int:
    try:
        return await partitions(cluster, name)
    except NotThereError as error:
        where = str(Topic.of(name))
        raise NotThereError("no such topic", where=where, hint=_HINT) from error
