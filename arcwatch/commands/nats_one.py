"""One NATS connection, or one stream, with everything that opening it on the screen shows."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from msgspec import Struct

from arcwatch.errors import NotThereError, UsageError
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsStreamRow,
    NatsSubscriptionRow,
)
from arcwatch.store.store import Store
from arcwatch.text.control_characters import printable

from .listing import as_json, as_pairs, as_table
from .looking import answered, looked

_SUBSCRIPTION = "subject queue msgs msgs_rate max sid"


class OneConnection(Struct, frozen=True):
    """A connection, open or gone.  Servers number theirs alike, so that there may be several."""

    connection: NatsConnectionRow
    stop: float | None
    """When it closed, Unix seconds; None while it is open."""
    reason: str | None
    subscriptions: tuple[NatsSubscriptionRow, ...]


class OneStream(Struct, frozen=True):
    """A stream and its consumers.  Streams of several accounts may share a name."""

    stream: NatsStreamRow
    consumers: tuple[NatsConsumerRow, ...]


def print_connection(args: argparse.Namespace) -> int:
    """Print the connection with the id ``args.name`` on every server that has it.

    Raises:
        UsageError: It is no number.
        SourceError: No server knows it, or none answered.
    """
    if not (args.name.isascii() and args.name.isdigit() and len(args.name) < 19):
        what = f"{printable(args.name, limit=40)!r} is not a connection ID"
        raise UsageError(what, hint="`arcwatch nats connections` lists them in the CID column")
    cid = int(args.name)
    store = looked(args, pulsar=False, details=[cid])
    found = list(_connections(store, cid))
    _check(
        found,
        store,
        f"connection {cid} is neither open nor recently closed",
        "connections",
        "connz",
    )
    if args.json:
        print(as_json(found))
        return 0
    for one in found:
        print("\n".join(as_pairs(one.connection)))
        if one.stop is not None:
            print("\n".join(["", *as_pairs(one)]))
        print("\n".join(["", *as_table(one.subscriptions, _SUBSCRIPTION.split())]))
    return 0


def print_stream(args: argparse.Namespace, consumer: Sequence[str]) -> int:
    """Print the stream ``args.name`` of every account that has one.

    Args:
        args: The command line.
        consumer: What is shown of a consumer as text.

    Raises:
        SourceError: There is none, or nothing answered.
    """
    store = looked(args, pulsar=False)
    found = list(_streams(store, args.name))
    what = f"there is no stream {printable(args.name, limit=60)}"
    _check(found, store, what, "streams", "jsz")
    if args.json:
        print(as_json(found))
        return 0
    for one in found:
        print("\n".join(as_pairs(one.stream)))
        if peers := one.stream.peers:
            print("\n".join(["", *as_table(peers, peers[0].__struct_fields__)]))
        print("\n".join(["", *as_table(one.consumers, consumer)]))
    return 0


def _connections(store: Store, cid: int) -> Iterator[OneConnection]:
    for state in store.nats:
        opened = state.opened
        if opened.connection:
            # what was asked about it alone is without rates
            row = next((row for row in state.connections if row.cid == cid), opened.connection)
            yield OneConnection(row, opened.stop, opened.reason or None, opened.subscriptions)


def _streams(store: Store, name: str) -> Iterator[OneStream]:
    for row in store.nats_streams():
        if row.stream == name:
            place = row.cluster, row.account, row.stream
            read = [c for c in store.nats_consumers() if (c.cluster, c.account, c.stream) == place]
            yield OneStream(row, tuple(read))


def _check(found: Sequence[Struct], store: Store, what: str, listed: str, *parts: str) -> None:
    if not found:
        answered(store, parts)
        raise NotThereError(what, hint=f"`arcwatch nats {listed}` lists them")
