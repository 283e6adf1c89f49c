"""The files of alerts that outlive the program: what changed state, and what users noted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from arcwatch.files.private import private, private_folder, replace_file, state_folder
from arcwatch.files.reading import parsed, read_bounded, read_json
from arcwatch.store.alerts.alerts import REMEMBERED
from arcwatch.store.alerts.notes import MOST as MOST_NOTES
from arcwatch.store.alerts.notes import Key, Note
from arcwatch.store.alerts.row import AlertRow

MOST = 1 << 20
"""Bytes beyond which the older half goes."""


class AlertHistoryFile:
    """The file ``alerts.ndjson`` in the state folder.

    Attributes:
        trouble: Why the newest lines could not be kept; empty when they could.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_folder() / "alerts.ndjson"
        self.trouble = ""

    def load(self) -> list[AlertRow]:
        """The stored alerts, oldest first; unreadable lines are skipped."""
        try:
            lines = read_bounded(self._path, MOST, last=True).split(b"\n")
        except OSError:
            return []
        rows = []
        for line in lines[-REMEMBERED - 1 :]:
            try:
                rows.append(parsed(line, AlertRow))
            except ValueError:
                # cut by a full disk, or of another version
                continue
        return rows

    def append(self, rows: Iterable[AlertRow]) -> None:
        """Append lines; a full or read-only disk only costs the history."""
        lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        if not lines:
            return
        try:
            private_folder(self._path.parent)
            # who reads it learns the names of topics and servers
            file = private(str(self._path), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                self._append(file, lines)
            finally:
                os.close(file)
            self._shorten()
            self.trouble = ""
        except OSError as error:
            self.trouble = error.strerror or type(error).__name__

    def _append(self, file: int, lines: bytes) -> None:
        # in one piece, so that lines of several arcwatches do not mix
        written = os.write(file, lines)
        if written < len(lines):
            # a line that was cut short must not spoil the next
            os.write(file, b"\n")

    def _shorten(self) -> None:
        if self._path.stat().st_size <= MOST:
            return
        kept = read_bounded(self._path, MOST // 2, last=True).partition(b"\n")[2]
        replace_file(self._path, kept)


class AlertNotesFile:
    """The file ``alert-notes.json`` in the state folder, which several processes may write.

    Attributes:
        trouble: Why the newest could not be kept; empty when they could.
    """

    def __init__(self, context: str, path: Path | None = None) -> None:
        self._context, self._path = context, path or state_folder() / "alert-notes.json"
        self._waiting: dict[Key, Note | None] = {}
        self.trouble = ""

    def load(self) -> list[Note]:
        """The stored notes, oldest first; none if the file cannot be read."""
        return self._read().get(self._context, [])

    def save(self, changed: Mapping[Key, Note | None]) -> None:
        """Save the changed notes and remove the deleted ones.

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
        return notes | ({self._context: list(mine.values())[-MOST_NOTES:]} if mine else {})

    def _read(self) -> dict[str, list[Note]]:
        try:
            return read_json(self._path, dict[str, list[Note]])
        except (OSError, ValueError):
            # none yet, or another version's
            return {}

    def _write(self, notes: Mapping[str, list[Note]]) -> None:
        replace_file(self._path, msgspec.json.encode(notes))
