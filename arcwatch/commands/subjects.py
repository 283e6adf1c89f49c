"""``arcwatch subjects``: traffic by subject, from listening for a while."""

from __future__ import annotations

import argparse
import time

from msgspec import Struct

from arcwatch.decode.one_line import gist
from arcwatch.history.decoding import read_value
from arcwatch.store.messages.subject_tree import SubjectTree

from .flag_values import add_for_flag, number
from .listing import as_json, as_table
from .tailing import Following, add_tail_flags, opened, print_note, run_until_ended, totals

_EPILOG = """\
examples:
  arcwatch subjects 'arc.>' --for 30s
  arcwatch subjects 'arc.events.>' --json | jq '.[] | select(.messages_rate > 10) | .subject'
  arcwatch subjects 'arc.>' --depth 2

NATS servers do not report the subjects in use: these are the subjects seen while subscribed.
"""

_FIELDS = ("subject", "subjects", "messages", "messages_rate", "bytes", "last_value")


class SeenRow(Struct, frozen=True):
    """A subject as a row.

    Attributes:
        subject: The subject, or with ``--depth`` what several begin with.
        subjects: Subjects in it.
        messages: Messages seen.
        messages_rate: A second, over the time watched.
        bytes: Of their bodies.
        last_value: What the last one said, on one line; nothing where no subject is so named.
    """

    subject: str
    subjects: int
    messages: int
    messages_rate: float
    bytes: int
    last_value: str | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "address", metavar="ADDRESS", help="subjects, streams or topics to subscribe to"
    )
    add_for_flag(parser, "subscribe this long (10s)", default=10.0)
    parser.add_argument(
        "--depth", metavar="N", type=number, help="group subjects by their first N tokens"
    )
    add_tail_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Listen for a while, and list the subjects."""
    following = opened(args, [args.address], seconds=args.seconds)
    tree = SubjectTree()
    run_until_ended(listen(following, tree))
    elapsed = max(following.elapsed, 0.001)
    found = tree.subjects() if args.depth is None else tree.rows(depth=args.depth)
    rows = [
        SeenRow(
            subject=row.path,
            subjects=row.subjects,
            messages=row.messages,
            messages_rate=row.messages / elapsed,
            bytes=row.bytes,
            last_value=gist(row.last, read_value(row.last)) if row.last else None,
        )
        for row in found
    ]
    print(as_json(rows) if args.json else "\n".join(as_table(rows, _FIELDS)))
    if tree.beyond:
        print_note(f"{tree.beyond:,} more messages on subjects beyond the first {len(tree):,}")
    for counts in following.counts:
        if counts.dropped_here or counts.ratio > 1 or counts.sampled_away:
            print_note(
                totals(counts, shown=sum(row.messages for row in tree.subjects()), filtered=0)
            )
    return 0


async def listen(following: Following, tree: SubjectTree) -> None:
    """Count until the time is over."""
    async for messages in following.messages():
        tree.update(messages)
        tree.update_rates(time.monotonic())
