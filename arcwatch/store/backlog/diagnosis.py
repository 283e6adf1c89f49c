"""Diagnose a backlog from figures that are cheap to collect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from arcwatch.store.pulsar.broker import Part
from arcwatch.store.pulsar.topic_rows import TopicConsumerRow
from arcwatch.store.rows import NatsConsumerRow, NatsStreamRow, PulsarSubscriptionRow
from arcwatch.text import units

STUCK = 60.0
"""Seconds without an acknowledgement, or a delivery, after which something is stuck."""

SILENT = 15.0
"""Seconds; a stream that another copies says every second that it is there."""

UNEVEN = 2.0
"""A partition or a consumer stands out at more than so many times the mean of the others."""

RACE = 1_000
"""Messages that may come between counting a stream and counting what waits for a consumer of it."""

MANY = 100
"""Entries of a partition, or messages of a consumer, below which nothing stands out."""


def of_subscription(
    row: PulsarSubscriptionRow,
    parts: Sequence[Part],
    consumers: Iterable[TopicConsumerRow],
    age: float,
    now: float,
) -> Iterator[str]:
    """The diagnoses of a Pulsar subscription, worst first.

    Args:
        row: Something waits in it.
        parts: The partitions of its topic, or the topic.
        consumers: Its consumers, where the topic is open.
        age: Seconds that the oldest has waited, at least; ``nan`` where that is not known.
        now: Unix seconds.
    """
    if row.stale:
        return
    if row.consumers == 0:
        yield "no consumers"
    elif row.blocked:
        yield f"blocked on {units.whole(row.unacked_messages)} unacknowledged"
    elif held := _held(row, now):
        yield held
    else:
        yield from _stuck(row.last_consumed, row.last_acked, row.unacked_messages, age, now)
    yield from _hot(row.name, parts)
    if row.type == "Key_Shared":
        yield from _uneven(consumers)


def of_consumer(row: NatsConsumerRow, age: float, now: float) -> Iterator[str]:
    """The diagnoses of a JetStream consumer, worst first."""
    if row.stale:
        return
    most = row.max_ack_pending or 0
    if row.pending_reported and not _is_race(row):
        yield f"reports {row.pending_reported} pending, more than the stream holds"
    if row.paused:
        yield "paused"
    elif 0 < most <= row.num_ack_pending:
        yield f"blocked on {row.num_ack_pending:,} unacknowledged"
    elif (
        row.num_pending > 0
        and not row.deliver_subject
        and not row.num_waiting
        and not row.delivered_rate
    ):
        yield "no client pulls"
    elif row.ack_policy != "none":
        yield from _stuck(row.last_delivered, row.last_ack, row.num_ack_pending, age, now)


def _is_race(row: NatsConsumerRow) -> bool:
    """Whether the excess is small enough to have been published while the server counted."""
    reported = int(row.pending_reported or 0)
    return 0 <= reported - row.num_pending <= max(RACE, row.num_pending / 100)


def of_copy(row: NatsStreamRow) -> Iterator[str]:
    """The origins of a mirror or sourced stream that do not deliver."""
    if row.stale:
        return
    for origin in row.origins:
        if origin.error:
            yield f"{origin.name}: {origin.error}"
        elif origin.active is None:
            yield f"{origin.name} was never contacted"
        elif origin.active > SILENT:
            yield f"no contact with {origin.name} for {units.duration(origin.active)}"
    names = ", ".join(origin.name for origin in row.origins)
    yield f"mirror of {names}" if row.is_mirror else f"sourced from {names}"


def is_silent(row: NatsStreamRow) -> bool:
    """Whether a copy cannot be stored, or one of its origins does not respond."""
    return any(o.error or o.active is None or o.active > SILENT for o in row.origins)


def _held(row: PulsarSubscriptionRow, now: float) -> str:
    """Whether one unacknowledged message holds the cursor while later ones are acknowledged.

    What is delayed is passed over for as long as its producer wants.
    """
    if row.held_since is None or row.delayed_messages > 0 or now - row.held_since < STUCK:
        return ""
    held = units.duration(now - row.held_since)
    return f"stuck at one message for {held}: later messages are acknowledged"


def _stuck(
    delivered: float | None, acked: float | None, unacked: float, age: float, now: float
) -> Iterator[str]:
    """Whether messages are delivered without acknowledgement, or neither happens."""
    # before the oldest has waited as long, there was nothing to acknowledge
    if not delivered or not unacked > 0 or not age >= STUCK:
        return
    quiet = now - (acked or 0.0)
    if quiet < STUCK:
        return
    since = f" for {units.duration(quiet)}" if acked else ""
    if now - delivered < STUCK:
        yield f"stuck: delivers, but nothing is acknowledged{since}"
    else:
        yield f"stalled: nothing delivered for {units.duration(now - delivered)}"


def _hot(subscription: str, parts: Sequence[Part]) -> Iterator[str]:
    """Whether most of the backlog is in one partition."""
    waiting = [
        (sub.backlog_entries, part.topic.name)
        for part in parts
        for sub in part.topic.subscriptions
        if sub.name == subscription
    ]
    if len(waiting) < 2:
        return
    most, name = max(waiting)
    total = sum(entries for entries, _ in waiting)
    # nothing is compared with what is not known
    if most >= MANY and most > UNEVEN * (total - most) / (len(waiting) - 1):
        yield f"{most / total:.0%} of the backlog in partition {name.rpartition('-')[2]}"


def _uneven(consumers: Iterable[TopicConsumerRow]) -> Iterator[str]:
    """Whether one consumer of a Key_Shared subscription gets most messages."""
    rows = list(consumers)
    if len(rows) < 2:
        return
    # with a backlog those that are given most have most that is not acknowledged
    shares = [(row.unacked_messages + max(0.0, row.msg_rate_out), row.name) for row in rows]
    if any(share != share for share, _ in shares):
        return
    most, name = max(shares)
    total = sum(share for share, _ in shares)
    if most >= MANY and most > UNEVEN * (total - most) / (len(rows) - 1):
        yield f"uneven keys: {most / total:.0%} go to {name}"
