"""Rows of resource groups, also printed by ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

from msgspec import Struct

from arcwatch.notation.topic_names import namespace_of

if TYPE_CHECKING:
    from .cluster import PulsarClusterState

NEAR = 0.8
"""Share of a limit from which on a group is near it."""


class PulsarResourceGroupRow(Struct, frozen=True, gc=False):
    """One resource group: the limits of its namespaces together, and what they use.

    The rates are sums over the loaded topics of its namespaces, which brokers' metrics report.
    """

    cluster: str
    group: str
    namespaces: tuple[str, ...] | None
    """None where they were not asked for."""
    msg_rate_in: float
    throughput_in: float
    msg_rate_out: float
    throughput_out: float
    in_limit: int | None
    in_bytes_limit: int | None
    out_limit: int | None
    out_bytes_limit: int | None
    """Messages and bytes per second that all may publish and receive; None is no limit."""
    used: float
    """The largest share of a limit; ``nan`` without a limit, or where what uses it is not known."""
    not_asked: int
    """Namespaces of the cluster that may or may not be in it: they were not asked about."""
    stale: bool = False

    @property
    def is_near(self) -> bool:
        """Whether it is near a limit, where the broker holds publishers or consumers back."""
        return self.used >= NEAR


def resource_group_rows(cluster: PulsarClusterState) -> Iterator[PulsarResourceGroupRow]:
    """A row for each group of a cluster."""
    report = cluster.resource_groups
    limits = {group.name: group for group in report.groups or ()}
    for name in report.names:
        spaces = None
        if report.member_of is not None:
            spaces = tuple(sorted(n for n, group in report.member_of.items() if group == name))
        rates = _rates(cluster, spaces)
        group = limits.get(name)
        most = group.limits if group else (None,) * 4
        shares = [rate / limit for rate, limit in zip(rates, most, strict=True) if limit]
        yield PulsarResourceGroupRow(
            cluster.name,
            name,
            spaces,
            *rates,
            most[0],
            most[1],
            most[2],
            most[3],
            used=_largest(shares) if not report.not_asked else nan,
            not_asked=report.not_asked,
        )


def _largest(shares: list[float]) -> float:
    return max(shares) if shares and all(share == share for share in shares) else nan


def _rates(
    cluster: PulsarClusterState, spaces: tuple[str, ...] | None
) -> tuple[float, float, float, float]:
    read = {broker for broker, state in cluster.brokers.items() if state.page}
    if spaces is None or (spaces and not read.issuperset(cluster.listed or ())):
        # topics of a broker whose metrics were never read are in no sum
        return (nan,) * 4
    inside = [topic for topic in cluster.topics if namespace_of(topic.topic) in spaces]
    return (
        sum(topic.msg_rate_in for topic in inside),
        sum(topic.throughput_in for topic in inside),
        sum(topic.msg_rate_out for topic in inside),
        sum(topic.throughput_out for topic in inside),
    )
