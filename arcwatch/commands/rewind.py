"""``arcwatch rewind``: a subscription moved to another moment, once it is known what that does."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from arcwatch.changes.rewind import Rewinding, open_rewinding
from arcwatch.changes.summary import interrupted, outcome_lines, place, preview_lines, undo_command
from arcwatch.config.settings import Settings
from arcwatch.decode.record import field_json
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.history.search import ScanProgress
from arcwatch.model.rewind import Moved, Rewind
from arcwatch.notation.address import parse_address
from arcwatch.notation.times import Moment, parse_time
from arcwatch.text.control_characters import escaped_json, printable

from .flag_values import moment
from .place_flags import print_error, settings_of
from .progress import Progress
from .tailing import print_note, run_until_ended, typed

_EPILOG = """\
examples:
  arcwatch rewind 'pulsar:arc/agents/task-events#billing' --to 'yesterday 14:00'
  arcwatch rewind 'pulsar:arc/agents/task-events#billing' --to -1h --exact --json
  arcwatch rewind 'pulsar:arc/agents/task-events#billing' --to latest --allow-changes --yes

Without --allow-changes this is a preview and nothing is changed: how many messages would be
redelivered or skipped, and which consumers would be disconnected.  ≈ marks an estimate; --exact
counts by reading.  Only unacknowledged messages are skipped; only acknowledged messages are
redelivered.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("address", metavar="ADDRESS#SUBSCRIPTION", help="a Pulsar subscription")
    parser.add_argument(
        "--to", metavar="TIME", type=moment, required=True, help="redeliver from this time on"
    )
    parser.add_argument("--exact", action="store_true", help="count the messages by reading them")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--allow-changes", action="store_true", help="move it")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(args: argparse.Namespace) -> int:
    """Preview a rewind, and carry it out if changes are allowed.

    Returns:
        0; 1 where a part of it was not moved, or something else was typed than its name; 130 when
        it was interrupted.
    """
    if args.yes and not args.allow_changes:
        raise UsageError("--yes changes nothing by itself", hint="add --allow-changes")
    if args.allow_changes and not args.yes and not sys.stdin.isatty():
        raise UsageError("confirmation needs a terminal", hint="add --yes")
    # a mistake in them is reported before anything is requested
    parse_address(args.address)
    target = parse_time(args.to, time.time_ns())
    progress = Progress()
    done = Done()
    if not run_until_ended(_rewind(settings_of(args), args, target, progress, done)):
        progress.clear()
        _print_interrupted(done)
        return 130
    return 1 if done.is_declined or any(part.error for part in done.moved) else 0


class Done:
    """What became of it.

    Attributes:
        rewind: What is being carried out; None while nothing is.
        moved: The parts that were done with.
        is_declined: Whether something else was typed than the subscription's name.
    """

    def __init__(self) -> None:
        self.rewind: Rewind | None = None
        self.is_declined = False
        self.moved: list[Moved] = []


def _print_interrupted(done: Done) -> None:
    if done.rewind is None:
        print_note("interrupted: nothing was changed")
        return
    for line in interrupted(done.rewind, done.moved):
        print_note(line)
    print_note("interrupted; `arcwatch rewind` without --allow-changes shows its position")


async def _rewind(
    settings: Settings, args: argparse.Namespace, moment: Moment, progress: Progress, done: Done
) -> None:
    if args.allow_changes and settings.read_only:
        where = f"context {settings.context}"
        hint = "remove --allow-changes for a preview; `read_only` is set in arcwatch.toml"
        raise UsageError("this context refuses all changes", where=where, hint=hint)
    async with open_rewinding(settings, args.address) as rewinding:
        rewind = await rewinding.preview(moment)
        if rewind.doubt:
            print_note(rewind.doubt)
        if args.exact:
            rewind = await _counted(rewinding, rewind, progress)
        if not args.json:
            sys.stdout.write("".join(f"{line}\n" for line in preview_lines(rewind)))
            sys.stdout.flush()
        moved: list[Moved] | None = None
        done.is_declined = args.allow_changes and not args.yes and not _is_sure(rewind)
        if args.allow_changes and not done.is_declined:
            done.rewind, moved = rewind, done.moved
            await rewinding.carry_out(rewind, moved)
        if args.json:
            sys.stdout.write(escaped_json(field_json(as_document(rewind, moved)).decode()) + "\n")
        elif moved is not None:
            sys.stdout.write("".join(f"{line}\n" for line in outcome_lines(rewind, moved)))
        elif not args.allow_changes:
            print_note("preview: nothing was changed; move it with --allow-changes")
        if done.is_declined:
            print_note("confirmation did not match; nothing was changed")
        for part in done.moved:
            if part.error:
                print_error(ArcwatchError(part.error))


async def _counted(rewinding: Rewinding, rewind: Rewind, progress: Progress) -> Rewind:
    looking, counting = ScanProgress(), rewinding.count(rewind)
    progress.watch(looking)
    async for step in counting.steps():
        await looking.note(step)
        progress.beat()
    progress.clear()
    return counting.rewind


def _is_sure(rewind: Rewind) -> bool:
    name = printable(rewind.subscription, limit=200)
    return typed(f"type {name} to move it: ") == rewind.subscription


def as_document(rewind: Rewind, moved: Sequence[Moved] | None) -> dict[str, Any]:
    """The preview, and what was done, as JSON has it."""
    outcomes: Sequence[Moved | None] = moved or [None] * len(rewind.parts)
    return {
        "address": rewind.address,
        "subscription": rewind.subscription,
        "changed": moved is not None,
        "notes": [rewind.doubt] if rewind.doubt else [],
        "parts": [
            {
                "address": part.address,
                "now": place(part.now),
                "then": place(part.then),
                "direction": part.direction,
                "entries": part.main.entries,
                "messages": round(part.main.messages),
                "exact": part.exact,
                "size": part.main.size,
                "passed_entries": part.passed.entries,
                "redelivered_entries": part.redelivered.entries,
                "redelivered_messages": round(part.redelivered.messages),
                "skipped_entries": part.skipped.entries,
                "skipped_messages": round(part.skipped.messages),
                "acknowledged_out_of_order": part.out_of_order,
                "backlog_entries": part.backlog,
                "backlog_entries_then": part.backlog_then,
                "consumers": [{"name": one.name, "address": one.address} for one in part.consumers],
                "moved_to": place(after.next) if after and after.next else None,
                "backlog_entries_after": after.backlog if after else None,
                "error": (after.error or None) if after else None,
                "way_back": undo_command(part, rewind),
            }
            for part, after in zip(rewind.parts, outcomes, strict=True)
        ],
    }
