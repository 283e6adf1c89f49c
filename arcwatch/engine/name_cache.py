"""Addresses that a shell can complete: a file for each context, written as names are learned.

A shell reads it without starting Python and without asking any server.  It holds addresses and
nothing else: no server, no credentials.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arcwatch.files.private import replace_file
from arcwatch.files.reading import read_bounded
from arcwatch.text.control_characters import printable

if TYPE_CHECKING:
    # the first picture waits for nothing that knows of NATS or Pulsar
    from arcwatch.store.names import Name

MOST = 20_000
"""Addresses of a context."""
LARGEST = 4_000_000
"""Characters of them all together."""
EVERY = 60.0
"""Seconds between two times that the file is written by one process."""
KINDS = ("topic", "subscription", "stream", "consumer", "subject")
"""What verbs take the addresses of."""
LATEST = ".latest"
"""The file of the context that was looked at last, for where none is named."""


def names_folder() -> Path:
    """Where the files are: not where ``ARCWATCH_CACHE`` has programs for several users."""
    # imported here because the first picture needs no folder
    from platformdirs import user_cache_path

    return user_cache_path("arcwatch") / "names"


def file_of(context: str) -> Path:
    """The file of a context."""
    return names_folder() / re.sub(r"[^\w@+-]", "_", context)


def save_names(context: str, found: Iterable[Name]) -> None:
    """Add the names to those of the context; of what was listed, others are gone.

    A file that cannot be written is no loss but that of comfort.
    """
    learned = list(dict.fromkeys(name.address for name in found if name.kind in KINDS))
    if not learned:
        return
    listed = {_scheme(address) for address in learned}
    kept = [each for each in load_names(context) if _scheme(each) not in listed]
    lines = _bounded([*learned, *kept])
    content = "".join(f"{line}\n" for line in lines).encode()
    with contextlib.suppress(OSError):
        replace_file(file_of(context), content)
        replace_file(names_folder() / LATEST, content)


def load_names(context: str) -> list[str]:
    """The addresses of a context; none where they cannot be read."""
    try:
        # a character has up to four bytes, and each line an end
        content = read_bounded(file_of(context), 4 * LARGEST + MOST)
        return content.decode().splitlines()[:MOST]
    except (OSError, UnicodeDecodeError):
        return []


def _scheme(address: str) -> str:
    """The kind it begins with, after the prefix of its cluster if there are several.

    >>> _scheme("js:A::b"), _scheme("world.us::js:A")
    ('js', 'world.us::js')
    """
    of, prefix, rest = address.partition("::")
    is_one = prefix and ":" not in of
    return f"{of}::{rest.partition(':')[0]}" if is_one else address.partition(":")[0]


def _bounded(addresses: Iterable[str]) -> list[str]:
    lines, size = list[str](), 0
    for address in addresses:
        size += len(address) + 1
        if len(lines) >= MOST or size > LARGEST:
            break
        # a line each: what would end one, or two words, is no address to be typed
        if printable(address) == address and not re.search(r"\s", address):
            lines.append(address)
    return lines


class NameCache:
    """Writes what one process learns, now and then."""

    def __init__(self, context: str) -> None:
        self._context, self._names, self._at = context, hash(()), -EVERY

    def learn(self, found: Sequence[Name]) -> None:
        """Write the names where they have changed, and that is not too soon."""
        names, now = hash(tuple(found)), time.monotonic()
        if names != self._names and now - self._at >= EVERY:
            self._names, self._at = names, now
            save_names(self._context, found)
