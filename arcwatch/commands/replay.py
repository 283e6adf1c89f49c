"""``arcwatch replay``: stored messages published again, once it is known what that does."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from arcwatch.changes.replay import Replay, ReplayOptions
from arcwatch.changes.replay_rate import Pace, parse_pace
from arcwatch.changes.replay_target import parse_target
from arcwatch.changes.summary import plan_lines, resume_hint, total_parts, warnings
from arcwatch.config.settings import Settings
from arcwatch.decode.record import field_json
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.filters.filter import Filter, parse_filters
from arcwatch.history.decoding import Decoding
from arcwatch.history.open import open_history
from arcwatch.history.search import ScanProgress
from arcwatch.model.replay import Plan
from arcwatch.notation.address import parse_address
from arcwatch.notation.times import Moment, format_time
from arcwatch.text.control_characters import escaped_json

from .flag_values import add_time_flag, number, window
from .place_flags import add_filter_flag, settings_of
from .progress import Progress, unfiltered
from .tailing import print_note, run_until_ended, typed

KEYS = frozenset(b"p ")

_EPILOG = """\
examples:
  arcwatch replay js:ORDERS --from 10:00 --to 10:05 --onto nats:replay.orders
  arcwatch replay js:ORDERS --from 10:00 --to 10:05 --onto 'nats:replay.>'    keeps the subjects
  arcwatch replay pulsar:arc/agents/x --from -1h --filter error --onto pulsar:arc/test/x --pace x10
  arcwatch replay pulsar:arc/agents/x-billing-DLQ --onto origin --pace 100/s --allow-changes

Without --allow-changes this is a dry run and nothing is published.  Copies keep key, properties and
event time, and name their original in `arcwatch-replayed-from`.  `--onto origin` sends dead letters
back to the topic they came from, and a stream's messages to their subjects.  Run it again after an
interruption: messages that already arrived are skipped.  On a terminal `p` pauses and resumes.
"""


@contextlib.contextmanager
def pausing(looking: ScanProgress, progress: Progress) -> Iterator[None]:
    """Let `p` or the space bar pause the output while active, on a terminal."""
    try:
        # one in the background would be stopped for touching the terminal
        descriptor = sys.stdin.fileno()
        is_there = os.tcgetpgrp(descriptor) == os.getpgrp()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        yield
        return
    # not on every system
    import termios
    import tty

    def pressed() -> None:
        if KEYS.isdisjoint(os.read(descriptor, 100)):
            return
        progress.clear()
        if looking.is_paused:
            looking.resume()
        else:
            looking.pause()
            print_note("paused; p resumes, ctrl-c stops")

    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()
    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, pressed)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("address", metavar="ADDRESS", help="a topic, partition, stream or pattern")
    parser.add_argument(
        "--onto", metavar="TARGET", required=True, help="a subject, a topic, or origin"
    )
    add_time_flag(parser, "--from", "start of the window", dest="start")
    add_time_flag(parser, "--to", "end of the window (now)", dest="end")
    parser.add_argument("--limit", metavar="N", type=number, help="at most N messages")
    add_filter_flag(parser)
    parser.add_argument(
        "--pace", metavar="P", default="original", help="rate: original (default), x10, 500/s"
    )
    parser.add_argument(
        "--again", action="store_true", help="also publish messages of an interrupted replay again"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--allow-changes", action="store_true", help="publish")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(args: argparse.Namespace) -> int:
    """Preview a replay, and carry it out if changes are allowed.

    Returns:
        0; 1 where not all messages arrived, the filter could judge none, or something else was
        typed than how many; 130 when it was interrupted.
    """
    if args.yes and not args.allow_changes:
        raise UsageError("--yes publishes nothing by itself", hint="add --allow-changes")
    if args.allow_changes and not args.yes and not sys.stdin.isatty():
        raise UsageError("confirmation needs a terminal", hint="add --yes")
    if not args.start:
        raise UsageError("no window is given", hint="--from earliest replays everything")
    asked = Asked(args)
    try:
        ended = run_until_ended(_replay(settings_of(args), asked))
    except ArcwatchError:
        # which is reported after it
        if asked.carried_out:
            _print_outcome(asked, interrupted=True)
        raise
    _print_outcome(asked, interrupted=not ended)
    if not ended:
        return 130
    replay = asked.replay
    if replay is None:
        return 0
    if asked.is_declined:
        return 1
    short = replay.total("failed") or replay.total("unknown") or replay.could_judge_none
    has_left_out = replay.skipped or (replay.plan and (replay.plan.missing or replay.plan.lost))
    return 1 if short or (asked.allowed and has_left_out) else 0


class Asked:
    """What the flags ask for, and what became of it.

    Attributes:
        replay: Once it has begun.
        carried_out: Whether publishing was begun.
        is_declined: Whether something else was typed than how many messages there are.

    Raises:
        UsageError: They cannot be meant.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        bounds = window(args.start, args.end, time.time_ns())
        self.address: str = args.address
        self.start: Moment = bounds.start
        self.end: Moment = bounds.end
        self.keeps: Filter = parse_filters(args.filter)
        self.limit: int | None = args.limit
        self.onto = parse_target(args.onto)
        self.pace: Pace = parse_pace(args.pace)
        self.allowed: bool = args.allow_changes
        self.sure: bool = args.yes
        self.json: bool = args.json
        self.again: bool = args.again
        self.progress = Progress()
        self.replay: Replay | None = None
        self.carried_out = self.is_declined = False
        parse_address(self.address)


