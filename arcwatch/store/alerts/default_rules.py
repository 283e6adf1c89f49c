"""The default rules: few, and each worth acting on."""

from __future__ import annotations

from functools import cache

from .rules import RESOLVES, Rule, Severity, parse_when

_DEAD = ("*-DLQ", "*-DLQ#*", "*-RETRY", "*-RETRY#*")
"""Topics that are looked into by hand: what waits there waits for somebody."""

_RESOLVES = {"dead-letters": 120.0}
"""Seconds that those need to be well, which come and go."""

_WRITTEN: tuple[tuple[str, str, Severity, tuple[str, ...], str], ...] = (
    (
        "not-answering",
        'silent > "15s"',
        "critical",
        (),
        "see whether it runs, and whether arcwatch can reach it",
    ),
    ("unhealthy", 'unhealthy for "20s"', "critical", (), "see the server's log"),
    (
        "no-leader",
        'leaderless for "10s"',
        "critical",
        (),
        "start the servers that keep it; more than half of its replicas must run",
    ),
    (
        "backlog-old",
        'backlog.age > "10m" for "2m"',
        "warning",
        _DEAD,
        "see whether its consumers work, and whether there are enough",
    ),
    (
        "backlog-growing",
        'backlog.growth > "50/s" for "5m"',
        "warning",
        _DEAD,
        "its consumers are too few, or too slow",
    ),
    (
        "no-consumers",
        'consumers == 0 and backlog.growth > 0 for "2m"',
        "warning",
        _DEAD,
        "start its consumers; a subscription that nobody needs keeps all messages: delete it",
    ),
    (
        "blocked",
        'blocked for "30s"',
        "warning",
        (),
        "its consumers do not acknowledge: the broker gives them no more until they do",
    ),
    (
        "dead-letters",
        "dead_letters > 0",
        "warning",
        (),
        "look into the newest: the properties of each name where it comes from",
    ),
    (
        "heartbeat-lost",
        "heartbeat.lost",
        "warning",
        (),
        "see whether it runs; of who is gone for good it is over after an hour",
    ),
    (
        "mirror-silent",
        'mirror.silent > "30s" for "15s"',
        "warning",
        (),
        "see whether the stream that it copies is there, and may be read",
    ),
    (
        "storage-full",
        'storage.used > "90%" for "1m"',
        "critical",
        (),
        "publishing fails when it is full: shorten a stream's limits, or allow more",
    ),
    (
        "expires-soon",
        'expires_in < "14d" and expires_in > "2d"',
        "warning",
        (),
        "get a new one, and put it where the old one is",
    ),
    (
        "expires-now",
        'expires_in <= "2d"',
        "critical",
        (),
        "get a new one now: nobody who checks it will be let in after that",
    ),
    (
        "slow-consumer",
        "slow_consumer",
        "warning",
        (),
        "it must read faster, or ask for less",
    ),
    (
        "stalling",
        'client.stalls > "10/s" for "30s"',
        "warning",
        (),
        "it reads so slowly that producers wait for it",
    ),
)  # fmt: skip - one field a line


@cache
def default_rules() -> tuple[Rule, ...]:
    """All default rules."""
    return tuple(_rule(*written) for written in _WRITTEN)


def _rule(name: str, when: str, severity: Severity, apart: tuple[str, ...], hint: str) -> Rule:
    conditions, lasts = parse_when(when)
    resolves = _RESOLVES.get(name, RESOLVES)
    return Rule(name, conditions, lasts, resolves, severity, apart=apart, hint=hint, builtin=True)
