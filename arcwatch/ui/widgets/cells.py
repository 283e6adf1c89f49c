"""One cell of a table: its text made safe, and cut or padded to an exact width.

Widths are terminal cells, not characters: a CJK character takes two, a combining mark none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias, TypeVar

import msgspec
from rich.cells import cell_len, set_cell_size, split_text

from arcwatch.text.control_characters import printable

T = TypeVar("T")

Align: TypeAlias = Literal["left", "right"]
Elide: TypeAlias = Literal["end", "middle"]
Tone: TypeAlias = Literal[
    "",
    "good",
    "warn",
    "bad",
    "dim",
    "accent",
    "nats",
    "pulsar",
    "json-key",
    "json-string",
    "json-number",
    "json-literal",
]
"""How a cell is meant.  It only repeats in colour what a word or a glyph in the cell shows."""

SHAPES: dict[str, str] = {"bad": "▲", "warn": "●"}
"""Critical and warning, where there is no colour."""

FOUND = "found "
"""Before the name of a look: the same, but for a match."""


class Spans(msgspec.Struct, frozen=True):
    """A text in several tones, of which a certain part is to be seen where not all of it fits.

    Attributes:
        text: Printable, and short enough for the widget that draws it.
        toned: Starts and ends of parts, and their tones; in order, none within another.
        found: Starts and ends of matches, likewise.
        tone: Of the rest.
    """

    text: str
    toned: Sequence[tuple[int, int, Tone]] = ()
    found: Sequence[tuple[int, int]] = ()
    tone: Tone = ""


Cell: TypeAlias = str | tuple[str, Tone] | Spans
"""What a row puts in a column: text, or text and its tone, or tones."""


def shaped(text: str, tone: str) -> str:
    """A figure with the shape of its state before it; words need none.

    >>> shaped("17", "warn"), shaped("paused", "warn"), shaped("17", "")
    ('● 17', 'paused', '17')
    """
    return f"{SHAPES[tone]} {text}" if tone in SHAPES and text[:1] in _FIGURES else text


_FIGURES = frozenset("0123456789≈≥≤+−")


def fit(text: str, width: int, align: Align = "left", elide: Elide = "end") -> str:
    """``text``, printable, in exactly ``width`` cells.

    Args:
        text: Anything, of any length; only a few times ``width`` of it is ever looked at.
        width: Cells; 0 or less gives an empty string.
        elide: Where ``…`` goes in text that is too long.

    >>> fit("orders.created.eu", 8)
    'orders.…'
    >>> fit("42", 5, "right")
    '   42'
    >>> fit("arc/agents/task-events#billing", 18, elide="middle")
    'arc/agen…s#billing'
    """
    if width <= 0:
        return ""
    text = _safe(text, 2 * width + 8, elide)
    length = cell_len(text)
    if length <= width:
        blank = " " * (width - length)
        return blank + text if align == "right" else text + blank
    tail = width // 2 if elide == "middle" and width > 4 else 0
    head = set_cell_size(text, width - tail - 1)
    return f"{head}…{split_text(text, length - tail)[1] if tail else ''}"


def spanned(spans: Spans, width: int, align: Align = "left", elide: Elide = "end") -> list[Run]:
    """The parts of ``spans`` from left to right, together exactly ``width`` cells.

    The first match is in sight, if need be in the midst of the text.

    >>> spanned(Spans("a long way to go", found=[(14, 16)]), 8)
    [('…y to ', ''), ('go', 'found ')]
    """
    text, start = spans.text, 0
    if spans.found and cell_len(text) > width:
        first, last = spans.found[0]
        if cell_len(text[:last]) >= width:
            start = max(0, min(first - width // 3, len(text) - width))
            text = f"…{text[start + 1 :]}"
        elide = "end"
    shown = fit(text, width, align, elide)
    if shown.rstrip() != text.rstrip() and elide == "middle":
        return [(shown, spans.tone)]
    lead = len(shown) - len(shown.lstrip(" ")) if align == "right" else 0
    return list(_runs(shown, spans, start - lead))


def part(spans: Spans, start: int, end: int) -> Spans:
    """A part of a text, with its tones and matches."""
    return Spans(
        spans.text[start:end],
        [(first - start, last - start, tone) for first, last, tone in spans.toned if last > start],
        [(first - start, last - start) for first, last in spans.found if last > start],
        spans.tone,
    )


def wrapped(spans: Spans, width: int) -> Iterator[Spans]:
    """A text in lines of at most so many cells.

    >>> [line.text for line in wrapped(Spans("abcdefg"), 3)]
    ['abc', 'def', 'g']
    """
    at = 0
    while at < len(spans.text) or at == 0:
        chunk = spans.text[at : at + width]
        if cell_len(chunk) > width:
            chunk = split_text(chunk, width)[0].rstrip()
        yield part(spans, at, at + len(chunk))
        at += max(1, len(chunk))


Run: TypeAlias = tuple[str, str]
"""A part of a line, and the name of its look."""


def _runs(shown: str, spans: Spans, start: int) -> Iterator[Run]:
    """Parts of a text of which ``shown`` is what begins at ``start``."""
    end = start + len(shown)
    toned = _filled(spans.toned, start, end, spans.tone)
    parts = [(at, last, "", tone) for at, last, tone in toned]
    if spans.found:
        marked = _filled([(at, last, FOUND) for at, last in spans.found], start, end, "")
        parts = [
            (max(first, at), min(last, to), found, tone)
            for at, to, found in marked
            for first, last, _, tone in parts
            if max(first, at) < min(last, to)
        ]
    for at, last, found, tone in parts:
        yield shown[at - start : last - start], f"{found}{tone}"


def _filled(
    parts: Sequence[tuple[int, int, T]], at: int, end: int, other: T
) -> Iterator[tuple[int, int, T]]:
    """Parts from ``at`` to ``end``, with others where there are none."""
    for first, last, what in parts:
        if at < last and first < end:
            if at < first:
                yield at, first, other
            yield max(at, first), min(last, end), what
            at = last
    if at < end:
        yield at, end, other


def _safe(text: str, limit: int, elide: Elide) -> str:
    """At most about ``limit`` characters of ``text``, printable, from the end or ends shown."""
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]}…{text[-half:]}" if elide == "middle" else f"{text[:limit]}…"
    text = printable(text)
    # terminals disagree on how wide this selector makes the character before it
    return text if text.isascii() else text.replace("\ufe0f", "")
