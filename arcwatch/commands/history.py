"""``arcwatch history``: what a topic or stream stores, from any moment, in both directions."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from arcwatch.config.settings import Settings
from arcwatch.decode.record import noted
from arcwatch.errors import SourceError, UsageError
from arcwatch.filters.filter import Filter, parse_filters
from arcwatch.history.clock_skew import ClockSkew, OutOfRange
from arcwatch.history.decoding import Decoding
from arcwatch.history.due_times import DueTimes
from arcwatch.history.open import open_history
from arcwatch.history.search import Search
from arcwatch.notation.times import (
    Earliest,
    Latest,
    Moment,
    format_message_time,
    parse_time,
    stored_by,
)
from arcwatch.text import units

from .chart_output import add_chart_flags, check_chart_flags
from .flag_values import add_time_flag, moment, number, window, window_error
from .message_lines import csv_line, json_line, put, text_line
from .place_flags import add_filter_flag, settings_of
from .progress import Progress
from .tailing import print_note, run_until_ended

if TYPE_CHECKING:
    from arcwatch.model.history import Positions
    from arcwatch.model.message import Decoded, Message
    from arcwatch.sources.history import History

_EPILOG = """\
examples:
  arcwatch history pulsar:arc/agents/task-events              the last messages
  arcwatch history js:ORDERS --at 'yesterday 14:00'           what was stored then
  arcwatch history js:ORDERS --reverse --to 10:00 --limit 20  the last 20 before, newest first
  arcwatch history pulsar:arc/agents/x --from -1h --to -30m --filter error --json
  arcwatch history pulsar:arc/agents/x --from earliest --csv >x.csv
  arcwatch history pulsar:arc/agents/x --chart                message counts over time
  arcwatch history js:ORDERS --from -1h --chart -o hour.svg   the same as a picture
  arcwatch history pulsar:arc/agents/x --state-at 10:00       the last message of each key by then
  arcwatch history kv:config --diff -1h now                   which keys changed since, and how

A window includes its start and excludes its end.  A message ID can be used as a time: --at ID
starts with that message, --reverse --to ID with the one before it.  Partitions are merged by
publish time; within a partition, messages keep their order.  Nothing is left on the servers.
"""

PAGE = 50
"""Messages shown where neither a window nor a limit is given."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("address", metavar="ADDRESS", help="a topic, partition, stream or pattern")
    add_time_flag(parser, "--at", "start here: 14:05, -15m, a message ID, earliest")
    add_time_flag(parser, "--from", "start of the window", dest="start")
    add_time_flag(parser, "--to", "end of the window", dest="end")
    parser.add_argument(
        "--limit", metavar="N", type=number, help=f"at most N messages ({PAGE}; with a window, all)"
    )
    parser.add_argument("--reverse", action="store_true", help="newest first, from the end")
    add_filter_flag(parser)
    add_time_flag(parser, "--state-at", "the last message of each key or subject at that time")
    parser.add_argument(
        "--diff",
        nargs=2,
        metavar="TIME",
        type=moment,
        help="keys added, changed and removed between two times",
    )
    add_chart_flags(parser, "message counts over time")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON record per line")
    form.add_argument("--csv", action="store_true", help="CSV with a header row")


def run(args: argparse.Namespace) -> int:
    """Write what is stored.

    Returns:
        0, 1 where the filter could judge no message, or 130 when it was interrupted.
    """
    if args.at and (args.start or args.end):
        raise UsageError(
            "--at cannot be combined with --from and --to", hint="use one or the other"
        )
    _check_form(args)
    check_chart_flags(args)
    asked = Asked(args, parse_filters(args.filter))
    progress = Progress()
    try:
        ended = run_until_ended(write(settings_of(args), asked, progress))
    except SourceError:
        # which is reported after it
        progress.print_totals("stopped")
        raise
    progress.print_totals("" if ended else "interrupted")
    if not ended:
        return 130
    return 1 if progress.could_judge_none else 0


def _check_form(args: argparse.Namespace) -> None:
    """Flags that do not go together are mistakes."""
    forms = {"--chart": args.chart, "--state-at": args.state_at, "--diff": args.diff}
    given = [flag for flag, value in forms.items() if value]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} cannot be combined", hint="use one of them")
    unfit = {"--at": args.at, "--limit": args.limit, "--reverse": args.reverse}
    unfit |= {"--csv": args.csv} if args.chart else {"--from": args.start, "--to": args.end}
    for flag in (name for name, value in unfit.items() if given and value):
        hint = "--from and --to bound a chart" if args.chart else "remove it"
        raise UsageError(f"{flag} cannot be combined with {given[0]}", hint=hint)


class Asked:
    """What the flags ask for.

    Attributes:
        args: The flags themselves.
        start: The first moment, inclusive.
        end: The first that is not.
        reverse: Whether the last messages are read first.
        turned: Whether they are written the other way round.
        limit: Messages at most; None is all.
        question: ``chart``, ``state`` or ``diff`` where it is not about messages.
        form: ``text``, ``json`` or ``csv``.

    Raises:
        UsageError: The window ends before it begins.
    """

    def __init__(self, args: argparse.Namespace, keeps: Filter) -> None:
        now = time.time_ns()
        self.args = args
        self.address: str = args.address
        self.keeps = keeps
        self.line = csv_line if args.csv else json_line if args.json else text_line
        self.head = bool(args.csv)
        self.form = "csv" if args.csv else "json" if args.json else "text"
        self.question = (
            "chart" if args.chart else "state" if args.state_at else "diff" if args.diff else ""
        )
        self.limit: int | None = args.limit
        self.start: Moment = Earliest()
        self.end: Moment = Latest()
        if args.state_at:
            self.end = parse_time(args.state_at, now)
        if args.diff:
            self.start, self.end = (parse_time(each, now) for each in args.diff)
        is_window = bool(args.start or args.end)
        if is_window:
            bounds = window(args.start, args.end, now)
            self.start, self.end = bounds.start, bounds.end
        elif args.at and args.reverse:
            self.end = parse_time(args.at, now)
        elif args.at:
            self.start = parse_time(args.at, now)
        self.start, self.end = stored_by(self.start, now), stored_by(self.end, now)
        if self.limit is None and not is_window and not self.question:
            self.limit = PAGE
        # without any moment it is the last messages, in their order
        self.newest_last = not (is_window or args.at or args.reverse)
        self.reverse: bool = args.reverse or self.newest_last


