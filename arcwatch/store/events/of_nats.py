"""Events of NATS: from the differences between two answers of the same question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from arcwatch.model.nats import NatsServer
from arcwatch.model.nats_reports import NatsReport, NatsReports
from arcwatch.notation.address import Stream
from arcwatch.notation.own_names import is_ours
from arcwatch.store.causes.cause import Severity
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.nats.server import NatsServerState, leading, streams_of
from arcwatch.store.rows import NatsClosedRow, NatsConnectionRow, NatsConsumerRow, NatsStreamRow
from arcwatch.text import units
from arcwatch.text.control_characters import elide_middle

from .clients import ClientEvents
from .compared import Change, Compared
from .event import Event, Kind

_STREAM = {
    "leader": "leader moved",
    "subjects": "subjects changed",
    "retention": "retention changed",
    "storage": "storage changed",
    "replicas": "replicas changed",
    "max_age": "max age changed",
    "max_bytes": "max bytes changed",
    "max_messages": "max messages changed",
}
_CONSUMER = {
    "leader": "leader moved",
    "created": "recreated",
    "paused": "pause changed",
    "filters": "filter changed",
    "deliver_subject": "deliver subject changed",
    "deliver_policy": "deliver policy changed",
    "ack_policy": "ack policy changed",
    "ack_wait": "ack wait changed",
    "max_deliver": "max deliver changed",
    "max_ack_pending": "max ack pending changed",
}
"""What is compared of a stream and a consumer, and how a difference reads."""

LONGEST = 1_000
"""Characters of a value: a stream may have a megabyte of subjects, and each change shows two."""
SLOW = "Slow Consumer"
"""What the reason of a connection that was closed for that begins with."""
RESTARTED = 1.0
"""Seconds that a consumer's creation time may differ by after its server was restarted."""

_DURATIONS = ("max_age", "ack_wait", "write_deadline")

SETTINGS = {
    "max_connections": "max connections",
    "max_payload": "max payload",
    "max_pending": "max pending",
    "write_deadline": "write deadline",
    "js_max_memory": "JetStream max memory",
    "js_max_storage": "JetStream max storage",
    "auth_required": "login required",
    "tls_required": "TLS required",
    "tls_cert_not_after": "TLS certificate expiry",
}
"""What a reload may change, among what servers report, and what it is called."""

SILENT = 10.0
"""Seconds after which a server's report of the meta leader no longer counts."""
MOST_CLOSED = 20_000
"""Closed connections that are remembered, more than the servers of a platform list at once."""


