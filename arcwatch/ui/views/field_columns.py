"""JSON fields of messages as columns of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from arcwatch.decode.difference import ABSENT
from arcwatch.decode.fields import Path, parse_path, path_text, value_at
from arcwatch.decode.one_line import compact, scalar
from arcwatch.errors import UsageError
from arcwatch.model.message import Decoded, Message
from arcwatch.text.control_characters import printable
from arcwatch.ui.widgets.cells import Cell, Spans
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.json_tones import json_tones
from arcwatch.ui.widgets.line_sheet import Found

from .message_rows import LARGE, matched

MOST = 8
"""Fields that have columns at a time."""

NARROW, WIDE = 5, 24
"""Cells of such a column."""

SHOWN = 200
"""Characters of a field's value that are looked at."""


_WORD = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|[^\s,])+""")


def parse_fields(text: str) -> tuple[Path, ...]:
    """The fields that are named, each once; ``none`` names none.

    Raises:
        UsageError: A word names no field, or there are too many.
    """
    found: dict[Path, None] = {}
    for word in _WORD.findall(text):
        if word == "none":
            continue
        path = parse_path(word if word.startswith((".", "[")) else f".{word}")
        if path is None:
            hint = 'write .task .state, .agent.tools[0] or .["a name"]'
            raise UsageError(f"{printable(word, 60)!r} is not a field", hint=hint)
        found[path] = None
    if len(found) > MOST:
        raise UsageError(f"at most {MOST} fields have columns", hint="leave some out")
    return tuple(found)


class FieldColumns:
    """The columns of some fields, as wide as what was seen of them."""

    def __init__(self, decoded: Callable[[Message], Decoded]) -> None:
        self._decoded = decoded
        self.paths: tuple[Path, ...] = ()
        self._widths: dict[Path, int] = {}
        self._numeric: dict[Path, bool] = {}

    def look(self, shown: Iterable[Message]) -> None:
        """Look at what is on screen: columns only get wider, and of numbers stand right."""
        if not self.paths:
            return
        for message in shown:
            for path in self.paths:
                value = self._value(message, path)
                if value is not ABSENT and value is not None:
                    is_number = isinstance(value, int | float) and not isinstance(value, bool)
                    self._numeric.setdefault(path, is_number)
                    width = min(WIDE, len(_value_text(value)))
                    self._widths[path] = max(self._widths.get(path, NARROW), width)

    def among(self, columns: Sequence[Column]) -> Sequence[Column]:
        """These columns, and those of the fields before the size of a message."""
        at = next(n for n, column in enumerate(columns) if column.key in ("size", "value"))
        return (*columns[:at], *map(self._column, self.paths), *columns[at:])

    def cells(self, message: Message, found: Found | None) -> Mapping[str, Cell]:
        """What stands in them, by the keys of the columns."""
        return {path_text(path): self._cell(message, path, found) for path in self.paths}

    def _column(self, path: Path) -> Column:
        title = path_text(path)
        width = max(self._widths.get(path, NARROW), min(len(title), WIDE))
        align: Literal["right", "left"] = "right" if self._numeric.get(path) else "left"
        return Column(title, printable(title), width, align, drop=1)

    def _cell(self, message: Message, path: Path, found: Found | None) -> Cell:
        if len(message.body) > LARGE:
            return ("…", "dim")
        value = self._value(message, path)
        if value is ABSENT:
            return ""
        text = printable(_value_text(value))
        if isinstance(value, str):
            return matched(text, found)
        return Spans(text, json_tones(text), found(text) if found else ())

    def _value(self, message: Message, path: Path) -> object:
        if len(message.body) > LARGE:
            return ABSENT
        return value_at(self._decoded(message).value, path)


def _value_text(value: object) -> str:
    if isinstance(value, str):
        return value[:SHOWN]
    is_plain = value is None or isinstance(value, bool | int | float)
    return scalar(value, SHOWN) if is_plain else compact(value, SHOWN)