async def write(settings: Settings, asked: Asked, progress: Progress) -> None:
    """Write the result, with progress."""
    async with open_history(settings, asked.address) as history, Decoding(settings) as decoding:
        for note in history.notes:
            print_note(note)
        start, end = await _bounds(history, asked)
        await _print_cost(history, asked, start, end)
        if asked.question:
            await _answer(history, decoding, asked, progress)
            return
        search = Search(
            history,
            asked.keeps,
            decoding.reader,
            start,
            end,
            limit=asked.limit,
            reverse=asked.reverse,
        )
        progress.watch(search)
        progress.note_doubts(history, asked.start, asked.end)
        await _write_hits(search, DueTimes(history), asked, progress)
        if not search.scanned:
            await _explain_empty_window(history, start, end)


async def _write_hits(search: Search, due: DueTimes, asked: Asked, progress: Progress) -> None:
    line_end = _begin(asked)
    kept: list[str] = []
    clocks, outside = ClockSkew(reverse=asked.reverse), OutOfRange(asked.start, asked.end)
    try:
        async with aclosing(search.hits()) as hits:
            async for found in hits:
                messages = await due.with_due_times([message for message, _ in found])
                lines = []
                for message, (_, decoded) in zip(messages, found, strict=True):
                    clocks.note(message)
                    lines.append(_line(asked, message, decoded(), outside.note(message)))
                if asked.newest_last:
                    kept += lines
                elif lines:
                    progress.clear()
                    put(lines, line_end)
                if found:
                    progress.last = found[-1][0]
                progress.beat()
    finally:
        # what was found before it ended early, too
        progress.clear()
        put(kept[::-1], line_end)
    progress.notes += filter(None, (clocks.summary, outside.summary, due.summary))


def _begin(asked: Asked) -> str:
    """Write the header that a CSV has; how each line ends."""
    if not asked.head:
        return "\n"
    from arcwatch.decode.export import csv_head

    sys.stdout.write(csv_head())
    return "\r\n"


def _line(asked: Asked, message: Message, decoded: Decoded, note: str) -> str:
    line = asked.line(message, decoded)
    return noted(line, note) if asked.form == "json" else line


async def _bounds(history: History, asked: Asked) -> tuple[Positions, Positions]:
    start, end = await history.at(asked.start), await history.at(asked.end)
    # times that compare were compared before
    is_known = type(asked.start) is type(asked.end) or asked.end == Latest()
    is_behind = all(one >= other for one, other in zip(start, end, strict=True)) and start != end
    if is_behind and not is_known:
        raise window_error()
    return start, end


async def _print_cost(history: History, asked: Asked, start: Positions, end: Positions) -> None:
    """Say before anything is read how much of it may come from tiered storage."""
    # a filter may look at any number of messages for one that it keeps
    most = None if asked.args.filter or asked.question else asked.limit
    ledgers, size = await history.tiered(start, end, most, back=asked.reverse)
    if ledgers:
        many = f"{ledgers:,} offloaded ledgers" if ledgers > 1 else "1 offloaded ledger"
        print_note(f"reads up to {many} ({units.size(size)}): slow and may be billed")


async def _explain_empty_window(history: History, start: Positions, end: Positions) -> None:
    """Explain why nothing was written, if everything stored is before or after it."""
    before = (await history.page_before(start, 1)).messages
    after = (await history.page_after(end, 1)).messages
    if not before and not after:
        lies = "can be read" if history.doubt(Latest()) else "are stored"
        print_note(f"no messages {lies} ({(await history.extent()).edge})")
    elif not (await history.page_after(start, 1)).messages:
        is_ahead = (before[0].publish_time or 0) > time.time_ns()
        dated = "dated ahead of this machine's clock, " if is_ahead else ""
        print_note(f"this is after the last message ({dated}{_time_of(before)}); use --reverse")
    elif not (await history.page_before(end, 1)).messages:
        print_note(f"this is before the first message ({_time_of(after)})")


def _time_of(messages: Sequence[Message]) -> str:
    return format_message_time(messages[0].publish_time or 0, 3)


async def _answer(history: History, decoding: Decoding, asked: Asked, progress: Progress) -> None:
    """Write what is not messages as they lie."""
    window = (asked.start, asked.end)
    if asked.question == "chart":
        from .history_chart import write_chart

        await write_chart(history, decoding, window, asked.keeps, progress, asked.args)
        return
    from .history_state import write_changes, write_state

    if asked.question == "diff":
        await write_changes(history, decoding, window, asked.keeps, asked.form, progress)
        return
    if asked.head:
        from arcwatch.decode.export import csv_head

        sys.stdout.write(csv_head())
    await write_state(history, decoding, asked.end, asked.keeps, asked.form, asked.line, progress)
