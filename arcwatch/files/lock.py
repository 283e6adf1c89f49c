"""File locks that the system lets go of when their holder dies, however it dies.

Not ``filelock``: it has no shared lock, and finding out whether a lock is held would hold it, so
that a keeper which starts at that moment, or any other process that looks, would find that it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from arcwatch.files.private import private

_BEAT = 0.1


@contextlib.contextmanager
def exclusive(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock ``path``, a file which is made and stays.

    Args:
        path: Its folder must exist.
        waiting: Called every 0.1 s while another process holds it; may raise to give up.
    """
    # a link in its place is not emptied
    with open(path, "a", opener=private) as file:
        while not _taken(file, fcntl.LOCK_EX):
            waiting()
            time.sleep(_BEAT)
        yield


def is_held(path: Path) -> bool:
    """Whether some process holds the lock ``path`` right now."""
    try:
        with open(path, opener=private) as file:
            return not _taken(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _taken(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
