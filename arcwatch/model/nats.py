"""Reports of NATS servers, from the monitoring endpoints of ``server/monitor.go``.

``in_*`` counts what clients sent **to** the server and ``out_*`` what it sent to them.  All
counters are totals since the server started, or since the connection opened.  Moments are Unix
seconds, durations seconds, sizes bytes.  ``None`` is what this server version does not report, and
``nan`` a count that cannot be: below zero, or from 2⁶³ on.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from msgspec import Struct


class NatsServer(Struct, frozen=True, gc=False, kw_only=True, tag="nats.server"):
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
    start: float = 0.0
    uptime: float = nan
    connections: float
    total_connections: float
    max_connections: int = 0
    subscriptions: float
    """Includes about 80 of the server's own on an idle server with JetStream."""
    slow_consumers: float
    """Connections closed or warned for reading too slowly since the start; never falls."""
    in_msgs: float
    out_msgs: float
    in_bytes: float
    out_bytes: float
    client_in_msgs: float | None = None
    """As ``in_msgs`` without route, gateway and leaf traffic, where the server reports it."""
    client_out_msgs: float | None = None
    client_in_bytes: float | None = None
    client_out_bytes: float | None = None
    stalled_clients: int | None = None
    """How often a producer was made to wait for a slow reader, since the start."""
    mem: float = nan
    """``nan`` where only an account is seen."""
    cpu: float = nan
    """Per cent of one core, summed over cores: 300 is possible."""
    cores: int = 0
    max_payload: int = 0
    max_pending: int = 0
    jetstream: bool
    js_max_memory: int | None = None
    js_max_storage: int | None = None
    js_memory: int | None = None
    js_storage: int | None = None
    meta_leader: str | None = None
    slow_by_kind: SlowByKind | None = None
    """What ``slow_consumers`` adds up, since nats-server 2.9."""
    stale_connections: int | None = None
    """Connections closed because they did not answer pings, since the start."""
    routes: int = 0
    leafnodes: int = 0
    remote_clusters: tuple[str, ...] = ()
    """Other clusters that gateways are configured to lead to."""
    leaf_remotes: int = 0
    """Servers that this one is configured to be a leaf of, once for each account."""
    write_deadline: float | None = None
    """How long a write to a client may block before the client counts as slow."""
    config_loaded: float | None = None
    tls_cert_not_after: float | None = None
    """When the certificate of the client port expires; None without TLS."""
    js_reserved_memory: int | None = None
    js_reserved_storage: int | None = None
    """Bytes that the limits of streams have set aside on this server."""
    js_api_total: int | None = None
    js_api_errors: int | None = None
    host: str = ""
    """The address that clients connect to; empty, as for what follows, where it is not reported."""
    http_host: str = ""
    """The address of the monitoring port; empty is every address of the machine."""
    http_port: int = 0
    """The monitoring port, in the clear or with TLS; 0 without one."""
    auth_required: bool | None = None
    """Whether clients are to log in, though some may without; see ``NatsGreeting``."""
    tls_required: bool | None = None
    store_dir: str = ""
    """The folder that JetStream keeps its files in."""
    meta_size: int | None = None
    """Servers that elect JetStream's meta leader; None where one stands alone."""
    meta_peers: tuple[JsReplica, ...] = ()
    """The others of them, as this server sees them; only the leader's view counts."""
    seen_as: str = ""
    """The account whose share of the server this is; empty where it is all of it."""

    @property
    def gateways(self) -> int:
        """How many other clusters gateways are configured to lead to."""
        return len(self.remote_clusters)

    @property
    def of_clients(self) -> tuple[float, float, float, float]:
        """Messages in and out, bytes in and out, that clients sent and were sent.

        With those of routes, gateways and leaf nodes where the server does not separate them:
        what several servers of a cluster then add up to counts a message once for each of them.
        """
        totals = (
            self.client_in_msgs,
            self.client_out_msgs,
            self.client_in_bytes,
            self.client_out_bytes,
        )
        of_all = (self.in_msgs, self.out_msgs, self.in_bytes, self.out_bytes)
        if None in totals:
            return of_all
        return totals  # type: ignore[return-value]  # none of them is None

    @property
    def counts_neighbours(self) -> bool:
        """Whether what other servers pass on is counted as if clients had sent it."""
        neighbours = self.routes or self.gateways or self.leafnodes or self.seen_as
        return self.client_in_msgs is None and bool(neighbours)


class NatsListed(Struct, frozen=True, tag="nats.listed"):
    """Which servers are asked by now: the others are no part of the picture any more."""

    servers: tuple[str, ...]
    """Their addresses, as readings name them."""


class SlowByKind(Struct, frozen=True, gc=False):
    """Which kinds of connections were slow consumers, since the start."""

    clients: float
    routes: float
    gateways: float
    leafs: float


class NatsHealth(Struct, frozen=True, gc=False, tag="nats.health"):
    """One ``/healthz`` answer."""

    healthy: bool | None
    """None where it cannot be known: the server has no such endpoint, or we may not ask."""
    error: str
    """What is not healthy, or why it is not known; empty when healthy."""


