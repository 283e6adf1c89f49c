"""Transactions of a Pulsar cluster: their coordinators, and those that are open."""

from __future__ import annotations

from math import nan

from msgspec import Struct


class Coordinator(Struct, frozen=True, gc=False):
    """One transaction coordinator, from the ``pulsar_txn_*`` metrics of the broker that runs it.

    Totals are since that broker took it over.
    """

    id: str
    active: float
    created: float
    committed: float
    aborted: float
    timed_out: float


class Produced(Struct, frozen=True, gc=False):
    """What a transaction sent to one topic or partition."""

    topic: str
    ledger: int
    entry: int
    """Where it begins; -1 each where that is not reported."""
    hides: float = nan
    """Entries from there to the end of the topic, its own included, that are not delivered."""


class OpenTransaction(Struct, frozen=True, gc=False):
    """A transaction that was neither committed nor aborted."""

    id: str
    """As brokers write it: ``(COORDINATOR,NUMBER)``."""
    since: float | None
    """When it began, Unix seconds."""
    timeout: float
    """Seconds after which its coordinator aborts it."""
    produced: tuple[Produced, ...]
    acknowledged: tuple[tuple[str, str], ...]
    """Topics and their subscriptions in which it acknowledges messages, pending until it ends."""


class PulsarTransactions(Struct, frozen=True, tag="pulsar.transactions"):
    """The open transactions of all coordinators, the oldest first."""

    open: tuple[OpenTransaction, ...] | None
    """None where they may not be read: brokers list them for superusers alone."""
