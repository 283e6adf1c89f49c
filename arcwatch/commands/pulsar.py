"""``arcwatch pulsar``: the tables of view 3 as text or JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from arcwatch.store.store import Store

from .looking import add_looking_flags, looked, tell

_TABLES = {
    "brokers": "broker version healthy topics msg_rate_in msg_rate_out throughput_in"
    " throughput_out heap_used heap_max uptime",
    "topics": "topic partitions msg_rate_in msg_rate_out throughput_in throughput_out"
    " storage_size offloaded_size backlog_entries backlog_messages producers consumers",
    "subscriptions": "topic name type backlog_entries backlog_messages backlog_size msg_rate_out"
    " unacked_messages consumers blocked",
}
"""What can be listed, and the fields that are shown of it as text."""

_EPILOG = """\
examples:
  arcwatch pulsar topics --sort msg_rate_in --limit 10
  arcwatch pulsar subscriptions --filter task-events
  arcwatch pulsar subscriptions --json | jq '.[] | select(.consumers == 0 and .backlog_entries > 0)'

backlog_messages is an estimate: Pulsar counts entries, each of which may be a batch.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("what", choices=tuple(_TABLES), metavar="|".join(_TABLES))
    add_looking_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Look twice, and list."""
    store = looked(args, nats=False)
    return tell(args, store, _rows(store, args.what), _TABLES[args.what].split())


def _rows(store: Store, what: str) -> Sequence[object]:
    if what == "brokers":
        return store.pulsar_brokers()
    topics = store.pulsar_topics()
    return topics if what == "topics" else [sub for t in topics for sub in t.subscriptions]
