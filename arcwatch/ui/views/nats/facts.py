"""The facts about an open connection, stream or server, most important first."""

from __future__ import annotations

from collections.abc import Callable

from arcwatch.model.nats import STREAM_FEATURES, NatsServer
from arcwatch.store.nats.build_rows import kind_of
from arcwatch.store.rows import NatsConnectionRow, NatsServerRow, NatsStreamRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Fact
from arcwatch.ui.widgets.panel import PanelTone

from .connection_tables import PENDING, health
from .stream_tables import origin_state, replica_state, replicas_state

SOON = 30 * 86_400.0
"""Seconds before a certificate expires from which on that is worth a look."""


def of_connection(
    showing: ViewContext, row: NatsConnectionRow, server: NatsServer | None
) -> list[Fact]:
    """Facts about a connection; ``server`` has its limit of pending bytes."""
    most = f" of {units.size(server.max_pending)}" if server else ""
    last = row.last_activity
    return [
        *traffic(row),
        Fact("pending", units.size(row.pending_bytes) + most, _warn(row.pending_bytes > PENDING)),
        Fact("stalls", _flow(row.stalls_rate, row.stalls), _warn(bool(row.stalls))),
        Fact("last RTT", units.duration(row.rtt)),
        Fact("idle", units.duration(row.idle) + ("" if last is None else _since(showing, last))),
        Fact("uptime", units.duration(row.uptime) + _since(showing, row.start)),
        Fact("subs", units.whole(row.subscriptions)),
        Fact("client", f"{row.lang} {row.version}".strip() or units.UNKNOWN),
        Fact("kind", kind_of(row)),
        Fact("TLS", f"{row.tls_version} {row.tls_cipher}".strip() or "none"),
        Fact("server", row.server_name),
        *([Fact("account", row.account)] if row.account else []),
    ]


def of_stream(row: NatsStreamRow) -> list[Fact]:
    """A stream: what it holds, may hold, and where."""
    state, tone = replicas_state(row)
    age = "no limit" if row.max_age is None else units.duration(row.max_age)
    return [
        Fact("messages", _of(units.whole(row.messages), row.max_messages, units.whole)),
        Fact("bytes", _of(units.size(row.bytes), row.max_bytes, units.size)),
        Fact("in", f"{units.rate(row.in_msgs_rate)} msg/s"),
        Fact("replicas", state, _tone(tone)),
        Fact("leader", row.leader or ("none" if row.leaderless else units.UNKNOWN)),
        *(Fact(f"on {peer.name}", *_peer(*replica_state(peer))) for peer in row.peers),
        *(Fact(f"from {o.name}", *_peer(*origin_state(o))) for o in row.origins),
        Fact("subjects", " ".join(row.subjects) or units.UNKNOWN),
        Fact("max age", age),
        Fact("retention", row.retention),
        Fact("storage", row.storage),
        *_features(row),
        Fact("first", f"#{row.first_seq}  {_message_time(row.first_time)}"),
        Fact("last", f"#{row.last_seq}  {_message_time(row.last_time)}"),
        Fact("distinct", f"{units.whole(row.num_subjects)} subjects"),
        Fact("deleted", units.whole(row.num_deleted)),
        Fact("account", row.account),
    ]


def _features(row: NatsStreamRow) -> list[Fact]:
    """What publishers may do that not every stream allows, or for which its server is too old."""
    found = [Fact("allows", ", ".join(row.allows))] if row.allows else []
    if row.delete_marker_ttl is not None:
        found.append(Fact("delete markers", f"kept {units.duration(row.delete_marker_ttl)}"))
    least = {STREAM_FEATURES[name] for name in row.lacks}
    for major, minor in sorted(least):
        names = [name for name in row.lacks if STREAM_FEATURES[name] == (major, minor)]
        found.append(Fact(f"needs ≥ {major}.{minor}", ", ".join(names), "dim"))
    return found


def of_server(showing: ViewContext, row: NatsServerRow) -> list[Fact]:
    """Facts about a server: health, limits and links."""
    state = health(row.healthy, stale=row.stale)
    text, tone = state if isinstance(state, tuple) else (state, "")
    return [
        Fact("health", f"{text}  {row.health_note}".rstrip(), _tone(tone)),
        *_share(row),
        Fact("CPU", f"{row.cpu:.0f} % of {row.cores * 100} %" if row.cores else units.UNKNOWN),
        Fact("memory", units.size(row.mem)),
        Fact("uptime", units.duration(row.uptime)),
        *traffic(row),
        Fact("clients", _of_most(row.connections, row.max_connections)),
        Fact("ever", units.things(row.total_connections, "client")),
        Fact("slow", _slow(row), _warn(row.slow_consumers > 0)),
        Fact("stalls", _flow(row.stalls_rate, row.stalled_clients), _warn(row.stalls_rate > 0)),
        Fact("stale", f"{units.whole(row.stale_connections)} closed"),
        Fact("subs", units.whole(row.subscriptions)),
        *_jetstream(row),
        Fact("payload", _most(row.max_payload)),
        Fact("pending", _most(row.max_pending)),
        Fact("write deadline", units.duration(row.write_deadline)),
        Fact("routes", units.whole(row.routes)),
        Fact("gateways", units.whole(row.gateways)),
        Fact("leafnodes", units.whole(row.leafnodes)),
        Fact("TLS until", *_certificate(showing, row)),
        *_logins(showing, row),
        Fact("config loaded", _loaded(showing, row)),
        Fact("version", row.version),
        Fact("cluster", row.cluster),
    ]


