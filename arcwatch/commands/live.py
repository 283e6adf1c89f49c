"""A verb's text again and again: in place on a terminal, one after the other into a pipe."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

from arcwatch.config.settings import Settings
from arcwatch.engine.engine import Engine
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import on_terminal, printable

from .flag_values import pause
from .looking import has_answered, silence
from .message_lines import put
from .paint import Page, cut, page
from .tailing import run_until_ended

EVERY = 2.0
"""Seconds between two looks, where nothing else is said."""
FIRST = 1.3
"""Seconds until there are two samples of the cheapest figures, and so rates."""

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""To the other screen, without a cursor; and back.  See xterm's control sequences."""
HOME, REST, BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
"""To the first cell; nothing in the rest of a line; nothing below it."""

Lines: TypeAlias = Callable[[Store, Page], Sequence[str]]
"""The lines of a verb, of what a store knows, for what they are written on."""


def add_watch_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag of a verb that can be looked at for long."""
    parser.add_argument(
        "--watch",
        nargs="?",
        type=pause,
        const=EVERY,
        metavar="TIME",
        help="repeat every TIME (2s), until ctrl-c",
    )


def watch(
    args: argparse.Namespace,
    settings: Settings,
    lines: Lines,
    aim: Callable[[Engine], None] = lambda engine: None,
) -> int:
    """Print the lines of a verb every ``args.watch`` seconds until ctrl-c.

    Returns:
        The exit code 0.

    Raises:
        SourceError: Nothing has ever answered.
    """
    engine = Engine(settings, Store())
    as_json = getattr(args, "json", False)
    out = Terminal(args.watch) if sys.stdout.isatty() and not as_json else Pipe(timed=not as_json)
    with out:
        run_until_ended(_watch(engine, args.watch, lines, aim, out))
    if not has_answered(engine.store):
        raise silence(engine.store)
    return 0


async def _watch(
    engine: Engine, every: float, lines: Lines, aim: Callable[[Engine], None], out: Terminal | Pipe
) -> None:
    running = asyncio.create_task(engine.run())
    try:
        await asyncio.wait([running], timeout=FIRST)
        while not running.done():
            aim(engine)
            if engine.store.contacts:
                out.show(_lines(engine.store, lines))
            await asyncio.wait([running], timeout=every)
        await running
    finally:
        running.cancel()


def _lines(store: Store, lines: Lines) -> Sequence[str]:
    if not has_answered(store):
        error = silence(store)
        return [printable(line, limit=400) for line in (error.headline, error.hint) if line]
    return lines(store, page())


class Pipe(AbstractContextManager["Pipe"]):
    """Each look below the one before, with its time where that is no part of it."""

    def __init__(self, *, timed: bool) -> None:
        self._timed = timed

    def __exit__(self, *raised: object) -> None:
        """There is nothing to put back."""

    def show(self, lines: Sequence[str]) -> None:
        """Add one look."""
        put([f"-- {units.rfc3339(time.time())}", *lines, ""] if self._timed else lines)


class Terminal(AbstractContextManager["Terminal"]):
    """Each look over the one before, on the other screen: what was scrolled there stays as it is.

    The last look is left on the usual screen.

    Args:
        every: Seconds between two looks.
    """

    def __init__(self, every: float) -> None:
        self._every = every
        self._last: Sequence[str] = ()

    def __enter__(self) -> Terminal:
        draw(ENTER)
        return self

    def __exit__(self, *raised: object) -> None:
        draw(LEAVE)
        put(self._last)

    def show(self, lines: Sequence[str]) -> None:
        """Draw one look, as much of it as there is room for."""
        size = shutil.get_terminal_size()
        when, every = units.clock(time.time(), utc=False), units.duration(self._every)
        self._last, shown = lines, [f"{when}  every {every}  ctrl-c ends", "", *lines]
        if len(shown) > size.lines:
            hidden = len(shown) - size.lines + 1
            shown[size.lines - 1 :] = [f"… {hidden:,} more lines"]
        safe = (on_terminal(cut(line, size.columns)) for line in shown)
        drawn = f"{REST}\n".join(safe)
        draw(f"{HOME}{drawn}{REST}{BELOW}")


def draw(text: str) -> None:
    """Send a terminal what it is to obey."""
    # stdout of a verb obeys nothing else; see arcwatch.cli
    sys.stdout.draw(text)  # type: ignore[union-attr]
