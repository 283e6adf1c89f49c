"""``arcwatch top``: the overview; with ``--once`` as text, for pipes and for screen readers."""

from __future__ import annotations

import argparse

from arcwatch.store.rows import NatsConnectionRow, PulsarTopicRow

from .flag_values import interval, number
from .listing import as_table
from .looking import add_internal_flag, looked
from .screen_flags import add_screen_flags
from .status import ended, text

_EPILOG = """\
examples:
  arcwatch top --once
  watch -n 5 arcwatch top --once --interval 2s
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("--once", action="store_true", help="print it once")
    parser.add_argument(
        "--most", type=number, default=10, metavar="N", help="rows in each list (10)"
    )
    parser.add_argument(
        "--interval",
        type=interval,
        default=1.0,
        metavar="TIME",
        help="time between the two samples that rates are computed from (1s)",
    )
    add_internal_flag(parser)
    add_screen_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Show the screen, or print the overview once."""
    if not args.once:
        from . import dashboard

        return dashboard.run(args)
    store = looked(args)
    print("\n".join(text(store, internal=args.internal)))
    if connections := sorted(store.nats_connections(), key=_talks, reverse=True)[: args.most]:
        fields = ["name", "ip", "port", "in_msgs_rate", "out_msgs_rate", "pending_bytes"]
        print("\n".join(["", "BUSIEST NATS CONNECTIONS", *as_table(connections, fields)]))
    if topics := sorted(store.pulsar_topics(internal=args.internal), key=_flows, reverse=True)[
        : args.most
    ]:
        fields = ["topic", "msg_rate_in", "msg_rate_out", "storage_size", "backlog_entries"]
        print("\n".join(["", "BUSIEST PULSAR TOPICS", *as_table(topics, fields)]))
    return ended(store, is_told=True)


def _talks(row: NatsConnectionRow) -> float:
    rate = row.in_msgs_rate + row.out_msgs_rate
    return rate if rate == rate else -1.0


def _flows(row: PulsarTopicRow) -> float:
    rate = row.msg_rate_in + row.msg_rate_out
    return rate if rate == rate else -1.0
