"""Problems of a Pulsar cluster, other than sources that do not answer."""

from __future__ import annotations

from collections.abc import Iterator

from arcwatch.notation.address import topic_address
from arcwatch.store.rows import Problem
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .cluster import PulsarClusterState
from .replicator_rows import PulsarReplicatorRow


def _cut_off(cluster: PulsarClusterState) -> Iterator[Problem]:
    """A problem for each remote cluster that entries wait for and that is not connected."""
    waiting: dict[str, list[PulsarReplicatorRow]] = {}
    for row in cluster.replicators:
        if row.is_cut_off and not row.stale:
            waiting.setdefault(row.remote, []).append(row)
    for remote, rows in waiting.items():
        count = sum(row.backlog_entries for row in rows)
        entries, topics = units.things(count, "entry"), units.things(len(rows), "topic")
        yield Problem(
            cluster.name,
            "pulsar",
            f"remote cluster {printable(remote, limit=60)} is not connected",
            "",
            f"{entries} of {topics} {'waits' if count == 1 else 'wait'} for it",
            "check that it is running, and that brokers can reach its service URLs",
            min((row.since for row in rows if row.since is not None), default=None),
        )


def _not_offloaded(cluster: PulsarClusterState) -> Iterator[Problem]:
    rows = [row for row in cluster.topics if row.offload_failed and not row.stale]
    if rows:
        first, *others = [topic_address(row.topic) for row in rows]
        of = f" of {units.things(len(rows), 'topic')} failed: also {' '.join(others[:2])}"
        yield Problem(
            cluster.name,
            "pulsar",
            "offloading fails",
            first,
            "the last offload" + (of if others else " failed"),
            "`arcwatch pulsar topic TOPIC` shows the error; check the bucket and credentials",
            min(row.offload_failed for row in rows if row.offload_failed),
        )


def problems_of(cluster: PulsarClusterState) -> Iterator[Problem]:
    """Problems of a cluster and each of its brokers."""
    name = cluster.name
    if cluster.refused_since is not None:
        yield Problem(
            name,
            "pulsar",
            "not permitted to list the brokers",
            "",
            f"only {' '.join(cluster.listed or ())} is watched",
            "log in as a user who may: --pulsar-admin http://USER:PASSWORD@HOST:PORT",
            cluster.refused_since,
        )
    listed, unreached = cluster.listed or (), cluster.unreached
    if unreached and len(listed) > 1:
        yield Problem(
            name,
            "pulsar",
            f"seen in part: {len(listed) - len(unreached)} of {len(listed)} brokers",
            "",
            f"{' '.join(sorted(unreached)[:3])} have never reported their figures or topics",
            "a proxy or a forwarded port reaches only some: run arcwatch where all are reachable",
            min(unreached.values()),
        )
    yield from _cut_off(cluster)
    yield from _not_offloaded(cluster)
    for state in cluster.brokers.values():
        if state.mute_since is not None:
            what = "reports no topics"
            hint = "set exposeTopicLevelMetricsInPrometheus=true in its broker.conf"
            yield Problem(name, "pulsar", what, state.broker, "", hint, state.mute_since)
        if state.health and state.health.healthy is False:
            what, why, hint = "not ready", state.health.error, "check the broker's log"
            yield Problem(name, "pulsar", what, state.broker, why, hint, state.unready_since)
