"""A key that lets something pause which takes a while, and go on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator

from arcwatch.history.search import ScanProgress

from .progress import Progress
from .tailing import print_note

KEYS = frozenset(b"p ")


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
