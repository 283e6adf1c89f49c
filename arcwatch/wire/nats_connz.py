"""``/connz`` of a NATS server, JSON to model: open connections, closed ones, and one alone.

Field names and meanings follow ``server/monitor.go`` of nats-server 2.2 to 2.15; see
:mod:`~arcwatch.wire.nats_monitor` for what versions may lack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from arcwatch.errors import WireError
from arcwatch.model.nats import (
    NatsClosed,
    NatsClosedConnection,
    NatsConnection,
    NatsConnections,
    NatsOpened,
    NatsSubscription,
)
from arcwatch.notation.own_names import is_ours

from .go_text import seconds, unix
from .nats_json import decode, moment, of_one_server, placed, unreadable
from .numbers import Count, Int64, known, known_or_none

T = TypeVar("T")


class _Subscription(Struct, gc=False):
    subject: str
    sid: str
    msgs: Count
    qgroup: str = ""
    max: Count = 0


class _Connection(Struct, gc=False):
    cid: Int64
    start: str
    last_activity: str
    pending_bytes: Count
    in_msgs: Count
    out_msgs: Count
    in_bytes: Count
    out_bytes: Count
    subscriptions: Count
    kind: str = "Client"
    type: str = ""
    ip: str = ""
    port: Int64 = 0
    name: str = ""
    # an MQTT client has an id in place of a name
    mqtt_client: str = ""
    account: str = ""
    lang: str = ""
    version: str = ""
    rtt: str = ""
    stalls: Count | None = None
    tls_version: str = ""
    tls_cipher_suite: str = ""
    stop: str = ""
    reason: str = ""
    subs: list[_Subscription] | None = field(name="subscriptions_list_detail", default=None)


class _Connz(Struct):
    server_id: str
    now: str
    total: Int64
    connections: list[_Connection] | None
    """Go's empty list may be ``null``."""


_CONNZ = msgspec.json.Decoder(_Connz)


def parse_connz_page(body: bytes, where: str = "/connz") -> NatsConnections:
    """Read one page of ``/connz``; its rows stay in the server's order."""
    doc, now = _read(body, where)
    rows = _rows(doc, where, lambda row: _connection(row, now))
    return NatsConnections(doc.server_id, now, doc.total, rows)


def parse_closed(body: bytes, where: str = "/connz") -> NatsClosed:
    """Read one ``/connz?state=closed``; its rows stay in the server's order."""
    doc, now = _read(body, where)
    return NatsClosed(doc.server_id, now, doc.total, _rows(doc, where, _closed))


def parse_opened(cid: int, body: bytes, where: str = "/connz") -> NatsOpened:
    """Read one ``/connz?cid=N&state=all&subs=detail``.

    Args:
        body: The body, JSON; about 100 bytes a subscription.
    """
    doc, now = _read(body, where)

    def opened(row: _Connection) -> NatsOpened:
        report = tuple([_subscription(sub) for sub in row.subs or ()])
        if row.stop:
            gone = _closed(row)
            return NatsOpened(
                doc.server_id, now, cid, gone.connection, report, gone.stop, gone.reason
            )
        return NatsOpened(doc.server_id, now, cid, _connection(row, now), report)

    rows = _rows(doc, where, opened)
    return rows[0] if rows else NatsOpened(doc.server_id, now, cid, None)


def merge_connz(pages: Sequence[NatsConnections]) -> NatsConnections:
    """All pages as one answer, in order of ``cid``; the last of duplicate rows.

    Our own connections are in neither the rows nor the total.

    Args:
        pages: At least one, in the order they were asked for.

    Raises:
        WireError: The server restarted between two pages: their ids mean different connections.
    """
    of_one_server(pages)
    first = pages[0]
    rows = {row.cid: row for row in chain.from_iterable(page.connections for page in pages)}
    total = max(pages[-1].total, len(rows))
    others = tuple([rows[cid] for cid in sorted(rows) if not is_ours(rows[cid].name)])
    return NatsConnections(first.server_id, first.now, total - len(rows) + len(others), others)


def _read(body: bytes, where: str) -> tuple[_Connz, float]:
    doc = decode(_CONNZ, body, where)
    with placed(where, "$.now"):
        return doc, moment(doc.now)


def _rows(doc: _Connz, where: str, make: Callable[[_Connection], T]) -> tuple[T, ...]:
    """Every row; one that cannot be read is reported with its place."""
    rows = []
    for index, row in enumerate(doc.connections or ()):
        try:
            rows.append(make(row))
        except WireError as error:
            why = f"{error.headline} - at `$.connections[{index}]`"
            raise unreadable(where, why) from error
    return tuple(rows)


def _subscription(report: _Subscription) -> NatsSubscription:
    most = known_or_none(report.max) or None
    return NatsSubscription(report.sid, report.subject, report.qgroup, known(report.msgs), most)


def _closed(row: _Connection) -> NatsClosedConnection:
    stop = moment(row.stop)
    return NatsClosedConnection(replace(_connection(row, stop), idle=None), stop, row.reason)


def _connection(row: _Connection, now: float) -> NatsConnection:
    # The server's own `uptime` and `idle` are these differences, cut to whole seconds.
    start, last = moment(row.start), unix(row.last_activity)
    return NatsConnection(
        row.cid,
        row.kind,
        row.type,
        row.name or row.mqtt_client,
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
        known(row.pending_bytes),
        known(row.in_msgs),
        known(row.out_msgs),
        known(row.in_bytes),
        known(row.out_bytes),
        known(row.subscriptions),
        known_or_none(row.stalls),
        row.tls_version,
        row.tls_cipher_suite,
    )
