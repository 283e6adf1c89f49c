"""When what lets us in, and what servers show of themselves, ends."""

from __future__ import annotations

from msgspec import Struct


class Expiry(Struct, frozen=True, gc=False):
    """One certificate, JWT or token."""

    what: str
    """``certificate``, ``our certificate``, ``JWT``, ``token``."""
    place: str
    """The server, ``HOST:PORT``; of what is ours, where it is kept."""
    subject: str
    """Its owner; empty where that is unknown."""
    at: float
    """Unix seconds."""


class Expiries(Struct, frozen=True, tag="expiries"):
    """All that could be read of one system; what never ends is not among them."""

    found: tuple[Expiry, ...]
