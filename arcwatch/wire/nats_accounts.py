"""``/accstatz`` of a NATS server: JSON to model.

Field names and meanings follow ``AccountStat`` of ``server/events.go``, nats-server 2.7 to 2.15.
"""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec import Struct

from arcwatch.model.nats_links import NatsAccount, NatsAccounts

from .nats_json import decode, moment, placed
from .numbers import Count, known


class _Part(Struct, frozen=True):
    msgs: Count = 0
    bytes: Count = 0


class _Traffic(Struct, frozen=True):
    msgs: Count = 0
    bytes: Count = 0
    # what of it neighbours passed on, since 2.11
    gateways: _Part | None = None
    routes: _Part | None = None
    leafs: _Part | None = None

    @property
    def of_clients(self) -> tuple[float, float]:
        """Messages and bytes without those of neighbours, as far as they are reported."""
        parts = [part for part in (self.gateways, self.routes, self.leafs) if part]
        msgs = known(self.msgs) - sum(known(part.msgs) for part in parts)
        size = known(self.bytes) - sum(known(part.bytes) for part in parts)
        # the counters are read one after the other, so that a part may be ahead of its whole
        return 0 if msgs < 0 else msgs, 0 if size < 0 else size


class _Account(Struct, frozen=True):
    acc: str
    name: str = ""
    conns: Count = 0
    total_conns: Count = 0
    leafnodes: Count = 0
    num_subscriptions: Count = 0
    slow_consumers: Count = 0
    sent: _Traffic = _Traffic()
    received: _Traffic = _Traffic()


class _Accstatz(Struct):
    now: str
    server_id: str = ""
    account_statz: list[_Account] | None = None


_ACCSTATZ = msgspec.json.Decoder(_Accstatz)


def parse_accstatz(body: bytes, where: str = "/accstatz", server_id: str = "") -> NatsAccounts:
    """Read one ``/accstatz?unused=1`` answer, about 700 bytes an account.

    Args:
        server_id: Whose it is, where only the envelope says so.
    """
    doc = decode(_ACCSTATZ, body, where)
    rows = doc.account_statz or []
    named = Counter(row.name for row in rows)
    with placed(where, "$.now"):
        return NatsAccounts(
            doc.server_id or server_id,
            moment(doc.now),
            tuple([_account(row, named[row.name]) for row in rows]),
        )


def _account(row: _Account, alike: int) -> NatsAccount:
    (in_msgs, in_bytes), (out_msgs, out_bytes) = row.received.of_clients, row.sent.of_clients
    return NatsAccount(
        account=row.name if row.name and alike == 1 else row.acc,
        connections=known(row.conns),
        total_connections=known(row.total_conns),
        leafnodes=known(row.leafnodes),
        subscriptions=known(row.num_subscriptions),
        slow_consumers=known(row.slow_consumers),
        in_msgs=in_msgs,
        out_msgs=out_msgs,
        in_bytes=in_bytes,
        out_bytes=out_bytes,
        clients_alone=row.received.routes is not None,
    )
