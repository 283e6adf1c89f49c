"""``arcwatch events``: what happened to servers, streams, topics and clients, and what happens."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from math import inf

from arcwatch.config.settings import Settings
from arcwatch.engine.engine import Engine
from arcwatch.engine.event_file import ABSENT, EventFile, EventKeeper
from arcwatch.errors import UsageError
from arcwatch.notation.times import Earliest, Instant, parse_time
from arcwatch.store.events.event import Event
from arcwatch.store.events.happened import of_absence
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .flag_values import add_for_flag, add_time_flag
from .listing import in_json
from .looking import has_answered, narrowed, print_unanswered, silence
from .message_lines import put
from .paint import TONES, Paint, page
from .place_flags import settings_of
from .tailing import print_note, run_until_ended

BEAT = 0.5
"""Seconds between two checks for new events."""

SENT = "clients: reported by the servers to the system account, with the reason they disconnected"
COMPARED = (
    "clients: from connection lists, so without reasons, and short connections are missed;"
    " log in to the system account to get them all"
)

_EPILOG = """\
examples:
  arcwatch events                                    one line per event, until ctrl-c
  arcwatch events --since 'yesterday 14:00'          saved events since then
  arcwatch events --since 2h --follow                saved events, then new ones as they happen
  arcwatch events --for 10m --filter js:ORDERS
  arcwatch events --json | jq 'select(.kind == "restarted" or .kind == "leader")'

Events are found by comparing each answer of a server with the one before, so what was there when
arcwatch started is not an event.  In --json, at is when it was noticed, and how is compared (it
happened between two answers), reported (a server named the time) or arcwatch (arcwatch did it).

While the dashboard or this verb runs, the newest 5,000 events of each context are saved in the
state folder.  A gap marks a time when neither ran: what happened then is not known.

With a login to the system account, servers report who connects, who disconnects and why; without
one, lists of connections are compared, which misses short connections.  Up to 60 client events a
minute are listed one by one; the rest are counted.

kinds:
  restarted version gone back       a server, broker, link or bookie
  leader created deleted changed    a stream, topic, subscription or consumer, and which setting
  came went slow-consumer           clients, producers and consumers
  cursor                            a subscription or consumer was moved back
  limit                             JetStream is out of storage, or its API is overloaded
  fired resolved                    an alert
  acknowledged silenced             an alert, or no longer
  cause                             the cause of a backlog changed; see `arcwatch why`
  gap                               arcwatch was not running, or read nothing for a while

exit codes: 0 watched to the end, or listed; 1 no server answered; 2 invalid command line
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("--json", action="store_true", help="NDJSON instead of text")
    add_time_flag(parser, "--since", "list saved events since then: 2h, 14:05, …")
    parser.add_argument(
        "--follow", action="store_true", help="after --since, also print new events as they happen"
    )
    add_for_flag(parser, "stop after this long: 30s, 8h")
    parser.add_argument(
        "--filter", metavar="WORDS", default="", help="only events that contain all these words"
    )


def run(args: argparse.Namespace) -> int:
    """List saved events, or print new ones until --for ends or ctrl-c."""
    settings = settings_of(args)
    since = start_of(args.since) if args.since else inf
    if args.since and not args.follow and args.seconds is None:
        return _list(args, settings, since)
    store = Store()
    keeper = EventKeeper(store, settings.context)
    kept = keeper.load()
    keeper.restore(kept)
    _put(args, [row for row in kept.events if row.at >= since])
    work = _watch(store, settings, args, keeper, len(kept.events))
    if run_until_ended(work) and not has_answered(store):
        raise silence(store)
    print_unanswered(store)
    return 0


def start_of(text: str) -> float:
    """Unix seconds of the value of ``--since``."""
    match parse_time(text, time.time_ns()):
        case Instant(ns):
            return ns / 1e9
        case Earliest():
            return 0.0
    hint = "write 2h, 14:05, yesterday or 2026-11-09T10:00:00Z"
    raise UsageError("--since needs a time in the past", hint=hint)


def _list(args: argparse.Namespace, settings: Settings, since: float) -> int:
    file, now = EventFile(settings.context), time.time()
    events, until = file.load(now)
    if now - until > ABSENT and not file.is_written_elsewhere:
        events.append(of_absence(until, now))
    _put(args, [row for row in events if row.at >= since])
    named = f"of context {settings.context}"
    if file.trouble:
        print_note(f"the events {named} cannot be read: {file.trouble}")
    elif until != until:
        print_note(f"no saved events {named}: they are saved while the dashboard or `events` runs")
    elif events and 0 < since < events[0].at:
        print_note(f"events {named} are saved from {units.rfc3339(events[0].at)} on, none before")
    return 0


async def _watch(
    store: Store, settings: Settings, args: argparse.Namespace, keeper: EventKeeper, printed: int
) -> None:
    clients_reported: bool | None = None

    def print_new() -> None:
        nonlocal printed
        new = store.events.newest(store.events.version - printed)[::-1]
        printed = store.events.version
        _put(args, new)
        print_source()

    def print_source() -> None:
        nonlocal clients_reported
        if store.clients_reported is not clients_reported:
            clients_reported = store.clients_reported
            print_note(SENT if clients_reported else COMPARED)

    async def print_on() -> None:
        while True:
            await asyncio.sleep(BEAT)
            print_new()

    try:
        async with asyncio.timeout(args.seconds):
            beside = {"events": print_on, "saving events": keeper.run}
            engine = Engine(settings, store, beside=beside)
            engine.watch_reports()
            await engine.run()
    except TimeoutError:
        # as long as it was asked for
        print_new()


def _put(args: argparse.Namespace, rows: Sequence[Event]) -> None:
    now, paint = time.time(), page().paint
    put(
        [_json(row) if args.json else _text(row, now, paint) for row in narrowed(rows, args.filter)]
    )


def _json(row: Event) -> str:
    return escaped_json(in_json(row).decode())


def _text(row: Event, now: float, paint: Paint) -> str:
    clock, day = units.clock(row.at, utc=False), units.when(row.at, now, utc=False)
    when = clock if day == clock else f"{day} {clock}"
    line = printable(f"{row.place}  {row.text}  {row.change}".rstrip(), limit=500)
    return f"{when}  {paint(f'{row.kind:13}', TONES[row.severity])}  {line}"
