"""What can be wrong with connections, with links of NATS, and with Pulsar topics themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .cause import Finding, Verdict
from .facts import ConnectionFacts, LinkFacts, TopicFacts

FULL = 0.5
"""Share of max pending from which a connection counts as near the limit."""

BEHIND = 1_000_000
"""Pending bytes from which a link counts as behind."""

STALLS = 10.0
"""Stalls per second above which a client is reported."""


def _near_cut(facts: ConnectionFacts) -> Verdict:
    if not 0 < FULL * facts.max_pending <= facts.row.pending_bytes:
        return None
    return Finding("near its pending limit: reads too slowly")


def _stalls(facts: ConnectionFacts) -> Verdict:
    return Finding("stalls producers") if facts.row.stalls_rate > STALLS else None


def _link_down(facts: LinkFacts) -> Verdict:
    return None if facts.row.connected else Finding("not connected", facts.missing_since)


def _link_behind(facts: LinkFacts) -> Verdict:
    return Finding("behind: bytes pending") if (facts.row.pending_bytes or 0) > BEHIND else None


def _loss(facts: TopicFacts) -> Verdict:
    lost = [sub for sub in facts.row.subscriptions if sub.drop_rate > 0]
    return Finding("messages lost: no consumer was ready") if lost else None


def _producers_throttled(facts: TopicFacts) -> Verdict:
    return Finding("producers throttled: publish rate") if facts.row.throttled else None


OF_CONNECTION: Mapping[str, Callable[[ConnectionFacts], Verdict]] = {
    "near-cut": _near_cut,
    "stalls": _stalls,
}
"""By the name of the kind, as the others."""

OF_LINK: Mapping[str, Callable[[LinkFacts], Verdict]] = {
    "link-down": _link_down,
    "link-behind": _link_behind,
}

OF_TOPIC: Mapping[str, Callable[[TopicFacts], Verdict]] = {
    "loss": _loss,
    "producers-throttled": _producers_throttled,
}
