"""Changes of the ``orders`` table, shaped as Debezium's PostgreSQL connector writes them.  Pure.

Key and value follow https://debezium.io/documentation/reference/stable/connectors/postgresql.html
with ``schemas.enable=false``: the key is the row's primary key, the value an envelope of
``before``, ``after``, ``source``, ``op`` and ``ts_ms``; after a delete comes a tombstone.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from .plan import REGIONS, When, arrivals, dice
from .pulsar_plan import Message

Row = dict[str, Any]

OPEN_ORDERS = 300
"""Rows the table is kept near: below it orders are mostly placed, above it they are removed."""

NEXT_STATE = {"placed": "paid", "paid": "shipped", "shipped": "delivered"}


def order_changes(seed: int, when: When) -> Iterator[Message]:
    """Inserts, updates and deletes, 6 changes a second, and a tombstone after each delete."""
    rng = dice(seed, "orders")
    table: dict[int, Row] = {}
    for number, at in enumerate(arrivals(rng, lambda _: 6.0), 1):
        before, after = _change(rng, table, number)
        key = msgspec.json.encode({"id": (after or before or {})["id"]}).decode()
        yield Message(at, msgspec.json.encode(_envelope(before, after, number, when(at))), key)
        if after is None:
            yield Message(at, None, key)


def _change(rng: Random, table: dict[int, Row], number: int) -> tuple[Row | None, Row | None]:
    """Change ``table`` once; the row as it was and as it is."""
    if not table or rng.random() > len(table) / OPEN_ORDERS * 0.4 + 0.4:
        order = 1000 + number
        row = {
            "id": order,
            "customer": f"c-{rng.randrange(900):03d}",
            "region": rng.choice(REGIONS),
            "total": round(rng.uniform(5, 900), 2),
            "state": "placed",
        }
        table[order] = row
        return None, row
    before = table[rng.choice(list(table))]
    state = NEXT_STATE.get(before["state"])
    if state is None:
        return table.pop(before["id"]), None
    table[before["id"]] = after = before | {"state": state}
    return before, after


def _envelope(before: Row | None, after: Row | None, number: int, ts_ms: int) -> Row:
    return {
        "before": before,
        "after": after,
        "source": {
            "version": "3.0.0.Final",
            "connector": "postgresql",
            "name": "arc",
            "ts_ms": ts_ms,
            "snapshot": "false",
            "db": "arc",
            "schema": "public",
            "table": "orders",
            "txId": 7000 + number,
            "lsn": 24_000_000 + number * 128,
        },
        "transaction": None,
        "op": "c" if before is None else "d" if after is None else "u",
        "ts_ms": ts_ms + 3,
    }
