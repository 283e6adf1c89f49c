"""Rows of links between NATS servers: one for each neighbour, over all connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan

from msgspec import Struct

from arcwatch.model.nats_links import LinkKind, NatsLink
from arcwatch.store.causes.cause import Cause
from arcwatch.store.series.rates import known_sum

LinkKey = tuple[LinkKind, str, str]
"""Kind, neighbour, and of leaf nodes the account."""


class NatsLinkRow(Struct, frozen=True, gc=False):
    """A server's link to a neighbour; the neighbour may report the same link."""

    cluster: str
    server_name: str
    """Who says so: ``in`` is what it was sent, ``pending_bytes`` what waits on its side."""
    kind: LinkKind
    peer: str
    """The neighbour; of a gateway the other cluster."""
    via: str = ""
    """Of a gateway, the server of the other cluster that messages go to, or its id."""
    account: str = ""
    """Of a leaf node; else empty."""
    solicited: bool = True
    """Whether this server called the other, as a leaf node does."""
    connected: bool = False
    """Whether it is: links that are configured but not connected are listed, too."""
    connections: int = 0
    host: str = ""
    rtt: float | None = None
    """Of the slowest of the connections, seconds."""
    pending_bytes: float | None = None
    in_msgs_rate: float = nan
    out_msgs_rate: float = nan
    in_bytes_rate: float = nan
    out_bytes_rate: float = nan
    in_msgs: float = 0
    out_msgs: float = 0
    in_bytes: float = 0
    out_bytes: float = 0
    subscriptions: float = 0
    start: float | None = None
    """When the newest of the connections began, Unix seconds."""
    stale: bool = False
    cause: Cause | None = None
    """The cause of a problem; None where there is none."""


def link_key(link: NatsLink) -> LinkKey:
    """The key of a row: routes to the same neighbour share one, for any accounts."""
    return link.kind, link.peer, link.account if link.kind == "leaf" else ""


def link_row(
    place: tuple[str, str], links: Sequence[NatsLink], rates: Mapping[int, Sequence[float]]
) -> NatsLinkRow:
    """One neighbour.

    Args:
        links: The connections to it, at least one.
        rates: Messages in and out, bytes in and out, per second, by ``cid``.
    """
    first = next((link for link in links if link.solicited), links[0])
    pending = [link.pending_bytes for link in links if link.pending_bytes is not None]
    per_second = [
        known_sum(column) for column in zip(*(rates[one.cid] for one in links), strict=True)
    ]
    in_rate, out_rate, in_bytes_rate, out_bytes_rate = per_second
    return NatsLinkRow(
        cluster=place[0],
        server_name=place[1],
        kind=first.kind,
        peer=first.peer,
        via=first.peer_id if first.kind == "gateway" else "",
        account=first.account if first.kind == "leaf" else "",
        solicited=first.solicited,
        connected=True,
        connections=len(links),
        host=f"{first.ip}:{first.port}",
        rtt=max((link.rtt for link in links if link.rtt is not None), default=None),
        pending_bytes=sum(pending) if pending else None,
        in_msgs_rate=in_rate,
        out_msgs_rate=out_rate,
        in_bytes_rate=in_bytes_rate,
        out_bytes_rate=out_bytes_rate,
        in_msgs=sum(link.in_msgs for link in links),
        out_msgs=sum(link.out_msgs for link in links),
        in_bytes=sum(link.in_bytes for link in links),
        out_bytes=sum(link.out_bytes for link in links),
        subscriptions=sum(link.subscriptions for link in links),
        start=max((link.start for link in links if link.start is not None), default=None),
        stale=False,
    )


def missing_row(place: tuple[str, str], kind: LinkKind, peer: str) -> NatsLinkRow:
    """A configured neighbour without a connection."""
    return NatsLinkRow(*place, kind, peer)
