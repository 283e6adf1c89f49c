"""The agents' NATS messages.  Pure: a seed in, an endless series of publications out."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import msgspec

from .plan import REGIONS, Agent, agents, arrivals, dice, wave

EVENT_KINDS = ("tool_call", "completion", "handoff", "memory", "error")
EVENT_ODDS = (40, 30, 15, 12, 3)
WORK_KINDS = ("embed", "index", "report")
REQUESTS = "arc.tasks.request"
TASK_KINDS = ("summarise", "translate", "classify", "plan")


class Publication(msgspec.Struct, frozen=True):
    """One message for one NATS subject."""

    at: float
    """Plan seconds."""

    sender: str
    """Name of the connection that publishes it."""

    subject: str

    payload: bytes
    """JSON."""


def publications(seed: int) -> Iterator[Publication]:
    """Everything that is published without waiting for an answer, in order of time."""
    streams = (heartbeats(seed), events(seed), work_items(seed))
    return heapq.merge(*streams, key=lambda publication: publication.at)


def heartbeats(seed: int) -> Iterator[Publication]:
    """``arc.agents.<id>.heartbeat`` of every agent, each at its own interval, about 10 a second."""
    each = (_heartbeats_of(seed, agent) for agent in agents(seed))
    return heapq.merge(*each, key=lambda publication: publication.at)


def _heartbeats_of(seed: int, agent: Agent) -> Iterator[Publication]:
    rng = dice(seed, f"heartbeat/{agent.id}")
    at = agent.phase % agent.interval
    sent = 0
    while True:
        if not agent.is_silent(at):
            sent += 1
            tasks = rng.randrange(0, 6)
            beat = {
                "agent": agent.id,
                "region": agent.region,
                "model": agent.model,
                "state": "busy" if tasks else "idle",
                "tasks": tasks,
                "load": round(tasks / 6 + rng.uniform(0.0, 0.15), 2),
                "seq": sent,
            }
            subject = f"arc.agents.{agent.id}.heartbeat"
            yield Publication(at, agent.id, subject, msgspec.json.encode(beat))
        at += agent.interval * rng.uniform(0.97, 1.03)


def events(seed: int) -> Iterator[Publication]:
    """``arc.events.<region>.<kind>``, 170 to 330 a second in waves of two minutes."""
    rng = dice(seed, "events")
    ids = [agent.id for agent in agents(seed)]
    for at in arrivals(rng, lambda at: wave(at, period=120, low=170, high=330)):
        region = rng.choice(REGIONS)
        (kind,) = rng.choices(EVENT_KINDS, EVENT_ODDS)
        event = {
            "agent": rng.choice(ids),
            "kind": kind,
            "session": f"s-{rng.getrandbits(32):08x}",
            "tokens": rng.randrange(20, 4000),
            "ms": round(rng.lognormvariate(4, 1), 1),
        }
        subject = f"arc.events.{region}.{kind}"
        yield Publication(at, "event-bus", subject, msgspec.json.encode(event))


def work_items(seed: int) -> Iterator[Publication]:
    """``arc.work.<kind>``, kept by the work stream: 15 to 35 a second, 200 to 700 bytes each."""
    rng = dice(seed, "work")
    moments = arrivals(rng, lambda at: wave(at, period=75, low=15, high=35))
    for number, at in enumerate(moments, 1):
        kind = rng.choice(WORK_KINDS)
        item = {
            "item": f"w-{number:06d}",
            "kind": kind,
            "document": f"doc-{rng.randrange(5000):04d}",
            "vector": [round(rng.uniform(-1, 1), 4) for _ in range(rng.randrange(15, 75))],
        }
        yield Publication(at, "work-feeder", f"arc.work.{kind}", msgspec.json.encode(item))


def requests(seed: int) -> Iterator[Publication]:
    """``arc.tasks.request``, which a worker answers: 15 to 40 a second.

    ``effort_ms`` says how long the worker will take, 1 to 8 ms.
    """
    rng = dice(seed, "requests")
    ids = [agent.id for agent in agents(seed)]
    moments = arrivals(rng, lambda at: wave(at, period=95, low=15, high=40))
    for number, at in enumerate(moments, 1):
        request = {
            "task": f"t-{number:06d}",
            "kind": rng.choice(TASK_KINDS),
            "agent": rng.choice(ids),
            "effort_ms": round(rng.uniform(1.0, 8.0), 1),
        }
        yield Publication(at, "gateway", REQUESTS, msgspec.json.encode(request))
