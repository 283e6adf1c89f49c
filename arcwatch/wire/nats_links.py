"""``/routez``, ``/gatewayz`` and ``/leafz`` of a NATS server, JSON to model.

Field names and meanings follow ``server/monitor.go`` of nats-server 2.2 to 2.15; see
:mod:`~arcwatch.wire.nats_monitor` for what versions may lack.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from arcwatch.model.nats_links import LinkAnswer, LinkKind, NatsLink, NatsLinks

from .go_text import seconds, unix
from .nats_json import decode, moment, of_one_server, placed
from .numbers import Count, Int64, known, known_or_none


class _Linked(Struct, kw_only=True):
    """What all kinds of links have."""

    ip: str = ""
    port: Int64 = 0
    rtt: str = ""
    in_msgs: Count = 0
    out_msgs: Count = 0
    in_bytes: Count = 0
    out_bytes: Count = 0
    subscriptions: Count = 0


class _Route(_Linked, kw_only=True):
    rid: Int64
    remote_id: str
    remote_name: str = ""
    account: str = ""
    did_solicit: bool = False
    start: str = ""
    pending_size: Count = 0


class _Routez(Struct):
    server_id: str
    now: str
    routes: list[_Route] | None = None


class _Connection(_Linked, kw_only=True):
    cid: Int64
    name: str = ""
    start: str = ""
    pending_bytes: Count = 0


class _Gateway(Struct):
    connection: _Connection | None = None


class _Gatewayz(Struct):
    server_id: str
    now: str
    outbound_gateways: dict[str, _Gateway] | None = None
    inbound_gateways: dict[str, list[_Gateway]] | None = None


class _Leaf(_Linked, kw_only=True):
    account: str
    # both since 2.10
    id: Int64 = 0
    name: str = ""
    is_spoke: bool = False


class _Leafz(Struct):
    server_id: str
    now: str
    leafs: list[_Leaf] | None = None


_ROUTEZ = msgspec.json.Decoder(_Routez)
_GATEWAYZ = msgspec.json.Decoder(_Gatewayz)
_LEAFZ = msgspec.json.Decoder(_Leafz)


def parse_routez(body: bytes, where: str = "/routez") -> NatsLinks:
    """Read one ``/routez`` answer: a row for each connection of a pool."""
    doc = decode(_ROUTEZ, body, where)
    with placed(where, "$.routes"):
        links = [
            _link(
                "route",
                row,
                row.rid,
                row.remote_name or row.remote_id,
                peer_id=row.remote_id,
                account=row.account,
                solicited=row.did_solicit,
                pending=row.pending_size,
                start=row.start,
            )
            for row in doc.routes or []
        ]
    return _read_links(doc, "route", links, where)


def parse_gatewayz(body: bytes, where: str = "/gatewayz") -> NatsLinks:
    """Read one ``/gatewayz`` answer.

    What goes to another cluster leaves through the one outbound connection; what comes from it
    comes through as many inbound ones as the other cluster has servers.
    """
    doc = decode(_GATEWAYZ, body, where)
    out = list((doc.outbound_gateways or {}).items())
    inbound = (doc.inbound_gateways or {}).items()
    into = [(name, report) for name, many in inbound for report in many]
    with placed(where, "$.outbound_gateways, $.inbound_gateways"):
        links = [
            _link(
                "gateway",
                one,
                one.cid,
                name,
                peer_id=one.name,
                solicited=at < len(out),
                pending=one.pending_bytes,
                start=one.start,
            )
            for at, (name, report) in enumerate([*out, *into])
            if (one := report.connection)
        ]
    return _read_links(doc, "gateway", links, where)


def parse_leafz(body: bytes, where: str = "/leafz") -> NatsLinks:
    """Read one ``/leafz`` answer."""
    doc = decode(_LEAFZ, body, where)
    with placed(where, "$.leafs"):
        links = [
            _link(
                "leaf",
                row,
                row.id or -at,
                row.name or f"{row.ip}:{row.port}",
                account=row.account,
                solicited=row.is_spoke,
            )
            for at, row in enumerate(doc.leafs or [], 1)
        ]
    return _read_links(doc, "leaf", links, where)


def merge_links(answers: Sequence[NatsLinks], server_id: str) -> NatsLinks:
    """The answers of one server as one; of a server without neighbours there is none.

    Raises:
        WireError: The server restarted between two answers.
    """
    of_one_server(answers)
    report = tuple([one for answer in answers for one in answer.answers])
    return NatsLinks(answers[0].server_id if answers else server_id, report)


def _read_links(
    doc: _Routez | _Gatewayz | _Leafz, kind: LinkKind, links: list[NatsLink], where: str
) -> NatsLinks:
    with placed(where, "$.now"):
        return NatsLinks(doc.server_id, (LinkAnswer(kind, moment(doc.now), tuple(links)),))


def _link(
    kind: LinkKind,
    row: _Linked,
    cid: int,
    peer: str,
    *,
    peer_id: str = "",
    account: str = "",
    solicited: bool,
    pending: int | None = None,
    start: str = "",
) -> NatsLink:
    return NatsLink(
        kind=kind,
        cid=cid,
        peer=peer,
        peer_id=peer_id,
        account=account,
        solicited=solicited,
        ip=row.ip,
        port=row.port,
        rtt=seconds(row.rtt) or None,
        pending_bytes=known_or_none(pending),
        in_msgs=known(row.in_msgs),
        out_msgs=known(row.out_msgs),
        in_bytes=known(row.in_bytes),
        out_bytes=known(row.out_bytes),
        subscriptions=known(row.subscriptions),
        start=unix(start) if start else None,
    )
