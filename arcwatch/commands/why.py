"""``arcwatch why``: the cause of what is wrong, every figure behind it, and what to try."""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from arcwatch.engine.past_file import PastFile
from arcwatch.errors import SourceError
from arcwatch.notation.address import Address, Topic, parse_address
from arcwatch.store.backlog.past import Past
from arcwatch.store.causes.cause import Why
from arcwatch.store.causes.why_lines import NOTHING, why_lines
from arcwatch.store.known import PLACES
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .flag_values import add_for_flag
from .listing import as_json, in_json
from .live import add_watch_flag, watch
from .looking import add_interval_flag, answered, sample, watched
from .paint import Page
from .place_flags import settings_of

_SOCKET = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9.]+):\d{1,5}")
"""The client address of a connection."""

HINT = "list addresses: arcwatch backlog, pulsar topics, nats streams, servers or connections"

_EPILOG = """\
examples:
  arcwatch why 'pulsar:arc/agents/task-events#billing'
  arcwatch why 'js:ORDERS#archiver' --for 70s
  arcwatch why js:ORDERS                     every consumer of the stream, worst first
  arcwatch why js:ORDERS --json | jq '.[] | {address, kind: .cause.kind, try}'

It explains what is wrong: the strongest cause and since when, each figure behind it with its age
and source, what else applies, and what to try.  Quote the address: # begins a comment in a shell.
With --for 70s it can also find too few consumers, and how many are needed.  "as usual?" compares a
backlog with yesterday or last week, if a screen was open at this time of day.  Connections are
called client:NAME#CID, or HOST:PORT as in `nats connections`; links link:SERVER/KIND/NEIGHBOUR,
servers and brokers server:NAME, and replication backlogs of Pulsar TOPIC#pulsar.repl.CLUSTER.

kinds, strongest first (cause.kind in --json):
  unknown no-leader unhealthy link-down near-cut loss origin-silent disconnected behind paused
  no-consumers blocked stalled transaction undelivered not-pulling stranded draining held
  miscounted one-slow hot-partition hot-key quota storage-full memory-full ack-limit throttled
  producers-throttled stalls link-behind too-few bursts delayed

exit codes: 0 printed, with or without a cause; 1 no such place, no consumers, or no answer;
2 invalid address
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        help="a backlog, connection, link or server; or a topic or stream, with its backlogs",
    )
    parser.add_argument("--json", action="store_true", help="a JSON array, one element per place")
    add_for_flag(parser, "watch this long first: 70s")
    add_interval_flag(parser)
    add_watch_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Sample, and explain."""
    place = _place(args.address)
    address = place if isinstance(place, str) else str(replace(place, context=""))
    if not isinstance(place, str) and place.context:
        # the context in an address decides which servers are sampled
        args.context = place.context
    if args.watch:
        settings = settings_of(args)
        past = PastFile(settings.context).load(time.time())
        return watch(args, settings, partial(_lines, args, address, past))
    store = _sample(args, place)
    store.past = PastFile(settings_of(args).context).load(time.time())
    chains = store.why(address)
    code = answered(store, _parts(place))
    if not chains:
        raise SourceError(NOTHING, where=printable(args.address, 200), hint=HINT)
    print(as_json(chains) if args.json else "\n".join(_text(chains)))
    return code


def _place(address: str) -> Address | str:
    if address.startswith(PLACES) or _SOCKET.fullmatch(address):
        return address
    return parse_address(address)


def _lines(
    args: argparse.Namespace, address: str, past: Past, store: Store, on: Page
) -> Sequence[str]:
    store.past = past
    chains = store.why(address)
    if args.json:
        return [escaped_json(in_json(chains).decode())]
    return _text(chains) or [NOTHING, HINT]


def _text(chains: Sequence[Why]) -> list[str]:
    named = len({chain.address for chain in chains}) < len(chains)
    return "\n\n".join(_chain(chain, named=named) for chain in chains).splitlines()


def _sample(args: argparse.Namespace, place: Address | str) -> Store:
    if args.seconds:
        return asyncio.run(watched(settings_of(args), args.seconds))
    # a server's name does not say which system it is of
    is_server = isinstance(place, str) and place.startswith("server:")
    pulsar = is_server or isinstance(place, Topic)
    return sample(args, nats=is_server or not pulsar, pulsar=pulsar)


def _parts(place: Address | str) -> Sequence[str]:
    if isinstance(place, str):
        return ["varz", "metrics"] if place.startswith("server:") else ["connz"]
    return ["metrics"] if isinstance(place, Topic) else ["jsz"]


def _chain(why: Why, *, named: bool) -> str:
    """One place; ``named`` if places in other clusters have the same address."""
    lines = [printable(f"{why.address}  {why.cluster}" if named else why.address)]
    lines += [f"{line.label.upper():9} {line.text}" for line in why_lines(why, units.rfc3339)]
    return "\n".join(map(printable, lines))
