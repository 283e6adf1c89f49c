"""The state folder, readable by the user alone; what lies there is read within bounds."""

from __future__ import annotations

import contextlib
import os
import stat
from errno import EFBIG, EINVAL
from pathlib import Path
from typing import TypeVar

import msgspec


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


T = TypeVar("T")

LARGEST = 1_000_000
"""Bytes of a file of JSON."""


def read_bounded(path: Path, most: int, *, last: bool = False) -> bytes:
    """All of a file.

    Args:
        most: Bytes.
        last: Whether of a larger one its end is read.

    Raises:
        OSError: It cannot be read, is no regular file, or is too large.
    """
    with open(path, "rb", opener=private) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(EINVAL, "it is not a regular file")
        if last:
            file.seek(max(0, found.st_size - most))
            return file.read(most)
        body = file.read(most + 1)
    if len(body) > most:
        raise OSError(EFBIG, f"it is larger than {most:,} bytes")
    return body


def read_json(path: Path, kind: type[T]) -> T:
    """A file of JSON.

    Raises:
        OSError: As of :func:`read_bounded`.
        ValueError: It is not of that kind.
    """
    return parsed(read_bounded(path, LARGEST), kind)


def parsed(text: bytes, kind: type[T]) -> T:
    """A document of JSON, or a line of a file of them.

    Raises:
        ValueError: It is not of that kind.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error
