"""Rows of tiered storage, also printed by ``--json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

from msgspec import Struct

from arcwatch.model.pulsar import OffloadCounts

if TYPE_CHECKING:
    from .cluster import PulsarClusterState


class PulsarOffloadRow(Struct, frozen=True, gc=False):
    """One topic that has ledgers in tiered storage, or failed to offload one.

    Summed over partitions; what brokers count is since they loaded it.
    """

    cluster: str
    topic: str
    storage_size: float
    offloaded_size: float
    offload_rate: float
    read_rate: float
    """Bytes per second to and from tiered storage, over the broker's last 60 s."""
    read_bytes: float
    read_latency: float
    """95th percentile of a read from it, in seconds; ``nan`` where nothing was read."""
    errors: float
    read_errors: float
    last_offloaded: float | None
    failed_at: float | None
    """Unix seconds when offloading last failed, unless it has worked since; both are None where
    that is not known."""
    stale: bool


def offload_rows(cluster: PulsarClusterState) -> Iterator[PulsarOffloadRow]:
    """A row for each topic of a cluster that uses tiered storage."""
    counted: dict[str, list[OffloadCounts]] = defaultdict(list)
    for state in cluster.brokers.values():
        for one in state.page.offloads if state.page else ():
            counted[cluster.topic_of(one.topic)].append(one)
    for row in cluster.topics:
        counts = counted.get(row.topic, [])
        if not (counts or row.offloaded_size > 0 or row.offload_failed):
            continue
        yield PulsarOffloadRow(
            cluster=row.cluster,
            topic=row.topic,
            storage_size=row.storage_size,
            offloaded_size=row.offloaded_size,
            offload_rate=nan if row.stale else sum(one.offload_rate for one in counts),
            read_rate=nan if row.stale else sum(one.read_rate for one in counts),
            read_bytes=sum(one.read_bytes for one in counts),
            read_latency=_longest(counts),
            errors=sum(one.errors for one in counts),
            read_errors=sum(one.read_errors for one in counts),
            last_offloaded=cluster.last_offloaded(row.topic),
            failed_at=row.offload_failed,
            stale=row.stale,
        )


def _longest(counts: list[OffloadCounts]) -> float:
    known = (one.read_latency for one in counts if one.read_latency == one.read_latency)
    return max(known, default=nan)
