"""How a Pulsar cluster is set up: what a check-up asks beyond what is polled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from .pulsar_opened import OpenedTopic, Quota


class NotAsked(Struct, frozen=True):
    """There is no answer, and why."""

    why: str


class NamespaceSettings(Struct, frozen=True):
    """The policies of one namespace; None is what the broker's defaults decide."""

    name: str
    quotas: tuple[Quota, ...] = ()
    retention: tuple[int, int] | None = None
    """Seconds and bytes that acknowledged messages are kept, -1 without limit."""
    ttl: int | None = None
    """Seconds; 0 is never."""
    bookies: tuple[int, int, int] | None = None
    """Of each ledger: bookies it is spread over, copies, and copies that are waited for."""
    offload_bytes: int | None = None
    """From how many bytes on ledgers are offloaded; None or below zero is never."""


class TopicSettings(Struct, frozen=True):
    """Who is connected to one topic, and what its messages are."""

    opened: OpenedTopic
    schema: str | NotAsked | None
    """``AVRO``, ``JSON``, …; None without a schema."""


BrokerSettings: TypeAlias = Mapping[str, str]
"""Some of a broker's settings by their names in ``broker.conf``; empty is what is not set."""


class PulsarSettings(Struct, frozen=True):
    """All that was asked of one cluster."""

    broker: BrokerSettings | NotAsked
    """Of the broker that was asked."""
    namespaces: tuple[NamespaceSettings, ...] | NotAsked
    topics: tuple[TopicSettings, ...] | NotAsked
    namespaces_left_out: int = 0
    topics_left_out: int = 0
    """Beyond what is asked of one cluster."""
