"""What NATS servers publish of themselves and their clients: JSON to model.

Source: ``ConnectEventMsg`` and ``DisconnectEventMsg`` in ``server/events.go`` and the advisories in
``server/jetstream_events.go`` of nats-server 2.2 to 2.15.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError
from arcwatch.model.nats_reports import Kind, NatsReport

from .documents import decoded
from .go_text import unix
from .numbers import Int64

OF_SYSTEM: dict[str, Kind] = {
    "$SYS.ACCOUNT.*.CONNECT": "connected",
    "$SYS.ACCOUNT.*.DISCONNECT": "disconnected",
    "$SYS.SERVER.*.LAMEDUCK": "lame duck",
    "$SYS.SERVER.*.SHUTDOWN": "shut down",
}
"""What the system account alone can subscribe to, and what a message there means."""

OF_JETSTREAM: dict[str, Kind] = {
    "ADVISORY.STREAM.QUORUM_LOST.*": "quorum lost",
    "ADVISORY.CONSUMER.QUORUM_LOST.*.*": "quorum lost",
    "ADVISORY.SERVER.OUT_OF_STORAGE": "full",
    "ADVISORY.SERVER.REMOVED": "removed",
    "ADVISORY.API.LIMIT_REACHED": "busy",
}
"""The same behind ``$JS.EVENT.``: the first two in any account, the others in the system's."""

LONGEST = 256
"""Characters of a name."""


class _Server(Struct):
    name: str = ""
    cluster: str = ""
    time: str = ""


class _Client(Struct):
    name: str = ""
    host: str = ""
    id: Int64 = 0
    acc: str = ""
    start: str = ""
    kind: str = ""


class _Connection(Struct):
    server: _Server
    client: _Client
    timestamp: str = ""
    reason: str = ""


class _Advisory(Struct):
    server: str = ""
    cluster: str = ""
    timestamp: str = ""
    stream: str = ""
    consumer: str = ""


_connection = msgspec.json.Decoder(_Connection)
_server = msgspec.json.Decoder(_Server)
_advisory = msgspec.json.Decoder(_Advisory)


def parse_report(kind: Kind, body: bytes) -> NatsReport | None:
    """Parse a message; None for anything else, which some accounts may publish there."""
    try:
        match kind:
            case "connected" | "disconnected":
                return _of_client(kind, decoded(_connection, body, "not a client's message"))
            case "lame duck" | "shut down":
                return _of_server(kind, decoded(_server, body, "not a server's message"))
        return _of_jetstream(kind, decoded(_advisory, body, "not an advisory"))
    except WireError:
        return None


def _of_client(kind: Kind, report: _Connection) -> NatsReport | None:
    at = unix(report.timestamp)
    client, server = report.client, report.server
    # leaf nodes and the servers' own are links rather than clients; old servers leave it out
    if at is None or client.kind not in ("", "Client"):
        return None
    return NatsReport(
        kind,
        at,
        server.name[:LONGEST],
        (server.cluster or server.name)[:LONGEST],
        client.acc[:LONGEST],
        (client.name or client.host)[:LONGEST],
        client.id,
        (unix(client.start) if client.start else None) or 0.0,
        report.reason[:LONGEST],
    )


def _of_server(kind: Kind, server: _Server) -> NatsReport | None:
    at = unix(server.time)
    if at is None:
        return None
    cluster = server.cluster or server.name
    return NatsReport(kind, at, server.name[:LONGEST], cluster[:LONGEST])


def _of_jetstream(kind: Kind, report: _Advisory) -> NatsReport | None:
    at = unix(report.timestamp)
    if at is None:
        return None
    return NatsReport(
        kind,
        at,
        report.server[:LONGEST],
        report.cluster[:LONGEST],
        stream=report.stream[:LONGEST],
        consumer=report.consumer[:LONGEST],
    )
