"""What somebody said of alerts, from one start to the next: a small file, by context."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from arcwatch.files.private import replace_file, state_folder
from arcwatch.store.alerts.notes import MOST, Key, Note


class KeptNotes:
    """The file ``alert-notes.json`` in the state folder, which several arcwatches may write.

    Args:
        context: Whose notes; clusters of two contexts may have the same name.
        path: Instead of it.

    Attributes:
        trouble: Why the newest could not be kept; empty when they could.
    """

    def __init__(self, context: str, path: Path | None = None) -> None:
        self._context, self._path = context, path or state_folder() / "alert-notes.json"
        self._waiting: dict[Key, Note | None] = {}
        self.trouble = ""

    def recall(self) -> list[Note]:
        """What was kept, the oldest first; nothing where that cannot be read."""
        return self._read().get(self._context, [])

    def keep(self, changed: Mapping[Key, Note | None]) -> None:
        """Keep what was said, and forget what was taken back.

        On a disk that is full they wait for the next to be kept.
        """
        self._waiting |= changed
        if not self._waiting:
            return
        try:
            self._write(self._merged())
        except OSError as error:
            self.trouble = error.strerror or type(error).__name__
        else:
            self._waiting, self.trouble = {}, ""

    def _merged(self) -> dict[str, list[Note]]:
        notes = self._read()
        mine = {note.key: note for note in notes.get(self._context, [])}
        for key, note in self._waiting.items():
            mine.pop(key, None)
            if note is not None:
                mine[key] = note
        notes.pop(self._context, None)
        return notes | ({self._context: list(mine.values())[-MOST:]} if mine else {})

    def _read(self) -> dict[str, list[Note]]:
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(1 << 20), type=dict[str, list[Note]])
        except (OSError, msgspec.MsgspecError):
            # none yet, or another version's
            return {}

    def _write(self, notes: Mapping[str, list[Note]]) -> None:
        replace_file(self._path, msgspec.json.encode(notes))
