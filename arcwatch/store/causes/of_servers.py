"""What can be wrong with servers and brokers, connections, links and topics: one test a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .cause import SLACK, Finding, Verdict
from .facts import BrokerFacts, ConnectionFacts, LinkFacts, ServerFacts, TopicFacts

FULL = 0.5
"""Share of max pending from which a connection counts as near the limit."""
BEHIND = 1_000_000
"""Pending bytes from which a link counts as behind."""
STALLS = 10.0
"""Stalls per second above which a client is reported."""
STORAGE = 0.9
"""Share of the storage limit from which JetStream counts as nearly full."""
MEMORY = 0.9
"""The same of direct memory, which a broker takes and gives back all the time."""


def _near_cut(facts: ConnectionFacts) -> Verdict:
    near = 0 < FULL * facts.max_pending <= facts.row.pending_bytes
    return Finding("near its pending limit: reads too slowly") if near else None


def _neighbours_lost(facts: ServerFacts) -> Verdict:
    count = len(facts.lost)
    who = facts.lost[0] if count == 1 else f"{count} neighbours"
    return Finding(f"not connected to {who}") if count else None


def _storage_full(facts: ServerFacts) -> Verdict:
    held, most = facts.row.js_storage or 0, facts.row.js_max_storage or 0
    return Finding("JetStream storage nearly full") if 0 < STORAGE * most <= held else None


def _memory_full(facts: BrokerFacts) -> Verdict:
    held, most = facts.row.direct_used or 0, facts.row.direct_max or 0
    share = MEMORY * (SLACK if facts.shown == "memory-full" else 1.0)
    return Finding("direct memory nearly full") if 0 < share * most <= held else None


def _loss(facts: TopicFacts) -> Verdict:
    lost = any(sub.drop_rate > 0 for sub in facts.row.subscriptions)
    return Finding("messages lost: no consumer was ready") if lost else None


OF_SERVER: Mapping[str, Callable[[ServerFacts], Verdict]] = {
    "no-leader": lambda f: Finding("no meta leader") if f.lacks_leader else None,
    "unhealthy": lambda f: Finding("unhealthy", f.sick_since) if f.row.healthy is False else None,
    "link-down": _neighbours_lost,
    "near-cut": lambda f: (
        Finding("a client is near its pending limit") if f.has_slow_client else None
    ),
    "storage-full": _storage_full,
    "stalls": lambda f: (
        Finding("slow clients stall producers") if f.row.stalls_rate > STALLS else None
    ),
}
"""By the name of the kind, as the others."""

OF_BROKER: Mapping[str, Callable[[BrokerFacts], Verdict]] = {
    "unhealthy": lambda f: (
        Finding("not ready", f.unready_since) if f.row.healthy is False else None
    ),
    "memory-full": _memory_full,
}

OF_CONNECTION: Mapping[str, Callable[[ConnectionFacts], Verdict]] = {
    "near-cut": _near_cut,
    "stalls": lambda f: Finding("stalls producers") if f.row.stalls_rate > STALLS else None,
}

OF_LINK: Mapping[str, Callable[[LinkFacts], Verdict]] = {
    "link-down": lambda f: None if f.row.connected else Finding("not connected", f.missing_since),
    "link-behind": lambda f: (
        Finding("behind: bytes pending") if (f.row.pending_bytes or 0) > BEHIND else None
    ),
}

OF_TOPIC: Mapping[str, Callable[[TopicFacts], Verdict]] = {
    "loss": _loss,
    "producers-throttled": lambda f: (
        Finding("producers throttled: publish rate") if f.row.throttled else None
    ),
}
