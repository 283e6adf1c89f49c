"""Who the NATS servers at the client port say that they are."""

from __future__ import annotations

from msgspec import Struct


class NatsGreeting(Struct, frozen=True, gc=False):
    """What one of them sent when it was connected to."""

    url: str
    """Of the client port, without secrets."""
    server_id: str
    """New at every start of the server; ``/varz`` has the same."""
    server_name: str
    cluster: str
    """Empty for a server that is in none."""
    auth_required: bool | None = None
    """Whether nobody is let in without a login; ``/varz`` says the same of users that are set up,
    though one of them may stand for all who do not log in."""


class NatsGreetings(Struct, frozen=True, tag="nats.greetings"):
    """Those of one context that could be reached."""

    servers: tuple[NatsGreeting, ...]
