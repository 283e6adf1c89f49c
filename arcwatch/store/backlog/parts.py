"""How a subscription's backlog is spread over the partitions of its topic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from arcwatch.notation.address import topic_address
from arcwatch.notation.topic_names import partition_of
from arcwatch.store.pulsar.cluster import PulsarClusterState

from .rows import BacklogRow


class PartBacklog(NamedTuple):
    """The backlog of one partition."""

    number: int
    entries: float
    messages: float
    """``nan`` while its messages per entry are not known."""
    stale: bool


def parts_of(clusters: Iterable[PulsarClusterState], row: BacklogRow) -> list[PartBacklog]:
    """The loaded partitions by number; none of a topic without partitions, or of JetStream.

    What only waits for its time is left out, as it is in the sum.
    """
    found = []
    for cluster in clusters if row.system == "pulsar" else ():
        for part in cluster.parts_of(row.place) if cluster.name == row.cluster else ():
            number = None if part.topic.name == row.place else partition_of(part.topic.name)
            for sub in part.topic.subscriptions:
                if number is not None and topic_address(row.place, sub.name) == row.address:
                    entries = max(0.0, sub.backlog_entries - sub.delayed_messages)
                    messages = cluster.messages(part.topic.name, entries)
                    found.append(PartBacklog(number, entries, messages, part.stale))
    return sorted(found)
