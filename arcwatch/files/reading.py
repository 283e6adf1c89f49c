"""Files of the state folder, which may hold anything: bounded, and never waited for."""

from __future__ import annotations

import os
import stat
from errno import EFBIG, EINVAL
from pathlib import Path
from typing import TypeVar

import msgspec

from .private import private

T = TypeVar("T")

LARGEST = 1_000_000
"""Most bytes of a JSON file."""


def read_bounded(path: Path, most: int, *, last: bool = False) -> bytes:
    """Read a whole file.

    Args:
        most: Bytes.
        last: Whether to read the end of a larger one.

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
    """Read a JSON file.

    Raises:
        OSError: As of :func:`read_bounded`.
        ValueError: It is not of that kind.
    """
    return parsed(read_bounded(path, LARGEST), kind)


def parsed(text: bytes, kind: type[T]) -> T:
    """Decode a JSON document, or one line of a file of them.

    Raises:
        ValueError: It is not of that kind.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error
