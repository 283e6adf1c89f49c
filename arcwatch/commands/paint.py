"""Colours of text on a terminal, which only repeat what a word or sign beside them shows."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Callable
from math import inf
from typing import Literal, NamedTuple, TypeAlias

from arcwatch.store.causes.cause import Cause, Severity
from arcwatch.text.control_characters import COLOURED

Tone: TypeAlias = Literal["", "heading", "nats", "pulsar", "warn", "bad"]
Paint: TypeAlias = Callable[[str, Tone], str]
"""Text in a tone, as a terminal shows it."""

_CODES: dict[Tone, str] = {
    "heading": "1",
    "nats": "36",
    "pulsar": "35",
    "warn": "33",
    "bad": "1;91",
}
"""Of the 16 colours, which each terminal has in its user's palette; all are in ``COLOURED``."""
_WITHOUT_COLOURS: dict[Tone, str] = {"heading": "1", "bad": "1"}

NEARLY_FULL = 0.8
"""The share of a limit from which on it deserves a look, as on the screen."""


def plain(text: str, tone: Tone) -> str:
    """The text alone, as pipes and files get it."""
    return text


class Page(NamedTuple):
    """What text is written on."""

    paint: Paint = plain
    """How tones are shown."""
    width: int | None = None
    """Cells of a line; None where that does not matter."""


def page() -> Page:
    """What stdout is: a terminal has colours, or bold alone under ``NO_COLOR``, and an edge."""
    if not sys.stdout.isatty():
        return Page()
    return Page(_painter(), shutil.get_terminal_size().columns)


def _painter() -> Paint:
    if os.environ.get("TERM") == "dumb":
        return plain
    codes = _WITHOUT_COLOURS if os.environ.get("NO_COLOR") else _CODES

    def paint(text: str, tone: Tone) -> str:
        return f"\x1b[{codes[tone]}m{text}\x1b[0m" if tone in codes and text.strip() else text

    return paint


def tone_of(row: object, field: str) -> Tone:
    """How a figure or a word of a row is meant."""
    value = getattr(row, field)
    match field:
        case "address":
            return "pulsar" if str(value).startswith("pulsar:") else "nats"
        case "system":
            return "pulsar" if value == "pulsar" else "nats"
        case "drains_in":
            return "bad" if value == inf and not getattr(row, "keeps_up", False) else ""
        case "healthy":
            return "bad" if value is False else ""
        case "connected":
            return "warn" if value is False else ""
        case "cause" if isinstance(value, Cause):
            return TONES[value.severity]
        case "limit_used":
            return "warn" if value is not None and value > NEARLY_FULL else ""
    return "warn" if value and field in _WORTH_A_LOOK else ""


TONES: dict[Severity, Tone] = {"critical": "bad", "warning": "warn", "info": ""}
"""How a cause is shown."""
_WORTH_A_LOOK = ("says", "slow_consumers", "blocked", "api_errors")


def cut(line: str, width: int) -> str:
    """A painted line in at most ``width`` cells; ``…`` replaces the rest."""
    if cells_of(COLOURED.sub("", line)) <= width:
        return line
    kept, left = [], width - 1
    for piece in COLOURED.split(line):
        if COLOURED.fullmatch(piece):
            kept.append(piece)
            continue
        for char in piece if left >= 0 else "":
            left -= cells_of(char)
            if left < 0:
                kept.append("…")
                break
            kept.append(char)
    return "".join(kept)


def cells_of(text: str) -> int:
    """Cells that a terminal gives to printable text: two for wide characters, none for marks."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
