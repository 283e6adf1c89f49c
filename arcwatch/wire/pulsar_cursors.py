"""Cursor positions and ledgers of one topic: ``internalStats``.

Source: ``PersistentTopicInternalStats`` and ``ManagedLedgerInternalStats`` of Pulsar 4.0.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError

from .numbers import Int64
from .pulsar_admin import decode


class Held(NamedTuple):
    """What one ledger holds."""

    ledger: int
    entries: int
    size: int
    """Bytes, without replicas."""


Spot = tuple[int, int]
"""A ledger, and an entry of it."""

Ranges = tuple[tuple[Spot, Spot], ...]
"""Entries from the first place of each pair up to the second, which is not included."""


class Cursors(NamedTuple):
    """The ledgers of one topic or partition, and the position of each cursor."""

    ledgers: tuple[Held, ...]
    end: Spot
    """Behind the last entry of all."""
    marks: dict[str, Spot]
    """Of each subscription the ledger and entry up to which everything is acknowledged."""
    acknowledged: dict[str, str]
    """What each acknowledged beyond that, for :func:`parse_acknowledged`."""
    compacted: int = 0
    """Entries of the ledger that compaction has left: the last of each key before the place where
    the subscription :data:`COMPACTION` stands."""
    begun: int | None = None
    """When the broker created the last ledger, milliseconds since the epoch; None for unknown."""


class _Ledger(Struct, rename="camel"):
    ledger_id: Int64
    entries: Int64 = 0
    size: Int64 = 0


class _Cursor(Struct, rename="camel"):
    mark_delete_position: str
    individually_deleted_messages: str = ""


class _CompactedLedger(Struct, rename="camel", frozen=True):
    entries: Int64 = -1


class _Internal(Struct, rename="camel"):
    last_confirmed_entry: str
    last_ledger_created_timestamp: str = ""
    current_ledger_entries: Int64 = 0
    current_ledger_size: Int64 = 0
    ledgers: list[_Ledger] = []
    cursors: dict[str, _Cursor] = {}
    compacted_ledger: _CompactedLedger = _CompactedLedger()


_RANGE = re.compile(r"([(\[])(\d{1,19}):(-?\d{1,19})\.\.(\d{1,19}):(-?\d{1,19})([)\]])")
_internal = msgspec.json.Decoder(_Internal)


def parse_cursors(body: bytes, where: str) -> Cursors:
    """The answer of ``internalStats`` of a topic or partition."""
    report = decode(_internal, body, where)
    held = [Held(each.ledger_id, each.entries, each.size) for each in report.ledgers]
    if held:
        # of the one that is written to, the list says nothing yet
        held[-1] = Held(held[-1].ledger, report.current_ledger_entries, report.current_ledger_size)
    # named as they are in the metadata: Pulsar's ``Codec``
    cursors = {unquote_plus(name): cursor for name, cursor in report.cursors.items()}
    ledger, entry = _position(report.last_confirmed_entry, where)
    return Cursors(
        tuple(held),
        (ledger, entry + 1),
        {name: _position(one.mark_delete_position, where) for name, one in cursors.items()},
        {name: one.individually_deleted_messages for name, one in cursors.items()},
        max(report.compacted_ledger.entries or 0, 0),
        _milliseconds(report.last_ledger_created_timestamp),
    )


def parse_acknowledged(text: str, where: str) -> Ranges:
    """``[(5:3..5:7],(5:9..6:0]]``: what is acknowledged beyond a gap, in order.

    Source: ``ManagedCursorImpl.individualDeletedMessages`` as text: Guava's ranges, open below and
    closed above, which may begin in one ledger and end in another.

    >>> parse_acknowledged("[(5:3..5:7],(5:9..6:0]]", "")
    (((5, 4), (5, 8)), ((5, 10), (6, 1)))
    """
    found = []
    for low, ledger, entry, last_ledger, last_entry, high in _RANGE.findall(text):
        first = (int(ledger), int(entry) + (low == "("))
        behind = (int(last_ledger), int(last_entry) + (high == "]"))
        if first < behind:
            found.append((first, behind))
    if not found and text.strip("[] "):
        raise WireError("not a broker's cursor statistics", where=where, why=text[:60])
    return tuple(sorted(found))


def _milliseconds(text: str) -> int | None:
    """RFC 3339 as milliseconds since the epoch; None for what is none, or has no zone."""
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp() * 1_000) if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def _position(text: str, where: str) -> tuple[int, int]:
    """``LEDGER:ENTRY``; the entry is -1 before the first."""
    ledger, _, entry = text.partition(":")
    try:
        return int(ledger), int(entry)
    except ValueError as error:
        raise WireError("not a broker's cursor statistics", where=where, why=text[:60]) from error
