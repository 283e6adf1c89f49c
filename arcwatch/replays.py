"""What was replayed before, so that nobody does it twice without knowing."""

from __future__ import annotations

import contextlib
import os

import msgspec
from msgspec import Struct

from arcwatch.folders import state_folder
from arcwatch.model.history import Positions

MOST = 500
"""Replays that are remembered."""


class Done(Struct, frozen=True):
    """One replay.

    Attributes:
        time: When it ended, nanoseconds since the epoch.
        places: Addresses of what was read, with their context.
        start: Where the window began.
        end: Where it ended.
        onto: Where it went.
        filters: What was wanted of it.
        published: Messages.
    """

    time: int
    places: tuple[str, ...]
    start: Positions
    end: Positions
    onto: str
    filters: tuple[str, ...]
    published: int

    def overlaps(self, other: Done) -> bool:
        """Whether some messages may have gone to the same place before."""
        if self.onto != other.onto:
            return False
        mine = dict(zip(self.places, zip(self.start, self.end, strict=True), strict=True))
        theirs = dict(zip(other.places, zip(other.start, other.end, strict=True), strict=True))
        return any(
            mine[place][0] < theirs[place][1] and theirs[place][0] < mine[place][1]
            for place in mine.keys() & theirs.keys()
        )


_line = msgspec.json.Decoder(Done)


def replays() -> list[Done]:
    """Those that are remembered; what cannot be read is none."""
    found = []
    with contextlib.suppress(OSError):
        for line in (state_folder() / "replays.ndjson").read_bytes().splitlines():
            with contextlib.suppress(msgspec.DecodeError):
                found.append(_line.decode(line))
    return found[-MOST:]


def remember(done: Done) -> None:
    """Add one.  Where it cannot be written, a later one warns of nothing."""
    path = state_folder() / "replays.ndjson"
    lines = [msgspec.json.encode(each) + b"\n" for each in (*replays(), done)][-MOST:]
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_bytes(b"".join(lines))
        os.replace(part, path)
