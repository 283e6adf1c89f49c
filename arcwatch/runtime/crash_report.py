"""Write a crash report that can be attached to an issue: without secrets.

A report names files, lines and the error.  It has no local variables, since those hold other
people's messages, and no credentials of URLs.  There is one of each kind of bug, and a bounded
number of kinds.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import traceback
from pathlib import Path

from arcwatch import __version__
from arcwatch.files.private import private_folder, state_folder
from arcwatch.text.control_characters import printable

from .redaction import without_secrets

EXIT_CODE = 70
"""A bug, as ``EX_SOFTWARE`` of BSD's ``sysexits.h``; no other failure leaves with it."""
_LONGEST = 100_000
"""Characters of one report; the last ones are kept."""

_LONGEST_PART, _LONGEST_LINE = 10_000, 1_000
"""Characters of one of its parts and lines: what an exception quotes may be a whole message."""

_MOST = 20
"""Reports of bugs that did not end the program; the oldest make room."""

_SECRETS = re.compile(r"(?i)(token|password|secret|jwt)=[^\s&]+")


def write_report(error: BaseException, name: str = "crash.txt") -> Path | None:
    """Write down what happened, in place of what was written the time before.

    Args:
        name: Of the file; ``crash-….txt`` is one of a bounded number.

    Returns:
        Where; None when it cannot be written anywhere.
    """
    try:
        path = state_folder() / name
        private_folder(path.parent)
        path.unlink(missing_ok=True)
        # nobody else's to read: a traceback may still quote a subject or a name
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(opened, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report(error))
        _delete_oldest(path.parent)
    except OSError:
        return None
    return path


def _delete_oldest(folder: Path) -> None:
    reports = sorted(folder.glob("crash-*.txt"), key=lambda path: path.stat().st_mtime)
    for path in reports[:-_MOST]:
        path.unlink(missing_ok=True)


def report(error: BaseException) -> str:
    """The text of a report."""
    where = f"{platform.system()} {platform.release()} {platform.machine()}"
    head = f"arcwatch {__version__}, Python {platform.python_version()}, {where}\n"
    asked = f"arguments: {' '.join(sys.argv[1:])}\n\n"
    # each part is one line of the traceback, or the whole text of the exception, perhaps megabytes
    parts = (part[:_LONGEST_PART] for part in traceback.format_exception(error))
    lines = redacted(head + asked + "".join(parts)).split("\n")
    return "\n".join(printable(line, limit=_LONGEST_LINE) for line in lines)[-_LONGEST:]


def redacted(text: str) -> str:
    """``text`` without secrets and anything that may be credentials in a URL.

    >>> redacted("cannot open nats://me:s3/cr'et@host:4222 or http://host/?token=abc&x=1")
    'cannot open nats://…@host:4222 or http://host/?token=…&x=1'
    >>> redacted("--nats=me:s3cret@host")
    '…@host'
    """
    text = without_secrets(text)
    return _SECRETS.sub(r"\1=…", re.sub(r"\S+", _without_credentials, text))


def _without_credentials(word: re.Match[str]) -> str:
    before, at, host = word[0].rpartition("@")
    scheme, mark, _ = before.partition("://")
    return f"{scheme + mark if mark else ''}…@{host}" if before and at else word[0]
