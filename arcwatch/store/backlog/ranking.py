"""Rank the worst backlogs of both systems, with the time until each is drained."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf, nan
from typing import TypeAlias

from arcwatch.notation.address import Stream, topic_address
from arcwatch.notation.topic_names import is_internal
from arcwatch.store.nats.server import (
    NatsServerState,
    consumer_key,
    copies,
    leading,
    origin_key,
    stream_key,
)
from arcwatch.store.pulsar.cluster import PulsarClusterState, subscription_key
from arcwatch.store.rows import (
    NatsConsumerRow,
    NatsStreamRow,
    PulsarSubscriptionRow,
    PulsarTopicRow,
)
from arcwatch.store.series.samples import Age
from arcwatch.store.series.series import SeriesTable
from arcwatch.store.series.trend import TREND, slope

from . import forecast
from .diagnosis import is_silent, of_consumer, of_copy, of_subscription
from .forecast import on_jetstream, on_pulsar
from .rows import BacklogRow, with_pace

MOST = 200
"""Rows of the ranking.  Working out a trend for each of thousands would be felt on the screen."""

Waiting: TypeAlias = tuple[float, Callable[[], BacklogRow]]
"""How much waits somewhere, and how to tell all about it."""


def backlogs(
    servers: Iterable[NatsServerState],
    clusters: Iterable[PulsarClusterState],
    now: float,
    *,
    internal: bool = False,
) -> list[BacklogRow]:
    """The :data:`MOST` subscriptions and consumers with the largest backlogs, worst first."""
    waiting = [*_pulsar(clusters, now, internal=internal), *_jetstream(servers, now)]
    return [
        with_pace(row()) for _, row in heapq.nlargest(MOST, waiting, key=lambda place: place[0])
    ]


def _pulsar(
    clusters: Iterable[PulsarClusterState], now: float, *, internal: bool
) -> Iterator[Waiting]:
    for cluster in clusters:
        for topic in cluster.topics:
            if is_internal(topic.topic) and not internal:
                continue
            for sub in topic.subscriptions:
                if not sub.backlog_entries <= 0:
                    known = sub.backlog_messages == sub.backlog_messages
                    waiting = sub.backlog_messages if known else sub.backlog_entries
                    # what is not known is below all that is
                    yield (
                        waiting if waiting >= 0 else 0.0,
                        partial(_pulsar_row, cluster, topic, sub, now),
                    )


def _jetstream(servers: Iterable[NatsServerState], now: float) -> Iterator[Waiting]:
    for server, consumer in leading(servers):
        if not consumer.backlog <= 0:
            # what is not known is below all that is
            yield (
                consumer.backlog if consumer.backlog > 0 else 0.0,
                partial(_jetstream_row, server, consumer, now),
            )
    for server, stream in copies(servers):
        if stream.lag > 0 or is_silent(stream):
            yield stream.lag if stream.lag >= 0 else 0.0, partial(_copy_row, server, stream)


def _growth(series: SeriesTable, key: str, *, stale: bool) -> float:
    """Growth of a backlog per second; unknown if its server does not answer."""
    return nan if stale else slope(series.points(key, "backlog", series.last - TREND))


def _pulsar_row(
    cluster: PulsarClusterState, topic: PulsarTopicRow, sub: PulsarSubscriptionRow, now: float
) -> BacklogRow:
    series, key = cluster.subscription_rates, subscription_key(sub)
    growth = _growth(series, key, stale=sub.stale)
    known = sub.backlog_messages == sub.backlog_messages
    age, exact = _age(cluster, sub, now)
    ratio = sub.backlog_messages / sub.backlog_entries if known else 1.0
    loss = on_pulsar(
        forecast.Waiting(
            sub.backlog_messages if known else sub.backlog_entries,
            nan if sub.backlog_size is None else sub.backlog_size,
            nan if age.at_least else age.seconds,
            topic.msg_rate_in,
            sub.msg_rate_out,
            growth * ratio,
        ),
        *cluster.limits(sub.topic),
    )
    opened = cluster.opened
    consumers = opened.consumers(sub.cluster) if opened and opened.topic == sub.topic else ()
    mine = (row for row in consumers if row.subscription == sub.name)
    dead, dead_rate = cluster.dead_letters(sub.topic, sub.name)
    return BacklogRow(
        system="pulsar",
        cluster=sub.cluster,
        address=topic_address(sub.topic, sub.name),
        place=sub.topic,
        series=key,
        entries=sub.backlog_entries,
        messages=sub.backlog_messages,
        exact=False,
        in_rate=topic.msg_rate_in,
        out_rate=sub.msg_rate_out,
        growth=growth * ratio,
        drains_in=_drains_in(sub.backlog_entries, growth),
        consumers=sub.consumers,
        stale=sub.stale,
        age=age.seconds,
        age_at_least=age.at_least,
        age_exact=exact,
        size=sub.backlog_size,
        unacked=sub.unacked_messages,
        delayed=sub.delayed_messages,
        redelivered=sub.redeliver_rate,
        last_delivered=sub.last_consumed,
        last_acked=sub.last_acked,
        dead_letters=dead,
        dead_letter_rate=dead_rate,
        lost_in=loss.seconds,
        lost_how=loss.how,
        says=tuple(of_subscription(sub, cluster.parts_of(sub.topic), mine, age.seconds, now)),
    )


def _age(cluster: PulsarClusterState, sub: PulsarSubscriptionRow, now: float) -> tuple[Age, bool]:
    """The age of the oldest message, and whether it is exact rather than from our samples."""
    opened = cluster.opened if cluster.opened and cluster.opened.topic == sub.topic else None
    if opened and (at := opened.oldest(sub.name)):
        return Age(max(0.0, now - at), at_least=False), True
    known = sub.backlog_messages == sub.backlog_messages
    age = cluster.past.age(sub.topic, sub.backlog_messages if known else sub.backlog_entries)
    # an entry is one message or more; and what waits is not the newest of the topic: some of it
    # is older than as many of those
    is_bound = age.at_least or sub.holes > 0 or not known
    return Age(age.seconds, at_least=is_bound and age.seconds > 0), False


def _jetstream_row(server: NatsServerState, consumer: NatsConsumerRow, now: float) -> BacklogRow:
    series, key = server.consumer_rates, consumer_key(consumer)
    growth = _growth(series, key, stale=consumer.stale)
    age = server.past.age(stream_key(consumer), consumer.backlog)
    in_rate = nan if consumer.stale else series.latest(key, "in_msgs")
    stream = server.stream(stream_key(consumer))
    known = nan if age.at_least else age.seconds
    waiting = forecast.Waiting(consumer.backlog, nan, known, in_rate, consumer.ack_rate, growth)
    loss = on_jetstream(waiting, stream) if stream else forecast.Loss(nan, "")
    return BacklogRow(
        system="js",
        cluster=consumer.cluster,
        address=str(Stream(consumer.stream, consumer=consumer.name)),
        place=consumer.stream,
        series=f"{server.url} {key}",
        entries=None,
        messages=float(consumer.backlog),
        exact=consumer.pending_reported is None and consumer.backlog >= 0,
        in_rate=in_rate,
        out_rate=consumer.ack_rate,
        growth=growth,
        drains_in=_drains_in(consumer.backlog, growth),
        consumers=None,
        stale=consumer.stale,
        age=age.seconds,
        age_at_least=age.at_least,
        unacked=consumer.num_ack_pending,
        redelivered=consumer.num_redelivered,
        waiting_pulls=consumer.num_waiting,
        last_delivered=consumer.last_delivered,
        last_acked=consumer.last_ack,
        lost_in=loss.seconds,
        lost_how=loss.how,
        says=tuple(of_consumer(consumer, age.seconds, now)),
    )


def _copy_row(server: NatsServerState, stream: NatsStreamRow) -> BacklogRow:
    """A mirror or sourced stream, with its lag as the backlog."""
    series, key = server.consumer_rates, origin_key(stream)
    growth = _growth(series, key, stale=stream.stale)
    return BacklogRow(
        system="js",
        cluster=stream.cluster,
        address=str(Stream(stream.stream)),
        place=stream.stream,
        series=f"{server.url} {key}",
        entries=None,
        messages=float(stream.lag),
        exact=stream.lag >= 0,
        in_rate=nan,
        out_rate=stream.in_msgs_rate,
        growth=growth,
        drains_in=_drains_in(stream.lag, growth),
        consumers=None,
        stale=stream.stale,
        says=tuple(of_copy(stream)),
    )


def _drains_in(backlog: float, growth: float) -> float:
    """Seconds until a backlog is drained at its present trend; infinity if it does not shrink."""
    if growth != growth or backlog != backlog:
        return nan
    return backlog / -growth if growth < 0 else inf


def short_topic(topic: str) -> str:
    """A topic's name without the default scheme.

    >>> short_topic("persistent://arc/agents/task-events")
    'arc/agents/task-events'
    """
    return topic.removeprefix("persistent://")
