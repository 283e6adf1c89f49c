"""What servers answer over ``$SYS``: the documents of the monitoring port, each in an envelope.

``server/events.go``, ``ServerAPIResponse``: ``{"server": …, "data": …}``, or an ``error`` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from arcwatch.errors import SourceError
from arcwatch.model.nats import NatsServer
from arcwatch.text import printable

from .go_text import unix
from .nats_json import decode, placed


class Speaker(msgspec.Struct, frozen=True):
    """Which server answered."""

    name: str = ""
    id: str = ""
    ver: str = ""
    cluster: str = ""
    jetstream: bool = False


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    description: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """One answer."""

    server: Speaker = Speaker()
    data: msgspec.Raw = msgspec.Raw(b"{}")
    error: _Error | None = None


class _Traffic(msgspec.Struct, frozen=True):
    msgs: int = 0
    bytes: int = 0


class _Account(msgspec.Struct, frozen=True):
    name: str = ""
    acc: str = ""
    conns: int = 0
    total_conns: int = 0
    num_subscriptions: int = 0
    slow_consumers: int = 0
    sent: _Traffic = _Traffic()
    received: _Traffic = _Traffic()


class _Accounts(msgspec.Struct, frozen=True):
    now: str
    account_statz: tuple[_Account, ...] = ()


class _Health(msgspec.Struct, frozen=True):
    status_code: int = 200


class _Page(msgspec.Struct, frozen=True):
    total: int = 0
    streams: tuple[dict[str, Any], ...] | None = None
    consumers: tuple[dict[str, Any], ...] | None = None
    error: _Error | None = None


_envelope = msgspec.json.Decoder(Envelope)
_accounts = msgspec.json.Decoder(_Accounts)
_health = msgspec.json.Decoder(_Health)
_page = msgspec.json.Decoder(_Page)

QUESTIONS = {"/varz": "VARZ", "/connz": "CONNZ", "/jsz": "JSZ", "/healthz": "HEALTHZ"}
"""The monitoring port's paths, as the last token of a subject."""

_STATES = {"open": 0, "closed": 1, "all": 2}
"""``ConnState`` of ``server/monitor.go``."""


def options(query: Mapping[str, str | int]) -> bytes:
    """The monitoring port's query, as the JSON that is asked with over ``$SYS``."""
    told: dict[str, object] = dict(query)
    if "state" in told:
        told["state"] = _STATES[str(told["state"])]
    if told.pop("subs", None):
        told["subscriptions_detail"] = True
    if told.pop("consumers", None):
        told["consumer"] = True
    for flag in ("accounts", "streams", "config"):
        if flag in told:
            told[flag] = bool(told[flag])
    return msgspec.json.encode(told)


def opened(body: bytes, where: str) -> Envelope:
    """What is in an envelope.

    Raises:
        WireError: It is none.
        SourceError: The server would not answer, and says why.
    """
    found = decode(_envelope, body, where)
    if found.error:
        why = printable(found.error.description, limit=120)
        raise SourceError(f"refused with {found.error.code}", where=where, why=why)
    return found


def health_status(body: bytes, where: str) -> int:
    """The status that the monitoring port would have answered ``/healthz`` with.

    Raises:
        WireError: It is not that answer.
    """
    return decode(_health, body, where).status_code


def parse_own_account(found: Envelope, where: str) -> NatsServer:
    """A server as far as one account sees it: the account's own traffic and connections.

    Raises:
        WireError: It is not the answer to ``STATZ``.
    """
    told = decode(_accounts, bytes(found.data), where)
    account = next(iter(told.account_statz), _Account())
    with placed(where, "$.now"):
        now = unix(told.now)
    server = found.server
    return NatsServer(
        server_id=server.id,
        server_name=server.name or server.id,
        version=server.ver,
        cluster=server.cluster or server.name,
        now=now or 0.0,
        start=0.0,
        uptime=float("nan"),
        connections=account.conns,
        total_connections=account.total_conns,
        max_connections=0,
        subscriptions=account.num_subscriptions,
        slow_consumers=account.slow_consumers,
        in_msgs=account.received.msgs,
        out_msgs=account.sent.msgs,
        in_bytes=account.received.bytes,
        out_bytes=account.sent.bytes,
        client_in_msgs=None,
        client_out_msgs=None,
        client_in_bytes=None,
        client_out_bytes=None,
        stalled_clients=None,
        mem=float("nan"),
        cpu=float("nan"),
        cores=0,
        max_payload=0,
        max_pending=0,
        jetstream=server.jetstream,
        js_max_memory=None,
        js_max_storage=None,
        js_memory=None,
        js_storage=None,
        meta_leader=None,
        seen_as=account.name or account.acc or "–",
    )


def parse_page(body: bytes, where: str) -> tuple[tuple[dict[str, Any], ...], int]:
    """One page of ``$JS.API.STREAM.LIST`` or ``CONSUMER.LIST``, and how many there are.

    Raises:
        WireError: It is not that.
        SourceError: The account may not ask, or has no JetStream.
    """
    page = decode(_page, body, where)
    if page.error:
        why = printable(page.error.description, limit=120)
        raise SourceError(f"refused with {page.error.code}", where=where, why=why)
    return page.streams or page.consumers or (), page.total


def as_jsz(
    server: NatsServer,
    streams: Iterable[dict[str, Any]],
    consumers: Mapping[str, Iterable[dict[str, Any]]],
) -> bytes:
    """What ``/jsz`` would have said of an account's streams.

    Args:
        server: Who answers, when.
        streams: As ``STREAM.LIST`` has them.
        consumers: As ``CONSUMER.LIST`` has them, by stream.
    """
    rows = []
    for stream in streams:
        name = stream.get("config", {}).get("name", "")
        cluster = stream.get("cluster") or {"leader": server.server_name}
        rows.append(
            stream
            | {"name": name, "cluster": cluster}
            | {"consumer_detail": [_led(one, server) for one in consumers.get(name, ())]}
        )
    account = {"name": server.seen_as, "id": server.seen_as, "stream_detail": rows}
    told = {
        "server_id": server.server_id,
        "now": datetime.fromtimestamp(server.now, UTC).isoformat(),
        "account_details": [account],
    }
    return msgspec.json.encode(told | {"accounts": 1, "streams": len(rows)})


def _led(consumer: dict[str, Any], server: NatsServer) -> dict[str, Any]:
    return consumer | {"cluster": consumer.get("cluster") or {"leader": server.server_name}}
