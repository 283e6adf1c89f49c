"""A secret by where it is kept: settings hold the place, and the value only while it is used.

What a settings file may have in place of a secret::

    env:NAME                  a variable of the environment
    file:PATH                 all of a file, without the line break at its end
    keyring:SERVICE/USER      what the system's keyring keeps for them

A place is read again each time, so that a token that rotates in its file is noticed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from msgspec import Struct

from arcwatch.errors import SourceError, UsageError
from arcwatch.text.control_characters import printable

LONGEST = 256 * 1024
"""Bytes of a file with a secret; a key with all its certificates has some 10,000."""
REFERENCES = ("env:NAME", "file:PATH", "keyring:SERVICE/USER")
"""What may be written instead of a secret."""


class Secret(Struct, frozen=True):
    """Where a secret is kept.  It is shown and written as that place; it never holds the value."""

    kind: Literal["env", "file", "keyring", "text", "nats", "pulsar"]
    """``text`` is no secret and stands in ``name``, as user names do; ``nats`` is a field of a
    NATS CLI context, ``pulsar`` one of a ``client.conf``."""
    name: str
    """The variable, the path, or ``SERVICE/USER``."""
    field: str = ""
    """Which of a file's fields."""

    def __repr__(self) -> str:
        return f"{self.name}#{self.field}" if self.field else f"{self.kind}:{self.name}"

    __str__ = __repr__


def reference(written: str, *, where: str, key: str, beside: str = "") -> Secret:
    """The place that a settings file names.

    Args:
        written: One of :data:`REFERENCES`, with ``//`` after the colon as the NATS CLI has it.
        beside: The folder that relative paths start from, as in :func:`expanded`.

    Raises:
        UsageError: It is none of them, and so may be the secret itself: it is not quoted.
    """
    kind, colon, rest = written.strip().partition(":")
    name = rest.removeprefix("//")
    if not colon or not name or kind not in ("env", "file", "keyring"):
        raise UsageError(
            f"`{key}` must be a reference to the secret",
            where=where,
            hint=f"write {', '.join(REFERENCES[:-1])} or {REFERENCES[-1]}",
        )
    if kind == "keyring":
        return Secret("keyring", name)
    return Secret("file", expanded(name, beside)) if kind == "file" else Secret("env", name)


def expanded(path: str, beside: str = "") -> str:
    """A path with ``~`` and relative ones made whole, so that another process finds it too.

    Args:
        beside: The folder that relative ones start from: that of the file which names them, since
            what lies in the working directory is anyone's.  Empty is the working directory, for
            paths of the command line and the environment.
    """
    return str(Path(beside, os.path.expanduser(path)).absolute())


def read_file(path: str) -> str:
    """All of a file of text that may hold a secret."""
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError:
        # what the error quotes may be of the secret
        raise missing(Secret("file", path), "it is not text") from None


def read_bytes(path: str) -> bytes:
    """All of a file that may hold a secret."""
    try:
        with open(path, "rb") as file:
            body = file.read(LONGEST + 1)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise missing(Secret("file", path), why) from error
    if len(body) > LONGEST:
        raise missing(Secret("file", path), f"it is larger than {LONGEST // 1024} KiB")
    return body


def missing(secret: Secret, why: str) -> SourceError:
    """The error for a secret that cannot be read."""
    return SourceError(
        "cannot read a secret",
        where=printable(str(secret), limit=200),
        why=why,
        hint="see `arcwatch context show` for what is looked for, and where",
    )
