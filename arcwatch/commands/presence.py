"""``arcwatch presence``: which senders of heartbeats are alive, by their own intervals."""

from __future__ import annotations

import argparse
import time
from math import nan

from msgspec import Struct

from arcwatch.store.messages.presence import Member, Presence, sender_of, wildcards_of

from .flag_values import add_for_flag
from .listing import as_json, as_table
from .tailing import Following, add_tail_flags, opened, print_note, run_until_ended

_EPILOG = """\
examples:
  arcwatch presence 'arc.agents.*.heartbeat'
  arcwatch presence 'arc.agents.*.heartbeat' --for 1m --json | jq '.[] | select(.state != "alive")'

A member is the part of the subject that the wildcards match; on a stream or topic without
wildcards, the message's key or subject.  Its interval is the median of its last eight: it is late
after 2.5 intervals, lost after 6.  Choose --for to cover at least a few intervals.
"""

_FIELDS = ("name", "state", "since", "last", "interval", "beats", "gaps")


class PresenceRow(Struct, frozen=True):
    """A sender as a row; times are seconds since the epoch, ``nan`` is unknown."""

    name: str
    state: str
    since: float
    last: float
    interval: float
    beats: int
    gaps: int


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("pattern", metavar="PATTERN", help="subjects or topics of the heartbeats")
    add_for_flag(parser, "watch this long (10s)", default=10.0)
    add_tail_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Listen for a while, and list the senders."""
    following = opened(args, [args.pattern], seconds=args.seconds)
    presence = Presence()
    until = [time.time()]
    run_until_ended(listen(following, presence, args.pattern, until))
    # by when we listened last: nobody is late for what ending takes
    rows = [_row(member) for member in presence.members(until[0])]
    print(as_json(rows) if args.json else "\n".join(as_table(rows, _FIELDS)))
    if any(counts.ratio > 1 for counts in following.counts):
        print_note("sampled: late and lost members are uncertain")
    return 0


async def listen(
    following: Following, presence: Presence, pattern: str, until: list[float]
) -> None:
    """Record heartbeats until the time is over; ``until`` is the time of the last check."""
    wildcards, gaps = wildcards_of(pattern), 0
    async for messages in following.messages():
        for message in messages:
            presence.update(sender_of(message, wildcards), message.received_time / 1e9)
        until[0] = time.time()
        if following.counts and following.counts[0].gaps > gaps:
            gaps = following.counts[0].gaps
            presence.exclude_until(time.time())


def _row(member: Member) -> PresenceRow:
    interval = nan if member.interval is None else member.interval
    return PresenceRow(
        member.name, member.state, member.since, member.last, interval, member.beats, member.gaps
    )