async def _replay(settings: Settings, asked: Asked) -> None:
    async with open_history(settings, asked.address) as history, Decoding(settings) as decoding:
        for note in history.notes:
            print_note(note)
        start, end = await history.at(asked.start), await history.at(asked.end)
        context = parse_address(asked.address).context or settings.context
        doubts = dict.fromkeys(map(history.doubt, (asked.start, asked.end)))
        options = ReplayOptions(
            *(start, end, asked.keeps, asked.limit, asked.onto, asked.pace, context),
            asked.again,
            # what holds for the whole history was said above
            tuple(doubt for doubt in doubts if doubt and doubt not in history.notes),
        )
        replay = asked.replay = Replay(settings, history, decoding.reader, options)
        asked.progress.watch(replay)
        async for _ in replay.planned():
            asked.progress.beat()
        asked.progress.clear()
        assert replay.plan is not None, "it is known at the end"
        if not asked.json:
            lines = plan_lines(replay.plan, asked.pace.text)
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
        for warning in warnings(replay.plan):
            print_note(warning)
        if not asked.allowed or not replay.plan.messages:
            return
        asked.is_declined = not asked.sure and not _is_sure(replay.plan)
        if not asked.is_declined:
            asked.carried_out = True
            with pausing(replay, asked.progress):
                async for _ in replay.carried_out():
                    asked.progress.beat()


def _print_outcome(asked: Asked, *, interrupted: bool) -> None:
    asked.progress.clear()
    replay = asked.replay
    if replay is None or replay.plan is None:
        if interrupted:
            print_note("interrupted before anything was published")
        return
    if replay.failed:
        print_note(unfiltered(replay))
    if asked.json:
        sys.stdout.write(escaped_json(field_json(_document(asked, replay)).decode()) + "\n")
    if not asked.carried_out:
        print_note(_unpublished(asked, interrupted=interrupted))
        return
    outcome = replay.summary(interrupted=interrupted)
    print_note(", ".join(total_parts(outcome)))
    if how := resume_hint(outcome):
        print_note(how)


def _unpublished(asked: Asked, *, interrupted: bool) -> str:
    if asked.is_declined:
        return "confirmation did not match; nothing was published"
    if interrupted:
        return "interrupted: nothing was published"
    if asked.allowed:
        return "nothing was published"
    return "dry run: nothing was published; publish with --allow-changes"


def _is_sure(plan: Plan) -> bool:
    answer = typed(f"type {plan.messages} to publish that many messages: ")
    return answer.replace(",", "") == str(plan.messages)


def _document(asked: Asked, replay: Replay) -> dict[str, Any]:
    """What was planned, and done, as JSON has it."""
    plan = replay.plan
    assert plan is not None, "planned first"
    carried = asked.carried_out
    return {
        "address": asked.address,
        "onto": str(asked.onto),
        "pace": asked.pace.text,
        "messages": plan.messages,
        "size": plan.size,
        "first_time": None if plan.first is None else format_time(plan.first),
        "last_time": None if plan.last is None else format_time(plan.last),
        "seconds": round(plan.seconds, 3),
        "targets": [
            {"address": name, "messages": count, "missing": plan.missing.get(name)}
            for name, count in plan.targets.items()
        ],
        "notes": plan.doubts,
        "without_origin": plan.lost,
        "already_there": plan.there,
        "earlier": [
            {"time": format_time(done.time), "messages": done.published}
            for done in plan.earlier
            if done.published
        ],
        "published": replay.total("published") if carried else None,
        "acknowledged": replay.total("acknowledged") if carried else None,
        "failed": replay.total("failed") if carried else None,
        "unknown": replay.total("unknown") if carried else None,
        "first_unknown": replay.summary().first_unknown or None,
        "failure": replay.first_failure or None,
    }
