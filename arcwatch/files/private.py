"""Folders and files that only the user may read, and the state folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def state_folder() -> Path:
    """``ARCWATCH_STATE``, or the user's state folder.  It may not exist yet."""
    if configured := os.environ.get("ARCWATCH_STATE"):
        # as a shell does: `~nobody` is left as it is where there is no such user
        return Path(os.path.expanduser(configured)).absolute()
    # imported here because `arcwatch --version` needs no folders
    from platformdirs import user_state_path

    return user_state_path("arcwatch")


def private_folder(path: Path) -> None:
    """Make a folder, and those it is in, where they are missing; new ones are the user's alone.

    Raises:
        OSError: It cannot be made.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            # another arcwatch may make it at the same time
            folder.mkdir(mode=0o700, exist_ok=True)


def private(path: str, flags: int) -> int:
    """Opens a file that only the user may read: the ``opener`` of :func:`open`.

    A pipe in its place is not waited for.
    """
    return os.open(path, flags | os.O_NONBLOCK, 0o600)


def new_private(path: str, flags: int) -> int:
    """The same of a file that is made here: one that is there, or a link, is not followed.

    What a killed process left of it is removed.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    return os.open(path, flags | os.O_EXCL, 0o600)


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in its place, whole or not at all, for the user alone; its folder is made.

    Raises:
        OSError: It cannot be written.
    """
    private_folder(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb", opener=new_private) as file:
            file.write(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
