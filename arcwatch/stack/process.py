"""Starts one program in a session of its own, and stops it with all it started."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from arcwatch.files.private import private

from . import launch

_TAIL = 64 * 1024


class Command(Struct, frozen=True):
    """A program ready to be run."""

    argv: Sequence[str]
    """The first is the path of the executable."""
    log: Path
    """What it prints is added to this file."""
    folder: Path
    """Its working directory."""
    env: Mapping[str, str]
    """Its whole environment."""
    umask: int = 0o077
    """What nobody may do with the files it makes; -1 is as it is here."""


class Child:
    """A running program: the leader of its session and process group.

    It dies with the process that started it (:mod:`arcwatch.stack.launch`).  It must be started
    from the main thread: Linux counts the *thread* that forked as the parent.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Command, *, stdout: int | None = None) -> Child:
        """Run ``command``; stderr, and stdout unless it is given, go to its log."""
        with open(command.log, "ab", opener=private) as log:  # noqa: ASYNC230 - opens at once
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid())),
                *command.argv,
                stdin=subprocess.DEVNULL,
                stdout=log if stdout is None else stdout,
                stderr=log,
                cwd=command.folder,
                env=dict(command.env),
                start_new_session=True,
                umask=command.umask,
            )
        return cls(process)

    @property
    def pid(self) -> int:
        """The pid of the program itself: the launcher execs it."""
        return self._process.pid

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """What it prints, when it was started with a pipe."""
        return self._process.stdout

    async def wait(self) -> int:
        """Its exit code, negative for a signal, once it has gone and its group with it."""
        code = await self._process.wait()
        self._signal(signal.SIGKILL)
        return code

    async def stop(self, grace: float) -> None:
        """Ask the group to end; after ``grace`` seconds end it.  0 does not ask."""
        if self._process.returncode is not None:
            return
        if grace:
            self._signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(grace):
                    await self.wait()
                return
            except TimeoutError:
                pass
        self._signal(signal.SIGKILL)
        await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            # gone already; macOS says "not permitted" of a group that only has zombies
            return


def line_of_failure(log: Path, marks: Sequence[str]) -> str:
    """The line of ``log`` that best explains a failure.

    Args:
        log: Only its last 64 KiB are read; a missing file is an empty one.
        marks: What the program writes into lines about a failure, the most telling first.

    Returns:
        The last line with the first mark that there is, or else the last line.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for mark in (*marks, ""):
        if matching := [line for line in lines if mark in line]:
            return matching[-1]
    return ""
