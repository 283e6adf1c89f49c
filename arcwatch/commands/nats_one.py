"""One NATS connection, or one stream, with everything that opening it on the screen shows."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial

from msgspec import Struct

from arcwatch.engine.engine import Engine
from arcwatch.engine.questions import DetailTarget
from arcwatch.errors import NotThereError, UsageError
from arcwatch.store.charted import Charted, of_nats
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsStreamRow,
    NatsSubscriptionRow,
)
from arcwatch.store.store import Store
from arcwatch.text.control_characters import escaped_json, printable

from .listing import as_json, as_pairs, as_table, in_json
from .live import watch
from .looking import answered, places_of, sample
from .paint import Page, page
from .sampling import MOST, sampled, write_charts

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
    cid = _cid(args)
    if args.watch:

        def aim(engine: Engine) -> None:
            engine.watch_details([DetailTarget(state.url, cid) for state in engine.store.nats])

        return watch(args, places_of(args, pulsar=False), partial(_watched_connection, args), aim)
    store = sample(args, pulsar=False, details=[cid])
    found = list(_connections(store, cid))
    what = f"connection {cid} is neither open nor recently closed"
    _check(found, store, what, "connections", "connz")
    print(as_json(found) if args.json else "\n".join(_connection_lines(found, page())))
    return 0


def _watched_connection(args: argparse.Namespace, store: Store, on: Page) -> Sequence[str]:
    found = list(_connections(store, int(args.name)))
    if args.json:
        return [escaped_json(in_json(found).decode())]
    return list(_connection_lines(found, on)) or [f"connection {args.name}: not read yet"]


def _connection_lines(found: Sequence[OneConnection], on: Page) -> Iterator[str]:
    for one in found:
        yield from as_pairs(one.connection)
        if one.stop is not None:
            yield from ("", *as_pairs(one))
        yield from ("", *as_table(one.subscriptions, _SUBSCRIPTION.split(), on))


def chart(args: argparse.Namespace) -> int:
    """Draw the rates of a connection, or of a stream and its consumers, over some time.

    Raises:
        UsageError: It is no connection's id.
        SourceError: There is none, or nothing answered.
    """
    cid = _cid(args) if args.what == "connection" else -1

    def rows(store: Store) -> Sequence[Struct]:
        if args.what == "connection":
            return [row for row in store.nats_connections() if row.cid == cid]
        read = [row for row in store.nats_consumers() if row.stream == args.name]
        return [*(row for row in store.nats_streams() if row.stream == args.name), *read][:MOST]

    def find(store: Store) -> list[Charted]:
        return [found for row in rows(store) if (found := of_nats(store.nats, row))]

    store = sampled(places_of(args, pulsar=False), args.span, find)
    what = f"there is no open {args.what} {printable(args.name, limit=60)}"
    if args.what == "stream":
        what = f"there is no stream {printable(args.name, limit=60)}"
    part = "connz" if args.what == "connection" else "jsz"
    _check(rows(store), store, what, f"{args.what}s", part)
    write_charts(args, find(store), args.span)
    return answered(store, [part])


def _cid(args: argparse.Namespace) -> int:
    if not (args.name.isascii() and args.name.isdigit() and len(args.name) < 19):
        what = f"{printable(args.name, limit=40)!r} is not a connection ID"
        raise UsageError(what, hint="`arcwatch nats connections` lists them in the CID column")
    return int(args.name)


def print_stream(args: argparse.Namespace, consumer: Sequence[str]) -> int:
    """Print the stream ``args.name`` of every account that has one.

    Raises:
        SourceError: There is none, or nothing answered.
    """
    if args.watch:
        lines = partial(_watched_stream, args, consumer)
        return watch(args, places_of(args, pulsar=False), lines)
    store = sample(args, pulsar=False)
    found = list(_streams(store, args.name))
    what = f"there is no stream {printable(args.name, limit=60)}"
    _check(found, store, what, "streams", "jsz")
    print(as_json(found) if args.json else "\n".join(_stream_lines(found, consumer, page())))
    return 0


def _watched_stream(
    args: argparse.Namespace, consumer: Sequence[str], store: Store, on: Page
) -> Sequence[str]:
    found = list(_streams(store, args.name))
    if args.json:
        return [escaped_json(in_json(found).decode())]
    none = f"there is no stream {printable(args.name, limit=60)}"
    return list(_stream_lines(found, consumer, on)) or [none]


def _stream_lines(found: Sequence[OneStream], consumer: Sequence[str], on: Page) -> Iterator[str]:
    for one in found:
        yield from as_pairs(one.stream)
        if peers := one.stream.peers:
            yield from ("", *as_table(peers, peers[0].__struct_fields__, on))
        yield from ("", *as_table(one.consumers, consumer, on))


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
        contacts = [one for one in store.contacts.values() if one.part in parts]
        if silent := sum(one.failing for one in contacts):
            what += f" on the servers that answered; {silent} of {len(contacts)} did not"
        raise NotThereError(what, hint=f"`arcwatch nats {listed}` lists them")
