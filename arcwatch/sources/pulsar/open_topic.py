"""Read the details of the open topic.  This loads it, if no broker has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from arcwatch.errors import LackingError, NotThereError, SourceError
from arcwatch.model.pulsar_opened import Ledgers, OpenedTopic, Quota, TopicAbout, TopicGone
from arcwatch.model.pulsar_settings import default_quotas
from arcwatch.notation.topic_names import namespace_of
from arcwatch.wire.pulsar_opened import parse_opened, parse_opened_partitions, parse_partitions
from arcwatch.wire.pulsar_policies import (
    parse_compaction,
    parse_ledgers,
    parse_offload,
    parse_offloading,
    parse_quotas,
    parse_retention,
    parse_schema,
    parse_ttl,
)
from arcwatch.wire.pulsar_scalable import parse_scalable
from arcwatch.wire.pulsar_settings import parse_broker_settings

from .cluster import PulsarCluster, topic_path
from .topic_policies import policies

_KINDS = 2
"""Quotas are of storage and of age."""

T = TypeVar("T")

SCALABLE = "topic://"
"""What the names of scalable topics begin with, of Pulsar 5.0."""
_OLDEST = "getEarliestTimeInBacklog=true"
"""Has the broker read one entry of each subscription, which is why no other topic is asked so."""


async def opened(cluster: PulsarCluster, name: str) -> OpenedTopic | TopicGone:
    """Its subscriptions, consumers, producers and replication, by partition.

    Args:
        name: The topic's full name, without the number of a partition.
    """
    path = topic_path(name)
    try:
        if name.startswith(SCALABLE):
            return await _scalable(cluster, name)
        if await partitions(cluster, name):
            # the sum over partitions, which costs less, lacks who is connected from where
            query = f"partitioned-stats?perPartition=true&{_OLDEST}"
            body = await cluster.ask(f"{path}/{query}", about=name)
            return parse_opened_partitions(name, body, cluster.place(f"{path}/partitioned-stats"))
        body = await cluster.ask(f"{path}/stats?{_OLDEST}", about=name)
        return parse_opened(name, body, cluster.place(f"{path}/stats"))
    except NotThereError:
        return TopicGone(name)


async def about(cluster: PulsarCluster, name: str) -> TopicAbout | TopicGone:
    """Its policies, schema, ledgers and offloading state.

    One that cannot be asked, for want of permission or of the feature, counts as not known.
    """
    path = topic_path(name)
    if name.startswith(SCALABLE):
        return _unknown(name)
    try:
        count = await partitions(cluster, name)
    except NotThereError:
        return TopicGone(name)
    unknown: list[str] = []

    async def known(what: str, asking: Awaitable[T]) -> T | None:
        try:
            return await asking
        except SourceError:
            unknown.append(what)
            return None

    async def asked(query: str, parse: Callable[[bytes, str], T]) -> T:
        url = f"{path}/{query}"
        return parse(await cluster.ask(url, about=name), cluster.place(url))

    retention, ttl, quotas, found, offload, ledgers = await asyncio.gather(
        known("retention", asked("retention?applied=true", parse_retention)),
        known("ttl", asked("messageTTL?applied=true", parse_ttl)),
        known("quota", quotas_of(cluster, name)),
        known("schema", _schema(cluster, name)),
        known("offload", _offload(cluster, name, partitioned=count > 0)),
        known("ledgers", _ledgers(cluster, name, partitioned=count > 0)),
    )
    offloading, compaction, limited = await asyncio.gather(
        known("offloading", asked("offloadPolicies?applied=true", parse_offloading)),
        # nor is it known of a partitioned topic as a whole
        known("compaction", asked("compaction", parse_compaction)) if not count else _nothing(),
        policies(cluster, name),
    )
    (kept, size), (schema, version) = retention or (None, None), found or (None, None)
    (offloaded, error), (compacted, failure) = offload or (None, ""), compaction or (None, "")
    first = (kept, size, ttl, quotas or (), schema, version, offloaded, error, ledgers)
    lacking = tuple(sorted(unknown))
    return TopicAbout(name, *first, lacking, offloading, compacted, failure, limited)


async def _nothing() -> None:
    """Stands in for a question that is not asked."""


async def _scalable(cluster: PulsarCluster, name: str) -> OpenedTopic:
    path = f"scalable/{topic_path(name).partition('/')[2]}"
    try:
        # of one that is not there the statistics are an internal error
        await cluster.ask(path, about=name)
        path = f"{path}/stats"
        return parse_scalable(name, await cluster.ask(path, about=name), cluster.place(path))
    except LackingError as error:
        why = "it does not exist, or the broker is older than Pulsar 5.0"
        raise LackingError("no scalable topic of this name", where=error.where, why=why) from error


def _unknown(name: str) -> TopicAbout:
    """Nothing: brokers do not report the policies of a scalable topic."""
    lacking = "retention ttl quota schema offload ledgers offloading compaction"
    return TopicAbout(name, unknown=tuple(lacking.split()))


async def _schema(cluster: PulsarCluster, name: str) -> tuple[str, int] | None:
    # a topic without a schema is not there either
    url = f"schemas/{topic_path(name).partition('/')[2]}/schema"
    return parse_schema(await cluster.ask(url, about=name, nothing=b""), cluster.place(url))


async def limits(cluster: PulsarCluster, name: str) -> tuple[int | None, tuple[Quota, ...]]:
    """The TTL and quotas of a topic; neither if not permitted."""
    path = topic_path(name)
    ttl = f"{path}/messageTTL?applied=true"
    try:
        return (
            parse_ttl(await cluster.ask(ttl, about=name), cluster.place(ttl)),
            await quotas_of(cluster, name),
        )
    except SourceError:
        return None, ()


async def partitions(cluster: PulsarCluster, name: str) -> int:
    """The number of partitions; neither creates nor loads the topic."""
    path = f"{topic_path(name)}/partitions"
    body = await cluster.ask(f"{path}?checkAllowAutoCreation=false", about=name)
    return parse_partitions(body, cluster.place(path))


async def _offload(
    cluster: PulsarCluster, name: str, *, partitioned: bool
) -> tuple[str, str] | None:
    """The result of the last offload; unavailable for a partitioned topic as a whole."""
    if partitioned:
        return None
    path = f"{topic_path(name)}/offload"
    return parse_offload(await cluster.ask(path, about=name), cluster.place(path))


async def _ledgers(cluster: PulsarCluster, name: str, *, partitioned: bool) -> Ledgers:
    path = topic_path(name)
    stats = f"{path}/{'partitioned-internalStats' if partitioned else 'internalStats'}"
    info = f"{path}/internal-info"
    return parse_ledgers(
        await cluster.ask(stats, about=name),
        # a partitioned topic as a whole has no owner
        await (
            cluster.ask(info, about=name) if partitioned else cluster.ask_owner(info, topic=name)
        ),
        cluster.place(stats),
        partitioned=partitioned,
    )


async def quotas_of(cluster: PulsarCluster, name: str) -> tuple[Quota, ...]:
    """Those with a limit: of each kind the topic's own, else its namespace's, else the broker's.

    Not with ``applied=true``: Pulsar 4.0.8 then puts the broker's defaults into the policies of the
    namespace that it holds in memory, where they look as if they had been set there
    (``PersistentTopicsBase.internalGetBacklogQuota``).
    """
    found: dict[str, Quota] = {}
    for path in (f"namespaces/{namespace_of(name)}", topic_path(name)):
        url = f"{path}/backlogQuotaMap"
        # brokers refuse the second where topics have no policies of their own
        with suppress(LackingError):
            found |= parse_quotas(
                await cluster.ask(url, about=name, nothing=b""), cluster.place(url)
            )
    if len(found) < _KINDS:
        url = "brokers/configuration/runtime"
        body = await cluster.ask(url, about="settings")
        found = default_quotas(parse_broker_settings(body, cluster.place(url))) | found
    return tuple(quota for _, quota in sorted(found.items()) if quota.is_limited)
