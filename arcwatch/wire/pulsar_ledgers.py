"""Which ledgers hold a topic, and where its messages end -> model.

Source: ``PersistentTopicsBase`` of Pulsar 4.0: ``…/internal-info`` (``ManagedLedgerInfo``, from
metadata alone), ``…/lastMessageId``, ``…/messageid/{ms}``.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import Struct

from .numbers import Int64, nanoseconds_of
from .pulsar_admin import decode


class Ledger(NamedTuple):
    """One ledger of one topic."""

    id: int
    entries: int | None
    """None while it is written to."""
    size: int | None
    closed: int | None
    """When it was closed, nanoseconds since the epoch: what is in it is older."""
    offloaded: bool


class Last(NamedTuple):
    """The last message of a topic, or where the first will be."""

    ledger: int
    entry: int
    """-1 in a topic, or ledger, without any."""
    batch: int
    """-1 where its entry is no batch, or nobody knows."""


class _Ledger(Struct, rename="camel"):
    ledger_id: Int64
    entries: Int64 | None = None
    size: Int64 | None = None
    timestamp: Int64 = 0
    is_offloaded: bool = False


class _Info(Struct):
    ledgers: list[_Ledger] = []


class _Last(Struct, rename="camel"):
    ledger_id: Int64 = -1
    entry_id: Int64 = -1
    batch_index: Int64 = -1


_info = msgspec.json.Decoder(_Info)
_last = msgspec.json.Decoder(_Last)


def parse_ledger_list(body: bytes, where: str) -> tuple[Ledger, ...]:
    """The answer of ``internal-info`` of a topic or partition, in the ledgers' order."""
    # those that were offloaded come last, as their description was the last to change
    report = sorted(decode(_info, body, where).ledgers, key=lambda each: each.ledger_id)
    last = len(report) - 1
    return tuple(
        # of the one that is written to, the broker reports the time of asking
        Ledger(each.ledger_id, None, None, None, each.is_offloaded)
        if at == last
        else Ledger(
            each.ledger_id,
            each.entries or 0,
            each.size,
            nanoseconds_of(each.timestamp),
            each.is_offloaded,
        )
        for at, each in enumerate(report)
    )


def parse_place(body: bytes, where: str) -> Last:
    """The answer of ``lastMessageId`` or of ``messageid/{ms}``."""
    report = decode(_last, body, where)
    return Last(report.ledger_id, report.entry_id, report.batch_index)
