"""The child's side of the pipes to its parent: reads commands, sends responses."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from arcwatch.errors import ArcwatchError
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.crash_report import EXIT_CODE, write_report
from arcwatch.runtime.memory_bound import EXIT_CODE as OUTGROWN
from arcwatch.runtime.memory_bound import bound_memory

from .frames import LARGEST, encode
from .requests import Failed, Response

T = TypeVar("T")

ENDING = 2.0
"""Seconds to disconnect from the servers; a client library that hangs is not waited for."""
PIPE = 1 << 20
"""Bytes on their way to the parent: beyond, writers wait."""


class CommandReader(threading.Thread, Generic[T]):
    """Reads commands, and ends this process when there are no more.

    A thread of its own, because a client library may keep the interpreter from everyone else.
    To be made by the task that ends with the commands.
    """

    def __init__(self, decode: Callable[[bytes], T], handle: Callable[[T], object]) -> None:
        super().__init__(name="commands", daemon=True)
        self._decode, self._handle = decode, handle
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()

    def run(self) -> None:
        """Read until the end."""
        assert self._task is not None, "made by a task"
        while command := read_command():
            self._loop.call_soon_threadsafe(self._handle, self._decode(command))
        with contextlib.suppress(RuntimeError):
            # the loop may have ended already
            self._loop.call_soon_threadsafe(self._task.cancel)
        time.sleep(ENDING)
        os._exit(0)


def run(work: Callable[[bytes], Coroutine[None, None, None]]) -> NoReturn:
    """Run the coroutine for the parent's first command, then exit at once.

    Args:
        work: Takes those words; cancelled when the parent closes the pipe.
    """
    code = 0
    bound_memory(code=OUTGROWN)
    if command := read_command():
        try:
            asyncio.run(work(command))
        except (asyncio.CancelledError, BrokenPipeError, ConnectionResetError):
            pass
        except Exception as error:  # noqa: BLE001 - a process's boundary: a bug is written down
            write_report(error)
            code = EXIT_CODE
    # threads of client libraries are not waited for
    os._exit(code)


def read_command() -> bytes:
    """Read the next command, without its length; empty at the end."""
    length = int.from_bytes(sys.stdin.buffer.read(4), "big")
    return sys.stdin.buffer.read(length) if 0 < length <= LARGEST else b""


async def stdout() -> asyncio.StreamWriter:
    """The pipe to the parent; what a library prints does not reach it."""
    loop = asyncio.get_running_loop()
    # our own copy: what a library prints must not be taken for a part
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, pipe)
    transport.set_write_buffer_limits(high=PIPE)
    return asyncio.StreamWriter(transport, protocol, None, loop)


class Responder:
    """Carries out requests, each in a task of its own, and sends their responses."""

    def __init__(self, out: asyncio.StreamWriter) -> None:
        self._out = out
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def begin(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        """Carry out a request; an error that this raises, a bug as well, is its response."""
        task = asyncio.create_task(self._worked(number, work))
        self._tasks[number] = task
        task.add_done_callback(lambda done: self._ended(number, done))

    def stop(self, number: int) -> None:
        """Cancel a request."""
        if task := self._tasks.get(number):
            task.cancel()

    async def send(self, number: int, body: msgspec.Raw, *, is_last: bool = True) -> None:
        """Send a response to a request, and wait while the pipe is full."""
        await self._write(Response(number, body, is_last))

    async def _write(self, response: Response | Failed) -> None:
        self._out.write(encode(response))
        await self._out.drain()

    async def close(self) -> None:
        """Cancel all requests."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _worked(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            with boundary("the request could not be answered"):
                await work
        except ArcwatchError as error:
            await self._write(Failed.of(number, error))

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(number, None)
        if not task.cancelled():
            # a parent that has gone: the end of its commands ends this process
            task.exception()
