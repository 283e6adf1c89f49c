"""Replays made on this machine, and how far each got, in a file of the state folder."""

from __future__ import annotations

import contextlib

import msgspec

from arcwatch.files.private import replace_file, state_folder
from arcwatch.files.reading import LARGEST, parsed, read_bounded
from arcwatch.model.replay import Done

MOST = 500
"""Replays that are remembered."""


def replays() -> list[Done]:
    """Those that are remembered; what cannot be read is none."""
    found = []
    with contextlib.suppress(OSError):
        content = read_bounded(state_folder() / "replays.ndjson", LARGEST, last=True)
        for line in content.splitlines():
            with contextlib.suppress(ValueError):
                found.append(parsed(line, Done))
    return found[-MOST:]


def remember(done: Done) -> None:
    """Add one, in the place of what was known of it.

    Where it cannot be written, a later one warns of nothing.
    """
    path = state_folder() / "replays.ndjson"
    others = [each for each in replays() if not done.begun or each.begun != done.begun]
    lines = [msgspec.json.encode(each) + b"\n" for each in (*others, done)][-MOST:]
    with contextlib.suppress(OSError):
        replace_file(path, b"".join(lines))
