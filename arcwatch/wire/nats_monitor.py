"""``/varz`` and ``/healthz`` of a NATS server, JSON to model.

Field names and meanings follow ``server/monitor.go`` of nats-server 2.2 to 2.15.  Unknown fields
are ignored, so that a newer server is never an error; what some versions lack is None; a missing
or mistyped field that is needed is an error that names its path.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from arcwatch.model.nats import NatsHealth, NatsServer, SlowByKind
from arcwatch.text.control_characters import printable

from .documents import LONGEST_REASON
from .go_text import seconds, unix
from .nats_jetstream import Replica, parse_peers
from .nats_json import decode, limit, moment, placed
from .numbers import Count, Int64, Real, known, known_or_none


class _Cluster(Struct):
    name: str = ""


class _JsConfig(Struct):
    max_memory: Count
    max_storage: Count
    store_dir: str = ""


class _JsApi(Struct, frozen=True):
    total: Count | None = None
    errors: Count | None = None


class _JsStats(Struct):
    memory: Count
    storage: Count
    reserved_memory: Count | None = None
    reserved_storage: Count | None = None
    api: _JsApi = _JsApi()


class _Meta(Struct):
    leader: str = ""
    cluster_size: Int64 | None = None
    replicas: list[Replica] | None = None


class _JetStream(Struct):
    config: _JsConfig | None = None
    stats: _JsStats | None = None
    meta: _Meta | None = None


class _Remote(Struct):
    name: str = ""


class _Gateway(Struct):
    name: str = ""
    gateways: list[_Remote] | None = None


class _Leaf(Struct):
    remotes: list[msgspec.Raw] | None = None


class _Slow(Struct):
    clients: Count = 0
    routes: Count = 0
    gateways: Count = 0
    leafs: Count = 0


class _Varz(Struct):
    server_id: str
    version: str
    now: str
    start: str
    uptime: str
    connections: Count
    total_connections: Count
    max_connections: Int64
    subscriptions: Count
    slow_consumers: Count
    in_msgs: Count
    out_msgs: Count
    in_bytes: Count
    out_bytes: Count
    mem: Count
    cpu: Real
    cores: Int64
    max_payload: Int64
    max_pending: Int64
    server_name: str = ""
    cluster: _Cluster | None = None
    jetstream: _JetStream | None = None
    in_client_msgs: Count | None = None
    out_client_msgs: Count | None = None
    in_client_bytes: Count | None = None
    out_client_bytes: Count | None = None
    stalled_clients: Count | None = None
    slow_consumer_stats: _Slow | None = None
    stale_connections: Count | None = None
    routes: Int64 = 0
    leafnodes: Int64 = 0
    gateway: _Gateway | None = None
    leaf: _Leaf | None = None
    write_deadline: Int64 | None = None
    config_load_time: str = ""
    tls_cert_not_after: str = ""
    host: str = ""
    http_host: str = ""
    http_port: Int64 = 0
    https_port: Int64 = 0
    # Go leaves out what is false
    auth_required: bool = False
    tls_required: bool = False


class _HealthError(Struct):
    error: str = ""


class _Healthz(Struct):
    status: str
    error: str = ""
    errors: list[_HealthError] = []


_COUNTS = (
    *("connections", "total_connections", "subscriptions", "slow_consumers", "mem"),
    *("in_msgs", "out_msgs", "in_bytes", "out_bytes"),
)
_AS_REPORTED = (
    *("server_id", "version", "max_connections", "cpu", "cores", "max_payload", "max_pending"),
    *("routes", "leafnodes", "auth_required", "tls_required"),
)
"""Fields that the model has by the same name: counts, which may be impossible, and others."""

_VARZ = msgspec.json.Decoder(_Varz)
_HEALTHZ = msgspec.json.Decoder(_Healthz)


def parse_varz(body: bytes, where: str = "/varz") -> NatsServer:
    """Read one ``/varz`` answer, typically 3 KiB."""
    doc = decode(_VARZ, body, where)
    with placed(where, "$"):
        now, start, uptime = moment(doc.now), moment(doc.start), seconds(doc.uptime)
        loaded, expires = _when(doc.config_load_time), _when(doc.tls_cert_not_after)
    name = doc.server_name or doc.server_id
    return NatsServer(
        server_name=name,
        cluster=(doc.cluster and doc.cluster.name) or name,
        now=now,
        start=start,
        uptime=now - start if uptime is None else uptime,
        client_in_msgs=_count(doc.in_client_msgs),
        client_out_msgs=_count(doc.out_client_msgs),
        client_in_bytes=_count(doc.in_client_bytes),
        client_out_bytes=_count(doc.out_client_bytes),
        stalled_clients=known_or_none(doc.stalled_clients),
        slow_by_kind=_by_kind(doc.slow_consumer_stats),
        stale_connections=known_or_none(doc.stale_connections),
        remote_clusters=_remote_clusters(doc.gateway or _Gateway()),
        leaf_remotes=len(doc.leaf.remotes or []) if doc.leaf else 0,
        write_deadline=None if doc.write_deadline is None else doc.write_deadline / 1e9,
        config_loaded=loaded,
        tls_cert_not_after=expires,
        host=printable(doc.host, limit=LONGEST_REASON),
        http_host=printable(doc.http_host, limit=LONGEST_REASON),
        http_port=doc.http_port or doc.https_port,
        **_same_fields(doc),
        **_jetstream_fields(doc.jetstream or _JetStream()),
    )


def _same_fields(doc: _Varz) -> dict[str, Any]:
    return {name: known(getattr(doc, name)) for name in _COUNTS} | {
        name: getattr(doc, name) for name in _AS_REPORTED
    }


def _jetstream_fields(js: _JetStream) -> dict[str, Any]:
    config, stats, meta = js.config, js.stats, js.meta
    return {
        "jetstream": config is not None,
        "js_max_memory": limit(config.max_memory) if config else None,
        "js_max_storage": limit(config.max_storage) if config else None,
        "js_memory": known_or_none(stats.memory) if stats else None,
        "js_storage": known_or_none(stats.storage) if stats else None,
        "js_reserved_memory": known_or_none(stats.reserved_memory) if stats else None,
        "js_reserved_storage": known_or_none(stats.reserved_storage) if stats else None,
        "js_api_total": known_or_none(stats.api.total) if stats else None,
        "js_api_errors": known_or_none(stats.api.errors) if stats else None,
        "meta_leader": (meta and meta.leader) or None,
        "store_dir": printable(config.store_dir, limit=LONGEST_REASON) if config else "",
        "meta_size": meta.cluster_size if meta else None,
        "meta_peers": parse_peers(meta.replicas if meta else None),
    }


def _count(value: int | None) -> float | None:
    """A count; None if the server does not report it, ``nan`` if it is impossible."""
    return None if value is None else known(value)


def _when(text: str) -> float | None:
    """A moment that may be unset or missing."""
    return unix(text) if text else None


def _remote_clusters(report: _Gateway) -> tuple[str, ...]:
    # what is configured for all clusters alike names the own one too
    return tuple(sorted({one.name for one in report.gateways or [] if one.name != report.name}))


def _by_kind(report: _Slow | None) -> SlowByKind | None:
    if report is None:
        return None
    return SlowByKind(*map(known, (report.clients, report.routes, report.gateways, report.leafs)))


def parse_healthz(status: int, body: bytes, where: str = "/healthz") -> NatsHealth:
    """Parse one ``/healthz`` answer: 200 is healthy, 500 and 503 give the reason."""
    doc = decode(_HEALTHZ, body, where)
    healthy = status == 200 and doc.status == "ok"
    report = doc.error or "; ".join(item.error for item in doc.errors if item.error)
    reason = printable(report or doc.status, limit=LONGEST_REASON)
    return NatsHealth(healthy=healthy, error="" if healthy else reason)
