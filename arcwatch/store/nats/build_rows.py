"""Build rows from a NATS server's answers and the rates derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from arcwatch.model.nats import (
    JsAccount,
    JsConsumer,
    JsStream,
    NatsClosedConnection,
    NatsConnection,
    NatsHealth,
    NatsServer,
    NatsSubscription,
)
from arcwatch.model.nats_links import NatsAccount
from arcwatch.store.rows import (
    NatsAccountRow,
    NatsClosedRow,
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    NatsSubscriptionRow,
)

Place = tuple[str, str]
"""Names of the cluster and the server."""

TRAFFIC = ("in_msgs", "out_msgs", "in_bytes", "out_bytes")
"""Fields of the series of a server, a connection and a link, per second."""


def server_row(
    server: NatsServer,
    health: NatsHealth | None,
    rates: Sequence[float],
    *,
    url: str,
    streams_led: int,
    stale: bool,
) -> NatsServerRow:
    """A server, with its rates in the order of :data:`~arcwatch.store.nats.server.COUNTED`."""
    in_rate, out_rate, in_bytes_rate, out_bytes_rate, stalls = rates
    in_msgs, out_msgs, in_bytes, out_bytes = server.of_clients
    return NatsServerRow(
        cluster=server.cluster,
        server_name=server.server_name,
        server_id=server.server_id,
        version=server.version,
        healthy=None if health is None or health.healthy is None else health.healthy and not stale,
        health_note=health.error if health and health.healthy is None else "",
        uptime=server.uptime,
        connections=server.connections,
        subscriptions=server.subscriptions,
        slow_consumers=server.slow_consumers,
        in_msgs_rate=in_rate,
        out_msgs_rate=out_rate,
        in_bytes_rate=in_bytes_rate,
        out_bytes_rate=out_bytes_rate,
        in_msgs=in_msgs,
        out_msgs=out_msgs,
        in_bytes=in_bytes,
        out_bytes=out_bytes,
        stalled_clients=server.stalled_clients,
        mem=server.mem,
        cpu=server.cpu,
        jetstream=server.jetstream,
        js_storage=server.js_storage,
        js_max_storage=server.js_max_storage,
        js_memory=server.js_memory,
        js_max_memory=server.js_max_memory,
        js_reserved_storage=server.js_reserved_storage,
        js_reserved_memory=server.js_reserved_memory,
        js_api_total=server.js_api_total,
        js_api_errors=server.js_api_errors,
        meta_leader=server.meta_leader,
        cores=server.cores,
        max_payload=server.max_payload,
        max_pending=server.max_pending,
        max_connections=server.max_connections,
        total_connections=server.total_connections,
        write_deadline=server.write_deadline,
        slow_by_kind=server.slow_by_kind,
        stale_connections=server.stale_connections,
        stalls_rate=stalls if server.stalled_clients is not None else nan,
        routes=server.routes,
        gateways=server.gateways,
        leafnodes=server.leafnodes,
        config_loaded=server.config_loaded,
        tls_cert_not_after=server.tls_cert_not_after,
        counts_neighbours=server.counts_neighbours,
        streams_led=streams_led,
        seen_as=server.seen_as,
        url=url,
        stale=stale,
    )


def connection_row(
    place: Place, connection: NatsConnection, rates: Sequence[float], stalls_told: bool
) -> NatsConnectionRow:
    """An open connection.

    Args:
        place: Where it is.
        connection: What the server says of it.
        rates: In the order of :data:`~arcwatch.store.nats.server.COUNTED`.
        stalls_told: Whether this server counts stalls, and leaves them out only where there
            were none.
    """
    in_msgs, out_msgs, in_bytes, out_bytes, stalls = rates
    return NatsConnectionRow(
        cluster=place[0],
        server_name=place[1],
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
        stalls=connection.stalls or 0 if stalls_told else connection.stalls,
        stalls_rate=stalls if stalls_told else nan,
        start=connection.start,
        last_activity=connection.last_activity,
        type=connection.type,
        tls_version=connection.tls_version,
        tls_cipher=connection.tls_cipher,
        stale=False,
    )


_KINDS = {
    "nats": "NATS",
    "mqtt": "MQTT",
    "websocket": "WebSocket",
    "Client": "NATS",
    "Leafnode": "leaf node",
    "Router": "route",
    "Gateway": "gateway",
}
"""``clientTypeString`` and ``kindString`` of ``server/client.go``, as people say them."""


def kind_of(row: NatsConnectionRow | NatsClosedRow) -> str:
    """The kind of a connection in a word or two, as the server calls it if unknown."""
    said = row.type or row.kind
    return _KINDS.get(said, said)


def subscription_row(
    place: Place, cid: int, subscription: NatsSubscription, rate: float
) -> NatsSubscriptionRow:
    """A subscription of the connection ``cid``."""
    return NatsSubscriptionRow(
        cluster=place[0],
        server_name=place[1],
        cid=cid,
        sid=subscription.sid,
        subject=subscription.subject,
        queue=subscription.queue,
        msgs=subscription.msgs,
        msgs_rate=rate,
        max=subscription.max,
        stale=False,
    )


def closed_row(place: Place, closed: NatsClosedConnection, stalls_told: bool) -> NatsClosedRow:
    """A closed connection; see :func:`connection_row`."""
    connection = closed.connection
    return NatsClosedRow(
        cluster=place[0],
        server_name=place[1],
        cid=connection.cid,
        name=connection.name,
        ip=connection.ip,
        port=connection.port,
        reason=closed.reason,
        stop=closed.stop,
        lived=connection.uptime,
        pending_bytes=connection.pending_bytes,
        stalls=connection.stalls or 0 if stalls_told else connection.stalls,
        subscriptions=connection.subscriptions,
        in_msgs=connection.in_msgs,
        out_msgs=connection.out_msgs,
        in_bytes=connection.in_bytes,
        out_bytes=connection.out_bytes,
        lang=connection.lang,
        version=connection.version,
        account=connection.account,
        kind=connection.kind,
        type=connection.type,
        rtt=connection.rtt,
        start=connection.start,
        last_activity=connection.last_activity,
        tls_version=connection.tls_version,
        tls_cipher=connection.tls_cipher,
        stale=False,
    )


def account_row(
    place: Place,
    name: str,
    kept: JsAccount | None,
    sent: NatsAccount | None,
    *,
    api_rate: float,
    rates: Sequence[float],
    stale: bool,
) -> NatsAccountRow:
    """An account on a server.

    Args:
        place: Names of the cluster and the server.
        name: The account's.
        kept: What it has of the server's JetStream; None without.
        sent: What its clients do; None where the server does not tell.
        api_rate: Requests of JetStream's API per second.
        rates: In the order of :data:`TRAFFIC`.
        stale: Whether one of both is old.
    """
    in_rate, out_rate, in_bytes_rate, out_bytes_rate = rates
    return NatsAccountRow(
        cluster=place[0],
        server_name=place[1],
        account=name,
        connections=sent.connections if sent else None,
        leafnodes=sent.leafnodes if sent else None,
        subscriptions=sent.subscriptions if sent else None,
        slow_consumers=sent.slow_consumers if sent else None,
        in_msgs_rate=in_rate,
        out_msgs_rate=out_rate,
        in_bytes_rate=in_bytes_rate,
        out_bytes_rate=out_bytes_rate,
        in_msgs=sent.in_msgs if sent else None,
        out_msgs=sent.out_msgs if sent else None,
        in_bytes=sent.in_bytes if sent else None,
        out_bytes=sent.out_bytes if sent else None,
        clients_alone=sent.clients_alone if sent else None,
        jetstream=kept is not None,
        memory=kept.memory if kept else None,
        max_memory=kept.max_memory if kept else None,
        storage=kept.storage if kept else None,
        max_storage=kept.max_storage if kept else None,
        streams=kept.streams if kept else None,
        consumers=kept.consumers if kept else None,
        api_total=kept.api_total if kept else None,
        api_errors=kept.api_errors if kept else None,
        api_rate=api_rate,
        limit_used=_used(kept) if kept else None,
        stale=stale,
    )


def stream_row(cluster: str, stream: JsStream, published: float) -> NatsStreamRow:
    """A stream with its incoming messages per second."""
    answer = stream.consumer_count
    return NatsStreamRow(
        cluster=cluster,
        stream=stream.stream,
        account=stream.account,
        messages=stream.messages,
        bytes=stream.bytes,
        first_time=stream.first_time,
        last_time=stream.last_time,
        consumers=len(stream.consumers) if answer is None else answer,
        in_msgs_rate=published,
        limit_used=_fullest(
            (stream.bytes, stream.max_bytes), (stream.messages, stream.max_messages)
        ),
        subjects=stream.subjects,
        retention=stream.retention,
        storage=stream.storage,
        replicas=stream.replicas,
        leader=stream.leader,
        peers=stream.peers,
        first_seq=stream.first_seq,
        last_seq=stream.last_seq,
        max_bytes=stream.max_bytes,
        max_messages=stream.max_messages,
        max_age=stream.max_age,
        num_subjects=stream.num_subjects,
        num_deleted=stream.num_deleted,
        stale=False,
        is_mirror=stream.is_mirror,
        origins=stream.origins,
    )


def consumer_row(
    cluster: str, stream: JsStream, consumer: JsConsumer, rates: Sequence[float]
) -> NatsConsumerRow:
    """A consumer; of its acknowledgement counters the lowest counts."""
    delivered, *acknowledged = rates
    return NatsConsumerRow(
        cluster=cluster,
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
        durable=consumer.durable,
        ack_policy=consumer.ack_policy,
        last_delivered=consumer.last_delivered,
        last_ack=consumer.last_ack,
        leader=consumer.leader,
        delivered_seq=consumer.delivered_stream_seq,
        ack_floor_seq=consumer.ack_floor_stream_seq,
        created=consumer.created,
        deliver_policy=consumer.deliver_policy,
        filters=consumer.filters,
        deliver_subject=consumer.deliver_subject,
        ack_wait=consumer.ack_wait,
        max_deliver=consumer.max_deliver,
        max_ack_pending=consumer.max_ack_pending,
        max_waiting=consumer.max_waiting,
        stale=False,
        pending_reported=consumer.pending_reported,
    )


def _used(kept: JsAccount) -> float | None:
    return _fullest((kept.memory, kept.max_memory), (kept.storage, kept.max_storage))


def _fullest(*held: tuple[float, int | None]) -> float | None:
    """The highest used share of several limits; None without a limit or if unknown."""
    shares = (have / limit for have, limit in held if limit)
    return max((share for share in shares if share == share), default=None)
