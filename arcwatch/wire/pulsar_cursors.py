"""Where the subscriptions of one topic stand, and what its ledgers hold: ``internalStats``.

Source: ``PersistentTopicInternalStats`` and ``ManagedLedgerInternalStats`` of Pulsar 4.0.
"""

from __future__ import annotations

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


class Cursors(NamedTuple):
    """The ledgers of one topic or partition, and where each subscription stands in them."""

    ledgers: tuple[Held, ...]
    marks: dict[str, tuple[int, int]]
    """Of each subscription the ledger and entry up to which everything is acknowledged."""


class _Ledger(Struct, rename="camel"):
    ledger_id: Int64
    entries: Int64 = 0
    size: Int64 = 0


class _Cursor(Struct, rename="camel"):
    mark_delete_position: str


class _Internal(Struct, rename="camel"):
    current_ledger_entries: Int64 = 0
    current_ledger_size: Int64 = 0
    ledgers: list[_Ledger] = []
    cursors: dict[str, _Cursor] = {}


_internal = msgspec.json.Decoder(_Internal)


def parse_cursors(body: bytes, where: str) -> Cursors:
    """The answer of ``internalStats`` of a topic or partition.

    Raises:
        WireError: It is not that answer.
    """
    told = decode(_internal, body, where)
    held = [Held(each.ledger_id, each.entries, each.size) for each in told.ledgers]
    if held:
        # of the one that is written to, the list says nothing yet
        held[-1] = Held(held[-1].ledger, told.current_ledger_entries, told.current_ledger_size)
    return Cursors(
        tuple(held),
        {
            # named as they are in the metadata: Pulsar's ``Codec``
            unquote_plus(name): _position(cursor.mark_delete_position, where)
            for name, cursor in told.cursors.items()
        },
    )


def _position(text: str, where: str) -> tuple[int, int]:
    """``LEDGER:ENTRY``; the entry is -1 before the first."""
    ledger, _, entry = text.partition(":")
    try:
        return int(ledger), int(entry)
    except ValueError as error:
        raise WireError(
            "not what a broker tells of a cursor", where=where, why=text[:60]
        ) from error
