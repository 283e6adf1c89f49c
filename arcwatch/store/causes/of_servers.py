"""What can be wrong with a NATS server or a Pulsar broker: one test a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .cause import SLACK, Finding, Verdict
from .facts import BrokerFacts, ServerFacts
from .of_links import STALLS

STORAGE = 0.9
"""Share of the storage limit from which JetStream counts as nearly full."""

MEMORY = 0.9
"""The same of direct memory, which a broker takes and gives back all the time."""


def _no_leader(facts: ServerFacts) -> Verdict:
    return Finding("no meta leader") if facts.lacks_leader else None


def _unhealthy(facts: ServerFacts) -> Verdict:
    return Finding("unhealthy", facts.sick_since) if facts.row.healthy is False else None


def _link_down(facts: ServerFacts) -> Verdict:
    if not facts.lost:
        return None
    count = len(facts.lost)
    return Finding(f"not connected to {facts.lost[0] if count == 1 else f'{count} neighbours'}")


def _near_cut(facts: ServerFacts) -> Verdict:
    return Finding("a client is near its pending limit") if facts.has_slow_client else None


def _storage_full(facts: ServerFacts) -> Verdict:
    held, most = facts.row.js_storage or 0, facts.row.js_max_storage or 0
    return Finding("JetStream storage nearly full") if 0 < STORAGE * most <= held else None


def _stalls(facts: ServerFacts) -> Verdict:
    return Finding("slow clients stall producers") if facts.row.stalls_rate > STALLS else None


def _unready(facts: BrokerFacts) -> Verdict:
    return Finding("not ready", facts.unready_since) if facts.row.healthy is False else None


def _memory_full(facts: BrokerFacts) -> Verdict:
    held, most = facts.row.direct_used or 0, facts.row.direct_max or 0
    share = MEMORY * (SLACK if facts.shown == "memory-full" else 1.0)
    return Finding("direct memory nearly full") if 0 < share * most <= held else None


OF_SERVER: Mapping[str, Callable[[ServerFacts], Verdict]] = {
    "no-leader": _no_leader,
    "unhealthy": _unhealthy,
    "link-down": _link_down,
    "near-cut": _near_cut,
    "storage-full": _storage_full,
    "stalls": _stalls,
}
"""By the name of the kind."""

OF_BROKER: Mapping[str, Callable[[BrokerFacts], Verdict]] = {
    "unhealthy": _unready,
    "memory-full": _memory_full,
}
"""Likewise of a broker."""
