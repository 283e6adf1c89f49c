"""Findings that a user has silenced, and why."""

from __future__ import annotations

from fnmatch import fnmatchcase

from msgspec import Struct


class Silence(Struct, frozen=True):
    """Findings of one check that are counted, and not shown."""

    id: str
    """Of the check."""
    reason: str
    at: str = "*"
    """The places it is about; ``*`` is any characters."""
    until: float | None = None
    """Unix seconds; None is for good."""

    def covers(self, check: str, place: str, now: float) -> bool:
        """Whether a finding at ``now``, Unix seconds, is silenced."""
        is_over = self.until is not None and now >= self.until
        # of the glob only the asterisk means something: a name may hold brackets
        glob = self.at.replace("[", "[[]").replace("?", "[?]")
        return self.id == check and not is_over and fnmatchcase(place, glob)
