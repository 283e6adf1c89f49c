"""Provide standard streams to a program started without them: ``arcwatch status >&-``."""

from __future__ import annotations

import os
import sys


def open_missing() -> None:
    """Open what is closed, so that no connection or file takes its number.

    What is read from there is empty, what goes to standard error is dropped, and writing to
    standard output fails as it does for every other program.
    """
    _open(0, "stdin", os.O_RDONLY, "r")
    # the wrong way round, so that output is not taken for written
    _open(1, "stdout", os.O_RDONLY, "w")
    _open(2, "stderr", os.O_WRONLY, "w")


def _open(number: int, name: str, flags: int, mode: str) -> None:
    try:
        os.fstat(number)
    except OSError:
        # the lowest number that is free is taken, and those below it are in use
        os.open(os.devnull, flags)
    if getattr(sys, name) is None:
        stream = os.fdopen(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
