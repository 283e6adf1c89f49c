"""Shared by verbs that follow messages: options, the tail itself, and its reports."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import stat
import sys
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import Any

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.model.message import Message
from arcwatch.model.tail import Counts, Frame, TailOptions, decode_messages
from arcwatch.notation.address import Subject, Topic, parse_address
from arcwatch.processes.tail_client import TailProcess
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .flag_values import rate
from .place_flags import print_error, settings_of

INTEREST = (
    "tailing core NATS adds a subscription: requests nobody serves time out instead of failing"
    ' with "no responders", and gateways and leaf nodes forward the messages'
)
"""What opening one costs others, said before it is done."""

STARTING = 10.0
"""Seconds that an end by the clock is put off for, while nothing is followed yet."""


class Following:
    """A tail read by a verb; changes of its addresses are reported on stderr.

    It runs in a process of its own, so that a terminal that reads slowly holds nobody up: what
    it cannot take is dropped there, and counted.

    Args:
        seconds: For how long, once something is followed; None is until the user ends it.

    Attributes:
        counts: How each address was doing when the last frame was made.
        begun: When following began, or the attempt to, in seconds of a steady clock.
    """

    def __init__(
        self, settings: Settings, options: TailOptions, *, seconds: float | None = None
    ) -> None:
        self.settings = settings
        self._options, self._seconds = options, seconds
        self._reported: dict[int, tuple[str, str]] = {}
        self.counts: tuple[Counts, ...] = ()
        self.begun = time.monotonic()
        self._is_followed = False

    async def messages(self) -> AsyncGenerator[list[Message], None]:
        """Batches of messages as they arrive; an empty one about once a second.

        Raises:
            SourceError: Nothing of what was asked for can be followed, or was within the time.
        """
        if any(isinstance(parse_address(text), Subject) for text in self._options.addresses):
            print_note(INTEREST)
        self.begun = time.monotonic()
        async with TailProcess(self.settings, self._options) as tail:
            coming: asyncio.Task[Frame] | None = None
            try:
                while (left := self._left()) > 0:
                    coming = coming or asyncio.create_task(tail.next_frame())
                    await asyncio.wait((coming,), timeout=min(left, 1.0))
                    if not coming.done():
                        yield []
                        continue
                    frame, coming = coming.result(), None
                    if not self.counts:
                        # how long the helper process took to start is no one's answer
                        self.begun = time.monotonic()
                    self.counts = frame.counts
                    self._report_changes()
                    if not self._is_followed and any(c.state == "following" for c in self.counts):
                        self._is_followed, self.begun = True, time.monotonic()
                    yield decode_messages(frame.messages)
            finally:
                if coming:
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)
        if not self._is_followed:
            raise self._never_followed()

    @property
    def elapsed(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self.begun

    def _never_followed(self) -> SourceError:
        failed = next((counts for counts in self.counts if counts.text), None)
        return SourceError(
            "no address could be tailed",
            where=", ".join(self._options.addresses),
            why=failed.text if failed else f"no connection in {self.elapsed:.0f} s",
            hint=(failed and failed.hint) or "`arcwatch context test` checks each connection",
        )

    def _left(self) -> float:
        if self._seconds is None:
            return 3600.0
        starting = 0.0 if self._is_followed else STARTING
        return self._seconds + starting - self.elapsed

    def _report_changes(self) -> None:
        for counts in self.counts:
            state = (counts.state, counts.text)
            if counts.text and self._reported.get(counts.origin) != state:
                if self._is_hopeless():
                    raise SourceError(counts.text, hint=counts.hint)
                text = counts.text
                if counts.address not in text:
                    text = f"{counts.address}: {text}"
                print_error(SourceError(text, hint=counts.hint))
            self._reported[counts.origin] = state

    def _is_hopeless(self) -> bool:
        return all(
            counts.state == "failed" or (counts.state == "connecting" and counts.text)
            for counts in self.counts
        )


def add_tail_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a verb that follows messages."""
    parser.add_argument("--json", action="store_true", help="JSON instead of text")
    parser.add_argument(
        "--mode",
        choices=("auto", "full", "sampled"),
        default="auto",
        help="core NATS: every message, samples, or every message while that slows no publisher",
    )
    parser.add_argument(
        "--max-rate", metavar="N", type=rate, help="at most N messages per second for each address"
    )


