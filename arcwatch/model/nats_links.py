"""How NATS servers are joined, and what each account sends through one of them.

From ``/routez``, ``/gatewayz``, ``/leafz`` and ``/accstatz`` of ``server/monitor.go``.  As
everywhere ``in_*`` is what the server was sent and ``out_*`` what it sent; counters are totals.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

LinkKind: TypeAlias = Literal["route", "gateway", "leaf"]
"""Within a cluster, between clusters of a super-cluster, and to a server that is a leaf."""


class NatsLink(Struct, frozen=True, gc=False):
    """One connection to another server.  Several may join the same two: a pool of routes."""

    kind: LinkKind
    cid: int
    """Unique within one run of the server."""
    peer: str
    """The other server's name; of a gateway the other cluster's."""
    peer_id: str
    """The other server's id; empty for leaf nodes, which do not report it."""
    account: str
    """Of a leaf node, whose messages go through it; of a route, whose alone; else empty."""
    solicited: bool
    """Whether it was this server that called the other."""
    ip: str
    port: int
    rtt: float | None
    """Seconds, the last one measured; None before the first."""
    pending_bytes: int | None
    """Not yet written to the other server; leaf nodes do not report it."""
    in_msgs: float
    out_msgs: float
    in_bytes: float
    out_bytes: float
    subscriptions: float
    """What the other server wants to hear of."""
    start: float | None
    """Unix seconds; leaf nodes do not report it."""


class NatsLinks(Struct, frozen=True, tag="nats.links"):
    """All links of one server: the answers of up to three endpoints."""

    server_id: str
    answers: tuple[LinkAnswer, ...]


class LinkAnswer(Struct, frozen=True):
    """One of the answers."""

    kind: LinkKind
    now: float
    """The server's clock when it counted."""
    links: tuple[NatsLink, ...]


class NatsAccount(Struct, frozen=True, gc=False):
    """One account on one server.

    Traffic is that of its clients alone, where the server separates it from what routes,
    gateways and leaf nodes pass on: several servers then add up to each message once.
    """

    account: str
    """Its name, or its id where two have the same name."""
    connections: float
    total_connections: float
    """Since the start."""
    leafnodes: float
    subscriptions: float
    slow_consumers: float
    in_msgs: float
    out_msgs: float
    in_bytes: float
    out_bytes: float
    clients_alone: bool
    """Whether the traffic is; else neighbours' is counted too."""


class NatsAccounts(Struct, frozen=True, tag="nats.accounts"):
    """One ``/accstatz`` answer."""

    server_id: str
    now: float
    accounts: tuple[NatsAccount, ...]
