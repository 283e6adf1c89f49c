"""What servers answer over ``$SYS``: the documents of the monitoring port, each in an envelope.

``server/events.go``, ``ServerAPIResponse``: ``{"server": …, "data": …}``, or an ``error`` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from arcwatch.errors import SourceError, WireError
from arcwatch.model.nats import NatsServer
from arcwatch.model.nats_links import NatsAccount
from arcwatch.text.control_characters import printable

from .nats_accounts import parse_accstatz
from .nats_json import decode
from .numbers import Int64


class Sender(msgspec.Struct, frozen=True):
    """Which server answered."""

    name: str = ""
    id: str = ""
    ver: str = ""
    cluster: str = ""
    jetstream: bool = False


class _Error(msgspec.Struct, frozen=True):
    code: Int64 = 0
    description: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """One answer."""

    server: Sender = Sender()
    data: msgspec.Raw = msgspec.Raw(b"{}")
    error: _Error | None = None


class _Answer(msgspec.Struct, frozen=True):
    server: Sender = Sender()


class _Account(msgspec.Struct, frozen=True):
    acc: str = ""


class _Accounts(msgspec.Struct, frozen=True):
    account_statz: tuple[_Account, ...] = ()


class _Statz(msgspec.Struct, frozen=True):
    data: _Accounts = _Accounts()


class _Health(msgspec.Struct, frozen=True):
    status_code: Int64 = 200


Listed: TypeAlias = dict[str, msgspec.Raw]
"""A stream or a consumer as JetStream's API lists it, of which ``/jsz`` has most fields."""


class _Mirrored(msgspec.Struct, frozen=True):
    name: str = ""


class _Configured(msgspec.Struct, frozen=True):
    name: str
    mirror: _Mirrored | None = None
    mirror_direct: bool = False


class _Page(msgspec.Struct, frozen=True):
    total: Int64 = 0
    streams: tuple[Listed, ...] | None = None
    consumers: tuple[Listed, ...] | None = None
    error: _Error | None = None


_NO_ACCOUNT = NatsAccount("", 0, 0, 0, 0, 0, 0, 0, 0, 0, clients_alone=True)

_envelope = msgspec.json.Decoder(Envelope)
_answer = msgspec.json.Decoder(_Answer)
_statz = msgspec.json.Decoder(_Statz)
_health = msgspec.json.Decoder(_Health)
_page = msgspec.json.Decoder(_Page)
_configured = msgspec.json.Decoder(_Configured)

_ALIKE = ("varz", "connz", "jsz", "healthz", "routez", "gatewayz", "leafz", "subsz")

QUESTIONS = {f"/{name}": f"$SYS.REQ.SERVER.PING.{name.upper()}" for name in _ALIKE} | {
    "/accstatz": "$SYS.REQ.ACCOUNT.PING.STATZ"
}
"""The monitoring port's paths, as the subjects that all servers are asked on."""

OWN_QUESTIONS = {
    "/connz": "$SYS.REQ.ACCOUNT.PING.CONNZ",
    "/accstatz": "$SYS.REQ.ACCOUNT.PING.STATZ",
}
"""Those that any user may ask, of its own account."""

_STATES = {"open": 0, "closed": 1, "all": 2}
"""``ConnState`` of ``server/monitor.go``."""


def options(query: Mapping[str, str | int]) -> bytes:
    """The monitoring port's query, as the JSON that is asked with over ``$SYS``."""
    report: dict[str, object] = dict(query)
    if "state" in report:
        report["state"] = _STATES[str(report["state"])]
    if subs := report.pop("subs", None):
        report["subscriptions_detail" if subs == "detail" else "subscriptions"] = True
    if report.pop("consumers", None):
        report["consumer"] = True
    if report.pop("unused", None):
        report["include_unused"] = True
    for flag in ("accounts", "streams", "config"):
        if flag in report:
            report[flag] = bool(report[flag])
    return msgspec.json.encode(report)


def opened(body: bytes, where: str) -> Envelope:
    """The content of an envelope."""
    found = decode(_envelope, body, where)
    if found.error:
        why = printable(found.error.description, limit=120)
        raise SourceError(f"refused with {found.error.code}", where=where, why=why)
    return found