class NatsEvents:
    """What is compared of all NATS servers of a store."""

    def __init__(self) -> None:
        self._streams: Compared[NatsStreamRow] = Compared(tuple(_STREAM))
        self._consumers: Compared[NatsConsumerRow] = Compared(tuple(_CONSUMER))
        self._connections: dict[str, Compared[NatsConnectionRow]] = {}
        self._links: dict[str, Compared[NatsLinkRow]] = {}
        self._delivered: dict[str, tuple[float | None, float]] = {}
        self._listed: set[str] = set()
        self._slow: dict[tuple[str, int, float], None] = {}
        self._metas: dict[str, dict[str, tuple[str, float]]] = {}
        self._meta: dict[str, str] = {}
        self._clients = ClientEvents()
        self.clients_reported: bool | None = None
        """Whether servers report who connects and disconnects; None before that is known."""

    def of_server(self, before: NatsServer | None, after: NatsServer, at: float) -> Iterator[Event]:
        """A server that was restarted, or runs another version."""
        if before is None:
            return
        place = f"server:{after.server_name}"
        yield from self._of_meta(after, at)
        if before.server_id == after.server_id:
            yield from _of_settings(before, after, place, at)
            return
        yield Event(at, "nats", after.cluster, "restarted", place, "restarted", severity="warning")
        if before.version != after.version:
            was, now = before.version, after.version
            yield Event(at, "nats", after.cluster, "version", place, "version changed", was, now)

    def _of_meta(self, server: NatsServer, at: float) -> Iterator[Event]:
        """JetStream's meta leader, as the servers of a cluster that answer now name it."""
        if server.meta_size is None:
            return
        named = self._metas.setdefault(server.cluster, {})
        named[server.server_name] = (server.meta_leader or "", at)
        leaders = [leader for leader, seen in named.values() if leader and at - seen < SILENT]
        now = server.meta_leader or next(iter(leaders), "")
        was = self._meta.setdefault(server.cluster, now)
        if now != was:
            self._meta[server.cluster] = now
            text = "meta leader moved" if now else "meta leader lost"
            place = f"server:{now or was}"
            severity: Severity = "info" if now else "critical"
            yield Event(
                at, "nats", server.cluster, "leader", place, text, was, now, severity=severity
            )

    def of_connections(
        self, server: str, rows: Sequence[NatsConnectionRow], at: float
    ) -> Iterator[Event]:
        """Clients that came and went; a connection that was short is never seen."""
        learning = server not in self._connections
        compared = self._connections.setdefault(server, Compared(holds=1))
        # who has not said who it is may be one that asks for the greeting, as arcwatch does
        known = (row for row in rows if row.name or row.lang)
        theirs = {f"{row.cid} {row.start}": row for row in known if not is_ours(row.name)}
        found = compared.update(theirs, learning=learning)
        named = found.named(("came", "connected"), ("went", "disconnected"))
        events = (Event(at, "nats", r.cluster, kind, _client(r), text) for kind, text, r in named)
        listed = () if self.clients_reported else events
        yield from self._clients.limit(listed, at, is_limited=False)

    def of_closed(self, rows: Iterable[NatsClosedRow], at: float) -> Iterator[Event]:
        """Clients that their server closed because they read too slowly."""
        for row in rows:
            if row.slow and self._is_new_slow(row.server_name, row.cid, row.start):
                pending = f"{units.size(row.pending_bytes)} pending"
                yield _slow(min(at, row.stop), row.cluster, _client(row), pending, row.reason)

    def _is_new_slow(self, server: str, cid: int, start: float) -> bool:
        """Whether the end of this connection has not been reported yet."""
        is_new = (server, cid, start) not in self._slow
        self._slow[server, cid, start] = None
        if len(self._slow) > MOST_CLOSED:
            del self._slow[next(iter(self._slow))]
        return is_new

    def of_reports(self, answer: NatsReports, at: float) -> Iterator[Event]:
        """What servers published by themselves."""
        self.clients_reported = answer.of_clients
        clients: list[Event] = []
        for report in answer.reports:
            if report.kind not in ("connected", "disconnected"):
                yield _reported(report, at)
            elif is_ours(report.client):
                continue
            elif report.reason.startswith(SLOW):
                if self._is_new_slow(report.server, report.cid, report.start):
                    place = _named(report.client, report.cid)
                    yield _slow(min(at, report.at), report.cluster, place, "", report.reason)
            else:
                clients.append(_reported(report, at))
        if answer.of_clients:
            yield from self._clients.limit(clients, at, is_limited=answer.is_limited)

    def of_jetstream(
        self, server: str, servers: Sequence[NatsServerState], at: float
    ) -> Iterator[Event]:
        """Streams and consumers of all servers that were created, deleted or changed.

        A server reports those that it leads: what moves to another is missing in between.

        Args:
            server: The address of the one that has just answered.
        """
        streams, consumers = streams_of(servers), [row for _, row in leading(servers)]
        learning = server not in self._listed
        self._listed.add(server)
        by_key: dict[str, Any] = {f"{r.cluster} {r.account} {r.stream}": r for r in streams}
        found = self._streams.update(by_key, learning=learning, sources=len(self._listed))
        for kind, text, row in found.named(
            ("created", "stream created"), ("deleted", "stream deleted")
        ):
            yield Event(at, "nats", row.cluster, kind, str(Stream(row.stream)), text)
        for change in found.changed:
            row = by_key[change.key]
            yield _changed(row.cluster, str(Stream(row.stream)), change, _STREAM, at)
        yield from self._of_consumers(consumers, at, learning=learning)

    def _of_consumers(
        self, consumers: Sequence[NatsConsumerRow], at: float, *, learning: bool
    ) -> Iterator[Event]:
        by_key = {
            f"{r.cluster} {r.account} {r.stream} {r.name}": r
            for r in consumers
            if not is_ours(r.name)
        }
        found = self._consumers.update(by_key, learning=learning, sources=len(self._listed))
        for kind, text, row in found.named(
            ("created", "consumer created"), ("deleted", "consumer deleted")
        ):
            yield Event(at, "nats", row.cluster, kind, _address(row), text)
        for change in found.changed:
            row = by_key[change.key]
            if change.field != "created" or _is_another(change):
                yield _changed(row.cluster, _address(row), change, _CONSUMER, at)
        for key, row in by_key.items():
            created, delivered = self._delivered.get(key, (None, row.delivered_seq))
            if created == row.created and row.delivered_seq < delivered:
                was, now = units.whole(delivered), units.whole(row.delivered_seq)
                place, text = _address(row), "cursor moved back"
                yield Event(at, "nats", row.cluster, "cursor", place, text, was, now)
        self._delivered = {key: (r.created, r.delivered_seq) for key, r in by_key.items()}

    def of_servers(self, server: str, rows: Sequence[NatsLinkRow], at: float) -> Iterator[Event]:
        """Routes, gateways and leaf nodes that were lost and found."""
        learning = server not in self._links
        compared = self._links.setdefault(server, Compared(holds=1))
        there = {f"{r.kind} {r.peer} {r.account}": r for r in rows if r.connected}
        found = compared.update(there, learning=learning)
        for kind, text, row in found.named(("back", "connected"), ("gone", "lost")):
            place, words = f"server:{row.server_name}", f"{row.kind} {text}"
            yield Event(at, "nats", row.cluster, kind, place, words, after=row.peer)


