"""A child's side of the two pipes between one of our own processes and its parent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from .tail_wire import LARGEST

T = TypeVar("T")

ENDING = 2.0
"""Seconds to say goodbye to the servers; a client library that hangs is not waited for."""

PIPE = 1 << 20
"""Bytes on their way to the parent: beyond, whoever writes waits."""


class Commands(threading.Thread, Generic[T]):
    """Reads commands, and sees to it that this process ends when there are no more.

    A thread of its own, because a client library may keep the interpreter from everyone else.

    Args:
        read: The next command; None at the end.
        tell: Takes each command, on this thread.
        end: Is called when there are no more.
    """

    def __init__(
        self, read: Callable[[], T | None], tell: Callable[[T], None], end: Callable[[], None]
    ) -> None:
        super().__init__(name="commands", daemon=True)
        self._read, self._tell, self._end = read, tell, end

    def run(self) -> None:
        """Read until the end."""
        while command := self._read():
            self._tell(command)
        with contextlib.suppress(RuntimeError):
            # the loop may have ended already
            self._end()
        time.sleep(ENDING)
        os._exit(0)


def read_said() -> bytes:
    """What the parent says next, without its length; empty at the end."""
    length = int.from_bytes(sys.stdin.buffer.read(4), "big")
    return sys.stdin.buffer.read(length) if 0 < length <= LARGEST else b""


def later(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    """Call something on the loop, from any thread."""
    loop.call_soon_threadsafe(call)


async def stdout(loop: asyncio.AbstractEventLoop) -> asyncio.StreamWriter:
    """The pipe to the parent; what a library prints does not reach it."""
    # our own copy: what a library prints must not be taken for a part
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, pipe)
    transport.set_write_buffer_limits(high=PIPE)
    return asyncio.StreamWriter(transport, protocol, None, loop)
