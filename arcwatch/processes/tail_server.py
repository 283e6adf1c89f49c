"""The tail's own process: commands come in on stdin, frames go out on stdout.

Run by :class:`~arcwatch.processes.tail_client.TailProcess` alone.  It ends when its stdin does,
which is also what the death of its parent looks like.
"""

from __future__ import annotations

from arcwatch.sources.tail import Tail

from .frames import Add, Command, Remove, SetMode, Start, decode_command, encode
from .pipes import CommandReader, run, stdout


async def follow(text: bytes) -> None:
    """Write frames until there are no more commands."""
    start = decode_command(text)
    if not isinstance(start, Start):
        return
    out = await stdout()
    async with Tail(start.settings, start.options) as tail:
        CommandReader[Command](decode_command, lambda command: _handle(tail, command)).start()
        async for frame in tail.frames():
            out.write(encode(frame))
            # while this waits, messages wait in the intake
            await out.drain()


def _handle(tail: Tail, command: Command) -> None:
    match command:
        case Add(address):
            tail.add(address)
        case Remove(address):
            tail.remove(address)
        case SetMode(mode, requests):
            tail.set_mode(mode, requests=requests)


if __name__ == "__main__":
    run(follow)
