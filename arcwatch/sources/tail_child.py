"""The tail's own process: commands come in on stdin, frames go out on stdout.

Run by :class:`~arcwatch.sources.tail_process.TailProcess` alone.  It ends when its stdin does,
which is also what the death of its parent looks like.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable

from arcwatch.crash import EXIT_CODE, write_report

from .tail import Tail
from .tail_wire import LARGEST, Add, Command, Remove, SetMode, Start, decode_command, encode

ENDING = 2.0
"""Seconds to say goodbye to the servers; a client library that hangs is not waited for."""

PIPE = 1 << 20
"""Bytes of frames on their way: beyond, messages wait in the intake, which is bounded."""


class Commands(threading.Thread):
    """Reads commands, and sees to it that this process ends when there are no more.

    A thread of its own, because a client library may keep the interpreter from everyone else.

    Args:
        tell: Takes each command, on this thread.
        end: Is called when there are no more.
    """

    def __init__(self, tell: Callable[[Command], None], end: Callable[[], None]) -> None:
        super().__init__(name="commands", daemon=True)
        self._tell, self._end = tell, end

    def run(self) -> None:
        """Read until the end."""
        while command := read_command():
            self._tell(command)
        with contextlib.suppress(RuntimeError):
            # the loop may have ended already
            self._end()
        time.sleep(ENDING)
        os._exit(0)


def read_command() -> Command | None:
    """The next command; None at the end."""
    length = int.from_bytes(sys.stdin.buffer.read(4), "big")
    body = sys.stdin.buffer.read(length) if 0 < length <= LARGEST else b""
    return decode_command(body) if body else None


def main() -> None:
    """Run the tail that the first command describes, and leave at once after it."""
    start = read_command()
    code = 0
    if isinstance(start, Start):
        try:
            asyncio.run(follow(start))
        except (asyncio.CancelledError, BrokenPipeError, ConnectionResetError):
            pass
        except Exception as error:  # noqa: BLE001 - this process's boundary: a bug is written down
            write_report(error)
            code = EXIT_CODE
    # threads of client libraries are not waited for
    os._exit(code)


async def follow(start: Start) -> None:
    """Write frames until there are no more commands."""
    loop = asyncio.get_running_loop()
    out = await _stdout(loop)
    task = asyncio.current_task()
    assert task is not None
    async with Tail(start.settings, start.options) as tail:
        commands = Commands(
            lambda command: _later(loop, lambda: _obey(tail, command)),
            lambda: _later(loop, task.cancel),
        )
        commands.start()
        async for frame in tail.frames():
            out.write(encode(frame))
            # while this waits, messages wait in the intake
            await out.drain()


def _later(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    loop.call_soon_threadsafe(call)


def _obey(tail: Tail, command: Command) -> None:
    match command:
        case Add(address):
            tail.add(address)
        case Remove(address):
            tail.remove(address)
        case SetMode(mode, requests):
            tail.set_mode(mode, requests=requests)


async def _stdout(loop: asyncio.AbstractEventLoop) -> asyncio.StreamWriter:
    # our own copy: what a library prints must not be taken for a frame
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, pipe)
    transport.set_write_buffer_limits(high=PIPE)
    return asyncio.StreamWriter(transport, protocol, None, loop)


if __name__ == "__main__":
    main()
