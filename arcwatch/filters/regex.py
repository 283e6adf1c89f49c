"""Regular expressions in linear time: RE2's, with the place of each mistake."""

from __future__ import annotations

import re
import warnings
from typing import Any

_LACKING = "RE2 has no look-around and no back-references: use two filters, or jq"


class Mistake(ValueError):
    """A text is no regular expression.

    Attributes:
        at: Offset of the mistake.
        why: What it is.
        hint: What to do instead.
    """

    def __init__(self, at: int, why: str, hint: str) -> None:
        self.at, self.why, self.hint = at, why, hint
        super().__init__(why)


def compiled(pattern: str) -> Any:
    """An expression whose ``search`` takes UTF-8, valid or not, and whose dots end at lines."""
    import re2

    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        message = error.args[0] if error.args else b""
        why = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        raise _mistake(pattern, why) from error
    except UnicodeEncodeError as error:
        raise Mistake(error.start, "half a character", "remove it") from error


def _mistake(pattern: str, message: str) -> Mistake:
    """RE2's message, with the place that Python's own parser or RE2's quotation gives."""
    why, _, quoted = message.partition(": ")
    hint = _LACKING if "perl" in why or quoted[:2] in {f"\\{n}" for n in range(1, 10)} else ""
    try:
        with warnings.catch_warnings():
            # what may mean something else in a later Python: here only the place is asked for
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(pattern)
    except re.error as error:
        return Mistake(error.pos or 0, why, hint)
    except (OverflowError, RecursionError):
        pass
    return Mistake(max(pattern.find(quoted), 0), f"{why} {quoted}".strip(), hint)