class NatsConnection(Struct, frozen=True, gc=False):
    """One connection of a ``/connz`` answer."""

    cid: int
    """Unique within one run of one server."""
    kind: str
    """``Client``, ``Leafnode``, …"""
    type: str
    """``nats``, ``mqtt``, ``websocket``; empty for what is no client."""
    name: str
    """The client's own; of an MQTT client its id, of a leaf node the other server's name."""
    ip: str
    port: int
    account: str
    """Empty where the server does not report it: ``/connz`` names it only beside users' JWTs."""
    lang: str
    version: str
    start: float
    last_activity: float | None
    rtt: float | None
    """The last one measured, which may be minutes old; None before the first."""
    uptime: float | None
    idle: float | None
    pending_bytes: float
    """Written by others and not yet read by this client."""
    in_msgs: float
    out_msgs: float
    in_bytes: float
    out_bytes: float
    subscriptions: float
    stalls: int | None
    """How often this client, reading slowly, made producers wait.

    None is never, where the server counts this (its ``stalled_clients`` is a number).
    """
    tls_version: str = ""
    """``1.3``; empty without TLS."""
    tls_cipher: str = ""


class NatsSubscription(Struct, frozen=True, gc=False):
    """One subscription of a connection."""

    sid: str
    """The client's own number of it, unique within the connection."""
    subject: str
    queue: str
    """The queue group; empty for a subscription of its own."""
    msgs: float
    """Messages delivered to it since it began."""
    max: int | None
    """After how many it ends by itself; None for never."""


class NatsOpened(Struct, frozen=True, tag="nats.opened"):
    """One connection of ``/connz?cid=N&subs=detail``, with its subscriptions."""

    server_id: str
    now: float
    cid: int
    connection: NatsConnection | None
    """None once the server has forgotten it."""
    subscriptions: tuple[NatsSubscription, ...] = ()
    stop: float | None = None
    """When it closed; None while it is open."""
    reason: str = ""
    """Why it closed."""


class NatsSubscriber(Struct, frozen=True, gc=False):
    """A subscription and whose it is."""

    account: str
    cid: int
    """Of a client; of a server of the cluster, that of the route."""
    subscription: NatsSubscription


class NatsInterest(Struct, frozen=True, tag="nats.interest"):
    """Who receives messages of a subject, by ``/subsz?subs=1``."""

    server_id: str
    now: float
    subject: str
    """What was asked for; it may have wildcards."""
    subscribers: tuple[NatsSubscriber, ...]


class NatsClosedConnection(Struct, frozen=True, gc=False):
    """One connection that is gone."""

    connection: NatsConnection
    """As it was at its end: ``uptime`` is how long it lived, ``idle`` is None."""
    stop: float
    reason: str
    """``Client Closed``, ``Slow Consumer (Pending Bytes)``, ``Stale Connection``, …"""


class NatsClosed(Struct, frozen=True, tag="nats.closed"):
    """The connections of ``/connz?state=closed`` that closed last, the newest first.

    The server remembers 10,000 (``max_closed_clients``).
    """

    server_id: str
    now: float
    total: int
    """How many the server remembers, of which ``connections`` may be a part."""
    connections: tuple[NatsClosedConnection, ...]


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


class JsReplica(Struct, frozen=True, gc=False):
    """One of a stream's replicas, as the stream's leader sees it; the leader itself is none."""

    name: str
    current: bool
    """Whether it has everything the leader has."""
    offline: bool
    active: float | None
    """Seconds since the leader last heard of it; None before the first time."""
    lag: float
    """Operations that it is behind by."""


class JsOrigin(Struct, frozen=True, gc=False):
    """A stream that another one mirrors, or takes messages from."""

    name: str
    lag: float
    """Messages that are in it and not in the copy, as the copy heard last."""
    active: float | None
    """Seconds since it was heard, a second or so while all is well; None before the first time."""
    error: str = ""
    """Why the copy cannot be kept; empty while it can."""


