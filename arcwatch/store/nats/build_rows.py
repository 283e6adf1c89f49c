"""Build rows from a NATS server's answers and the rates derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from arcwatch.model.nats import (
    STREAM_FEATURES,
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
from arcwatch.notation.versions import series
from arcwatch.store.rows import (
    NatsAccountRow,
    NatsClosedRow,
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    NatsSubscriptionRow,
    row_of,
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
    return row_of(
        NatsServerRow,
        server,
        healthy=None if health is None or health.healthy is None else health.healthy and not stale,
        health_note=health.error if health and health.healthy is None else "",
        in_msgs_rate=in_rate,
        out_msgs_rate=out_rate,
        in_bytes_rate=in_bytes_rate,
        out_bytes_rate=out_bytes_rate,
        in_msgs=in_msgs,
        out_msgs=out_msgs,
        in_bytes=in_bytes,
        out_bytes=out_bytes,
        stalls_rate=stalls if server.stalled_clients is not None else nan,
        streams_led=streams_led,
        url=url,
        stale=stale,
    )


def connection_row(
    place: Place, connection: NatsConnection, rates: Sequence[float], has_stalls: bool
) -> NatsConnectionRow:
    """An open connection.

    Args:
        rates: In the order of :data:`~arcwatch.store.nats.server.COUNTED`.
        has_stalls: Whether this server counts stalls, and leaves them out only where there
            were none.
    """
    in_msgs, out_msgs, in_bytes, out_bytes, stalls = rates
    return row_of(
        NatsConnectionRow,
        connection,
        cluster=place[0],
        server_name=place[1],
        in_msgs_rate=in_msgs,
        out_msgs_rate=out_msgs,
        in_bytes_rate=in_bytes,
        out_bytes_rate=out_bytes,
        stalls=connection.stalls or 0 if has_stalls else connection.stalls,
        stalls_rate=stalls if has_stalls else nan,
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
    kind = row.type or row.kind
    return _KINDS.get(kind, kind)


def subscription_row(
    place: Place, cid: int, subscription: NatsSubscription, rate: float
) -> NatsSubscriptionRow:
    """A subscription of the connection ``cid``."""
    return row_of(
        NatsSubscriptionRow,
        subscription,
        cluster=place[0],
        server_name=place[1],
        cid=cid,
        msgs_rate=rate,
        stale=False,
    )


def closed_row(place: Place, closed: NatsClosedConnection, has_stalls: bool) -> NatsClosedRow:
    """A closed connection; see :func:`connection_row`."""
    connection = closed.connection
    return row_of(
        NatsClosedRow,
        connection,
        cluster=place[0],
        server_name=place[1],
        reason=closed.reason,
        stop=closed.stop,
        lived=connection.uptime,
        stalls=connection.stalls or 0 if has_stalls else connection.stalls,
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
        kept: What it has of the server's JetStream; None without.
        sent: What its clients do; None where the server does not report it.
        api_rate: Requests of JetStream's API per second.
        rates: In the order of :data:`TRAFFIC`.
    """
    in_rate, out_rate, in_bytes_rate, out_bytes_rate = rates
    return row_of(
        NatsAccountRow,
        sent or NatsAccount,
        kept or JsAccount,
        cluster=place[0],
        server_name=place[1],
        account=name,
        in_msgs_rate=in_rate,
        out_msgs_rate=out_rate,
        in_bytes_rate=in_bytes_rate,
        out_bytes_rate=out_bytes_rate,
        jetstream=kept is not None,
        api_rate=api_rate,
        limit_used=_used(kept) if kept else None,
        stale=stale,
    )


def stream_row(
    cluster: str, stream: JsStream, published: float, version: str = ""
) -> NatsStreamRow:
    """A stream with its incoming messages per second.

    Args:
        published: Messages per second.
        version: The leader's; empty where it is not known.
    """
    known = series(version)
    answer = stream.consumer_count
    return row_of(
        NatsStreamRow,
        stream,
        cluster=cluster,
        consumers=len(stream.consumers) if answer is None else answer,
        in_msgs_rate=published,
        limit_used=_fullest(
            (stream.bytes, stream.max_bytes), (stream.messages, stream.max_messages)
        ),
        lacks=tuple([f for f, since in STREAM_FEATURES.items() if known and known < since]),
        stale=False,
    )


def consumer_row(
    cluster: str, stream: JsStream, consumer: JsConsumer, rates: Sequence[float]
) -> NatsConsumerRow:
    """A consumer; of its acknowledgement counters the lowest counts."""
    delivered, *acknowledged = rates
    return row_of(
        NatsConsumerRow,
        consumer,
        cluster=cluster,
        stream=stream.stream,
        account=stream.account,
        delivered_rate=delivered,
        ack_rate=min(acknowledged),
        delivered_seq=consumer.delivered_stream_seq,
        ack_floor_seq=consumer.ack_floor_stream_seq,
        stale=False,
    )


def _used(kept: JsAccount) -> float | None:
    return _fullest((kept.memory, kept.max_memory), (kept.storage, kept.max_storage))


def _fullest(*held: tuple[float, int | None]) -> float | None:
    """The highest used share of several limits; None without a limit or if unknown."""
    shares = (have / limit for have, limit in held if limit)
    return max((share for share in shares if share == share), default=None)
