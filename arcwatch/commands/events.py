"""``arcwatch events``: what happens to servers, streams, topics and clients, as it happens."""

from __future__ import annotations

import argparse
import asyncio

from arcwatch.config.settings import Settings
from arcwatch.engine.engine import Engine
from arcwatch.store.events.event import Event
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .flag_values import seconds
from .listing import in_json
from .looking import has_answered, narrowed, print_unanswered, silence
from .message_lines import put
from .place_flags import settings_of
from .tailing import run_until_ended

BEAT = 0.5
"""Seconds between two looks for new events."""

_EPILOG = """\
examples:
  arcwatch events                                    a line as each happens, until ctrl-c
  arcwatch events --for 10m --filter js:ORDERS
  arcwatch events --json | jq 'select(.kind == "restarted" or .kind == "leader")'

Events are found by comparing each answer of a server with the one before, so what was there when
arcwatch started is not an event.  at is when it was noticed, and how is how: compared (it happened
between two answers), reported (a server named the time) or arcwatch (by arcwatch itself).

kinds:
  restarted version gone back       a server, broker, link or bookie
  leader created deleted changed    a stream, topic, subscription or consumer, and which setting
  came went slow-consumer           clients, producers and consumers
  cursor                            a subscription or consumer was moved back
  cause                             a backlog has another cause than before; see `arcwatch why`
  gap                               arcwatch read nothing for a while

exit codes: 0 watched to the end; 1 no server answered; 2 invalid command line
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("--json", action="store_true", help="NDJSON instead of text")
    parser.add_argument(
        "--for", dest="seconds", metavar="TIME", type=seconds, help="stop after this long: 30s, 8h"
    )
    parser.add_argument(
        "--filter", metavar="WORDS", default="", help="only events that contain all these words"
    )


def run(args: argparse.Namespace) -> int:
    """Watch until the end that the flags set, or ctrl-c."""
    store = Store()
    work = _watch(store, settings_of(args), args)
    if run_until_ended(work) and not has_answered(store):
        raise silence(store)
    print_unanswered(store)
    return 0


async def _watch(store: Store, settings: Settings, args: argparse.Namespace) -> None:
    printed = 0

    def print_new() -> None:
        nonlocal printed
        new = list(reversed(store.events.newest(store.events.version - printed)))
        printed = store.events.version
        put([_json(row) if args.json else _text(row) for row in narrowed(new, args.filter)])

    async def print_on() -> None:
        while True:
            await asyncio.sleep(BEAT)
            print_new()

    try:
        async with asyncio.timeout(args.seconds):
            await Engine(settings, store, beside=print_on).run()
    except TimeoutError:
        # as long as it was asked for
        print_new()


def _json(row: Event) -> str:
    return escaped_json(in_json(row).decode())


def _text(row: Event) -> str:
    when = units.clock(row.at, utc=False)
    said = f"{when}  {row.kind:13}  {row.place}  {row.text}  {row.change}"
    return printable(said.rstrip(), limit=500)
