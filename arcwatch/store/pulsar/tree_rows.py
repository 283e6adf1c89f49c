"""Rows of Pulsar's tree, also printed by ``--json``."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal["tenant", "namespace", "topic", "partition"]

KINDS: tuple[Kind, ...] = ("tenant", "namespace", "topic", "partition")
"""From the outermost to the innermost."""


class PulsarTreeRow(Struct, frozen=True, gc=False):
    """A tenant, namespace, topic or partition, summed over everything below it.

    Only what a broker has loaded has figures: those of a namespace are sums over its loaded
    topics, and a topic that no broker has loaded has a name and nothing else.
    """

    cluster: str
    kind: Kind
    name: str
    """``tenant``, ``tenant/namespace``, or the full name of a topic or partition."""
    parent: str
    """The name of what it is in; empty for a tenant."""
    topics: int
    """Known by name or loaded, itself included; 0 for a partition."""
    all_listed: bool
    """False where there may be more topics than ``topics``: nobody has listed them yet."""
    not_loaded: int
    """How many of ``topics`` no broker has loaded."""
    partitions: int
    """Partitions of it, loaded or not; 0 for what has none."""
    loaded: bool
    """Whether a broker has loaded it, or anything in it."""
    hot: bool
    """Whether a partition is sent far more than its siblings."""
    msg_rate_in: float
    msg_rate_out: float
    throughput_in: float
    throughput_out: float
    storage_size: float | None
    offloaded_size: float | None
    backlog_entries: float | None
    """Summed over subscriptions."""
    backlog_messages: float
    """``nan`` while the messages per entry of something in it are not known."""
    subscriptions: int | None
    producers: float | None
    consumers: float | None
    stale: bool

    @property
    def topic(self) -> str:
        """The topic it is, or is a partition of; of a namespace or tenant its own name."""
        return self.parent if self.kind == "partition" else self.name
