"""Problems of a Pulsar cluster, other than sources that do not answer."""

from __future__ import annotations

from collections.abc import Iterator

from arcwatch.store.rows import Problem

from .cluster import PulsarClusterState


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
    for state in cluster.brokers.values():
        if state.mute_since is not None:
            what = "reports no topics"
            hint = "set exposeTopicLevelMetricsInPrometheus=true in its broker.conf"
            yield Problem(name, "pulsar", what, state.broker, "", hint, state.mute_since)
        if state.health and state.health.healthy is False:
            what, why, hint = "not ready", state.health.error, "check the broker's log"
            yield Problem(name, "pulsar", what, state.broker, why, hint, state.unready_since)
