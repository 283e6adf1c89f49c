"""Rank the worst backlogs of both systems, with the time until each is drained, and its causes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from math import inf, nan
from typing import NamedTuple, TypeAlias

from arcwatch.notation.topic_names import COMPACTION, is_internal
from arcwatch.store.causes.cause import Cause
from arcwatch.store.causes.facts import (
    ConsumerFacts,
    Facts,
    ReplicatorFacts,
    StreamFacts,
    SubscriptionFacts,
)
from arcwatch.store.causes.find import causes_of, silent
from arcwatch.store.causes.of_jetstream import is_silent
from arcwatch.store.causes.steady import Look
from arcwatch.store.nats.server import (
    NatsServerState,
    consumer_key,
    copies,
    leading,
    origin_key,
    stranded,
    stream_key,
)
from arcwatch.store.pulsar.cluster import PulsarClusterState, replicator_key, subscription_key
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.pulsar.transaction_rows import holding
from arcwatch.store.rows import NatsConsumerRow, NatsStreamRow, PulsarSubscriptionRow, row_of
from arcwatch.store.series.samples import Age
from arcwatch.store.series.series import SeriesTable
from arcwatch.text import units

from . import forecast
from .forecast import on_jetstream, on_pulsar
from .pace import Pace, drains_in, pace_of
from .rows import BacklogRow, keeps_up

MOST = 200
"""Rows of the ranking.  Working out a trend for each of thousands would be felt on the screen."""

PULSAR = ("msg_rate_in", "msg_rate_out", "backlog")
JETSTREAM = ("in_msgs", "ack", "backlog")
"""What comes in, goes out and waits, in the series of subscriptions and of consumers."""


Shown: TypeAlias = Mapping[str, str]
"""The kinds of causes that are shown, by the key of their look: these go on to hold for longer."""


class Ranked(NamedTuple):
    """A backlog and what its causes were found from."""

    row: BacklogRow
    facts: Facts
    look: Look


class Place(NamedTuple):
    """A subscription, consumer or stream that may have a backlog."""

    waiting: float
    """Messages, or entries; what is not known is below all that is."""
    ranked: Callable[[Shown], Ranked]


def backlogs(
    servers: Iterable[NatsServerState],
    clusters: Iterable[PulsarClusterState],
    now: float,
    shown: Shown,
    *,
    internal: bool = False,
) -> list[Ranked]:
    """The :data:`MOST` subscriptions and consumers with the largest backlogs, worst first."""
    known = list(clusters)
    found = [
        *_pulsar(known, now, internal=internal),
        *_replicators(known, now, internal=internal),
        *_jetstream(servers, now),
    ]
    return [
        place.ranked(shown) for place in heapq.nlargest(MOST, found, key=lambda place: place[0])
    ]


def named(
    servers: Iterable[NatsServerState],
    clusters: Iterable[PulsarClusterState],
    now: float,
    shown: Shown,
    name: str,
) -> list[Ranked]:
    """Every subscription or consumer of one topic or stream, whether anything waits or not."""
    known = list(clusters)
    every = [
        *_pulsar(known, now, internal=True, only=name),
        *_replicators(known, now, internal=True, only=name),
        *_jetstream(servers, now, name),
    ]
    return [place.ranked(shown) for place in every]


def _pulsar(
    clusters: Iterable[PulsarClusterState], now: float, *, internal: bool, only: str = ""
) -> Iterator[Place]:
    for cluster in clusters:
        for topic in cluster.topics:
            if (is_internal(topic.topic) and not internal) or only not in ("", topic.topic):
                continue
            for sub in topic.subscriptions:
                skipped = sub.name == COMPACTION and not internal
                if only or not (sub.backlog_entries <= 0 or skipped):
                    waiting = _waiting(sub)
                    ranked = partial(_pulsar_row, cluster, sub, now)
                    yield Place(waiting if waiting >= 0 else 0.0, ranked)


def _replicators(
    clusters: Iterable[PulsarClusterState], now: float, *, internal: bool, only: str = ""
) -> Iterator[Place]:
    for cluster in clusters:
        for row in cluster.replicators:
            if (is_internal(row.topic) and not internal) or only not in ("", row.topic):
                continue
            if only or not row.backlog_entries <= 0:
                waiting = row.backlog_entries if row.backlog_entries >= 0 else 0.0
                yield Place(waiting, partial(_replicator_row, cluster, row, now))


def _jetstream(servers: Iterable[NatsServerState], now: float, only: str = "") -> Iterator[Place]:
    found = list(servers)
    for server, consumer in leading(found):
        if consumer.stream == only or (not only and not consumer.backlog <= 0):
            waiting = consumer.backlog if consumer.backlog > 0 else 0.0
            yield Place(waiting, partial(_jetstream_row, server, consumer, now))
    for server, stream in copies(found):
        if stream.stream == only or (not only and (stream.lag > 0 or is_silent(stream))):
            waiting = stream.lag if stream.lag >= 0 else 0.0
            yield Place(waiting, partial(_copy_row, server, stream, now))
    for server, stream, count in stranded(found):
        if only in ("", stream.stream):
            yield Place(count, partial(_stranded_row, server, stream, count, now))


def _waiting(sub: PulsarSubscriptionRow) -> float:
    """Messages, or entries where those are not known."""
    known = sub.waiting_messages == sub.waiting_messages
    return sub.waiting_messages if known else sub.waiting_entries


def _pulsar_row(
    cluster: PulsarClusterState, sub: PulsarSubscriptionRow, now: float, shown: Shown
) -> Ranked:
    waiting = _waiting(sub)
    age, exact = _age(cluster, sub, now)
    facts = _subscription_facts(cluster, sub, age, exact, now)
    pace, at_pace = facts.pace, facts.keeps_up
    size = nan if sub.backlog_size is None else sub.backlog_size
    known_age = nan if age.at_least else age.seconds
    loss = on_pulsar(forecast.Waiting(waiting, size, known_age, pace, at_pace), *facts.limits)
    dead, dead_rate = cluster.dead_letters(sub.topic, sub.name)
    row = row_of(
        BacklogRow,
        sub,
        pace,
        facts,
        system="pulsar",
        address=cluster.address(sub.topic, sub.name),
        place=sub.topic,
        series=cluster.prefix + subscription_key(sub),
        entries=sub.waiting_entries,
        messages=sub.waiting_messages,
        exact=False,
        drains_in=drains_in(waiting, pace, keeps_up=at_pace),
        age_at_least=age.at_least,
        age_exact=exact,
        size=sub.backlog_size,
        unacked=sub.unacked_messages,
        delayed=sub.delayed_messages,
        redelivered=sub.redeliver_rate,
        last_delivered=sub.last_consumed,
        dead_letters=dead,
        dead_letter_rate=dead_rate,
        lost_in=loss.seconds,
        lost_how=loss.how,
        window=pace.seconds,
    )
    return _ranked(row, facts, sub.cluster, cluster.subscription_rates, shown)


def _subscription_facts(
    cluster: PulsarClusterState, sub: PulsarSubscriptionRow, age: Age, exact: bool, now: float
) -> SubscriptionFacts:
    waiting = _waiting(sub)
    scale = waiting / sub.waiting_entries if sub.waiting_entries else 1.0
    series, key = cluster.subscription_rates, subscription_key(sub)
    pace = Pace() if sub.stale else pace_of(series, key, PULSAR, scale=scale)
    metrics, stats = cluster.read_at(sub.topic)
    return SubscriptionFacts(
        row=sub,
        parts=cluster.parts_of(sub.topic),
        members=cluster.members(sub.topic, sub.name),
        transactions=cluster.open_transactions(sub.topic),
        transaction=holding(cluster, sub.topic),
        limits=cluster.limits(sub.topic),
        pace=pace,
        age=age.seconds,
        age_text=units.age(age.seconds, at_least=age.at_least, exact=exact),
        keeps_up=keeps_up(waiting, pace.in_rate),
        read={
            "metrics": metrics,
            "topic stats": stats,
            "transactions": cluster.transactions_at,
            "arcwatch": metrics,
        },
        now=now,
    )


def _replicator_row(
    cluster: PulsarClusterState, row: PulsarReplicatorRow, now: float, shown: Shown
) -> Ranked:
    series, key = cluster.subscription_rates, replicator_key(row)
    waiting = row.backlog_entries
    pace = Pace() if row.stale else pace_of(series, key, PULSAR)
    age = Age(row.delay, at_least=False)
    if not row.delay > 0:
        # a broker before 4.0 reports none while it is not connected
        age = cluster.past.age(row.topic, waiting)._replace(at_least=True)
    at_pace = keeps_up(waiting, pace.in_rate) and row.connected
    metrics, _ = cluster.read_at(row.topic)
    facts = ReplicatorFacts(
        row=row,
        pace=pace,
        age=age.seconds,
        age_text=units.age(age.seconds, at_least=age.at_least),
        keeps_up=at_pace,
        read={"metrics": metrics, "arcwatch": metrics},
        now=now,
    )
    ranked = BacklogRow(
        system="pulsar",
        cluster=row.cluster,
        address=cluster.address(row.topic, row.cursor),
        place=row.topic,
        series=cluster.prefix + key,
        entries=waiting,
        messages=nan,
        exact=False,
        in_rate=pace.in_rate,
        out_rate=pace.out_rate,
        growth=pace.growth,
        drains_in=drains_in(waiting, pace, keeps_up=at_pace),
        consumers=None,
        stale=row.stale,
        age=age.seconds,
        age_at_least=age.at_least,
        keeps_up=at_pace,
        kind="replicator",
        window=pace.seconds,
        says=() if row.stale else (f"to remote cluster {row.remote}",),
    )
    return _ranked(ranked, facts, row.cluster, series, shown)


def _ranked(
    row: BacklogRow, facts: Facts, source: str, series: SeriesTable, shown: Shown
) -> Ranked:
    """The row with all that holds; what does not answer is frozen, and its cause unknown."""
    key = f"{row.cluster} {row.series}"
    if isinstance(facts, SubscriptionFacts | ConsumerFacts):
        facts = facts._replace(shown=shown.get(key, ""))
    since = next((at for at in facts.read.values() if at == at), None)
    found: tuple[Cause, ...] = (silent(since),) if row.stale else causes_of(facts)
    says = tuple(cause.sentence(facts.now) for cause in found) if not row.stale else ()
    look = Look(
        key,
        source,
        series.last,
        found,
        row.stale,
        "nats" if row.system == "js" else row.system,
        row.cluster,
        row.address,
    )
    return Ranked(row.with_causes(found[0] if found else None, (*says, *row.says)), facts, look)


def _age(cluster: PulsarClusterState, sub: PulsarSubscriptionRow, now: float) -> tuple[Age, bool]:
    """The age of the oldest message, and whether it is exact rather than from our samples."""
    opened = cluster.opened if cluster.opened and cluster.opened.topic == sub.topic else None
    if opened and not sub.delayed_messages > 0 and (at := opened.oldest(sub.name)):
        return Age(max(0.0, now - at), at_least=False), True
    known = sub.waiting_messages == sub.waiting_messages
    age = cluster.past.age(sub.topic, _waiting(sub))
    # an entry is one message or more; and what waits is not the newest of the topic: some of it
    # is older than as many of those
    is_bound = age.at_least or sub.holes > 0 or not known
    return Age(age.seconds, at_least=is_bound and age.seconds > 0), False


def _jetstream_row(
    server: NatsServerState, consumer: NatsConsumerRow, now: float, shown: Shown
) -> Ranked:
    series, key = server.consumer_rates, consumer_key(consumer)
    pace = Pace() if consumer.stale else pace_of(series, key, JETSTREAM)
    age = server.past.age(stream_key(consumer), consumer.backlog)
    stream = server.stream(stream_key(consumer))
    at_pace = keeps_up(consumer.backlog, pace.in_rate)
    known = nan if age.at_least else age.seconds
    waiting = forecast.Waiting(consumer.backlog, nan, known, pace, at_pace)
    loss = on_jetstream(waiting, stream) if stream else forecast.Loss(nan, "")
    facts = ConsumerFacts(
        row=consumer,
        stream=stream,
        pace=pace,
        age=age.seconds,
        age_text=units.age(age.seconds, at_least=age.at_least),
        keeps_up=at_pace,
        read=_read(server),
        now=now,
    )
    row = row_of(
        BacklogRow,
        consumer,
        pace,
        facts,
        system="js",
        address=server.address(consumer.stream, consumer.name),
        place=consumer.stream,
        series=f"{server.prefix}{server.url} {key}",
        entries=None,
        messages=float(consumer.backlog),
        exact=consumer.pending_reported is None and consumer.backlog >= 0,
        drains_in=drains_in(consumer.backlog, pace, keeps_up=at_pace),
        consumers=None,
        age_at_least=age.at_least,
        unacked=consumer.num_ack_pending,
        redelivered=consumer.num_redelivered,
        waiting_pulls=consumer.num_waiting,
        last_acked=consumer.last_ack,
        lost_in=loss.seconds,
        lost_how=loss.how,
        window=pace.seconds,
    )
    return _ranked(row, facts, server.url, series, shown)


def _read(server: NatsServerState) -> dict[str, float]:
    return {"jsz": server.jetstream_at, "arcwatch": server.jetstream_at}


def _copy_row(server: NatsServerState, stream: NatsStreamRow, now: float, shown: Shown) -> Ranked:
    """A mirror or sourced stream, with its lag as the backlog."""
    names = ", ".join(origin.name for origin in stream.origins)
    note = f"mirror of {names}" if stream.is_mirror else f"sourced from {names}"
    key = origin_key(stream)
    pace = Pace() if stream.stale else pace_of(server.consumer_rates, key, JETSTREAM)
    facts = StreamFacts(stream, 0.0, 0, pace, _read(server), now)
    return _of_stream(
        server, stream, stream.lag, key, facts, () if stream.stale else (note,), shown
    )


def _stranded_row(
    server: NatsServerState, stream: NatsStreamRow, count: float, now: float, shown: Shown
) -> Ranked:
    """A work queue with messages that no consumer will get."""
    facts = StreamFacts(stream, count, stream.consumers, Pace(), _read(server), now)
    return _of_stream(server, stream, count, f"{stream_key(stream)} stranded", facts, (), shown)


def _of_stream(
    server: NatsServerState,
    stream: NatsStreamRow,
    waiting: float,
    key: str,
    facts: StreamFacts,
    notes: tuple[str, ...],
    shown: Shown,
) -> Ranked:
    pace = facts.pace
    row = BacklogRow(
        system="js",
        cluster=stream.cluster,
        address=server.address(stream.stream),
        place=stream.stream,
        series=f"{server.prefix}{server.url} {key}",
        entries=None,
        messages=float(waiting),
        exact=waiting >= 0,
        in_rate=nan,
        out_rate=pace.out_rate if stream.origins else nan,
        growth=pace.growth,
        drains_in=drains_in(waiting, pace) if stream.origins else inf,
        consumers=None,
        stale=stream.stale,
        window=pace.seconds,
        says=notes,
    )
    return _ranked(row, facts, server.url, server.consumer_rates, shown)


def short_topic(topic: str) -> str:
    """A topic's name without the default scheme.

    >>> short_topic("persistent://arc/agents/task-events")
    'arc/agents/task-events'
    """
    return topic.removeprefix("persistent://")
