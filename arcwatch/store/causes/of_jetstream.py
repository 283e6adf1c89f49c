"""What can be the cause of a JetStream backlog: one test a kind, of consumers and of streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arcwatch.model.nats import JsOrigin
from arcwatch.store.backlog.pace import is_outpaced
from arcwatch.store.rows import NatsConsumerRow, NatsStreamRow

from .cause import SLACK, STUCK, WORKING, Finding, Verdict
from .facts import ConsumerFacts, StreamFacts

SILENT = 15.0
"""Seconds; a stream that another copies says every second that it is there."""
RACE = 1_000
"""Messages that may come between counting a stream and counting what waits for a consumer of it."""


def _stalled(facts: ConsumerFacts) -> Verdict:
    row, now = facts.row, facts.now
    if row.ack_policy == "none" or not row.num_ack_pending > 0 or not row.last_delivered:
        return None
    if now - (row.last_ack or 0.0) < STUCK:
        return None
    if _is_full(row):
        return Finding("stalled: at max ack pending", row.last_ack)
    waited = facts.age >= STUCK or facts.shown == "stalled"
    if now - row.last_delivered >= STUCK or waited:
        return Finding("stalled: nothing acked", row.last_ack)
    return None


def _is_full(row: NatsConsumerRow) -> bool:
    return 0 < (row.max_ack_pending or 0) <= row.num_ack_pending


def _not_pulling(facts: ConsumerFacts) -> Verdict:
    row = facts.row
    if not _is_left_alone(row) or facts.now - (row.last_delivered or 0.0) < STUCK:
        return None
    return Finding("no client pulls", row.last_delivered)


def _is_left_alone(row: NatsConsumerRow) -> bool:
    """Whether messages wait for a client to pull them, and none does."""
    waits = row.num_pending > 0 and not row.deliver_subject and not _is_full(row)
    return waits and not row.num_waiting and not row.delivered_rate


def _miscounted(facts: ConsumerFacts) -> Verdict:
    if not facts.row.pending_reported or _is_race(facts.row):
        return None
    return Finding("wrong count: more than stored")


def _is_race(row: NatsConsumerRow) -> bool:
    """Whether the excess is small enough to have been published while the server counted."""
    reported = int(row.pending_reported or 0)
    return 0 <= reported - row.num_pending <= max(RACE, row.num_pending / 100)


def _ack_limit(facts: ConsumerFacts) -> Verdict:
    row = facts.row
    slack = SLACK if facts.shown == "ack-limit" else 1.0
    full = 0 < slack * (row.max_ack_pending or 0) <= row.num_ack_pending
    return Finding("at max ack pending") if full and row.ack_policy != "none" else None


def _too_few(facts: ConsumerFacts) -> Verdict:
    rests = facts.now - (facts.row.last_delivered or 0.0) > WORKING
    is_shown, waiting = facts.shown == "too-few", facts.row.backlog
    if rests or not is_outpaced(facts.pace, waiting, keeps_up=facts.keeps_up, is_shown=is_shown):
        return None
    return Finding("too few consumers")


def _bursts(facts: ConsumerFacts) -> Verdict:
    row = facts.row
    rests = facts.now - (row.last_delivered or 0.0)
    if facts.keeps_up or not _is_left_alone(row) or not rests < STUCK:
        return None
    return Finding("pulled in bursts")


def _origin_silent(facts: StreamFacts) -> Verdict:
    silent = [origin for origin in facts.row.origins if is_origin_silent(origin)]
    if not silent:
        return None
    worst = max(silent, key=lambda origin: origin.active or 0.0)
    since = facts.now - worst.active if worst.active and not worst.error else None
    return Finding(f"origin silent: {worst.name}", since)


def is_origin_silent(origin: JsOrigin) -> bool:
    """Whether a copy cannot be stored, or its origin does not respond."""
    return bool(origin.error) or origin.active is None or origin.active > SILENT


def is_silent(row: NatsStreamRow) -> bool:
    """Whether one of a copy's origins is silent."""
    return any(map(is_origin_silent, row.origins))


OF_CONSUMER: Mapping[str, Callable[[ConsumerFacts], Verdict]] = {
    "no-leader": lambda f: Finding("no leader") if f.stream and f.stream.leaderless else None,
    "paused": lambda f: Finding("paused") if f.row.paused else None,
    "stalled": _stalled,
    "not-pulling": _not_pulling,
    "miscounted": _miscounted,
    "ack-limit": _ack_limit,
    "too-few": _too_few,
    "bursts": _bursts,
}
"""By the name of the kind."""

OF_STREAM: Mapping[str, Callable[[StreamFacts], Verdict]] = {
    "no-leader": lambda f: Finding("no leader") if f.row.leaderless else None,
    "origin-silent": _origin_silent,
    "no-consumers": lambda f: (
        Finding("no consumers") if f.stranded > 0 and not f.consumers else None
    ),
    "stranded": lambda f: Finding("stranded: nobody gets them") if f.stranded > 0 else None,
}
