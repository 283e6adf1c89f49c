"""What a keeper is asked to run."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from .ports import Ports

Extra: TypeAlias = Literal["transactions"]
"""What the local Pulsar can have besides."""


class Plan(Struct, frozen=True):
    """What a keeper is to run."""

    home: str
    """Folder of everything it writes."""
    ports: Ports
    cache: str
    """Where the Pulsar distribution is kept."""
    pulsar: bool
    traffic: bool
    seed: int
    starter: int
    """The process to end with, unless it writes to our standard input first."""
    disposable: bool
    """Remove ``home`` at the end; then nobody needs to end in order, either."""
    extras: tuple[Extra, ...] = ()
