"""Everything in a store that needs attention now."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from arcwatch.model.reading import Failure, System
from arcwatch.store.nats.problems import problems_of as nats_problems_of
from arcwatch.store.nats.raft import problems_of_peers, some
from arcwatch.store.nats.server import NatsServerState
from arcwatch.store.pulsar.problems import problems_of as pulsar_problems_of

from .contact import Contact
from .known import Known
from .rows import Problem

FIGURES = ("varz", "metrics")
"""The parts of a source that are its own figures."""
STARTS_WITHIN = 120.0
"""Seconds that one stage of a starting stack may take: a download reports its progress."""
CLIENT_PORTS = ("greetings", "client port")
"""The questions to the ports that clients connect to."""

_NAMES: dict[System, str] = {"nats": "NATS", "pulsar": "Pulsar"}


def problems(store: Known, alerts: Iterable[Problem]) -> list[Problem]:
    """Problems, longest first, with warnings after all others.

    Until a local stack has started for the first time its half is not a problem; one that
    answered and is being restarted is.
    """
    rows = [
        *unanswered(store),
        *_unhealthy(store),
        *store.foreign_servers(),
        *_counted_twice(store),
        *alerts,
    ]
    for context, members in store.members.items():
        if deaf := members.failure:
            of = store.called.get(context)
            rows.append(Problem(of, "nats", deaf.what, deaf.where, deaf.why, deaf.hint, None))
    for system, stage in store.stages.items():
        if stage.failed:
            what, at = f"{_NAMES[system]} {end_of(store, system)}", store.staged_at[system]
            rows.append(Problem(None, system, what, "", stage.text, stage.hint, at))
    return sorted(rows, key=lambda row: (row.severity == "warning", row.since or 0.0))


def end_of(store: Known, system: System) -> str:
    """How a failed half of the local stack ended."""
    ran = any(one.answers for one in store.contacts.values() if one.system == system)
    return "stopped" if ran else "did not start"


def unanswered(store: Known, parts: Container[str] | None = None) -> list[Problem]:
    """A problem for each server that does not answer, longest first.

    Args:
        parts: Of what is asked of a server, these alone; None is all.
    """
    found: dict[tuple[str, str, str, str], Problem] = {}
    down = _down(store)
    for contact in store.contacts.values():
        if contact.failure is None or is_starting(store, contact.system):
            continue
        if parts is not None and contact.part not in parts:
            continue
        if contact.part in CLIENT_PORTS and store.half(contact.system, contact.context) == "down":
            # its other ports say so
            continue
        problem = _not_answering(store, contact, contact.failure)
        # one server that is down fails in all its parts; say it once
        host = host_of(problem.where)
        # an HTTP status is an answer, of whichever server is there
        is_outage = (contact.context, contact.system, host) in down and not problem.what.startswith(
            "HTTP "
        )
        what = "" if is_outage else problem.what
        key = (contact.context, contact.system, what, host)
        if key not in found or (problem.since or 0) < (found[key].since or 0):
            found[key] = problem
    return sorted(found.values(), key=lambda row: row.since or 0.0)


def _down(store: Known) -> set[tuple[str, System, str]]:
    """Hosts that report nothing, by context and system: all their failures are one outage."""
    answers: dict[tuple[str, System, str], bool] = {}
    for contact in store.contacts.values():
        if contact.part in FIGURES:
            where = contact.failure.where if contact.failure else contact.source
            key = (contact.context, contact.system, host_of(where))
            answers[key] = answers.get(key, False) or not contact.failing
    return {key for key, is_answering in answers.items() if not is_answering}


def is_starting(store: Known, system: System) -> bool:
    """Whether a local stack is starting this system, so that no answer is expected yet."""
    stage = store.stages.get(system)
    if stage is None or not stage.text or store.now - store.staged_at[system] > STARTS_WITHIN:
        return False
    return not any(c.answers for c in store.contacts.values() if c.system == system)


def _not_answering(store: Known, contact: Contact, failure: Failure) -> Problem:
    context = contact.context
    cluster = (
        next((s.cluster for s in store.nats_of(context) if s.url == contact.source), "")
        if contact.system == "nats"
        else next((c.name for c in store.pulsar_of(context)), "")
    )
    return Problem(
        cluster or store.called.get(context),
        contact.system,
        failure.what,
        failure.where,
        failure.why,
        failure.hint,
        contact.failing_since,
    )


def _unhealthy(store: Known) -> Iterator[Problem]:
    # every server of a cluster reports a stream without a leader
    reasons = {
        (problem.cluster, problem.what, problem.where): problem
        for server in store.nats
        for problem in nats_problems_of(server, store.now)
    }
    yield from reasons.values()
    lacking = ((server.cluster, server.peers_since) for server in store.nats)
    yield from problems_of_peers(lacking, store.now)
    for cluster in store.pulsar:
        yield from pulsar_problems_of(cluster)


def _counted_twice(store: Known) -> Iterator[Problem]:
    """A warning for each pair of clusters that report the same servers, as joined ones may."""
    first: dict[str, NatsServerState] = {}
    same: dict[tuple[str, str], list[NatsServerState]] = {}
    for state in store.nats:
        if state.server:
            known = first.setdefault(state.server.server_id, state)
            if known.context != state.context:
                same.setdefault((known.cluster, state.cluster), []).append(state)
    for (one, other), states in same.items():
        what, where = "the same servers in two clusters", some(state.name for state in states)
        why = f"{one} and {other} both report {len(states):,} of them: sums count them twice"
        hint = "name each server in one cluster only, in arcwatch.toml"
        since = max(state.identified_at for state in states)
        yield Problem(other, "nats", what, where, why, hint, since, severity="warning")


def host_of(where: str) -> str:
    """The host and port of a URL, which identify an outage."""
    return where.split("://")[-1].split("/")[0].rpartition("@")[2]