def sender(body: bytes) -> Sender:
    """The server that answered; without a name or id if it gives none."""
    try:
        return decode(_answer, body, "").server
    except WireError:
        return Sender()


def accounts_in(body: bytes) -> tuple[str, ...]:
    """The accounts that an answer to ``STATZ`` is about."""
    try:
        return tuple(row.acc for row in decode(_statz, body, "").data.account_statz)
    except WireError:
        return ()


def health_status(body: bytes, where: str) -> int:
    """The status that the monitoring port would have answered ``/healthz`` with."""
    return decode(_health, body, where).status_code


def parse_own_account(found: Envelope, where: str) -> NatsServer:
    """A server as far as one account sees it: the account's own traffic and connections."""
    server = found.server
    report = parse_accstatz(bytes(found.data), where, server.id)
    account = report.accounts[0] if report.accounts else _NO_ACCOUNT
    traffic = (account.in_msgs, account.out_msgs, account.in_bytes, account.out_bytes)
    of_clients = traffic if account.clients_alone else (None,) * 4
    return NatsServer(
        server_id=server.id,
        server_name=server.name or server.id,
        version=server.ver,
        cluster=server.cluster or server.name,
        now=report.now,
        connections=account.connections,
        total_connections=account.total_connections,
        subscriptions=account.subscriptions,
        slow_consumers=account.slow_consumers,
        in_msgs=account.in_msgs,
        out_msgs=account.out_msgs,
        in_bytes=account.in_bytes,
        out_bytes=account.out_bytes,
        client_in_msgs=of_clients[0],
        client_out_msgs=of_clients[1],
        client_in_bytes=of_clients[2],
        client_out_bytes=of_clients[3],
        jetstream=server.jetstream,
        seen_as=account.account or "–",
    )


def parse_page(body: bytes, where: str) -> tuple[tuple[Listed, ...], int]:
    """One page of ``$JS.API.STREAM.LIST`` or ``CONSUMER.LIST``, and how many there are."""
    page = decode(_page, body, where)
    if page.error:
        why = printable(page.error.description, limit=120)
        raise SourceError(f"refused with {page.error.code}", where=where, why=why)
    return page.streams or page.consumers or (), page.total


def stream_name(stream: Listed) -> str:
    """The name of a stream of ``STREAM.LIST``, which is in its ``config``."""
    return _config(stream).name


def answers_for(stream: Listed) -> str:
    """The stream whose direct gets one of ``STREAM.LIST`` answers, as a mirror; empty for none."""
    config = _config(stream)
    return config.mirror.name if config.mirror and config.mirror_direct else ""


def as_jsz(
    server: NatsServer,
    streams: Iterable[Listed],
    consumers: Mapping[str, Iterable[Listed]],
    *,
    leader: str,
) -> bytes:
    """An account's streams in the form of ``/jsz``.

    Args:
        streams: As ``STREAM.LIST`` has them.
        consumers: As ``CONSUMER.LIST`` has them, by stream.
        leader: Of those that are not replicated; empty is not known.
    """
    rows = []
    for stream in streams:
        name = stream_name(stream)
        detail = [_led(one, leader) for one in consumers.get(name, ())]
        rows.append(_led(stream, leader) | {"name": name, "consumer_detail": detail})
    account = {"name": server.seen_as, "id": server.seen_as, "stream_detail": rows}
    report = {
        "server_id": server.server_id,
        "now": datetime.fromtimestamp(server.now, UTC).isoformat(),
        "account_details": [account],
    }
    return msgspec.json.encode(report | {"accounts": 1, "streams": len(rows)})


def _config(stream: Listed) -> _Configured:
    return decode(_configured, bytes(stream.get("config", b"{}")), "$JS.API.STREAM.LIST")


def _led(listed: Listed, leader: str) -> dict[str, object]:
    cluster = listed.get("cluster")
    report = cluster is not None and bytes(cluster) not in (b"null", b"{}")
    return listed | {"cluster": cluster if report else {"leader": leader}}
