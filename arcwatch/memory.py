"""What is remembered from one start to the next: where the user was, and how it looked."""

from __future__ import annotations

import contextlib
import os

import msgspec
from msgspec import Struct

from .folders import state_folder


class Memory(Struct, frozen=True):
    """The last screen.  Nothing here names a server, a subject or a topic."""

    view: str = ""
    """The id of the view; empty when nothing is remembered."""
    sheet: str = ""
    """The table of it that was on show."""
    theme: str = ""
    utc: bool = False


def recall() -> Memory:
    """What was remembered last; nothing where that cannot be read."""
    try:
        return msgspec.json.decode((state_folder() / "screen.json").read_bytes(), type=Memory)
    except (OSError, msgspec.MsgspecError):
        return Memory()


def remember(memory: Memory) -> None:
    """Keep it for the next start; where that cannot be written, nothing is lost but comfort."""
    path = state_folder() / "screen.json"
    fresh = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(memory))
        os.replace(fresh, path)