class JsConsumer(Struct, frozen=True, gc=False):
    """One JetStream consumer, as its leader sees it."""

    name: str
    durable: bool
    ack_policy: str
    """``none``, ``all`` or ``explicit``."""
    num_pending: float
    """Matching messages not delivered yet."""
    num_ack_pending: float
    """Delivered and not acknowledged."""
    num_redelivered: float
    """Of those, how many were delivered more than once: a level, not a counter."""
    num_waiting: float
    """Open pull requests."""
    delivered: float
    """Consumer sequence of the last delivery; grows with redeliveries too."""
    ack_floor: float
    """Consumer sequence below which everything is acknowledged."""
    delivered_stream_seq: float
    ack_floor_stream_seq: float
    last_delivered: float | None
    last_ack: float | None
    paused: bool
    leader: str
    pending_reported: str | None = None
    """What the server reported if that is impossible: more than the stream holds, or no count.

    ``num_pending`` is then what the stream holds, or not known.
    """
    created: float | None = None
    deliver_policy: str = ""
    """Where it began: ``all``, ``last``, ``new``, ``by_start_time``, …"""
    filters: tuple[str, ...] = ()
    """The subjects it is limited to; none is all of the stream's."""
    deliver_subject: str = ""
    """Where the server sends its messages; empty where they are pulled."""
    ack_wait: float | None = None
    """Seconds after which what was not acknowledged is delivered again."""
    max_deliver: int | None = None
    """How often at most; None is without end."""
    max_ack_pending: int | None = None
    """Nothing more is delivered while as many wait for acknowledgement; None is no limit."""
    max_waiting: int | None = None
    push_bound: bool = False
    """Whether its delivery subject has a subscriber."""
    deliver_group: str = ""
    """The queue group that shares what it is sent."""
    flow_control: bool = False
    """Whether the server waits for the client where it pushes faster than that reads."""
    pause_until: float | None = None
    """When the pause ends, Unix seconds; None where it is not paused."""
    priority_policy: str = ""
    """The priority policy of its groups: ``overflow``, ``pinned_client`` or ``prioritized``."""
    priority_groups: tuple[str, ...] = ()
    pinned: tuple[JsPinned, ...] = ()
    """Groups pinned to one client, which alone gets their messages."""
    peers: tuple[JsReplica, ...] = ()
    """Its replicas but for the leader; empty where it has only one."""


class JsPinned(Struct, frozen=True, gc=False):
    """The one client that gets the messages of a priority group."""

    group: str
    client: str
    """The id that the server gave to it."""
    since: float | None


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
    messages: float
    bytes: float
    first_seq: float
    last_seq: float
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
    num_deleted: float
    consumers: tuple[JsConsumer, ...]
    consumer_count: int | None = None
    """Consumers of the stream, whichever server leads them; None where unreported."""
    peers: tuple[JsReplica, ...] = ()
    """Its replicas but for the leader; empty where it has only one."""
    is_mirror: bool = False
    """Whether it copies the one stream of ``origins``, rather than takes messages from several."""
    origins: tuple[JsOrigin, ...] = ()
    discard: str = ""
    """What gives way at a limit: ``old`` messages, or the ``new`` one, which is refused."""
    duplicate_window: float | None = None
    """Seconds that the ids of messages are remembered."""
    stored_as: str = ""
    """The subjects that messages are stored under where those are changed first, as a filter."""
    max_per_subject: int | None = None
    """Messages that are kept of each subject; None is no limit."""
    allows: tuple[str, ...] = ()
    """Which of :data:`STREAM_FEATURES` it has switched on, in their order."""
    delete_marker_ttl: float | None = None
    """Seconds that the marker of a subject stays whose last message went by its age."""


STREAM_FEATURES: Mapping[str, tuple[int, int]] = {
    "message TTL": (2, 11),
    "schedules": (2, 12),
    "counters": (2, 12),
    "atomic batches": (2, 12),
    "fast batches": (2, 14),
}
"""What a stream may allow its publishers, and the first nats-server that knows of it."""


class JsAccount(Struct, frozen=True, gc=False):
    """What one account keeps in JetStream on one server, and may keep."""

    account: str
    memory: float
    storage: float
    max_memory: int | None
    """None is unlimited, or reported by tier, which ``/jsz`` leaves out."""
    max_storage: int | None
    api_total: float
    """Requests of JetStream's API since the server started."""
    api_errors: float
    streams: int
    """Streams of which this server keeps a replica."""
    consumers: int


class NatsJetStream(Struct, frozen=True, tag="nats.jetstream"):
    """All accounts of ``/jsz``: the streams and the consumers that this server leads."""

    server_id: str
    now: float
    streams: tuple[JsStream, ...]
    """With those of their consumers that this server leads too."""
    followed: tuple[JsStream, ...] = ()
    """Streams that another server leads, each with the consumers that this one leads.

    The stream's own figures may be behind; its leader reports them in its ``streams``.
    """
    accounts: int = 0
    """Accounts with JetStream on this server, with streams or without."""
    usage: tuple[JsAccount, ...] = ()
    """Each of them, in order of name."""
    domain: str = ""
    """The server's JetStream domain; empty is none, or not reported."""


class NatsGreeting(Struct, frozen=True, gc=False):
    """What one of them sent when it was connected to."""

    url: str
    """Of the client port, without secrets."""
    server_id: str
    """New at every start of the server; ``/varz`` has the same."""
    server_name: str
    cluster: str
    """Empty for a server that is in none."""
    auth_required: bool | None = None
    """Whether nobody is let in without a login; ``/varz`` says the same of users that are set up,
    though one of them may stand for all who do not log in."""


class NatsGreetings(Struct, frozen=True, tag="nats.greetings"):
    """Those of one context that could be reached."""

    servers: tuple[NatsGreeting, ...]


class Heartbeats(Struct, frozen=True, tag="nats.heartbeats"):
    """The subjects that were published to since the answer before."""

    subjects: tuple[str, ...] = ()
    begins: bool = False
    """Whether listening begins here, so that members that seemed silent may not have been."""
