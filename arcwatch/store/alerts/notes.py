"""Notes about alerts: acknowledgements and silences.

An acknowledgement is of one alert, and ends with it; a silence is of a rule at a place, and lasts
its time however often that fires.  Both outlive arcwatch, which finds all anew when it starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from .row import AlertRow

MOST = 500
"""Notes that are kept, the newest."""
KNOWN_FOR = 86_400.0
"""Seconds that an acknowledgement counts after a restart: whether what fires then is the same
that was acknowledged is uncertain, and less so with every day."""


class Key(NamedTuple):
    """What a note is about: a rule and a target."""

    rule: str
    cluster: str
    address: str


class Note(Struct, frozen=True):
    """An acknowledgement or silence of one rule at one target."""

    rule: str
    cluster: str
    address: str
    acknowledged: float | None = None
    """Unix seconds when it was acknowledged."""
    silenced: float | None = None
    """Unix seconds until which it is silenced."""

    @property
    def key(self) -> Key:
        """The rule and target it is about."""
        return Key(self.rule, self.cluster, self.address)

    def left(self, at: float) -> Note | None:
        """The part of the note that is still in effect at ``at``, Unix seconds."""
        known = self.acknowledged if (self.acknowledged or 0.0) > at - KNOWN_FOR else None
        silenced = self.silenced if (self.silenced or 0.0) > at else None
        return None if known is None and silenced is None else Note(*self.key, known, silenced)


class Notes:
    """The notes of one context.

    Attributes:
        changed: Notes to be saved; None for one that was withdrawn.
    """

    def __init__(self) -> None:
        self.changed: dict[Key, Note | None] = {}
        self._notes: dict[Key, Note] = {}

    def restore(self, notes: Iterable[Note]) -> None:
        """Add the notes of earlier sessions, oldest first."""
        self._notes = {note.key: note for note in notes} | self._notes

    def of(self, row: AlertRow, at: float) -> Note | None:
        """The note in effect at ``at`` about this rule and target."""
        note = self._notes.get(_key(row))
        return note.left(at) if note else None

    def set(self, row: AlertRow) -> None:
        """Set the acknowledgement and silence of an alert."""
        note = Note(*_key(row), row.acknowledged, row.silenced) if row.quiet else None
        self._note(_key(row), note)

    def drop_acknowledgement(self, row: AlertRow) -> None:
        """Drop the acknowledgement of an alert; a silence stays in effect."""
        if row.acknowledged is not None:
            note = Note(*_key(row), None, row.silenced) if row.silenced is not None else None
            self._note(_key(row), note)

    def _note(self, key: Key, note: Note | None) -> None:
        self._notes.pop(key, None)
        if note is not None:
            self._notes[key] = note
        self.changed[key] = note
        for known in (self._notes, self.changed):
            while len(known) > MOST:
                del known[next(iter(known))]


def _key(row: AlertRow) -> Key:
    return Key(row.rule, row.cluster, row.address)
