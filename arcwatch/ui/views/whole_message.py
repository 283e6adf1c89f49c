"""The message under the cursor in full, below its list: as it is, or one field a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Literal, TypeAlias

import msgspec

from arcwatch.decode.one_line import gist, preview
from arcwatch.decode.record import field_json
from arcwatch.model.message import Decoded, Message
from arcwatch.text.control_characters import printable
from arcwatch.ui.widgets.cells import Spans
from arcwatch.ui.widgets.json_tones import json_tones
from arcwatch.ui.widgets.line_sheet import Found

from .message_rows import LARGE

Form: TypeAlias = Literal["", "full", "pretty"]

FORMS: tuple[Form, ...] = ("", "full", "pretty")
"""Not at all, on as few lines as it takes, a field a line."""

ROOM: dict[Form, int] = {"full": 4, "pretty": 14}
"""Lines that a form takes, at most."""


def whole(
    message: Message,
    decoded: Callable[[Message], Decoded],
    form: Form,
    most: int,
    found: Found | None,
) -> Sequence[Spans]:
    """Lines of a message's value, about so many characters of it at most."""
    if len(message.body) > LARGE:
        return [_line(printable(preview(message, most)), found, is_json=False)]
    read = decoded(message)
    is_json = not read.error and read.encoding not in ("text", "base64", "null")
    if form == "pretty" and is_json:
        text = msgspec.json.format(field_json(read.value), indent=2).decode()
        lines = islice(text.split("\n"), ROOM["pretty"])
        return [_line(printable(line, most), found, is_json=True) for line in lines]
    return [_line(printable(gist(message, read, most)), found, is_json=is_json)]


def _line(text: str, found: Found | None, *, is_json: bool) -> Spans:
    return Spans(text, json_tones(text) if is_json else (), found(text) if found else ())
