"""Messages as the lines of a file, in the format that its name asks for."""

from __future__ import annotations

from pathlib import Path

from arcwatch.decode.export import csv_head, csv_line, format_of
from arcwatch.decode.record import as_record, message_json, noted
from arcwatch.files.new_file import NewFile
from arcwatch.model.message import Decoded, Message


class MessageFile:
    """NDJSON, or CSV; it is there once it is whole.

    Raises:
        UsageError: Another file is there.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self._is_csv = format_of(path.name) == "csv"
        self._file = NewFile(path, replace=replace)
        self.written = 0
        """How many messages."""

    def __enter__(self) -> MessageFile:
        self._file.__enter__()
        if self._is_csv:
            self._file.write(csv_head())
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.__exit__(*raised)

    def write(self, message: Message, decoded: Decoded, note: str = "") -> None:
        """Add a message, with a note where its form has room for one."""
        if self._is_csv:
            self._file.write(csv_line(as_record(message, decoded)))
        else:
            self._file.write(noted(message_json(message, decoded).decode(), note) + "\n")
        self.written += 1