def _share(row: NatsServerRow) -> list[Fact]:
    if not row.seen_as:
        return []
    more = "--nats-monitor, or a user of the system account"
    return [Fact("scope", f"account {row.seen_as} only", "warn"), Fact("for all", more)]


def _jetstream(row: NatsServerRow) -> list[Fact]:
    if not row.jetstream:
        return [Fact("JetStream", "off")]
    set_aside = units.size(row.js_reserved_storage)
    return [
        Fact("storage", _of(units.size(row.js_storage), row.js_max_storage, units.size)),
        Fact("reserved", f"{set_aside}, {units.size(row.js_reserved_memory)} in memory"),
        Fact("in memory", _of(units.size(row.js_memory), row.js_max_memory, units.size)),
        Fact(
            "JS API",
            f"{units.count(row.js_api_total)}, {units.count(row.js_api_errors)} errors",
            _warn(bool(row.js_api_errors)),
        ),
        *([Fact("JS leader", row.meta_leader)] if row.meta_leader else []),
    ]


def _slow(row: NatsServerRow) -> str:
    kinds = row.slow_by_kind
    if not row.slow_consumers or kinds is None:
        return units.whole(row.slow_consumers)
    named = (
        (kinds.clients, "clients"),
        (kinds.routes, "routes"),
        (kinds.gateways, "gateways"),
        (kinds.leafs, "leafs"),
    )
    return ", ".join(f"{units.whole(count)} {name}" for count, name in named if count)


def _logins(showing: ViewContext, row: NatsServerRow) -> list[Fact]:
    endings = showing.store.endings()
    of_it = [one for one in endings if one.system == "nats" and one.cluster in ("", row.cluster)]
    ours = [one for one in of_it if one.ours]
    return [Fact(f"{one.what} until", *_ends(one.left)) for one in ours]


def _certificate(showing: ViewContext, row: NatsServerRow) -> tuple[str, PanelTone]:
    if row.tls_cert_not_after is None:
        return ("no TLS", "dim")
    return _ends(row.tls_cert_not_after - showing.store.now)


def _ends(left: float) -> tuple[str, PanelTone]:
    if left < 0:
        return (f"expired {units.duration(-left)} ago", "bad")
    return (f"{units.duration(left)} from now", _warn(left < SOON))


def _loaded(showing: ViewContext, row: NatsServerRow) -> str:
    if row.config_loaded is None:
        return units.UNKNOWN
    return _when(showing, row.config_loaded)


def _when(showing: ViewContext, at: float) -> str:
    return units.when(at, showing.store.now, utc=showing.utc)


def _since(showing: ViewContext, at: float) -> str:
    return f", since {_when(showing, at)}"


def _message_time(time: str | None) -> str:
    """The server's text of a time, to the second."""
    return time[:19].replace("T", " ") if time else ""


def _flow(rate: float, total: float | None) -> str:
    return f"{units.rate(rate)}/s, {units.count(total)} total"


def traffic(row: NatsConnectionRow | NatsServerRow) -> list[Fact]:
    """Messages and bytes in both directions, now and in total."""

    def now(messages: float, size: float) -> str:
        return f"{units.rate(messages)} msg/s  {units.size(size)}/s"

    def total(messages: float, size: float) -> str:
        return f"{units.count(messages)}  {units.size(size)}"

    return [
        Fact("in", now(row.in_msgs_rate, row.in_bytes_rate)),
        Fact("out", now(row.out_msgs_rate, row.out_bytes_rate)),
        Fact("total in", total(row.in_msgs, row.in_bytes)),
        Fact("total out", total(row.out_msgs, row.out_bytes)),
    ]


def _of(used: str, most: int | None, show: Callable[[float | None], str]) -> str:
    return f"{used}, no limit" if most is None else f"{used} of {show(most)}"


def _peer(text: str, tone: str) -> tuple[str, PanelTone]:
    return text, _tone(tone)


def _tone(tone: str) -> PanelTone:
    return tone if tone in ("good", "warn", "bad", "dim") else ""  # type: ignore[return-value]


def _warn(is_wrong: bool) -> PanelTone:
    return "warn" if is_wrong else ""


def _of_most(count: float, most: int) -> str:
    return f"{units.whole(count)} of {most:,}" if most else units.whole(count)


def _most(size: int) -> str:
    return f"at most {units.size(size)}" if size else units.UNKNOWN
