"""The tail in a process of its own, so that no flood reaches whoever draws the screen."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType

import arcwatch
from arcwatch.config import Settings
from arcwatch.errors import SourceError
from arcwatch.model.tail import Frame, Mode, TailOptions

from .tail_wire import Add, Command, Remove, SetMode, Start, decode_frame, encode, read_part

ENDING = 3.0
"""Seconds that the child gets to say goodbye to the servers."""


class TailProcess:
    """The same as :class:`~arcwatch.sources.tail.Tail`, run by one child process.

    Frames wait in the child: one that nobody asks for costs this process nothing.  The child ends
    with this process, however that ends.  What it is told, passwords included, goes through a
    pipe and stands on no command line.

    Args:
        settings: Where to look.
        options: What to follow, and at what cost.
    """

    def __init__(self, settings: Settings, options: TailOptions) -> None:
        self._start = Start(settings, options)
        self._origins = len(options.addresses)
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> TailProcess:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            # what lies in the working directory is not ours to run
            "-P",
            "-m",
            "arcwatch.sources.tail_child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(Path(arcwatch.__file__).parent.parent)},
            # ctrl-c is for the parent, which then ends the child
            start_new_session=True,
        )
        self._tell(self._start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        child = self._child
        if child is None or child.stdin is None:
            return
        child.stdin.close()
        try:
            async with asyncio.timeout(ENDING):
                # what is still in the pipe would keep it from ending
                while child.stdout is not None and await child.stdout.read(1 << 20):
                    pass
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()

    @property
    def pid(self) -> int | None:
        """The child's process id."""
        return self._child.pid if self._child else None

    def add(self, address: str) -> int:
        """Follow one more address.

        Returns:
            Its number, which its messages and counts carry.
        """
        self._tell(Add(address))
        origin, self._origins = self._origins, self._origins + 1
        return origin

    def remove(self, address: str) -> None:
        """Follow an address no longer; messages that came before may still be in a frame."""
        self._tell(Remove(address))

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Follow all addresses another way from now on."""
        self._tell(SetMode(mode, requests))

    async def frames(self) -> AsyncIterator[Frame]:
        """Messages as they come, and counts whenever they change.

        Raises:
            SourceError: The child has ended, which nobody asked it to.
        """
        while True:
            yield await self.next_frame()

    async def next_frame(self) -> Frame:
        """The next of them.

        Raises:
            SourceError: The child has ended, which nobody asked it to.
        """
        assert self._child is not None, "entered"
        assert self._child.stdout is not None, "a pipe"
        if part := await read_part(self._child.stdout):
            return decode_frame(part)
        code = await self._child.wait()
        raise SourceError(
            "the tail's process has ended", why=f"exit code {code}", hint="open it again"
        )

    def _tell(self, command: Command) -> None:
        if self._child and self._child.stdin and not self._child.stdin.is_closing():
            self._child.stdin.write(encode(command))
