"""What NATS servers say of themselves, from the monitoring endpoints of ``server/monitor.go``.

``in_*`` counts what clients sent **to** the server and ``out_*`` what it sent to them.  All
counters are totals since the server started, or since the connection opened.  Moments are Unix
seconds, durations seconds, sizes bytes.  ``None`` is what this server version does not tell.
"""

from __future__ import annotations

from msgspec import Struct


class NatsServer(Struct, frozen=True, gc=False, tag="nats.server"):
    """One ``/varz`` answer."""

    server_id: str
    """Made anew at each start, which is how a restart shows."""
    server_name: str
    """The configured name; the ``server_id`` where none is configured."""
    version: str
    cluster: str
    """The cluster's name, or the server's own when it stands alone."""
    now: float
    """The server's clock when it counted: what rates are divided by."""
    start: float
    uptime: float
    connections: int
    total_connections: int
    max_connections: int
    subscriptions: int
    """Includes about 80 of the server's own on an idle server with JetStream."""
    slow_consumers: int
    """Connections closed or warned for reading too slowly since the start; never falls."""
    in_msgs: int
    out_msgs: int
    in_bytes: int
    out_bytes: int
    client_in_msgs: int | None
    """As ``in_msgs`` without route, gateway and leaf traffic, where the server tells."""
    client_out_msgs: int | None
    client_in_bytes: int | None
    client_out_bytes: int | None
    stalled_clients: int | None
    """How often a producer was made to wait for a slow reader, since the start."""
    mem: int
    cpu: float
    """Per cent of one core, summed over cores: 300 is possible."""
    cores: int
    max_payload: int
    max_pending: int
    jetstream: bool
    js_max_memory: int | None
    js_max_storage: int | None
    js_memory: int | None
    js_storage: int | None
    meta_leader: str | None


class NatsHealth(Struct, frozen=True, gc=False, tag="nats.health"):
    """One ``/healthz`` answer."""

    healthy: bool
    error: str
    """Empty when healthy."""


class NatsConnection(Struct, frozen=True, gc=False):
    """One connection of a ``/connz`` answer."""

    cid: int
    """Unique within one run of one server."""
    kind: str
    """``Client``, ``Leafnode``, …"""
    type: str
    """``nats``, ``mqtt``, ``websocket``."""
    name: str
    ip: str
    port: int
    account: str
    """Empty where the server does not tell: ``/connz`` names it only beside users' JWTs."""
    lang: str
    version: str
    start: float
    last_activity: float | None
    rtt: float | None
    """The last one measured, which may be minutes old; None before the first."""
    uptime: float | None
    idle: float | None
    pending_bytes: int
    """Written by others and not yet read by this client."""
    in_msgs: int
    out_msgs: int
    in_bytes: int
    out_bytes: int
    subscriptions: int
    stalls: int | None
    """How often this client, reading slowly, made producers wait.

    None is never, where the server counts this (its ``stalled_clients`` is a number).
    """


class NatsConnections(Struct, frozen=True, tag="nats.connections"):
    """All pages of ``/connz``, open connections, in order of ``cid``.

    The pages are not one snapshot: a connection that opened or closed between two pages may be
    missing.  Rows read twice are here once.
    """

    server_id: str
    now: float
    """Of the first page."""
    total: int
    """How many there are on the server, which may be more than were read."""
    connections: tuple[NatsConnection, ...]


class JsConsumer(Struct, frozen=True, gc=False):
    """One JetStream consumer, as its leader sees it."""

    name: str
    durable: bool
    ack_policy: str
    """``none``, ``all`` or ``explicit``."""
    num_pending: int
    """Matching messages not delivered yet."""
    num_ack_pending: int
    """Delivered and not acknowledged."""
    num_redelivered: int
    """Of those, how many were delivered more than once: a level, not a counter."""
    num_waiting: int
    """Open pull requests."""
    delivered: int
    """Consumer sequence of the last delivery; grows with redeliveries too."""
    ack_floor: int
    """Consumer sequence below which everything is acknowledged."""
    delivered_stream_seq: int
    ack_floor_stream_seq: int
    last_delivered: float | None
    last_ack: float | None
    paused: bool
    leader: str


class JsStream(Struct, frozen=True, gc=False):
    """One JetStream stream, as its leader sees it."""

    stream: str
    account: str
    subjects: tuple[str, ...]
    retention: str
    """``limits``, ``interest`` or ``workqueue``."""
    storage: str
    """``file`` or ``memory``."""
    replicas: int
    leader: str
    messages: int
    bytes: int
    first_seq: int
    last_seq: int
    """What a publish rate comes from: ``messages`` also falls."""
    first_time: str | None
    """RFC 3339 with the server's precision; None for an empty stream."""
    last_time: str | None
    """Of the last message ever, though it may be gone; None where none ever came."""
    max_bytes: int | None
    """None is unlimited."""
    max_messages: int | None
    max_age: float | None
    num_subjects: int | None
    num_deleted: int
    consumers: tuple[JsConsumer, ...]


class NatsJetStream(Struct, frozen=True, tag="nats.jetstream"):
    """All accounts of ``/jsz``: the streams and the consumers that this server leads."""

    server_id: str
    now: float
    streams: tuple[JsStream, ...]
    """With those of their consumers that this server leads too."""
    followed: tuple[JsStream, ...] = ()
    """Streams that another server leads, each with the consumers that this one leads.

    The stream's own figures may be behind; its leader tells them in its ``streams``.
    """
    accounts: int = 0
    """Accounts with JetStream on this server, with streams or without."""
