"""A file that is there once it is whole, and in place of no other unless that was asked for."""

from __future__ import annotations

import os
from pathlib import Path

from arcwatch.errors import ArcwatchError, UsageError

from .private import new_private


class NewFile:
    """Text written beside its place, and put there at the end if nothing went wrong.

    Raises:
        UsageError: Another file is there.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self._path, self._part = path, path.with_name(f".{path.name}.{os.getpid()}.part")
        if not replace and is_there(path):
            raise UsageError("this file already exists", where=str(path))
        try:
            # another's messages are nobody else's to read
            self._file = open(  # noqa: SIM115 - closed where this is left
                self._part, "w", encoding="utf-8", errors="replace", newline="", opener=new_private
            )
        except OSError as error:
            raise _failed(path, error) from error

    def write(self, text: str) -> None:
        """Add text."""
        try:
            self._file.write(text)
        except OSError as error:
            raise _failed(self._path, error) from error

    def __enter__(self) -> NewFile:
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            self._file.close()
            if raised[0] is None:
                os.replace(self._part, self._path)
        except OSError as failure:
            self._part.unlink(missing_ok=True)
            raise _failed(self._path, failure) from failure
        if raised[0] is not None:
            self._part.unlink(missing_ok=True)


def is_there(path: Path) -> bool:
    """Whether there is something of that name.

    Raises:
        ArcwatchError: It cannot be a name, or its folder must not be looked at.
    """
    try:
        return path.exists()
    except OSError as error:
        raise _failed(path, error) from error


def _failed(path: Path, error: OSError) -> ArcwatchError:
    return ArcwatchError("cannot be written", where=str(path), why=error.strerror or str(error))
