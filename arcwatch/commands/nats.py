"""``arcwatch nats``: the tables of view 2, and what opens from them, as text or JSON."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from arcwatch.engine.engine import Engine
from arcwatch.engine.questions import DetailTarget
from arcwatch.errors import SourceError, UsageError
from arcwatch.store.store import Store
from arcwatch.text.control_characters import printable

from . import nats_bucket, nats_one
from .chart_output import add_chart_flags, check_chart_flags
from .live import add_watch_flag, watch
from .looking import (
    add_looking_flags,
    lines_of,
    places_of,
    print_rows,
    sample,
    with_cause,
    with_cluster,
)
from .paint import Page
from .place_flags import print_error
from .sampling import add_span_flag

_TABLES = {
    "servers": "server_name version healthy connections subscriptions slow_consumers in_msgs_rate"
    " out_msgs_rate in_bytes_rate out_bytes_rate cpu mem uptime",
    "connections": "name ip port cid subscriptions pending_bytes in_msgs_rate out_msgs_rate"
    " in_bytes_rate out_bytes_rate stalls rtt uptime idle kind type server_name",
    "closed": "name ip port reason stop lived pending_bytes stalls subscriptions kind type"
    " server_name",
    "streams": "stream subjects messages bytes limit_used in_msgs_rate consumers retention storage"
    " leader",
    "consumers": "stream name num_pending num_ack_pending num_redelivered num_waiting"
    " delivered_rate ack_rate",
    "buckets": "bucket kind keys_at_most entries bytes limit_used history ttl in_msgs_rate storage"
    " replicas",
    "raft": "kind group leader members current offline lag account",
    "accounts": "account server_name connections subscriptions in_msgs_rate out_msgs_rate streams"
    " consumers memory max_memory storage max_storage limit_used api_rate api_errors",
    "links": "server_name kind peer via account connected connections rtt pending_bytes"
    " in_msgs_rate out_msgs_rate in_bytes_rate out_bytes_rate",
}
"""What can be listed, and the fields that are shown of it as text."""

_FIRST = {
    "connections": "in_msgs_rate out_msgs_rate",
    "closed": "stop",
    "streams": "limit_used bytes",
    "consumers": "num_pending num_ack_pending",
    "buckets": "limit_used bytes",
    "raft": "offline lag",
    "accounts": "storage",
}
"""By what their rows matter, largest first."""

_PARTS = {
    "servers": "varz",
    "connections": "connz",
    "closed": "varz",
    "streams": "jsz",
    "consumers": "jsz",
    "buckets": "jsz",
    "raft": "jsz",
    "accounts": "accounts",
    "links": "links",
}
"""What is asked for each of them."""

_ONE = {"connection": "CID", "stream": "NAME", "bucket": "NAME"}
"""What can be shown alone, and how it is named."""

_EPILOG = """\
examples:
  arcwatch nats connections --limit 10      the busiest; --watch repeats it every 2 s
  arcwatch nats connection 17               with its subscriptions; or why it closed
  arcwatch nats stream ORDERS               with its limits, replicas and consumers
  arcwatch nats stream ORDERS --chart       its rate over the next minute
  arcwatch nats consumers --filter ORDERS
  arcwatch nats bucket config               its keys, each with its last entry; or its objects
  arcwatch nats bucket assets --verify      reads every object and compares its digest
  arcwatch nats closed --filter slow
  arcwatch nats raft --sort leader          leaders of the cluster, streams and consumers
  arcwatch nats links                       routes, gateways and leaf nodes of every server
  arcwatch nats streams --json | jq '.[] | select(.limit_used > 0.8) | .stream'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    what = (*_TABLES, *_ONE)
    parser.add_argument("what", choices=what, metavar="WHAT", help=", ".join(what))
    parser.add_argument("name", nargs="?", help="connection ID, or name of the stream or bucket")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="read every object of the bucket, and check its digest",
    )
    add_looking_flags(parser)
    add_watch_flag(parser)
    add_chart_flags(parser, "sample a connection or stream, and draw its rates over time")
    add_span_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Look twice, and list."""
    check_chart_flags(args)
    if args.chart and args.what not in _ONE:
        hint = "arcwatch nats connection CID --chart, arcwatch nats stream NAME --chart"
        raise UsageError(f"--chart draws one row, not {args.what}", hint=hint)
    if args.what in _ONE and not args.name:
        raise UsageError(f"which {args.what}?", hint=f"arcwatch nats {args.what} {_ONE[args.what]}")
    if args.verify and args.what != "bucket":
        hint = "arcwatch nats bucket NAME --verify"
        raise UsageError("--verify is for `arcwatch nats bucket`", hint=hint)
    if args.what == "bucket":
        return nats_bucket.print_bucket(args)
    if args.chart:
        return nats_one.chart(args)
    if args.what == "connection":
        return nats_one.print_connection(args)
    if args.what == "stream":
        return nats_one.print_stream(args, _TABLES["consumers"].split()[1:])
    if args.name:
        hint = f"`--filter {printable(args.name, 60)}` filters them"
        raise UsageError(f"`{args.what}` takes no name", where="arcwatch nats", hint=hint)
    if args.watch:
        return watch(args, places_of(args, pulsar=False), partial(_lines, args), _aim(args))
    store = sample(args, pulsar=False, details=[None] if args.what == "closed" else [])
    if args.what == "closed":
        _check_closed(store)
    fields, first = _TABLES[args.what].split(), _FIRST.get(args.what, "").split()
    rows = _rows(store, args.what)
    shown = with_cluster(with_cause(fields, rows), store, rows)
    return print_rows(args, store, rows, shown, [_PARTS[args.what]], first)


def _lines(args: argparse.Namespace, store: Store, on: Page) -> list[str]:
    fields, first = _TABLES[args.what].split(), _FIRST.get(args.what, "").split()
    rows = _rows(store, args.what)
    shown = with_cluster(with_cause(fields, rows), store, rows)
    return lines_of(args, rows, shown, on, first)


def _aim(args: argparse.Namespace) -> Callable[[Engine], None]:
    def aim(engine: Engine) -> None:
        if args.what == "closed":
            engine.watch_details([DetailTarget(state.url, None) for state in engine.store.nats])

    return aim


def _rows(store: Store, what: str) -> Sequence[object]:
    rows: Mapping[str, Callable[[], Sequence[object]]] = {
        "servers": store.nats_servers,
        "connections": store.nats_connections,
        "closed": store.nats_closed,
        "streams": store.nats_streams,
        "consumers": store.nats_consumers,
        "buckets": store.nats_buckets,
        "raft": store.nats_raft,
        "accounts": store.nats_accounts,
        "links": store.nats_links,
    }
    return store.caused(rows[what]())


def _check_closed(store: Store) -> None:
    """Report servers that do not list closed connections."""
    failures = [state.closed.failure for state in store.nats if state.closed.failure]
    errors = [SourceError(f.what, where=f.where, why=f.why, hint=f.hint) for f in failures]
    if errors and len(errors) == len(store.nats):
        raise errors[0]
    for error in errors:
        print_error(error)
