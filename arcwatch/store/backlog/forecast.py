"""Forecast when a backlog reaches the first limit that evicts messages or blocks producers."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, nan
from typing import NamedTuple

from arcwatch.model.pulsar_opened import Quota
from arcwatch.store.rows import NatsStreamRow

from .pace import Pace, direction

EXPIRES, FULL, HELD = "expires unconsumed", "evicted unconsumed", "producers block"
REFUSED = "producers refused"
"""What happens at a limit."""
NEAR = 0.5
"""Of a limit the share beyond which even a slow drift counts."""

_POLICIES = {"consumer_backlog_eviction": FULL, "producer_request_hold": HELD}


class Waiting(NamedTuple):
    """The known figures of one backlog; ``nan`` is unknown."""

    messages: float
    size: float
    """Bytes."""
    age: float
    """Seconds that the oldest has waited."""
    pace: Pace
    keeps_up: bool
    """Whether no more waits than is always on its way."""


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


def policy_in_force(size: float | None, age: float, quotas: Iterable[Quota]) -> str:
    """What happens now because a quota is reached; empty while none is."""
    for quota in quotas:
        how = _POLICIES.get(quota.policy, REFUSED)
        if quota.kind == "message_age" and 0 < (quota.seconds or 0) <= age:
            return how
        if quota.kind == "destination_storage" and 0 < (quota.size or 0) <= (size or 0):
            return how
    return ""


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
    pace = backlog.pace
    if pace.in_rate != pace.in_rate or pace.out_rate != pace.out_rate:
        return nan
    if not _is_at_risk(backlog, backlog.age / limit):
        return inf
    if not pace.out_rate:
        ages_by = 1.0
    elif pace.out_rate < pace.in_rate:
        ages_by = 1.0 - pace.out_rate / pace.in_rate
    else:
        return inf
    return max(0.0, limit - backlog.age) / ages_by


def _until_large(backlog: Waiting, now: float, limit: float) -> float:
    """Seconds until the backlog reaches a size."""
    if not backlog.messages:
        return inf
    growth = backlog.pace.growth
    if now != now or growth != growth:
        return nan
    if not _is_at_risk(backlog, now / limit):
        return inf
    grows = growth * now / backlog.messages
    return max(0.0, limit - now) / grows if grows > 0 else inf


def _is_at_risk(backlog: Waiting, used: float) -> bool:
    """Whether a loss is to be expected at all.

    The rates of consumers that keep up, or of a backlog that rests, differ by chance: what comes of
    that in some days is no forecast.  Where half of the limit is used already it is.
    """
    if used >= NEAR:
        return True
    if backlog.keeps_up:
        return False
    return not backlog.pace.out_rate or direction(backlog.messages, backlog.pace.growth) > 0
