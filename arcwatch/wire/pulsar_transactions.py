"""``slowTransactions`` of a broker's admin API -> model.

Source: ``TransactionsBase`` and ``TransactionMetadata`` of Pulsar 4.0.  Despite its name the list
is of all open transactions whose time-out is longer than asked for, however young they are; and
``timeoutAt`` is that time-out, no moment.
"""

from __future__ import annotations

import re
from math import inf

import msgspec
from msgspec import Struct

from arcwatch.model.pulsar import OpenTransaction, Produced, PulsarTransactions

from .numbers import Int64, seconds_of
from .pulsar_admin import decode

MOST = 1_000
"""Transactions that are kept, the oldest."""

_POSITION = re.compile(r"(\d{1,18}):(-1|\d{1,18})", re.ASCII)


class _Produced(Struct, rename="camel"):
    start_position: str | None = None


class _Transaction(Struct, rename="camel"):
    txn_id: str = "?"
    open_timestamp: Int64 = 0
    timeout_at: Int64 = 0
    produced_partitions: dict[str, _Produced | None] | None = None
    acked_partitions: dict[str, dict[str, object] | None] | None = None


_open = msgspec.json.Decoder(dict[str, _Transaction])


def parse_transactions(body: bytes, where: str) -> PulsarTransactions:
    """The answer of ``slowTransactions/0``."""
    found = [_transaction(each) for each in decode(_open, body, where).values()]
    found.sort(key=lambda one: (one.since or inf, one.id))
    return PulsarTransactions(tuple(found[:MOST]))


def parse_position(text: str) -> tuple[int, int] | None:
    """Ledger and entry of ``LEDGER:ENTRY``; None for anything else.

    >>> parse_position("3:1"), parse_position("-1:-1")
    ((3, 1), None)
    """
    found = _POSITION.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def _transaction(report: _Transaction) -> OpenTransaction:
    produced = []
    for topic, part in (report.produced_partitions or {}).items():
        at = parse_position((part and part.start_position) or "") or (-1, -1)
        produced.append(Produced(topic, *at))
    acked = report.acked_partitions or {}
    return OpenTransaction(
        report.txn_id,
        seconds_of(report.open_timestamp),
        max(report.timeout_at, 0) / 1000,
        tuple(produced),
        tuple((topic, sub) for topic, subs in acked.items() for sub in subs or ()),
    )