def _of_settings(before: NatsServer, after: NatsServer, place: str, at: float) -> Iterator[Event]:
    """A server that read its configuration again, and what is different in it."""
    if before.config_loaded == after.config_loaded:
        return
    yield Event(at, "nats", after.cluster, "changed", place, "configuration reloaded")
    for field, name in SETTINGS.items():
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            text = f"{name} changed"
            values = _value(field, was), _value(field, now)
            yield Event(at, "nats", after.cluster, "changed", place, text, *values)


def _changed(cluster: str, place: str, change: Change, texts: dict[str, str], at: float) -> Event:
    was, now = (_value(change.field, value) for value in (change.before, change.after))
    kind: Kind = "leader" if change.field == "leader" else "changed"
    lost = kind == "leader" and not now
    text = "leader lost" if lost else texts[change.field]
    return Event(
        at, "nats", cluster, kind, place, text, was, now, severity="critical" if lost else "info"
    )


def _is_another(created: Change) -> bool:
    """Whether a consumer was recreated; a restarted server reports a slightly later time."""
    was, now = created.before, created.after
    return was is not None and now is not None and abs(now - was) >= RESTARTED


def _value(field: str, value: Any) -> str:
    if value is None:
        return "none"
    if field in _DURATIONS:
        return units.duration(value)
    if field in ("created", "tls_cert_not_after"):
        return units.rfc3339(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return elide_middle(" ".join(map(str, value)), LONGEST) or "all"
    return units.whole(value) if isinstance(value, int | float) else str(value)


def _address(row: NatsConsumerRow) -> str:
    return str(Stream(row.stream, consumer=row.name))


def _client(row: NatsConnectionRow | NatsClosedRow) -> str:
    return _named(row.name or row.ip, row.cid)


def _named(client: str, cid: int) -> str:
    return f"client:{client}#{cid}"


def _slow(at: float, cluster: str, place: str, pending: str, reason: str) -> Event:
    text = "closed as slow consumer"
    return Event(
        at, "nats", cluster, "slow-consumer", place, text, pending, reason, "reported", "warning"
    )


_REPORTED: Mapping[str, tuple[Kind, str, Severity]] = {
    "connected": ("came", "connected", "info"),
    "disconnected": ("went", "disconnected", "info"),
    "lame duck": ("gone", "lame duck mode: closing client connections", "warning"),
    "shut down": ("gone", "shut down", "warning"),
    "removed": ("gone", "removed from the JetStream cluster", "warning"),
    "quorum lost": ("leader", "quorum lost", "critical"),
    "full": ("limit", "JetStream is out of storage", "critical"),
    "busy": ("limit", "JetStream API overloaded: requests dropped", "warning"),
}


def _reported(report: NatsReport, at: float) -> Event:
    kind, text, severity = _REPORTED[report.kind]
    if report.client:
        place = _named(report.client, report.cid)
    elif report.stream:
        place = str(Stream(report.stream, consumer=report.consumer))
    else:
        place = f"server:{report.server}"
    # a server's clock may be ahead
    when = min(at, report.at)
    return Event(
        when,
        "nats",
        report.cluster,
        kind,
        place,
        text,
        after=report.reason,
        how="reported",
        severity=severity,
    )
