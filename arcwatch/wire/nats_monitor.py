"""``/varz``, ``/healthz`` and ``/connz`` of a NATS server, JSON to model.

Field names and meanings follow ``server/monitor.go`` of nats-server 2.2 to 2.15.  Unknown fields
are ignored, so that a newer server is never an error; what some versions lack is None; a missing
or mistyped field that is needed is an error that names its path.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError
from arcwatch.model.nats import NatsConnection, NatsConnections, NatsHealth, NatsServer

from .go_text import seconds, unix
from .nats_json import decode, limit, moment, of_one_server, placed, unreadable


class _Cluster(Struct):
    name: str = ""


class _JsConfig(Struct):
    max_memory: int
    max_storage: int


class _JsStats(Struct):
    memory: int
    storage: int


class _Meta(Struct):
    leader: str = ""


class _JetStream(Struct):
    config: _JsConfig | None = None
    stats: _JsStats | None = None
    meta: _Meta | None = None


class _Varz(Struct):
    server_id: str
    version: str
    now: str
    start: str
    uptime: str
    connections: int
    total_connections: int
    max_connections: int
    subscriptions: int
    slow_consumers: int
    in_msgs: int
    out_msgs: int
    in_bytes: int
    out_bytes: int
    mem: int
    cpu: float
    cores: int
    max_payload: int
    max_pending: int
    server_name: str = ""
    cluster: _Cluster | None = None
    jetstream: _JetStream | None = None
    in_client_msgs: int | None = None
    out_client_msgs: int | None = None
    in_client_bytes: int | None = None
    out_client_bytes: int | None = None
    stalled_clients: int | None = None


class _HealthError(Struct):
    error: str = ""


class _Healthz(Struct):
    status: str
    error: str = ""
    errors: list[_HealthError] = []


class _Connection(Struct, gc=False):
    cid: int
    start: str
    last_activity: str
    pending_bytes: int
    in_msgs: int
    out_msgs: int
    in_bytes: int
    out_bytes: int
    subscriptions: int
    kind: str = "Client"
    type: str = ""
    ip: str = ""
    port: int = 0
    name: str = ""
    account: str = ""
    lang: str = ""
    version: str = ""
    rtt: str = ""
    stalls: int | None = None


class _Connz(Struct):
    server_id: str
    now: str
    total: int
    connections: list[_Connection]


_VARZ = msgspec.json.Decoder(_Varz)
_HEALTHZ = msgspec.json.Decoder(_Healthz)
_CONNZ = msgspec.json.Decoder(_Connz)


def parse_varz(body: bytes, where: str = "/varz") -> NatsServer:
    """Read one ``/varz`` answer, typically 3 KiB.

    Args:
        body: The body, JSON.
        where: The place asked, for the error.

    Raises:
        WireError: Not such an answer.
    """
    doc = decode(_VARZ, body, where)
    with placed(where, "$"):
        now, start, uptime = moment(doc.now), moment(doc.start), seconds(doc.uptime)
    name = doc.server_name or doc.server_id
    js = doc.jetstream or _JetStream()
    return NatsServer(
        server_id=doc.server_id,
        server_name=name,
        version=doc.version,
        cluster=(doc.cluster and doc.cluster.name) or name,
        now=now,
        start=start,
        uptime=now - start if uptime is None else uptime,
        connections=doc.connections,
        total_connections=doc.total_connections,
        max_connections=doc.max_connections,
        subscriptions=doc.subscriptions,
        slow_consumers=doc.slow_consumers,
        in_msgs=doc.in_msgs,
        out_msgs=doc.out_msgs,
        in_bytes=doc.in_bytes,
        out_bytes=doc.out_bytes,
        client_in_msgs=doc.in_client_msgs,
        client_out_msgs=doc.out_client_msgs,
        client_in_bytes=doc.in_client_bytes,
        client_out_bytes=doc.out_client_bytes,
        stalled_clients=doc.stalled_clients,
        mem=doc.mem,
        cpu=doc.cpu,
        cores=doc.cores,
        max_payload=doc.max_payload,
        max_pending=doc.max_pending,
        jetstream=js.config is not None,
        js_max_memory=limit(js.config.max_memory) if js.config else None,
        js_max_storage=limit(js.config.max_storage) if js.config else None,
        js_memory=js.stats.memory if js.stats else None,
        js_storage=js.stats.storage if js.stats else None,
        meta_leader=(js.meta and js.meta.leader) or None,
    )


def parse_healthz(status: int, body: bytes, where: str = "/healthz") -> NatsHealth:
    """Read one ``/healthz`` answer: 200 is healthy, 500 and 503 tell what is not.

    Raises:
        WireError: Not such an answer.
    """
    doc = decode(_HEALTHZ, body, where)
    healthy = status == 200 and doc.status == "ok"
    told = doc.error or "; ".join(item.error for item in doc.errors if item.error)
    return NatsHealth(healthy=healthy, error="" if healthy else told or doc.status)


def parse_connz_page(body: bytes, where: str = "/connz") -> NatsConnections:
    """Read one page of ``/connz``; its rows stay in the server's order.

    Raises:
        WireError: Not such an answer.
    """
    doc = decode(_CONNZ, body, where)
    with placed(where, "$.now"):
        now = moment(doc.now)
    rows = []
    for index, row in enumerate(doc.connections):
        try:
            rows.append(_connection(row, now))
        except WireError as error:
            why = f"{error.headline} - at `$.connections[{index}]`"
            raise unreadable(where, why) from error
    return NatsConnections(doc.server_id, now, doc.total, tuple(rows))


def merge_connz(pages: Sequence[NatsConnections]) -> NatsConnections:
    """All pages as one answer, in order of ``cid``, rows that came twice taken from the last.

    Args:
        pages: At least one, in the order they were asked for.

    Raises:
        WireError: The server restarted between two pages: their ids mean different connections.
    """
    of_one_server(pages)
    first = pages[0]
    rows = {row.cid: row for row in chain.from_iterable(page.connections for page in pages)}
    return NatsConnections(
        first.server_id,
        first.now,
        max(pages[-1].total, len(rows)),
        tuple([rows[cid] for cid in sorted(rows)]),
    )


def _connection(row: _Connection, now: float) -> NatsConnection:
    # The server's own `uptime` and `idle` are these differences, cut to whole seconds.
    start, last = moment(row.start), unix(row.last_activity)
    return NatsConnection(
        row.cid,
        row.kind,
        row.type,
        row.name,
        row.ip,
        row.port,
        row.account,
        row.lang,
        row.version,
        start,
        last,
        seconds(row.rtt) or None,
        now - start,
        None if last is None else now - last,
        row.pending_bytes,
        row.in_msgs,
        row.out_msgs,
        row.in_bytes,
        row.out_bytes,
        row.subscriptions,
        row.stalls,
    )
