"""Every error a user can meet, and the two lines they meet it with.

::

    ArcwatchError          1   could not
    ├── UsageError         2   the command line or a setting cannot be used as written
    │   └── NotationError  2   an address, a time or a filter cannot be read; knows the character
    ├── SourceError        1   a server could not be asked, or would not answer; retried
    │   ├── NotThereError  1   a server answered that it has no such thing
    │   ├── RefusedError   1   a server answered that we may not ask it that
    │   ├── LackingError   1   a server's version cannot be asked that
    │   ├── WireError      1   a server answered with something we do not understand
    │   └── UnreadableError 70  a bug of ours kept one answer, or one message, from being read
    └── StackError         1   a local broker could not be fetched, started or stopped

A message answers four questions in this order: what failed, where, why, and what to try.
Errors carry data, not formatting: the screen, the log and ``--json`` each render the same object.
Each part is shortened, and its control characters made visible, where it is set: nobody else has
to remember that a part may quote a server.
"""

from __future__ import annotations

from arcwatch.text.control_characters import printable

WHAT, WHERE, WHY, HINT = 200, 300, 400, 400
"""Characters of each part at most: whatever a server sent, an error stays one that can be read."""

_AROUND = 60
"""Characters that are quoted on either side of a mistake."""


class ArcwatchError(Exception):
    """Root of the tree.  Anything else that escapes is a bug.

    Args:
        what: What failed, without a full stop: ``no answer in time``.
        where: The place: an URL, a file and line, a topic.  Never with a secret in it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", why: str = "", hint: str = "") -> None:
        self.what, self.where = printable(what, WHAT), printable(where, WHERE)
        self.why, self.hint = printable(why, WHY), printable(hint, HINT)
        super().__init__(self.headline)

    @property
    def headline(self) -> str:
        """``what (where): why`` on one line, never ending in a full stop."""
        head = f"{self.what} ({self.where})" if self.where else self.what
        return f"{head}: {self.why}" if self.why else head


class UsageError(ArcwatchError):
    """The command line, a setting, or a file the user wrote cannot be used as written."""

    exit_code = 2


class NotationError(UsageError):
    """What a person wrote in one of our grammars cannot be read.

    Args:
        what: The grammar: ``not an address``.
        at: The offset in ``text``, 0 to ``len(text)``, of the first character that is wrong.
    """

    def __init__(self, what: str, *, text: str, at: int, why: str, hint: str = "") -> None:
        self.text, self.at = text, max(0, min(at, len(text)))
        super().__init__(what, where=self._place(), why=why, hint=hint)

    def _place(self) -> str:
        """The text, cut around the place, and the offset of the place in it."""
        start = max(0, self.at - _AROUND)
        shown = self.text[start : self.at + _AROUND]
        before, after = "…" if start else "", "…" if self.at + _AROUND < len(self.text) else ""
        return f"character {self.at + 1} of {before}{shown}{after}" if self.text.strip() else ""


class SourceError(ArcwatchError):
    """A server could not be asked, or would not answer.  The engine tries again."""


class NotThereError(SourceError):
    """What was asked about does not exist, or no longer.  The server itself is well."""


class MovedError(SourceError):
    """A server points elsewhere, to where we have no reason to go."""


class RefusedError(SourceError):
    """What was asked needs rights that we do not have.  The server itself is well."""


class LackingError(SourceError):
    """A server's version cannot be asked that.  The server itself is well."""


class WireError(SourceError):
    """A server answered with something we do not understand."""


class UnreadableError(SourceError):
    """A bug of ours kept one answer from being read; see :mod:`arcwatch.runtime.boundary`."""

    exit_code = 70


class StackError(ArcwatchError):
    """A local broker could not be fetched, started or stopped."""
