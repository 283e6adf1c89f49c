"""``arcwatch top``: the overview; with ``--once`` or ``--watch`` as text, also for pipes."""

from __future__ import annotations

import argparse
from functools import partial

from arcwatch.store.rows import NatsConnectionRow, PulsarTopicRow
from arcwatch.store.store import Store

from .flag_values import number
from .listing import as_table
from .live import add_watch_flag, watch
from .looking import add_internal_flag, add_interval_flag, sample, with_cluster
from .paint import Page, page
from .place_flags import settings_of
from .screen_flags import add_screen_flags
from .status import ended, text

_EPILOG = """\
examples:
  arcwatch top --once
  arcwatch top --watch 5s
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("--once", action="store_true", help="print it once")
    add_watch_flag(parser)
    parser.add_argument(
        "--most", type=number, default=10, metavar="N", help="rows in each list (10)"
    )
    add_interval_flag(parser)
    add_internal_flag(parser)
    add_screen_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Show the screen, or print the overview once."""
    if args.watch:
        return watch(args, settings_of(args), partial(_lines, args))
    if not args.once:
        from . import dashboard

        return dashboard.run(args)
    store = sample(args)
    print("\n".join(_lines(args, store, page())))
    return ended(store, is_printed=True)


def _lines(args: argparse.Namespace, store: Store, on: Page) -> list[str]:
    lines = text(store, internal=args.internal, on=on)
    if connections := sorted(store.nats_connections(), key=_talks, reverse=True)[: args.most]:
        fields = ["name", "ip", "port", "in_msgs_rate", "out_msgs_rate", "pending_bytes"]
        shown = with_cluster(fields, store, connections)
        lines += ["", "BUSIEST NATS CONNECTIONS", *as_table(connections, shown, on)]
    if topics := sorted(store.pulsar_topics(internal=args.internal), key=_flows, reverse=True)[
        : args.most
    ]:
        fields = ["topic", "msg_rate_in", "msg_rate_out", "storage_size", "backlog_entries"]
        shown = with_cluster(fields, store, topics)
        lines += ["", "BUSIEST PULSAR TOPICS", *as_table(topics, shown, on)]
    return lines


def _talks(row: NatsConnectionRow) -> float:
    rate = row.in_msgs_rate + row.out_msgs_rate
    return rate if rate == rate else -1.0


def _flows(row: PulsarTopicRow) -> float:
    rate = row.msg_rate_in + row.msg_rate_out
    return rate if rate == rate else -1.0
