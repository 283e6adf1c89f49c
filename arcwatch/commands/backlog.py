"""``arcwatch backlog``: what is falling behind, why, and until when; or one of them, counted."""

from __future__ import annotations

import argparse
import asyncio
import time

from arcwatch.engine.exact_backlog import count_exactly, summary
from arcwatch.errors import UsageError

from .flag_values import seconds
from .listing import as_json
from .looking import add_internal_flag, add_looking_flags, looked, tell, watched
from .place_flags import settings_of

_FIELDS = (
    "address messages entries age in_rate out_rate growth drains_in lost_in lost_how"
    " consumers unacked dead_letters says"
)

_EPILOG = """\
examples:
  arcwatch backlog                                   the worst of both systems, as it is now
  arcwatch backlog --for 70s --sort age              watched, so that trends and ages are known
  arcwatch backlog --json | jq '.[] | select(.drains_in == "never") | .address'
  arcwatch backlog 'pulsar:arc/agents/task-events#billing' --exact

messages is an estimate on Pulsar, which counts entries.  age, growth and drains_in (in seconds,
or never) come from watching: two looks are too few.  keeps_up is said where no more waits than is
always on its way.  lost_in is when the first
limit is met, lost_how what happens then.  --exact has the broker read all that waits in one
subscription, and tells when the oldest was published.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("address", nargs="?", default="", help="only those with this in it")
    parser.add_argument("--exact", action="store_true", help="count one subscription's messages")
    parser.add_argument(
        "--for", dest="seconds", metavar="TIME", type=seconds, help="watch for so long: 70s"
    )
    add_looking_flags(parser)
    add_internal_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Look, or count, and print."""
    if args.exact:
        return _count(args)
    store = asyncio.run(watched(settings_of(args), args.seconds)) if args.seconds else looked(args)
    found = store.backlogs(internal=args.internal)
    rows = [row for row in found if args.address in row.address]
    return tell(args, store, rows, _FIELDS.split(), ("jsz", "metrics"))


def _count(args: argparse.Namespace) -> int:
    if not args.address:
        hint = "arcwatch backlog pulsar:TENANT/NAMESPACE/TOPIC#SUBSCRIPTION --exact"
        raise UsageError("which subscription?", hint=hint)
    found = asyncio.run(count_exactly(settings_of(args), args.address))
    print(as_json(found) if args.json else summary(found, time.time()))
    return 0
