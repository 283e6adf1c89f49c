"""Positions of replicated subscriptions in the other watched clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import nan

from msgspec.structs import replace

from .cluster import PulsarClusterState
from .replicator_rows import PulsarReplicatorRow
from .topic_rows import PositionElsewhere, TopicSubscriptionRow


def with_positions(
    rows: Sequence[TopicSubscriptionRow],
    here: PulsarClusterState,
    others: Iterable[PulsarClusterState],
    now: float,
) -> tuple[TopicSubscriptionRow, ...]:
    """Subscriptions of an open topic with the positions of the replicated ones elsewhere.

    Args:
        others: Clusters in which the same topic may be open.
        now: Unix seconds.
    """
    known = list(others)
    return tuple(
        replace(row, elsewhere=tuple(_positions(row, here, known, now))) if row.replicated else row
        for row in rows
    )


def _positions(
    row: TopicSubscriptionRow,
    here: PulsarClusterState,
    others: Iterable[PulsarClusterState],
    now: float,
) -> Iterator[PositionElsewhere]:
    for state in others:
        opened = state.opened
        rows = opened.subscriptions(state.name) if opened and opened.topic == row.topic else ()
        there = next((one for one in rows if one.name == row.name), None)
        ways = (one for one in here.replicators if one.topic == row.topic)
        way = next((one for one in ways if one.remote == state.calls_itself), None)
        if there and way:
            behind = nan if row.stale or there.stale else _behind(row, there, way, now)
            yield PositionElsewhere(state.name, there.backlog_entries, there.oldest, behind)


def _behind(
    here: TopicSubscriptionRow, there: TopicSubscriptionRow, way: PulsarReplicatorRow, now: float
) -> float:
    """Seconds between the publish times of the oldest unacknowledged message there and here.

    A message keeps its publish time when it is replicated.  ``nan`` where one is not known, where
    nothing waits in one alone, and where older ones are still on their way.
    """
    if not (here.backlog_entries or there.backlog_entries or way.backlog_entries):
        return 0.0
    if here.oldest is None or there.oldest is None or way.stale or not way.connected:
        return nan
    if way.backlog_entries and now - way.delay <= max(here.oldest, there.oldest):
        return nan
    return here.oldest - there.oldest
