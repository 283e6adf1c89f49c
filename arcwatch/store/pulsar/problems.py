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
            "may not read which brokers there are",
            "",
            f"only {' '.join(cluster.listed or ())} is watched",
            "give credentials that may: --pulsar-admin http://USER:PASSWORD@HOST:PORT",
            cluster.refused_since,
        )
    listed, unreached = cluster.listed or (), cluster.unreached
    if unreached and len(listed) > 1:
        yield Problem(
            name,
            "pulsar",
            f"seen in part: {len(listed) - len(unreached)} of {len(listed)} brokers",
            "",
            f"{' '.join(sorted(unreached)[:3])} never told their figures, nor of their topics",
            "through a proxy or a forwarded port only some are reached: run it where all are",
            min(unreached.values()),
        )
    for state in cluster.brokers.values():
        if state.mute_since is not None:
            what = "tells nothing of topics"
            hint = "set exposeTopicLevelMetricsInPrometheus=true in its broker.conf"
            yield Problem(name, "pulsar", what, state.broker, "", hint, state.mute_since)
        if state.health and state.health.healthy is False:
            what, why, hint = "not ready", state.health.error, "see the broker's log"
            yield Problem(name, "pulsar", what, state.broker, why, hint, state.unready_since)
