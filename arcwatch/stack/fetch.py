"""Fetches an archive in a process of its own, so that it can be ended at any moment.

``python -m arcwatch.stack.fetch CACHE ARCHIVE`` prints one JSON object a line: progress, at most
four times a second, and in the end the place of the archive or why it could not be had.
:func:`fetched` runs that and reads it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from arcwatch.errors import StackError

from .distribution import OFFLOADERS, PULSAR, Archive, install, installed
from .process import Child, Command, line_of_failure
from .state import Part

_EVERY = 0.25
_CLEARING = 2.0


class Progress(Struct, frozen=True, tag="progress"):
    """What is being done; bytes so far and in all, 0 where there is nothing to count."""

    stage: str
    done: int
    total: int


class Installed(Struct, frozen=True, tag="installed"):
    """The distribution is there."""

    tree: str


class Refused(Struct, frozen=True, tag="refused"):
    """It could not be had: the fields of a :class:`~arcwatch.errors.StackError`."""

    what: str
    where: str
    why: str
    hint: str


News: TypeAlias = Progress | Installed | Refused


async def fetched(
    archive: Archive, cache: Path, log: Path, report: Callable[[Part], None]
) -> Path | None:
    """The unpacked archive in ``cache``, fetched first where it is not there.

    Returns:
        None when it could not be had, which ``report`` was called with.
    """
    if tree := installed(cache, archive):
        return tree
    argv = (sys.executable, "-P", "-m", "arcwatch.stack.fetch", str(cache), archive.name)
    command = Command(argv, log=log, folder=log.parent, env=os.environ, umask=-1)
    child = await Child.start(command, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None  # it was started with a pipe
        async for line in child.stdout:
            match msgspec.json.decode(line, type=News):
                case Installed(place):
                    return Path(place)
                case Refused() as no:
                    error = StackError(no.what, where=no.where, why=no.why, hint=no.hint)
                    report(Part(stage=error.headline, failed=True, hint=error.hint))
                    return None
                case Progress() as news:
                    report(_part(news, archive.title, child.pid, log))
        code = await child.wait()
        why = line_of_failure(log, ("Error",)) or f"exit code {code}"
        report(Part(stage=f"cannot fetch {archive.title}: {why}", failed=True, log=str(log)))
        return None
    finally:
        await child.stop(_CLEARING)


def _part(news: Progress, title: str, pid: int, log: Path) -> Part:
    stage = f"{news.stage} {title}"
    if news.total:
        stage += f": {news.done // 1_000_000} of {news.total // 1_000_000} MB"
    return Part(stage=stage, pid=pid, log=str(log), done=news.done, total=news.total)


class _Reporter:
    def __init__(self) -> None:
        self._last = ("", 0.0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._last[0] or now - self._last[1] >= _EVERY:
            self._last = stage, now
            _send(Progress(stage, done, total))


def _send(news: News) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(news) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Fetch the archive named by the second argument into the folder named by the first."""
    # Ended as an exception ends us, so that a half-fetched archive is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    archive = OFFLOADERS if sys.argv[2] == OFFLOADERS.name else PULSAR
    try:
        _send(Installed(str(install(Path(sys.argv[1]), _Reporter(), archive=archive))))
    except StackError as error:
        _send(Refused(error.what, error.where, error.why, error.hint))
        sys.exit(1)


if __name__ == "__main__":
    main()
