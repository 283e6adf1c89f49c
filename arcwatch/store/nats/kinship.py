"""Whether monitored NATS servers belong to the cluster at the client port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from arcwatch.model.nats import NatsGreeting, NatsGreetings
from arcwatch.store.rows import Problem

from .server import NatsServerState


class Greeted(NamedTuple):
    """``INFO`` of servers at the client port and when it was read, Unix seconds."""

    answer: NatsGreetings
    at: float


Mark = tuple[str, str]
"""What a server may be recognised by: ``id``, ``cluster`` or ``leaf``, and which."""


def foreign(greeted: Greeted, servers: Sequence[NatsServerState]) -> Iterator[Problem]:
    """A problem for each monitored server outside the platform at the client port.

    A server restarts with a new id: only what it said both before and after the greetings were
    read can be compared with them.
    """
    first = greeted.answer.servers
    if not first:
        return
    related = _related(first, [state for state in servers if state.server])
    for state in servers:
        is_settled = state.identified_at < greeted.at < state.answered_at
        is_monitored = state.url.startswith("http")
        if is_monitored and is_settled and state.links_are_known and state.url not in related:
            yield _problem(state, first[0], greeted.at)


def _related(first: Sequence[NatsGreeting], servers: Sequence[NatsServerState]) -> set[str]:
    """Addresses of servers at the client port or linked to them by any kind of link."""
    known = {mark for one in first for mark in _marks(one.server_id, one.server_name, one.cluster)}
    neighbours: set[Mark] = set()
    found: set[str] = set()
    more = True
    while more:
        more = False
        for state in servers:
            marks = _own_marks(state)
            is_same = marks[0] in known
            is_linked = not neighbours.isdisjoint(marks) or not known.isdisjoint(state.neighbours)
            if state.url not in found and (is_same or is_linked):
                more = True
                found.add(state.url)
                known.update(marks)
                neighbours |= state.neighbours
    return found


def _own_marks(state: NatsServerState) -> tuple[Mark, ...]:
    assert state.server is not None, "it has answered"
    cluster = state.calls_itself if state.server.routes or state.server.gateways else ""
    return _marks(state.server.server_id, state.name, cluster)


def _marks(server_id: str, name: str, cluster: str) -> tuple[Mark, ...]:
    marks = (("id", server_id), ("leaf", name))
    return (*marks, ("cluster", cluster)) if cluster else marks


def _problem(state: NatsServerState, greeting: NatsGreeting, since: float) -> Problem:
    assert state.server is not None, "it has answered"
    set_by = f"`monitor` of {state.called}" if state.called else "--nats-monitor"
    mine, other = greeting.server_id[:8], state.server.server_id[:8]
    return Problem(
        state.cluster,
        "nats",
        "figures are from another server",
        state.url,
        f"this is {state.name} ({other}…), but {greeting.url} is {greeting.server_name} ({mine}…)",
        f"set {set_by} to the monitoring port of the same server",
        since,
    )
