"""Count one backlog exactly; the broker reads all of it, so only on demand."""

from __future__ import annotations

from urllib.parse import quote

from arcwatch.errors import NotThereError, SourceError
from arcwatch.model.pulsar import ExactBacklog
from arcwatch.notation.address import topic_address
from arcwatch.wire.pulsar_backlog import Analysis, parse_analysis, parse_earliest

from .cluster import PulsarCluster, topic_path
from .open_topic import partitions

MOST_SCANS = 1_000
"""Requests for one partition, of 10,000 entries each: a broker reads for ten minutes then."""


async def exact_backlog(cluster: PulsarCluster, topic: str, subscription: str) -> ExactBacklog:
    """The backlog of a subscription in messages, counting batches.

    Args:
        topic: Full name, without the number of a partition.
    """
    count = await partitions(cluster, topic)
    names = [f"{topic}-partition-{number}" for number in range(count)] or [topic]
    entries = messages = scans = 0
    oldest: list[float] = []
    for name in names:
        found = await _scanned(cluster, name, subscription)
        entries += sum(scan.entries for scan in found)
        messages += sum(scan.messages for scan in found)
        scans += len(found)
        has_some = any(scan.messages for scan in found)
        if has_some and (at := await _earliest(cluster, name, subscription)):
            oldest.append(at)
    address = topic_address(topic, subscription)
    return ExactBacklog(address, entries, messages, min(oldest, default=None), len(names), scans)


async def _scanned(cluster: PulsarCluster, name: str, subscription: str) -> list[Analysis]:
    """Every scan of one partition, each continuing where the previous one stopped."""
    found: list[Analysis] = []
    after: tuple[int, int] | None = None
    while not found or after:
        if len(found) == MOST_SCANS:
            raise SourceError("the backlog is too large to be counted", where=name)
        found.append(await _scan(cluster, name, subscription, after))
        after = found[-1].next
    return found


async def _scan(
    cluster: PulsarCluster, name: str, subscription: str, after: tuple[int, int] | None
) -> Analysis:
    path = f"{topic_path(name)}/subscription/{quote(subscription, safe='')}/analyzeBacklog"
    start = b'{"ledgerId":%d,"entryId":%d,"partitionIndex":-1}' % after if after else b""
    about = f"{name}#{subscription}"
    try:
        body = await cluster.ask(path, about=about, method="POST", content=start)
    except NotThereError as error:
        if not error.why.startswith("Subscription "):
            raise
        hint = "`arcwatch pulsar subscriptions` lists them"
        raise NotThereError("no such subscription", where=about, hint=hint) from error
    return parse_analysis(body, cluster.place(path))


async def _earliest(cluster: PulsarCluster, name: str, subscription: str) -> float | None:
    """Publish time of the oldest message; the broker reads an entry for each subscription."""
    path = f"{topic_path(name)}/stats?getEarliestTimeInBacklog=true&excludePublishers=true"
    try:
        body = await cluster.ask(path, about=name)
    except NotThereError:
        return None
    return parse_earliest(body, cluster.place(path)).get(subscription)
