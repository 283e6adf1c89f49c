"""Find the causes of a problem, strongest first, and the whole chain behind one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .cause import Cause, Evidence, Why
from .evidence import evidence
from .facts import (
    BrokerFacts,
    ConnectionFacts,
    ConsumerFacts,
    Facts,
    LinkFacts,
    ReplicatorFacts,
    ServerFacts,
    StreamFacts,
    SubscriptionFacts,
    TopicFacts,
)
from .kinds import KINDS
from .of_jetstream import OF_CONSUMER, OF_STREAM
from .of_pulsar import OF_REPLICATOR, TESTS
from .of_servers import OF_BROKER, OF_CONNECTION, OF_LINK, OF_SERVER, OF_TOPIC

TESTED: Mapping[type, Mapping[str, Any]] = {
    SubscriptionFacts: TESTS,
    ConsumerFacts: OF_CONSUMER,
    StreamFacts: OF_STREAM,
    ReplicatorFacts: OF_REPLICATOR,
    TopicFacts: OF_TOPIC,
    ConnectionFacts: OF_CONNECTION,
    LinkFacts: OF_LINK,
    ServerFacts: OF_SERVER,
    BrokerFacts: OF_BROKER,
}
"""The tests of each kind of place, by the name of the cause."""


def causes_of(facts: Facts) -> tuple[Cause, ...]:
    """All that holds, strongest first."""
    tests = TESTED[type(facts)]
    if facts.row.stale:
        return ()
    held = ((name, tests[name](facts)) for name in KINDS if name in tests)
    return tuple(
        Cause(name, finding.text, KINDS[name].severity, finding.since)
        for name, finding in held
        if finding
    )


def silent(since: float | None) -> Cause:
    """The cause of a backlog whose server does not answer: nothing is known any more.

    Args:
        since: Unix seconds of its last answer.
    """
    return Cause("unknown", "unknown: no answer", KINDS["unknown"].severity, since)


def why(facts: Facts, address: str, history: str, cause: Cause | None) -> Why:
    """The whole chain."""
    others = tuple(one for one in causes_of(facts) if cause is None or one.kind != cause.kind)
    kind = KINDS[cause.kind] if cause else None
    return Why(
        cluster=facts.row.cluster,
        address=address,
        cause=cause,
        others=others,
        evidence=tuple(_ordered(evidence(facts), kind.rests_on if kind else ())),
        try_=tuple(line.replace("{history}", history) for line in kind.advice) if kind else (),
        at=facts.now,
    )


def _ordered(figures: Iterable[Evidence], first: tuple[str, ...]) -> list[Evidence]:
    places = {name: place for place, name in enumerate(first)}
    return sorted(figures, key=lambda one: places.get(one.figure, len(places)))
