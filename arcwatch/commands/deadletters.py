"""``arcwatch deadletters``: what could not be consumed, of both systems, beside whose it is."""

from __future__ import annotations

import argparse
import asyncio
from functools import partial

from arcwatch.engine.engine import Engine
from arcwatch.store.messages.dead_letters import DeadLetterRow
from arcwatch.store.store import Store

from .flag_values import add_for_flag
from .live import add_watch_flag, watch
from .looking import add_looking_flags, lines_of, print_rows, sample, watched
from .paint import Page
from .place_flags import settings_of
from .tailing import print_note

_FIELDS = "source what count rate waiting last cause place last_id"

_EPILOG = """\
examples:
  arcwatch deadletters                               topics named …-DLQ and …-RETRY, and what
                                                     no consumer of a work queue will get
  arcwatch deadletters --for 10m                     and JetStream's failed deliveries
  arcwatch deadletters --for 1h --json | jq '.[].messages[] | "\\(.stream) #\\(.sequence)"'
  arcwatch history js:ORDERS --at '#17' --limit 1    read such a message

JetStream publishes one advisory when a message reaches its consumer's max deliveries, or when a
client terminates it.  --for receives those advisories, for the account that arcwatch is logged in
to; no consumer is affected.  Pulsar's counts start when a broker loads the topic.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("address", nargs="?", default="", help="only addresses that contain this")
    add_for_flag(parser, "receive advisories this long: 10m")
    add_looking_flags(parser)
    add_watch_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Look, or listen, and print."""
    settings = settings_of(args)
    if args.watch:
        return watch(args, settings, partial(_lines, args), Engine.watch_advisories)
    if args.seconds:
        store = asyncio.run(watched(settings, args.seconds, listen=True))
        for failure in filter(None, (heard.failure for heard in store.advisories.values())):
            print_note(f"{failure.what} ({failure.where}): {failure.why}; {failure.hint}")
    else:
        store = sample(args)
        if (settings.nats or settings.several("nats")) and not args.json:
            print_note("JetStream reports dead letters only as they happen: --for 1m receives them")
    return print_rows(args, store, _rows(args, store), _FIELDS.split(), ("jsz", "metrics"))


def _rows(args: argparse.Namespace, store: Store) -> list[DeadLetterRow]:
    rows = store.dead_letters()
    return [row for row in rows if args.address in f"{row.source} {row.place}"]


def _lines(args: argparse.Namespace, store: Store, on: Page) -> list[str]:
    return lines_of(args, _rows(args, store), _FIELDS.split(), on)
