"""``arcwatch tail``: messages as they are sent, a line each."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager

from arcwatch.engine.queue_groups import groups_of
from arcwatch.errors import ArcwatchError
from arcwatch.filters.filter import Candidate, Filter, FilterFailure, judged, parse_filters
from arcwatch.history.decoding import Decoding
from arcwatch.model.message import Decoded, Message
from arcwatch.session.queue_groups import QueueGroups, named
from arcwatch.store.messages.requests import Exchange, Requests

from .flag_values import add_for_flag, add_time_flag, number
from .message_lines import json_line, put, text_line
from .place_flags import add_filter_flag
from .tailing import Following, add_tail_flags, opened, print_note, run_until_ended, totals

_EPILOG = """\
examples:
  arcwatch tail 'orders.>'                            a NATS subject; quote it
  arcwatch tail js:ORDERS --since 15m                 a stream, starting 15 minutes ago
  arcwatch tail 'pulsar:arc/agents/*' --json | jq .value
  arcwatch tail 'arc.events.>' pulsar:arc/agents/task-events --filter error --for 1m
  arcwatch tail 'arc.tasks.>' --requests --mode full  requests with their replies and latency

Nothing is left on the servers.  Core NATS is sampled above a rate that would slow publishers down;
--mode full receives every message all the same.  ctrl-c prints totals on stderr.
"""

CHUNK = 500
"""Messages that are judged together, which jq is quicker at."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS", help="what to follow")
    add_filter_flag(parser)
    parser.add_argument("--count", metavar="N", type=number, help="stop after N messages")
    add_for_flag(parser, "stop after this long: 10s, 2m")
    add_time_flag(parser, "--since", "where to start: 15m, 14:05, earliest, #SEQ")
    parser.add_argument(
        "--keep",
        metavar="N",
        type=number,
        default=50_000,
        help="messages buffered for output; beyond it, core NATS drops the oldest",
    )
    parser.add_argument(
        "--requests", action="store_true", help="pair NATS requests with replies (full mode)"
    )
    add_tail_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Follow until the end that the flags set, or ctrl-c."""
    keeps = parse_filters(args.filter)
    following = opened(
        args,
        args.addresses,
        seconds=args.seconds,
        since=args.since or "",
        waiting=args.keep,
        requests=args.requests,
    )
    groups = QueueGroups(groups_of(following.settings)) if args.requests else None
    writing = Writing(keeps, as_json=args.json, most=args.count, groups=groups)
    run_until_ended(write(following, writing))
    for counts in following.counts:
        print_note(
            totals(
                counts,
                shown=writing.shown[counts.origin],
                filtered=writing.filtered[counts.origin],
                failed=writing.failed[counts.origin],
                end="--count" if writing.is_done else "the end",
            )
        )
    failed, failure = writing.failed.total(), writing.failure
    if failure and failed == writing.shown.total() + writing.filtered.total():
        why = f"{failed:,} were skipped; the first error: {failure.headline}"
        raise ArcwatchError("the filter failed on every message", why=why, hint="see --filter")
    return 0


async def write(following: Following, writing: Writing) -> None:
    """Write messages until there is no more to write."""
    async with (
        Decoding(following.settings) as decoding,
        aclosing(following.messages()) as batches,
        _learning(writing.groups),
    ):
        async for messages in batches:
            for begin in range(0, len(messages), CHUNK):
                chunk = messages[begin : begin + CHUNK]
                writing.take([(one, await decoding.reader(one)) for one in chunk])
            writing.beat(time.time_ns())
            writing.flush()
            if writing.is_done:
                return


class Writing:
    """Lines on stdout, and how many of each address there were.

    Attributes:
        shown: Messages written, by the number of the address.
        filtered: Messages that the filter did not let through.
        failed: Of those, how many it could not judge.
        failure: Why, of the first of them.

    Args:
        as_json: NDJSON instead of text.
        most: Messages to write; None is without a bound.
        groups: Names the queue groups that serve requests, which are paired with their replies;
            None pairs none.
    """

    def __init__(
        self, keeps: Filter, *, as_json: bool, most: int | None, groups: QueueGroups | None = None
    ) -> None:
        self.shown: Counter[int] = Counter()
        self.filtered: Counter[int] = Counter()
        self.failed: Counter[int] = Counter()
        self.failure: FilterFailure | None = None
        self._filter = keeps
        self._line = json_line if as_json else text_line
        self._left = most
        self.groups = groups
        self._requests = Requests() if groups else None
        self._lines: list[str] = []

    @property
    def is_done(self) -> bool:
        """Whether as many are written as were asked for."""
        return self._left == 0

    def take(self, candidates: Sequence[Candidate]) -> None:
        """Write those that the filter keeps, until there are enough."""
        verdicts = judged(self._filter, candidates)
        for (message, decoded), kept in zip(candidates, verdicts, strict=True):
            if self.is_done:
                return
            if kept is True:
                self._write(message, decoded)
                continue
            self.filtered[message.origin] += 1
            if isinstance(kept, FilterFailure):
                self._complain_of(message, kept)

    def _complain_of(self, message: Message, failure: FilterFailure) -> None:
        self.failed[message.origin] += 1
        if self.failure is None:
            self.failure = failure
            print_note(f"the filter failed on a message, which was skipped: {failure.headline}")

    def _write(self, message: Message, decoded: Callable[[], Decoded]) -> None:
        self._lines.append(self._line(message, decoded()))
        self.shown[message.origin] += 1
        if self._left is not None:
            self._left -= 1
        if self._requests:
            self._print_exchanges(self._requests.update((message,)))

    def beat(self, now: int) -> None:
        """Report requests that have waited for long by ``now``, nanoseconds."""
        if self._requests:
            self._print_exchanges(self._requests.overdue(now))

    def flush(self) -> None:
        """Hand the lines over."""
        if self._lines:
            put(self._lines)
            self._lines.clear()

    def _print_exchanges(self, exchanges: Sequence[Exchange]) -> None:
        if exchanges:
            self.flush()
        for exchange in exchanges:
            known = self.groups.of(exchange.request.subject or "") if self.groups else None
            print_note(_exchange(exchange, f"  (queue group {named(known)})" if known else ""))


def _exchange(exchange: Exchange, groups: str) -> str:
    subject = exchange.request.subject
    if exchange.latency is None:
        return f"{subject}: no reply yet{groups}"
    return f"{subject}: reply in {exchange.latency * 1000:,.1f} ms{groups}"


@asynccontextmanager
async def _learning(groups: QueueGroups | None) -> AsyncIterator[None]:
    task = asyncio.create_task(groups.learn()) if groups else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
