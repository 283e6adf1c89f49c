"""What one NATS server told, and the rates that follow from it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from copy import copy
from math import nan

from msgspec.structs import replace

from arcwatch.model.nats import (
    JsConsumer,
    JsStream,
    NatsConnection,
    NatsConnections,
    NatsHealth,
    NatsJetStream,
    NatsServer,
)

from .rates import Counted, rates_between
from .rows import NatsConnectionRow, NatsConsumerRow, NatsServerRow, NatsStreamRow
from .series import SeriesTable

TRAFFIC = ("in_msgs", "out_msgs", "in_bytes", "out_bytes")
"""Fields of the series of a server and of a connection, per second."""

STREAM = ("in_msgs",)
CONSUMER = ("delivered", "ack", "backlog", "in_msgs")
"""Fields of the series of a stream and of a consumer; ``in_msgs`` is its stream's."""

_UNKNOWN = (nan,) * len(TRAFFIC)
_NO_TRAFFIC = {f"{field}_rate": nan for field in TRAFFIC}


class NatsServerState:
    """One server.  Fed by :class:`~arcwatch.store.store.Store`, read by screens and verbs.

    Args:
        url: Its monitoring address, which outlives its restarts.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.server: NatsServer | None = None
        self.health: NatsHealth | None = None
        self.total_connections: int | None = None
        """Open connections on the server, of which ``connections`` may be a part."""
        self.connections: tuple[NatsConnectionRow, ...] = ()
        self.streams: tuple[NatsStreamRow, ...] = ()
        self.consumers: tuple[NatsConsumerRow, ...] = ()
        self.traffic = SeriesTable(TRAFFIC)
        """One row, keyed by the address."""
        self.connection_traffic = SeriesTable(TRAFFIC)
        self.stream_rates = SeriesTable(STREAM)
        self.consumer_rates = SeriesTable(CONSUMER)
        self.traffic.deepen([url])
        self._rates = _UNKNOWN
        self._counted: Counted[str] | None = None
        self._counted_connections: Counted[int] | None = None
        self._counted_streams: Counted[tuple[str, ...]] | None = None

    @property
    def cluster(self) -> str:
        """The cluster's name; empty before the first answer."""
        return self.server.cluster if self.server else ""

    @property
    def name(self) -> str:
        """The server's name, or its address before the first answer."""
        return self.server.server_name if self.server else self.url

    def still(self) -> NatsServerState:
        """A copy that stays as it is, whatever the server tells from now on."""
        still = copy(self)
        still.traffic = self.traffic.still()
        still.connection_traffic = self.connection_traffic.still()
        still.stream_rates = self.stream_rates.still()
        still.consumer_rates = self.consumer_rates.still()
        return still

    def saw_server(self, server: NatsServer, at: float) -> None:
        """Take one ``/varz`` answer, whose middle was at ``at``, Unix seconds."""
        totals = (server.in_msgs, server.out_msgs, server.in_bytes, server.out_bytes)
        counted = Counted(server.server_id, server.now, {self.url: totals})
        self._rates = rates_between(self._counted, counted)[self.url]
        named = self.cluster, self.name
        self._counted, self.server = counted, server
        self.traffic.push(at, {self.url: self._rates})
        if named != (self.cluster, self.name):
            self._rename()

    def saw_health(self, health: NatsHealth) -> None:
        """Take one ``/healthz`` answer."""
        self.health = health

    def saw_connections(self, answer: NatsConnections, at: float) -> None:
        """Take all pages of one ``/connz`` answer."""
        before = self._counted_connections
        since = before.at if before else math.inf
        opened = {c.cid for c in answer.connections if c.start >= since}
        counted = Counted(
            answer.server_id,
            answer.now,
            {c.cid: (c.in_msgs, c.out_msgs, c.in_bytes, c.out_bytes) for c in answer.connections},
        )
        rates = rates_between(before, counted, fresh=opened.__contains__)
        if before:
            same = before.epoch == counted.epoch
            gone = before.totals.keys() - (counted.totals.keys() if same else ())
            self.connection_traffic.forget(map(str, gone))
        self._counted_connections = counted
        self.total_connections = answer.total
        self.connections = tuple(
            [self._connection_row(connection, rates) for connection in answer.connections]
        )
        self.connection_traffic.push(at, {str(cid): rate for cid, rate in rates.items()})

    def saw_jetstream(self, answer: NatsJetStream, at: float) -> None:
        """Take one ``/jsz`` answer."""
        # a server may lead a consumer of a stream that another leads
        told = (*answer.streams, *answer.followed)
        totals: dict[tuple[str, ...], tuple[int, ...]] = {}
        for stream in told:
            totals[stream.account, stream.stream] = (stream.last_seq, 0)
            for consumer in stream.consumers:
                key = (stream.account, stream.stream, consumer.name)
                totals[key] = (consumer.delivered, *_acknowledged(consumer))
        counted = Counted(answer.server_id, answer.now, totals)
        rates = rates_between(self._counted_streams, counted)
        self._counted_streams = counted
        published_by = {f"{s.account}/{s.stream}": rates[s.account, s.stream][0] for s in told}
        streams = [
            self._stream_row(stream, published_by[f"{stream.account}/{stream.stream}"])
            for stream in answer.streams
        ]
        consumers = [
            self._consumer_row(
                stream, consumer, rates[stream.account, stream.stream, consumer.name]
            )
            for stream in told
            for consumer in stream.consumers
        ]
        self.streams, self.consumers = tuple(streams), tuple(consumers)
        self.stream_rates.push(at, {stream_key(row): (row.in_msgs_rate,) for row in streams})
        self.consumer_rates.push(
            at,
            {
                consumer_key(row): (
                    row.delivered_rate,
                    row.ack_rate,
                    row.backlog,
                    published_by[stream_key(row)],
                )
                for row in consumers
            },
        )

    def missed(self, part: str, at: float) -> None:
        """Draw a gap where ``part`` did not answer, and mark what it told before as stale."""
        if part == "varz":
            self.traffic.gap(at)
            self._rates = _UNKNOWN
        elif part == "connz":
            self.connection_traffic.gap(at)
            self.connections = tuple(
                replace(r, stale=True, **_NO_TRAFFIC) for r in self.connections
            )
        elif part == "jsz":
            self.stream_rates.gap(at)
            self.consumer_rates.gap(at)
            self.streams = tuple(replace(r, stale=True, in_msgs_rate=nan) for r in self.streams)
            self.consumers = tuple(
                replace(r, stale=True, delivered_rate=nan, ack_rate=nan) for r in self.consumers
            )
        elif part == "healthz":
            self.health = None

    def row(self, *, stale: bool) -> NatsServerRow | None:
        """The server's own row; None before the first answer."""
        server = self.server
        if server is None:
            return None
        in_msgs, out_msgs, in_bytes, out_bytes = self._rates
        return NatsServerRow(
            cluster=server.cluster,
            server_name=server.server_name,
            server_id=server.server_id,
            version=server.version,
            healthy=None if self.health is None else self.health.healthy and not stale,
            uptime=server.uptime,
            connections=server.connections,
            subscriptions=server.subscriptions,
            slow_consumers=server.slow_consumers,
            in_msgs_rate=in_msgs,
            out_msgs_rate=out_msgs,
            in_bytes_rate=in_bytes,
            out_bytes_rate=out_bytes,
            in_msgs=server.in_msgs,
            out_msgs=server.out_msgs,
            in_bytes=server.in_bytes,
            out_bytes=server.out_bytes,
            stalled_clients=server.stalled_clients,
            mem=server.mem,
            cpu=server.cpu,
            jetstream=server.jetstream,
            js_storage=server.js_storage,
            js_max_storage=server.js_max_storage,
            url=self.url,
            stale=stale,
        )

    def _rename(self) -> None:
        """Rows may have been told of before the server said its name."""
        cluster, name = self.cluster, self.name
        self.connections = tuple(
            replace(r, cluster=cluster, server_name=name) for r in self.connections
        )
        self.streams = tuple(replace(r, cluster=cluster) for r in self.streams)
        self.consumers = tuple(replace(r, cluster=cluster) for r in self.consumers)

    def _connection_row(
        self, connection: NatsConnection, rates: dict[int, tuple[float, ...]]
    ) -> NatsConnectionRow:
        in_msgs, out_msgs, in_bytes, out_bytes = rates[connection.cid]
        return NatsConnectionRow(
            cluster=self.cluster,
            server_name=self.name,
            cid=connection.cid,
            name=connection.name,
            ip=connection.ip,
            port=connection.port,
            kind=connection.kind,
            subscriptions=connection.subscriptions,
            pending_bytes=connection.pending_bytes,
            in_msgs_rate=in_msgs,
            out_msgs_rate=out_msgs,
            in_bytes_rate=in_bytes,
            out_bytes_rate=out_bytes,
            rtt=connection.rtt,
            uptime=connection.uptime,
            idle=connection.idle,
            in_msgs=connection.in_msgs,
            out_msgs=connection.out_msgs,
            in_bytes=connection.in_bytes,
            out_bytes=connection.out_bytes,
            account=connection.account,
            lang=connection.lang,
            version=connection.version,
            stalls=connection.stalls,
            stale=False,
        )

    def _stream_row(self, stream: JsStream, published: float) -> NatsStreamRow:
        return NatsStreamRow(
            cluster=self.cluster,
            stream=stream.stream,
            account=stream.account,
            messages=stream.messages,
            bytes=stream.bytes,
            first_time=stream.first_time,
            last_time=stream.last_time,
            consumers=len(stream.consumers),
            in_msgs_rate=published,
            limit_used=_limit_used(stream),
            subjects=stream.subjects,
            retention=stream.retention,
            storage=stream.storage,
            replicas=stream.replicas,
            leader=stream.leader,
            stale=False,
        )

    def _consumer_row(
        self, stream: JsStream, consumer: JsConsumer, rates: tuple[float, ...]
    ) -> NatsConsumerRow:
        delivered, *acknowledged = rates
        return NatsConsumerRow(
            cluster=self.cluster,
            stream=stream.stream,
            account=stream.account,
            name=consumer.name,
            num_pending=consumer.num_pending,
            num_ack_pending=consumer.num_ack_pending,
            num_redelivered=consumer.num_redelivered,
            num_waiting=consumer.num_waiting,
            delivered_rate=delivered,
            ack_rate=min(acknowledged),
            paused=consumer.paused,
            stale=False,
        )