def opened(
    args: argparse.Namespace, addresses: Sequence[str], *, seconds: float | None, **more: object
) -> Following:
    """The tail that a verb's flags ask for.

    Raises:
        UsageError: An address or a setting cannot be used.
    """
    settings, places = settings_of(args), [parse_address(address) for address in addresses]
    for place in places:
        if not place.context:
            settings.check_one("pulsar" if isinstance(place, Topic) else "nats")
    options = TailOptions(
        tuple(addresses),
        mode=args.mode,
        max_rate=args.max_rate,
        **more,  # type: ignore[arg-type]  # names of its fields, as the verbs below give them
    )
    return Following(settings, options, seconds=seconds)


def run_until_ended(work: Coroutine[Any, Any, None]) -> bool:
    """Run a coroutine; whether it finished by itself rather than by ctrl-c."""
    try:
        asyncio.run(_while_read(work))
    except KeyboardInterrupt:
        return False
    except ExceptionGroup as errors:
        for error in errors.exceptions:
            if isinstance(error, ArcwatchError | BrokenPipeError):
                raise error from None
        raise
    return True


async def _while_read(work: Coroutine[Any, Any, None]) -> None:
    """Do what a verb does until nobody reads its output any more: it may write seldom."""
    working, output, unread = asyncio.ensure_future(work), _pipe(), False
    loop = asyncio.get_running_loop()

    def end() -> None:
        nonlocal unread
        unread = True
        loop.remove_reader(output)
        working.cancel()

    if output >= 0:
        # the writing end of a pipe becomes readable when its reading end is closed
        loop.add_reader(output, end)
    try:
        await working
    except asyncio.CancelledError:
        if unread:
            raise BrokenPipeError from None
        raise
    finally:
        if output >= 0:
            loop.remove_reader(output)


def _pipe() -> int:
    """Standard output, where that is a pipe; otherwise -1."""
    try:
        output = sys.stdout.fileno()
        return output if stat.S_ISFIFO(os.fstat(output).st_mode) else -1
    except (AttributeError, OSError):
        # it is closed, or none of the system's
        return -1


def typed(question: str) -> str:
    """What is typed at the terminal after a question.

    asyncio takes ctrl-c for itself, and a read from the terminal would go on all the same.

    Raises:
        KeyboardInterrupt: Ctrl-c was.
    """
    # before the question, which may be answered with ctrl-c as soon as it is there
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    line = ""
    try:
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        return line.strip()
    finally:
        if not line.endswith("\n"):
            # ctrl-c and ctrl-d leave the cursor behind the question
            sys.stderr.write("\n")
        signal.signal(signal.SIGINT, before)


def print_note(text: str) -> None:
    """Print a note on stderr."""
    sys.stderr.write(f"arcwatch: {printable(text, limit=600)}\n")
    sys.stderr.flush()


def totals(
    counts: Counts, *, shown: int, filtered: int, failed: int = 0, end: str = "the end"
) -> str:
    """The counts of an address's messages, which add up to the total."""
    waiting = max(0, counts.seen - counts.dropped_here - shown - filtered)
    parts = [
        f"seen {counts.seen:,} ({units.size(counts.seen_bytes)})",
        f"shown {shown:,}",
        f"filtered out {filtered:,}" + (f" ({failed:,} could not be filtered)" if failed else ""),
        f"dropped (client) {counts.dropped_here:,}",
    ]
    if waiting:
        parts.append(f"{waiting:,} received after {end}")
    if counts.sampled_away != counts.sampled_away:
        parts.append("sampled out: unknown number")
    elif counts.sampled_away:
        parts.append(f"≈ sampled out {counts.sampled_away:,.0f}")
    if counts.gaps:
        parts.append(f"gaps {counts.gaps}")
    return f"{counts.address}: {', '.join(parts)}"
