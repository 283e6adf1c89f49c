"""Rows of open transactions and of their coordinators, also printed by ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

from msgspec import Struct

from arcwatch.model.pulsar import OpenTransaction

if TYPE_CHECKING:
    from .cluster import PulsarClusterState


class PulsarTransactionRow(Struct, frozen=True, gc=False):
    """One open transaction."""

    cluster: str
    id: str
    """As brokers write it: ``(COORDINATOR,NUMBER)``."""
    since: float | None
    open_for: float
    timeout: float
    times_out_in: float
    """Seconds until its coordinator aborts it."""
    hides: float
    """Entries from its first on, in all of its topics, that no consumer is delivered; ``nan``
    where that was not asked for."""
    topics: tuple[str, ...]
    """What it has published to."""
    subscriptions: tuple[str, ...]
    """Where it acknowledges messages, ``TOPIC#SUBSCRIPTION``; pending until it ends."""
    stale: bool


class PulsarCoordinatorRow(Struct, frozen=True, gc=False):
    """One transaction coordinator; totals are since its broker took it over."""

    cluster: str
    coordinator: str
    broker: str
    open: float
    begun: float
    committed: float
    aborted: float
    timed_out: float
    stale: bool


def transaction_rows(cluster: PulsarClusterState, now: float) -> Iterator[PulsarTransactionRow]:
    """A row for each open transaction of a cluster, the oldest first."""
    answer = cluster.transactions
    for one in (answer and answer.open) or ():
        lasts = nan if one.since is None else max(0.0, now - one.since)
        yield PulsarTransactionRow(
            cluster=cluster.name,
            id=one.id,
            since=one.since,
            open_for=lasts,
            timeout=one.timeout,
            times_out_in=nan if lasts != lasts else max(0.0, one.timeout - lasts),
            hides=sum(part.hides for part in one.produced),
            topics=tuple(part.topic for part in one.produced),
            subscriptions=tuple(f"{topic}#{name}" for topic, name in one.acknowledged),
            stale=cluster.transactions_stale,
        )


def coordinator_rows(cluster: PulsarClusterState) -> Iterator[PulsarCoordinatorRow]:
    """A row for each coordinator that a broker of a cluster runs."""
    for state in cluster.brokers.values():
        for one in state.page.coordinators if state.page else ():
            yield PulsarCoordinatorRow(
                cluster=cluster.name,
                coordinator=one.id,
                broker=state.broker,
                open=one.active,
                begun=one.created,
                committed=one.committed,
                aborted=one.aborted,
                timed_out=one.timed_out,
                stale=state.stale,
            )


def holding(cluster: PulsarClusterState, topic: str) -> OpenTransaction | None:
    """The oldest open transaction that has published to a topic or one of its partitions."""
    answer = cluster.transactions
    names = {part.topic.name for part in cluster.parts_of(topic)}
    found = (
        one for one in (answer and answer.open) or () if names & {p.topic for p in one.produced}
    )
    return next(found, None)