def leading(servers: Iterable[NatsServerState]) -> list[tuple[NatsServerState, NatsConsumerRow]]:
    """Each consumer once, with the server that tells of it.

    The leader tells.  What a server told before it went silent counts until another leads.
    """
    found: dict[tuple[str, ...], tuple[NatsServerState, NatsConsumerRow]] = {}
    for server in servers:
        for row in server.consumers:
            key = (row.cluster, row.account, row.stream, row.name)
            if key not in found or found[key][1].stale:
                found[key] = (server, row)
    return list(found.values())


def stream_key(row: NatsStreamRow | NatsConsumerRow) -> str:
    """The key of a stream's series within its server: account and name."""
    return f"{row.account}/{row.stream}"


def consumer_key(row: NatsConsumerRow) -> str:
    """The key of a consumer's series within its server."""
    return f"{row.account}/{row.stream}#{row.name}"


def _acknowledged(consumer: JsConsumer) -> tuple[int, int]:
    """What was delivered and waits for no acknowledgement, by two counters.

    The floor of acknowledgements stands still for as long as one message misses its own, while
    thousands after it are acknowledged.  Redeliveries move only the first of these counters, and
    what a filter passes over only the second: acknowledgements are at most the less of both.
    """
    waiting = consumer.num_ack_pending
    return consumer.delivered - waiting, consumer.delivered_stream_seq - waiting


def _limit_used(stream: JsStream) -> float | None:
    used = [
        have / limit
        for have, limit in (
            (stream.bytes, stream.max_bytes),
            (stream.messages, stream.max_messages),
        )
        if limit
    ]
    return max(used, default=None)
