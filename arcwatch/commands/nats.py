"""``arcwatch nats``: the tables of view 2 as text or JSON."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from .looking import add_looking_flags, looked, tell

_TABLES = {
    "servers": "server_name version healthy connections subscriptions slow_consumers in_msgs_rate"
    " out_msgs_rate in_bytes_rate out_bytes_rate cpu mem uptime",
    "connections": "name ip port cid subscriptions pending_bytes in_msgs_rate out_msgs_rate"
    " in_bytes_rate out_bytes_rate rtt uptime idle server_name",
    "streams": "stream subjects messages bytes limit_used in_msgs_rate consumers retention storage"
    " leader",
    "consumers": "stream name num_pending num_ack_pending num_redelivered num_waiting"
    " delivered_rate ack_rate",
    "accounts": "account server_name streams consumers memory max_memory storage max_storage"
    " api_total api_errors",
    "closed": "name ip port reason stop lived pending_bytes stalls subscriptions server_name",
}
"""What can be listed, and the fields that are shown of it as text."""

_EPILOG = """\
examples:
  arcwatch nats connections --sort in_msgs_rate --limit 10
  arcwatch nats consumers --filter ORDERS
  arcwatch nats closed --filter slow
  arcwatch nats streams --json | jq '.[] | select(.limit_used > 0.8) | .stream'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("what", choices=tuple(_TABLES), metavar="|".join(_TABLES))
    add_looking_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Look twice, and list."""
    store = looked(args, pulsar=False, closely=[None] if args.what == "closed" else [])
    rows: Mapping[str, Callable[[], Sequence[object]]] = {
        "servers": store.nats_servers,
        "connections": store.nats_connections,
        "streams": store.nats_streams,
        "consumers": store.nats_consumers,
        "accounts": store.nats_accounts,
        "closed": store.nats_closed,
    }
    return tell(args, store, rows[args.what](), _TABLES[args.what].split())
