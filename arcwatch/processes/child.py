"""A child process of ours: commands go in through one pipe, responses come out of another."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import arcwatch

from .frames import read_part

ENDING = 3.0
"""Seconds that a child gets to disconnect from the servers."""
WAITS = (0.2, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a child is started again, each time that it ended soon."""
SETTLED = 60.0
"""Seconds that it has run for when its end is the first one again."""


class Restarts:
    """Decides whether and when a child that ended by itself is restarted.

    Attributes:
        ends: How often in a row it ended soon after it was started.
    """

    def __init__(self) -> None:
        self.ends = 0
        self._started = 0.0

    def started(self) -> None:
        """Record a start."""
        self._started = time.monotonic()

    def ended(self) -> bool:
        """Record an end; return whether to restart it."""
        lived = time.monotonic() - self._started
        self.ends = self.ends + 1 if lived < SETTLED else 1
        return self.ends <= len(WAITS)

    async def wait(self) -> None:
        """Wait until it is due to be restarted; return at once before the first end."""
        if self.ends:
            await asyncio.sleep(WAITS[self.ends - 1])


class Child:
    """Runs a module of ours.

    What it writes waits in its pipe: a part that nobody asks for costs this process nothing.  The
    child ends with this process, however that ends.  What it is sent, passwords included, stands
    on no command line.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            # what lies in the working directory is not ours to run
            "-P",
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(Path(arcwatch.__file__).parent.parent)},
            # ctrl-c is for the parent, which then ends the child
            start_new_session=True,
        )

    @property
    def pid(self) -> int | None:
        """Its process id."""
        return self._process.pid if self._process else None

    def send(self, part: bytes) -> None:
        """Send a part; ignored once it has ended."""
        process = self._process
        if process and process.stdin and not process.stdin.is_closing():
            process.stdin.write(part)

    async def receive(self) -> bytes:
        """Receive the next part, without its length; empty at the end."""
        assert self._process is not None, "started"
        assert self._process.stdout is not None, "a pipe"
        return await read_part(self._process.stdout)

    async def code(self) -> int:
        """Wait until it has ended; its exit code."""
        assert self._process is not None, "started"
        return await self._process.wait()

    async def end(self) -> None:
        """End it gracefully, and wait until it has ended."""
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(ENDING):
                # what is still in the pipe would keep it from ending
                while process.stdout is not None and await process.stdout.read(1 << 20):
                    pass
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
