"""Events of NATS: from the differences between two answers of the same question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from arcwatch.model.nats import NatsServer
from arcwatch.notation.address import Stream
from arcwatch.notation.own_names import is_ours
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.rows import (
    NatsClosedRow,
    NatsConnectionRow,
    NatsConsumerRow,
    NatsStreamRow,
)
from arcwatch.text import units
from arcwatch.text.control_characters import elide_middle

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
"""Characters of a value: a stream may have a megabyte of subjects, and each change tells of two."""

_DURATIONS = ("max_age", "ack_wait")


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

    def of_server(self, before: NatsServer | None, after: NatsServer, at: float) -> Iterator[Event]:
        """A server that was restarted, or runs another version."""
        if before is None or before.server_id == after.server_id:
            return
        place = f"server:{after.server_name}"
        yield Event(at, "nats", after.cluster, "restarted", place, "restarted", severity="warning")
        if before.version != after.version:
            was, now = before.version, after.version
            yield Event(at, "nats", after.cluster, "version", place, "version changed", was, now)

    def of_connections(
        self, server: str, rows: Sequence[NatsConnectionRow], at: float
    ) -> Iterator[Event]:
        """Clients that came and went; a connection that was short is never seen."""
        learning = server not in self._connections
        compared = self._connections.setdefault(server, Compared(holds=1))
        theirs = {f"{row.cid} {row.start}": row for row in rows if not is_ours(row.name)}
        found = compared.update(theirs, learning=learning)
        for kind, text, row in found.named(("came", "connected"), ("went", "disconnected")):
            yield Event(at, "nats", row.cluster, kind, _client(row), text)

    def of_closed(self, rows: Iterable[NatsClosedRow], at: float) -> Iterator[Event]:
        """Clients that their server closed because they read too slowly."""
        for row in rows:
            key = (row.server_name, row.cid, row.stop)
            if row.slow and key not in self._slow:
                self._slow[key] = None
                if len(self._slow) > MOST_CLOSED:
                    del self._slow[next(iter(self._slow))]
                place, text = _client(row), "closed as slow consumer"
                pending = units.size(row.pending_bytes)
                yield Event(
                    min(at, row.stop),
                    "nats",
                    row.cluster,
                    "slow-consumer",
                    place,
                    text,
                    f"{pending} pending",
                    row.reason,
                    how="reported",
                    severity="warning",
                )

    def of_jetstream(
        self,
        server: str,
        streams: Sequence[NatsStreamRow],
        consumers: Sequence[NatsConsumerRow],
        at: float,
    ) -> Iterator[Event]:
        """Streams and consumers of all servers that were created, deleted or changed.

        A server reports those that it leads: what moves to another is missing in between.
        """
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
            yield _changed(row.cluster, _address(row), change, _CONSUMER, at)
        for key, row in by_key.items():
            created, delivered = self._delivered.get(key, (None, row.delivered_seq))
            if created == row.created and row.delivered_seq < delivered:
                was, now = units.whole(delivered), units.whole(row.delivered_seq)
                place, text = _address(row), "cursor moved back"
                yield Event(at, "nats", row.cluster, "cursor", place, text, was, now)
        self._delivered = {key: (r.created, r.delivered_seq) for key, r in by_key.items()}

    def of_links(self, server: str, rows: Sequence[NatsLinkRow], at: float) -> Iterator[Event]:
        """Routes, gateways and leaf nodes that were lost and found."""
        learning = server not in self._links
        compared = self._links.setdefault(server, Compared(holds=1))
        there = {f"{r.kind} {r.peer} {r.account}": r for r in rows if r.connected}
        found = compared.update(there, learning=learning)
        for kind, text, row in found.named(("back", "connected"), ("gone", "lost")):
            place, said = f"server:{row.server_name}", f"{row.kind} {text}"
            yield Event(at, "nats", row.cluster, kind, place, said, after=row.peer)


def _changed(cluster: str, place: str, change: Change, texts: dict[str, str], at: float) -> Event:
    was, now = (_value(change.field, value) for value in (change.before, change.after))
    kind: Kind = "leader" if change.field == "leader" else "changed"
    lost = kind == "leader" and not now
    text = "leader lost" if lost else texts[change.field]
    return Event(
        at, "nats", cluster, kind, place, text, was, now, severity="critical" if lost else "info"
    )


def _value(field: str, value: Any) -> str:
    if value is None:
        return "none"
    if field in _DURATIONS:
        return units.duration(value)
    if field == "created":
        return units.rfc3339(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return elide_middle(" ".join(map(str, value)), LONGEST) or "all"
    return units.whole(value) if isinstance(value, int | float) else str(value)


def _address(row: NatsConsumerRow) -> str:
    return str(Stream(row.stream, consumer=row.name))


def _client(row: NatsConnectionRow | NatsClosedRow) -> str:
    return f"client:{row.name or row.ip}#{row.cid}"
