"""Forecast when a backlog reaches the first limit that evicts messages or blocks producers."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, nan
from typing import NamedTuple

from arcwatch.model.pulsar_opened import Quota
from arcwatch.store.rows import NatsStreamRow

EXPIRES, FULL, HELD = "expires unconsumed", "evicted unconsumed", "producers block"
REFUSED = "producers refused"
"""What happens at a limit."""

_POLICIES = {"consumer_backlog_eviction": FULL, "producer_request_hold": HELD}


class Waiting(NamedTuple):
    """The known figures of one backlog; ``nan`` is unknown."""

    messages: float
    size: float
    """Bytes."""
    age: float
    """Seconds that the oldest has waited."""
    in_rate: float
    out_rate: float
    growth: float
    """Messages per second."""


class Loss(NamedTuple):
    """The first limit that will be reached."""

    seconds: float
    """Until then at this pace; infinity is never, ``nan`` not known."""
    how: str


def on_pulsar(backlog: Waiting, ttl: int | None, quotas: Iterable[Quota]) -> Loss:
    """Forecast against the TTL and backlog quotas of a Pulsar topic."""
    losses = [Loss(_until_old(backlog, ttl), EXPIRES)] if ttl else []
    for quota in quotas:
        how = _POLICIES.get(quota.policy, REFUSED)
        if quota.kind == "message_age" and quota.seconds and quota.seconds > 0:
            losses.append(Loss(_until_old(backlog, quota.seconds), how))
        elif quota.kind == "destination_storage" and quota.size and quota.size > 0:
            losses.append(Loss(_until_large(backlog, backlog.size, quota.size), how))
    return _first(losses)


def on_jetstream(backlog: Waiting, stream: NatsStreamRow) -> Loss:
    """Forecast against a stream's limits of age, messages and bytes."""
    losses = []
    if stream.max_age:
        losses.append(Loss(_until_old(backlog, stream.max_age), EXPIRES))
    if stream.max_messages and stream.max_messages > 0:
        room = _until_large(backlog, backlog.messages, stream.max_messages)
        losses.append(Loss(room, FULL))
    if stream.max_bytes and stream.max_bytes > 0 and stream.messages:
        mean = stream.bytes / stream.messages
        room = _until_large(backlog, backlog.messages * mean, stream.max_bytes)
        losses.append(Loss(room, FULL))
    return _first(losses)


def _first(losses: list[Loss]) -> Loss:
    """The nearest known limit; unknown if none is known."""
    known = [loss for loss in losses if loss.seconds == loss.seconds]
    if len(known) < len(losses) and all(loss.seconds == inf for loss in known):
        return Loss(nan, "")
    return min(known, default=Loss(nan, ""))


def _until_old(backlog: Waiting, limit: float) -> float:
    """Seconds until the oldest message reaches an age.

    Where half as many leave as come, the oldest of tomorrow came half as late: its age grows by
    half a second a second.
    """
    if not backlog.messages or backlog.age != backlog.age:
        return nan if backlog.messages else inf
    if backlog.in_rate != backlog.in_rate or backlog.out_rate != backlog.out_rate:
        return nan
    if not backlog.out_rate:
        pace = 1.0
    elif backlog.out_rate < backlog.in_rate:
        pace = 1.0 - backlog.out_rate / backlog.in_rate
    else:
        return inf
    return max(0.0, limit - backlog.age) / pace


def _until_large(backlog: Waiting, now: float, limit: float) -> float:
    """Seconds until the backlog reaches a size."""
    if not backlog.messages:
        return inf
    if now != now or backlog.growth != backlog.growth:
        return nan
    grows = backlog.growth * now / backlog.messages
    return max(0.0, limit - now) / grows if grows > 0 else inf
