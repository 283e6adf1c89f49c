"""``arcwatch backlog``: what is falling behind, why, and until when; or one of them, counted."""

from __future__ import annotations

import argparse
import asyncio
import time
from functools import partial

from arcwatch.engine.exact_backlog import count_exactly, summary
from arcwatch.errors import NotThereError, UsageError
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.charted import Charted, of_backlog
from arcwatch.store.store import Store
from arcwatch.text.control_characters import printable

from .chart_output import add_chart_flags, check_chart_flags
from .flag_values import add_for_flag
from .listing import as_json
from .live import add_watch_flag, watch
from .looking import (
    add_internal_flag,
    add_looking_flags,
    answered,
    lines_of,
    print_rows,
    sample,
    watched,
)
from .paint import Page
from .place_flags import settings_of
from .sampling import MOST, USUAL, sampled, write_charts

_FIELDS = (
    "address messages entries age in_rate out_rate growth drains_in lost_in lost_how"
    " consumers unacked delayed dead_letters cause"
)

_EPILOG = """\
examples:
  arcwatch backlog                                   the worst of both systems, as it is now
  arcwatch backlog --watch                           every 2 s, with trends and ages as they come
  arcwatch backlog --for 70s --sort oldest           watch first, for trends and ages
  arcwatch backlog --json | jq '.[] | select(.drains_in == "never") | .address'
  arcwatch backlog --json | jq '.[] | select(.cause.kind == "stalled") | .address'
  arcwatch backlog 'pulsar:arc/agents/task-events#billing' --exact
  arcwatch backlog js:ORDERS#archiver --chart --for 2m

On Pulsar, messages is an estimate: the broker counts entries.  age, growth and drains_in (seconds,
or never) need --for: two samples are too few.  in_rate, out_rate, growth and drains_in are all of
the last minute (window: its seconds); drains_in is unknown where the last 15 s disagree with it.
keeps_up is true where only messages in flight are pending.  messages is what waits for a consumer;
delayed is what waits for its time.  lost_in is the time until the first limit is reached, lost_how
what happens then.  cause is the strongest cause: {kind, text, severity, since}; `arcwatch why
ADDRESS` prints the figures behind it and what to try.
--exact makes the broker read the whole backlog of one subscription, and prints the publish time of
its oldest message.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("address", nargs="?", default="", help="only addresses that contain this")
    parser.add_argument(
        "--exact", action="store_true", help="count one subscription's messages exactly"
    )
    add_for_flag(parser, "watch this long first: 70s")
    add_looking_flags(parser)
    add_watch_flag(parser)
    add_internal_flag(parser)
    add_chart_flags(parser, "sample ADDRESS (1m, or --for), and draw its backlog over time")


def run(args: argparse.Namespace) -> int:
    """Look, or count, and print."""
    check_chart_flags(args)
    if args.exact:
        return _count(args)
    if args.chart:
        return _chart(args)
    if args.watch:
        return watch(args, settings_of(args), partial(_lines, args))
    store = asyncio.run(watched(settings_of(args), args.seconds)) if args.seconds else sample(args)
    return print_rows(args, store, _rows(args, store), _FIELDS.split(), ("jsz", "metrics"))


def _rows(args: argparse.Namespace, store: Store) -> list[BacklogRow]:
    found = store.backlogs(internal=args.internal)
    return [row for row in found if args.address in row.address]


def _lines(args: argparse.Namespace, store: Store, on: Page) -> list[str]:
    return lines_of(args, _rows(args, store), _FIELDS.split(), on)


def _chart(args: argparse.Namespace) -> int:
    if not args.address:
        hint = "arcwatch backlog pulsar:TENANT/NAMESPACE/TOPIC#SUBSCRIPTION --chart"
        raise UsageError("which backlog?", hint=hint)
    # before anybody is asked: it may be no address
    Store().backlogs_of(args.address)

    def find(store: Store) -> list[Charted]:
        rows = store.backlogs_of(args.address)
        return [found for row in rows if (found := of_backlog(store, row))][:MOST]

    span = args.seconds or USUAL
    store = sampled(settings_of(args), span, find)
    code, found = answered(store, ("jsz", "metrics")), find(store)
    if not found:
        what = f"there is no backlog {printable(args.address, limit=200)}"
        raise NotThereError(what, hint="`arcwatch backlog` lists them")
    write_charts(args, found, span)
    return code


def _count(args: argparse.Namespace) -> int:
    if not args.address:
        hint = "arcwatch backlog pulsar:TENANT/NAMESPACE/TOPIC#SUBSCRIPTION --exact"
        raise UsageError("which subscription?", hint=hint)
    found = asyncio.run(count_exactly(settings_of(args), args.address))
    print(as_json(found) if args.json else summary(found, time.time()))
    return 0
