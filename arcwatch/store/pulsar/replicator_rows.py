"""Rows of replicators, also printed by ``--json``, and since when each is as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from arcwatch.model.pulsar import PulsarBroker, Replicator

from .broker import Part

CURSOR = "pulsar.repl."
"""Prefix of a replicator's cursor name; the remote cluster's name follows."""


class PulsarReplicatorRow(Struct, frozen=True, gc=False):
    """Replication of one topic to one remote cluster, summed over partitions."""

    cluster: str
    topic: str
    remote: str
    connected: bool
    """Whether all partitions are."""
    since: float | None
    """Since when that is so, as far as arcwatch has seen; Unix seconds."""
    partitions: int
    partitions_connected: int
    backlog_entries: float
    delay: float
    """Seconds that the oldest entry waits; 0 also where a broker before 4.0 is not connected."""
    msg_rate_in: float
    msg_rate_out: float
    """From and to the remote cluster, over the broker's last 60 s; as the next two."""
    throughput_in: float
    throughput_out: float
    stale: bool

    @property
    def cursor(self) -> str:
        """The name of its cursor, by which its backlog has an address."""
        return CURSOR + self.remote

    @property
    def is_cut_off(self) -> bool:
        """Whether entries wait for a remote cluster that is not connected.

        One that has nothing to send may have closed its connection.
        """
        return not self.connected and self.backlog_entries > 0


class ReplicatorStates:
    """Since when each replicator of each part has been connected, or has not."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], tuple[bool, float]] = {}

    def update(self, page: PulsarBroker, at: float) -> None:
        """Apply one broker's page of ``at``, Unix seconds."""
        for topic in page.topics:
            for one in topic.replicators:
                known = self._since.get((topic.name, one.remote))
                if known is None:
                    # what waits already has waited since then
                    waited = one.delay if one.delay > 0 and not one.connected else 0.0
                    self._since[topic.name, one.remote] = (one.connected, at - waited)
                elif known[0] != one.connected:
                    self._since[topic.name, one.remote] = (one.connected, at)

    def keep(self, loaded: Iterable[str]) -> None:
        """Forget all topics and partitions but these."""
        if self._since:
            names = set(loaded)
            self._since = {key: value for key, value in self._since.items() if key[0] in names}

    def rows(
        self, cluster: str, topic: str, parts: Iterable[Part]
    ) -> Iterable[PulsarReplicatorRow]:
        """A row for each remote cluster of a topic."""
        groups: dict[str, list[tuple[Part, Replicator]]] = defaultdict(list)
        for part in parts:
            for one in part.topic.replicators:
                groups[one.remote].append((part, one))
        for remote, group in groups.items():
            found = [one for _, one in group]
            connected = all(one.connected for one in found)
            known = [self._since.get((part.topic.name, remote)) for part, _ in group]
            yield PulsarReplicatorRow(
                cluster=cluster,
                topic=topic,
                remote=remote,
                connected=connected,
                since=_since([one for one in known if one], connected=connected),
                partitions=len(found),
                partitions_connected=sum(one.connected for one in found),
                backlog_entries=sum(one.backlog_entries for one in found),
                delay=max(one.delay for one in found),
                msg_rate_in=sum(one.rate_in for one in found),
                msg_rate_out=sum(one.rate_out for one in found),
                throughput_in=sum(one.throughput_in for one in found),
                throughput_out=sum(one.throughput_out for one in found),
                stale=any(part.stale for part, _ in group),
            )


def _since(known: list[tuple[bool, float]], *, connected: bool) -> float | None:
    """When the last part was connected, or the first one no longer was."""
    moments = [at for state, at in known if state == connected]
    return (max if connected else min)(moments, default=None)
