"""How a Pulsar cluster is set up: what a check-up asks beyond what is polled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from .pulsar_opened import OpenedTopic, Quota

_NUMBER = re.compile(r"-?[0-9]{1,19}")


class NotAsked(Struct, frozen=True):
    """There is no answer, and why."""

    why: str


class NamespaceSettings(Struct, frozen=True):
    """The policies of one namespace; None is what the broker's defaults decide."""

    name: str
    quotas: tuple[Quota, ...] = ()
    """Its own; one without a limit overrides the broker's."""
    retention: tuple[int, int] | None = None
    """Seconds and bytes that acknowledged messages are kept, -1 without limit."""
    ttl: int | None = None
    """Seconds; 0 is never."""
    bookies: tuple[int, int, int] | None = None
    """Of each ledger: bookies it is spread over, copies, and copies that are waited for."""
    offload_bytes: int | None = None
    """From how many bytes on ledgers are offloaded; None or below zero is never."""
    resource_group: str = ""


class TopicLimits(Struct, frozen=True):
    """How long a topic's messages may wait; None or missing: its namespace decides."""

    ttl: int | None = None
    """Seconds; 0 is never."""
    quotas: tuple[Quota, ...] = ()


class TopicSettings(Struct, frozen=True):
    """Who is connected to one topic, what its messages are, and how long they may wait."""

    opened: OpenedTopic
    schema: str | NotAsked | None
    """``AVRO``, ``JSON``, …; None without a schema."""
    limits: TopicLimits | NotAsked = TopicLimits()


BrokerSettings: TypeAlias = Mapping[str, str]
"""Some of a broker's settings by their names in ``broker.conf``; empty is what is not set."""


def default_quotas(settings: BrokerSettings) -> dict[str, Quota]:
    """The quotas of topics without any, by kind; not those whose settings are missing.

    The older setting of storage, in GiB, takes precedence over the one in bytes:
    ``BacklogQuotaManager``.
    """
    found: dict[str, Quota] = {}
    policy = settings.get("backlogQuotaDefaultRetentionPolicy", "")
    old = settings.get("backlogQuotaDefaultLimitGB", "")
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", old) and float(old) > 0:
        size: int | None = int(float(old) * 2**30)
    else:
        size = number_of(settings, "backlogQuotaDefaultLimitBytes")
    if size is not None:
        limit = size if size > 0 else None
        found["destination_storage"] = Quota("destination_storage", limit, None, policy)
    seconds = number_of(settings, "backlogQuotaDefaultLimitSecond")
    if seconds is not None:
        limit = seconds if seconds > 0 else None
        found["message_age"] = Quota("message_age", None, limit, policy)
    return found


def number_of(settings: BrokerSettings, name: str) -> int | None:
    """A number among a broker's settings; None where it is none."""
    return int(found[0]) if (found := _NUMBER.fullmatch(settings.get(name, ""))) else None


class PulsarSettings(Struct, frozen=True):
    """All that was asked of one cluster."""

    broker: BrokerSettings | NotAsked
    """Of the broker that was asked."""
    namespaces: tuple[NamespaceSettings, ...] | NotAsked
    topics: tuple[TopicSettings, ...] | NotAsked
    namespaces_left_out: int = 0
    topics_left_out: int = 0
    """Beyond what is asked of one cluster."""
