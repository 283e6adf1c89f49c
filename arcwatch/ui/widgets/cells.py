"""One cell of a table: its text made safe, and cut or padded to an exact width.

Widths are terminal cells, not characters: a CJK character takes two, a combining mark none.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from rich.cells import cell_len, set_cell_size, split_text

from arcwatch.text.control_characters import printable

Align: TypeAlias = Literal["left", "right"]
Elide: TypeAlias = Literal["end", "middle"]
Tone: TypeAlias = Literal[
    "", "good", "warn", "bad", "dim", "accent", "mark-0", "mark-1", "mark-2", "mark-3", "mark-4"
]
"""How a cell is meant.  It only colours what a word or a glyph in the cell already says."""

Cell: TypeAlias = str | tuple[str, Tone]
"""What a row puts in a column: text, or text and its tone."""


def fit(text: str, width: int, align: Align = "left", elide: Elide = "end") -> str:
    """``text``, printable, in exactly ``width`` cells.

    Args:
        text: Anything, of any length; only a few times ``width`` of it is ever looked at.
        width: Cells; 0 or less gives an empty string.
        align: The side that short text stands on.
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


def _safe(text: str, limit: int, elide: Elide) -> str:
    """At most about ``limit`` characters of ``text``, printable, from the end or ends shown."""
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]}…{text[-half:]}" if elide == "middle" else f"{text[:limit]}…"
    text = printable(text)
    # terminals disagree on how wide this selector makes the character before it
    return text if text.isascii() else text.replace("\ufe0f", "")
