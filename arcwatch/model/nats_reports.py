"""What NATS servers publish of their clients, themselves and JetStream, as it happens."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal[
    "connected", "disconnected", "lame duck", "shut down", "removed", "quorum lost", "full", "busy"
]
"""``removed`` from JetStream's cluster; ``full``: JetStream is out of storage; ``busy``: more
requests to JetStream's API wait than are allowed."""


class NatsReport(Struct, frozen=True, gc=False):
    """One thing that happened."""

    kind: Kind
    at: float
    """Unix seconds, by the server's clock."""
    server: str = ""
    cluster: str = ""
    account: str = ""
    client: str = ""
    """The name of a client, or else its address."""
    cid: int = 0
    start: float = 0.0
    """Unix seconds when a client connected."""
    reason: str = ""
    """Why a client is disconnected: ``Client Closed``, ``Slow Consumer (Pending Bytes)``."""
    stream: str = ""
    consumer: str = ""


class NatsReports(Struct, frozen=True, tag="nats.reports"):
    """What was published since the answer before; nothing, in the first one of a connection."""

    reports: tuple[NatsReport, ...] = ()
    of_clients: bool = False
    """Whether clients are among it: the login belongs to the system account."""
    is_limited: bool = False
    """Whether more came than are read, so that the rest is missing."""
