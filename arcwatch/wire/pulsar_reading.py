"""The admin API's answers needed before a topic is read: last message and dispatch rate.

Source: ``PersistentTopicsBase`` of Pulsar 4.0: ``…/lastMessageId``, ``…/dispatchRate``; and
``TransactionsBase``: ``…/transactionBufferStats``.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct, field

from arcwatch.text.units import LATEST_NS

from .numbers import Int64, Real
from .pulsar_admin import decode
from .pulsar_transactions import parse_position

_FAR = re.compile(r"\+\d{5,}-", re.ASCII)


class Quota(NamedTuple):
    """What a topic sends to all of its readers and subscriptions together, a second at most."""

    messages: float | None
    """None is without a bound."""
    bytes: float | None


class _LastMessage(Struct, rename="camel"):
    ledger_id: Int64 = -1
    entry_id: Int64 = -1


class _TransactionBuffer(Struct, rename="camel"):
    max_read_position: str = ""
    total_aborted_transactions: Int64 = 0


class _Rate(Struct):
    messages: Real = field(name="dispatchThrottlingRateInMsg", default=-1)
    bytes: Real = field(name="dispatchThrottlingRateInByte", default=-1)
    period: Real = field(name="ratePeriodInSecond", default=1)


_last = msgspec.json.Decoder(_LastMessage)
_buffer = msgspec.json.Decoder(_TransactionBuffer)
_clusters = msgspec.json.Decoder(list[str] | None)
_rate = msgspec.json.Decoder(_Rate | None)


def parse_last_message(body: bytes, where: str) -> tuple[int, int]:
    """Ledger and entry of the last message; -1 each in a topic without any."""
    found = decode(_last, body, where)
    return found.ledger_id, found.entry_id


def parse_deliver_at(text: str) -> int | None:
    """When a delayed message is due, nanoseconds since the epoch, from an entry's header.

    >>> parse_deliver_at("2026-11-30T14:15:45.421Z"), parse_deliver_at("")
    (1796048145421000000, None)
    >>> parse_deliver_at("+10000-01-01T00:00:00Z")
    9223372036854000000
    """
    # how Java writes a year of more than four digits
    if _FAR.match(text):
        return LATEST_NS
    try:
        moment = datetime.fromisoformat(text)
        found = round(moment.timestamp() * 1_000) * 1_000_000 if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
    return min(found, LATEST_NS) if found is not None and found > 0 else None


def parse_replication_clusters(body: bytes, where: str) -> tuple[str, ...]:
    """The clusters that a topic or namespace is replicated between; of none, it is not set."""
    return tuple(decode(_clusters, body, where) or ()) if body.strip() else ()


class Readable(NamedTuple):
    """What readers of a topic with transactions can read."""

    ledger: int
    entry: int
    """Of the last message before any open transaction's."""
    aborted: int
    """Transactions that were aborted, and whose messages are still stored."""


def parse_last_readable(body: bytes, where: str) -> Readable | None:
    """The answer of ``transactionBufferStats``; None where no position is reported."""
    report = decode(_buffer, body, where)
    at = parse_position(report.max_read_position)
    return at and Readable(*at, max(0, report.total_aborted_transactions))


def parse_dispatch_rate(body: bytes, where: str) -> Quota:
    """Parse a dispatch rate; an empty answer means that none is set."""
    found = decode(_rate, body, where) if body.strip() else None
    if found is None:
        return Quota(None, None)
    period = max(found.period, 1)
    messages = found.messages / period if found.messages > 0 else None
    return Quota(messages, found.bytes / period if found.bytes > 0 else None)
