"""Checks of what connects to NATS, and of what ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from arcwatch.notation.own_names import is_ours
from arcwatch.store.expiry_rows import ExpiryRow
from arcwatch.store.nats.server import NatsServerState
from arcwatch.store.rows import NatsConnectionRow
from arcwatch.text import units

from .check import Check, Doubt, Judgement, fault
from .picture import Picture
from .versions import NATS_CLIENTS, is_outdated

SOON, VERY_SOON = 30 * 86_400.0, 7 * 86_400.0
"""Seconds before something ends."""

RECENT = 86_400.0
"""Seconds."""


def _clients(picture: Picture) -> list[NatsConnectionRow]:
    rows = picture.store.nats_connections()
    return [row for row in rows if row.kind == "Client" and not is_ours(row.name)]


def _libraries(picture: Picture) -> Iterable[tuple[str, str, int]]:
    found = Counter((row.lang, row.version) for row in _clients(picture) if row.lang)
    return [(*library, count) for library, count in sorted(found.items())]


def _library(one: tuple[str, str, int], picture: Picture) -> Judgement:
    lang, version, count = one
    why = is_outdated(lang, version, NATS_CLIENTS)
    if why is None:
        return None
    rows = [r for r in _clients(picture) if (r.lang, r.version) == (lang, version)]
    named = sorted({row.name for row in rows if row.name})[:3]
    return fault(
        f"{lang} {version}",
        "/connz",
        f"upgrade the library in {', '.join(named) or 'these clients'}: at least"
        f" {why.first[0]}.{why.first[1]}",
        version=f"{version}, {why.why}",
        connections=units.whole(count),
        for_example=", ".join(named) or "clients without a name",
    )


def _nameless(row: NatsConnectionRow, picture: Picture) -> Judgement:
    if row.name:
        return None
    return fault(
        f"connection {row.cid} of {row.server_name}",
        "/connz",
        "give the connection a name: nats.Connect(url, nats.Name(…)), name= in Python",
        address=f"{row.ip}:{row.port}",
        library=f"{row.lang} {row.version}".strip() or "unknown",
    )


def _stalls(row: NatsConnectionRow, picture: Picture) -> Judgement:
    if not row.stalls:
        return None
    return fault(
        row.name or f"connection {row.cid} of {row.server_name}",
        "/connz",
        "let it do less for each message, or share the work among several in a queue group",
        stalls=units.whole(row.stalls),
        pending=units.size(row.pending_bytes),
    )


def _closed(picture: Picture) -> Iterable[NatsServerState]:
    return picture.store.nats


def _slow(server: NatsServerState, picture: Picture) -> Judgement:
    if server.closed.total is None:
        why = f": {server.closed.failure.what}" if server.closed.failure else ""
        return Doubt(f"{server.name} does not report closed connections{why}")
    found = server.closed.slow_since(picture.now - RECENT)
    if not found:
        return None
    at, row = found[0]
    return fault(
        row.name or f"connection {row.cid} of {row.server_name}",
        "/connz?state=closed",
        "make it read faster, or subscribe to less; raise max_pending only as a last resort",
        reason=row.reason,
        ago=units.duration(max(0.0, picture.now - at)),
        in_the_last_day=units.whole(len(found)),
    )


def _endings(system: str, *, ours: bool) -> Any:
    def over(picture: Picture) -> Iterable[ExpiryRow]:
        rows = picture.store.endings()
        return [row for row in rows if row.system == system and row.ours == ours]

    return over


def _ending(row: ExpiryRow, picture: Picture) -> Judgement:
    if row.left > SOON:
        return None
    ends = "ended" if row.left < 0 else "ends in"
    past = f"{units.duration(-row.left)} ago" if row.left < 0 else units.duration(row.left)
    return fault(
        row.place,
        f"the {row.what} itself",
        f"renew the {row.what}, and reload what uses it",
        "critical" if row.left < VERY_SOON else None,
        **{ends: f"{past}, {units.rfc3339(row.at)}", "subject": row.subject or "none"},
    )


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "nats-old-client",
        "nats",
        "warning",
        "outdated client library",
        "are client libraries recent?",
        "Old libraries reconnect less well, lack the current JetStream API, and have known bugs.",
        "connz",
        _libraries,
        _library,
    ),
    Check(
        "nats-nameless-client",
        "nats",
        "note",
        "connection without a name",
        "does every connection have a name?",
        "If it is slow or floods a subject, its owner cannot be found by name.",
        "connz",
        _clients,
        _nameless,
    ),
    Check(
        "nats-stalling-client",
        "nats",
        "warning",
        "client stalls publishers",
        "does every client read as fast as messages arrive?",
        "While its pending buffer is over three quarters full, its publishers are stalled.",
        "connz",
        _clients,
        _stalls,
    ),
    Check(
        "nats-slow-consumer",
        "nats",
        "warning",
        "client cut off as a slow consumer",
        "was every client fast enough to stay connected in the last day?",
        "What was buffered for it is lost unless a stream has it, and it may happen again.",
        "connz",
        _closed,
        _slow,
    ),
    *(
        Check(
            f"{system}-{kind}-ends",
            system,
            "warning",
            f"{what} expires soon",
            f"is {article} {what} valid for another 30 days?",
            consequence,
            "varz" if system == "nats" else "metrics",
            _endings(system, ours=ours),
            _ending,
        )
        for system in ("nats", "pulsar")
        for kind, what, article, ours, consequence in (
            (
                "certificate",
                "certificate",
                "every server's",
                False,
                "From then on no client that verifies certificates can connect.",
            ),
            (
                "login",
                "login of arcwatch",
                "every",
                True,
                "arcwatch, and anything else that uses this login, is locked out.",
            ),
        )
    ),
)
