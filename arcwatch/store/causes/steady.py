"""Keep causes steady: the shown cause changes only when another has held for two samples.

What is shown goes on to hold until its evidence has gone by a margin, which its test knows: a stall
ends with an acknowledgement, not with an estimate; what stands out does so by less; consumers are
too few until the backlog no longer grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import NamedTuple

from msgspec.structs import replace

from .cause import Cause
from .kinds import KINDS

HOLDS = 2
"""Looks in a row at which a cause has to be the strongest before it is shown."""


class Look(NamedTuple):
    """What one look at one backlog found."""

    key: str
    """The backlog's, the same for as long as it is the same."""
    source: str
    """Whose answers are looked at."""
    at: float
    """Unix seconds of the answer: the same answer is one look, however often it is read."""
    found: Sequence[Cause]
    """All that holds, strongest first."""
    frozen: bool = False
    """Whether its server does not answer, so that there was nothing to look at."""
    system: str = ""
    cluster: str = ""
    address: str = ""
    """For people: where the backlog is."""


class CauseChange(NamedTuple):
    """A backlog whose shown cause has changed."""

    look: Look
    """That which decided it; of what is not ranked any more the last one."""
    before: Cause | None
    after: Cause | None


class _Shown(NamedTuple):
    look: Look
    cause: Cause | None
    seen: float
    """Unix seconds when the shown cause last held."""
    next: Cause | None
    """What has been the strongest for ``held`` looks instead."""
    held: int


class SteadyCauses:
    """The causes that are shown, by backlog."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}
        self._looks: dict[str, tuple[float, int]] = {}

    def freeze(self) -> SteadyCauses:
        """An independent copy."""
        frozen = copy(self)
        frozen._shown, frozen._looks = dict(self._shown), dict(self._looks)
        return frozen

    @property
    def kinds(self) -> Mapping[str, str]:
        """The kind of each cause that is shown, by the key of its look; empty of none."""
        return {key: one.cause.kind if one.cause else "" for key, one in self._shown.items()}

    def update(self, looks: Iterable[Look]) -> list[CauseChange]:
        """Take the latest look at every ranked backlog; what is not ranked is forgotten.

        Returns:
            What is shown differently than before; nothing of the first looks at a source.
        """
        shown: dict[str, _Shown] = {}
        advanced: dict[str, float] = {}
        for look in looks:
            if not look.frozen:
                shown[look.key] = self._next(look)
                advanced[look.source] = look.at
            elif known := self._shown.get(look.key):
                shown[look.key] = known
        shown |= self._away(shown, advanced)
        changes = list(self._changes(shown))
        for source, at in advanced.items():
            before, count = self._looks.get(source, (float("-inf"), 0))
            if at > before:
                self._looks[source] = (at, count + 1)
        self._shown = shown
        return changes

    def _away(
        self, shown: Mapping[str, _Shown], advanced: Mapping[str, float]
    ) -> dict[str, _Shown]:
        """What comes and goes by nature is only away for a moment: of a backlog that is empty."""
        return {
            key: one
            for key, one in self._shown.items()
            if key not in shown and one.cause
            if advanced.get(one.look.source, one.seen) - one.seen < KINDS[one.cause.kind].lingers
        }

    def _changes(self, shown: Mapping[str, _Shown]) -> Iterator[CauseChange]:
        for key in {**self._shown, **shown}:
            was, now = self._shown.get(key), shown.get(key)
            look = (now or was or shown[key]).look
            before, after = was.cause if was else None, now.cause if now else None
            if not self._is_young(look.source) and _words(before) != _words(after):
                yield CauseChange(look, before, after)

    def shown(self, look: Look) -> Cause | None:
        """The cause to show.

        The first looks at a source, and what was never looked at, show what they find: there is
        nothing yet that could be steady.
        """
        known = self._shown.get(look.key)
        if known and not self._is_young(look.source):
            return known.cause
        strongest = look.found[0] if look.found else None
        is_known = known is not None and _words(known.cause) == _words(strongest)
        return known.cause if known and is_known else strongest

    def _is_young(self, source: str) -> bool:
        return self._looks.get(source, (0.0, 0))[1] <= HOLDS

    def _next(self, look: Look) -> _Shown:
        strongest = look.found[0] if look.found else None
        known = self._shown.get(look.key)
        if self._looks.get(look.source, (0.0, 0))[1] < HOLDS:
            return _Shown(look, _dated(strongest, look, first=True), look.at, None, 0)
        if known is None:
            known = _Shown(look._replace(at=float("-inf")), None, look.at, None, 0)
        return known if look.at <= known.look.at else _moved(known, look, strongest)


def _moved(known: _Shown, look: Look, strongest: Cause | None) -> _Shown:
    current = _still(known.cause, look)
    if _words(strongest) == _words(known.cause):
        return _Shown(look, current, look.at, None, 0)
    if current is None and known.cause is not None and _lingers(known, look, strongest):
        return _Shown(look, known.cause, known.seen, None, 0)
    same = known.held > 0 and _words(strongest) == _words(known.next)
    held = known.held + 1 if same else 1
    following = known.next if same else _dated(strongest, look, first=False)
    if held >= HOLDS:
        return _Shown(look, following, look.at, None, 0)
    return _Shown(look, current or known.cause, known.seen, following, held)


def _lingers(known: _Shown, look: Look, strongest: Cause | None) -> bool:
    """Whether what comes and goes by nature is only away for a moment."""
    if strongest is not None or known.cause is None:
        return False
    return look.at - known.seen < KINDS[known.cause.kind].lingers


def _still(cause: Cause | None, look: Look) -> Cause | None:
    """The shown cause as this look finds it, with the time since when it is known."""
    found = next((one for one in look.found if cause and _words(one) == _words(cause)), None)
    if found is None or cause is None or found.since is not None:
        return found
    return replace(found, since=cause.since, since_at_least=cause.since_at_least)


def _dated(cause: Cause | None, look: Look, *, first: bool) -> Cause | None:
    """The cause with the time of this look, where no server reported one."""
    if cause is None or cause.since is not None:
        return cause
    return replace(cause, since=look.at, since_at_least=first)


def _words(cause: Cause | None) -> tuple[str, str] | None:
    return (cause.kind, cause.text) if cause else None
