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
        "check that it is running and that arcwatch can reach it",
    ),
    ("unhealthy", 'unhealthy for "20s"', "critical", (), "check the server's log"),
    (
        "no-leader",
        'leaderless for "10s"',
        "critical",
        (),
        "start the servers that hold it; more than half of its replicas must run",
    ),
    (
        "peer-offline",
        'peer.offline > "1m"',
        "warning",
        (),
        "start that server, or remove the peer if it is gone for good",
    ),
    (
        "backlog-old",
        'backlog.age > "10m" for "2m"',
        "warning",
        _DEAD,
        "check that its consumers work, and that there are enough of them",
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
        "start its consumers; an unused subscription keeps all messages: delete it",
    ),
    (
        "blocked",
        'blocked for "30s"',
        "warning",
        (),
        "its consumers do not acknowledge: the broker delivers no more until they do",
    ),
    (
        "dead-letters",
        "dead_letters > 0",
        "warning",
        (),
        "open the newest: the properties of each name its origin",
    ),
    (
        "stranded",
        "stranded > 0",
        "warning",
        (),
        "read them, then publish them again or delete them: no consumer will get them",
    ),
    (
        "heartbeat-lost",
        "heartbeat.lost",
        "warning",
        (),
        "check that it is running; resolves after an hour if it is gone for good",
    ),
    (
        "mirror-silent",
        'mirror.silent > "30s" for "15s"',
        "warning",
        (),
        "check that the stream it copies exists and may be read",
    ),
    (
        "replication-cut-off",
        'replicator.cut_off for "30s"',
        "critical",
        (),
        "check that the remote cluster is running, and that brokers can reach its service URLs",
    ),
    (
        "offload-failed",
        "offload_failed",
        "warning",
        (),
        "`arcwatch pulsar topic TOPIC` shows the error; check the bucket and credentials",
    ),
    (
        "function-failing",
        'function.failed_rate > "0/s" for "30s"',
        "warning",
        (),
        "`arcwatch pulsar functions` shows its latest exception",
    ),
    (
        "function-down",
        'function.down for "30s"',
        "critical",
        (),
        "`arcwatch pulsar functions` shows why; fix it, then restart the function",
    ),
    (
        "transaction-open",
        'transaction.age > "5m"',
        "warning",
        (),
        "find its producer: nothing behind it is delivered until it ends or times out",
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
        "renew it and replace the old one",
    ),
    (
        "expires-now",
        'expires_in <= "2d"',
        "critical",
        (),
        "renew it now: after it expires, logins that check it fail",
    ),
    ("slow-consumer", "slow_consumer", "warning", (), "it must read faster or subscribe to less"),
    (
        "stalling",
        'client.stalls > "10/s" for "30s"',
        "warning",
        (),
        "it reads so slowly that producers are stalled",
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
