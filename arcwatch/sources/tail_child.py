"""The tail's own process: commands come in on stdin, frames go out on stdout.

Run by :class:`~arcwatch.sources.tail_process.TailProcess` alone.  It ends when its stdin does,
which is also what the death of its parent looks like.
"""

from __future__ import annotations

import asyncio
import os

from arcwatch.crash import EXIT_CODE, write_report

from .child_pipes import Commands, later, read_said, stdout
from .tail import Tail
from .tail_wire import Add, Command, Remove, SetMode, Start, decode_command, encode


def read_command() -> Command | None:
    """The next command; None at the end."""
    body = read_said()
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
    out = await stdout(loop)
    task = asyncio.current_task()
    assert task is not None
    async with Tail(start.settings, start.options) as tail:
        commands = Commands[Command](
            read_command,
            lambda command: later(loop, lambda: _obey(tail, command)),
            lambda: later(loop, task.cancel),
        )
        commands.start()
        async for frame in tail.frames():
            out.write(encode(frame))
            # while this waits, messages wait in the intake
            await out.drain()


def _obey(tail: Tail, command: Command) -> None:
    match command:
        case Add(address):
            tail.add(address)
        case Remove(address):
            tail.remove(address)
        case SetMode(mode, requests):
            tail.set_mode(mode, requests=requests)


if __name__ == "__main__":
    main()
