"""What a bug leaves behind: a report to attach, without what must not be told.

A report names files, lines and the error.  It has no local variables, since those hold other
people's messages, and no credentials of URLs.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import traceback
from pathlib import Path

from arcwatch import __version__
from arcwatch.folders import state_folder
from arcwatch.secret import without_secrets

EXIT_CODE = 70
"""A bug, as ``EX_SOFTWARE`` of BSD's ``sysexits.h``; no other failure leaves with it."""

_LONGEST = 100_000
"""Characters of one report, of which the last tell most."""

_SECRETS = re.compile(r"(?i)(token|password|secret|jwt)=[^\s&]+")


def write_report(error: BaseException) -> Path | None:
    """Write down what happened, in place of what was written the time before.

    Returns:
        Where; None when it cannot be written anywhere.
    """
    try:
        path = state_folder() / "crash.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # nobody else's to read: a traceback may still quote a subject or a name
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(opened, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report(error))
    except OSError:
        return None
    return path


def report(error: BaseException) -> str:
    """The text of a report."""
    where = f"{platform.system()} {platform.release()} {platform.machine()}"
    head = f"arcwatch {__version__}, Python {platform.python_version()}, {where}\n"
    asked = f"arguments: {' '.join(sys.argv[1:])}\n\n"
    return redacted(head + asked + "".join(traceback.format_exception(error))[-_LONGEST:])


def redacted(text: str) -> str:
    """``text`` without secrets, and whatever may be credentials of an URL, at the cost of more.

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
