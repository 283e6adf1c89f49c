"""The agents' Pulsar messages.  Pure: a seed in, an endless series of messages out."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from .plan import DAY_MS, REGIONS, When, agents, arrivals, dice, wave

HISTORY_DAYS = 7
TOOLS = ("search", "fetch", "python", "sql", "mail")
ACTIONS = ("login", "read", "grant", "revoke", "export", "deploy")


class Message(msgspec.Struct, frozen=True):
    """One message for one Pulsar topic."""

    at: float
    """Plan seconds."""

    value: bytes | str | dict[str, Any] | None
    """The payload; text or a dictionary where a schema encodes it; ``None`` is a tombstone."""

    key: str | None = None
    properties: dict[str, str] = {}

    event_time: int | None = None
    """Unix milliseconds."""


def task_events(seed: int, when: When) -> Iterator[Message]:
    """The trail each finished task leaves: five JSON events in a row under its agent's key.

    6 to 18 tasks a second.  A trail of one key makes a batch of several messages, so that a
    backlog's entries and its messages are different numbers.
    """
    rng = dice(seed, "task-events")
    ids = [agent.id for agent in agents(seed)]
    moments = arrivals(rng, lambda at: wave(at, period=100, low=6, high=18))
    for number, at in enumerate(moments, 1):
        agent = rng.choice(ids)
        took = round(rng.lognormvariate(6, 1))
        end = "failed" if rng.random() < 0.05 else "done"
        for step, state in enumerate(("queued", "started", "progress", "progress", end)):
            after = took * step // 4
            event = {
                "task": f"t-{number:06d}",
                "agent": agent,
                "state": state,
                "tokens": rng.randrange(10, 3000) if step > 1 else 0,
                "ms": after,
            }
            event_time = when(at) - took + after
            yield Message(at, msgspec.json.encode(event), agent, event_time=event_time)


def metrics(seed: int, when: When) -> Iterator[Message]:
    """One reading of one agent's resources, 8 a second, as the fields of an Avro record."""
    rng = dice(seed, "metrics")
    everyone = agents(seed)
    for at in arrivals(rng, lambda _: 8.0):
        agent = rng.choice(everyone)
        reading = {
            "agent": agent.id,
            "region": agent.region,
            "at_ms": when(at),
            "cpu": round(rng.betavariate(2, 5), 3),
            "memory_mb": rng.randrange(200, 4000),
            "tokens_in": rng.randrange(0, 9000),
            "tokens_out": rng.randrange(0, 2500),
        }
        yield Message(at, reading, agent.id)


def tool_calls(seed: int) -> Iterator[Message]:
    """Lines of plain text, 5 a second; one in 25 is cut short, which its reader cannot accept."""
    rng = dice(seed, "tool-calls")
    ids = [agent.id for agent in agents(seed)]
    for at in arrivals(rng, lambda _: 5.0):
        tool, agent = rng.choice(TOOLS), rng.choice(ids)
        line = f"{agent} {tool}(q-{rng.getrandbits(24):06x}) took {rng.randrange(3, 900)} ms"
        if rng.random() < 0.04:
            line = line[: len(line) // 2]
        yield Message(at, line.encode(), properties={"agent": agent, "tool": tool})


def is_malformed(tool_call: bytes) -> bool:
    """Whether a line of :func:`tool_calls` was cut short."""
    return not tool_call.endswith(b" ms")


def notes(seed: int) -> Iterator[Message]:
    """Short texts, 2 a second."""
    rng = dice(seed, "notes")
    ids = [agent.id for agent in agents(seed)]
    for at in arrivals(rng, lambda _: 2.0):
        yield Message(at, f"{rng.choice(ids)} tried {rng.choice(TOOLS)} again")


def audit_log(seed: int, when: When) -> Iterator[Message]:
    """Who did what, JSON, 3 a second."""
    rng = dice(seed, "audit")
    ids = [agent.id for agent in agents(seed)]
    return (_audited(rng, ids, at, when(at)) for at in arrivals(rng, lambda _: 3.0))


def audit_history(seed: int, count: int, until_ms: int) -> Iterator[Message]:
    """``count`` audit entries whose event times are spread over the days before ``until_ms``."""
    rng = dice(seed, "audit-history")
    ids = [agent.id for agent in agents(seed)]
    span = HISTORY_DAYS * DAY_MS
    ages = sorted((rng.randrange(1, span) for _ in range(count)), reverse=True)
    return (_audited(rng, ids, 0.0, until_ms - age) for age in ages)


def _audited(rng: Random, ids: list[str], at: float, event_time: int) -> Message:
    actor = rng.choice(ids)
    allowed = rng.random() > 0.02
    entry = {
        "actor": actor,
        "action": rng.choice(ACTIONS),
        "resource": f"arc/{rng.choice(REGIONS)}/doc-{rng.randrange(5000):04d}",
        "allowed": allowed,
        "reason": "" if allowed else "not a member of the project",
    }
    return Message(at, msgspec.json.encode(entry), actor, event_time=event_time)
