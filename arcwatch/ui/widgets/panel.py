"""A few lines of text in several tones; text may come from outside."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from arcwatch.text.control_characters import printable

from .looks import Looks

PanelTone: TypeAlias = Literal[
    "", "label", "strong", "nats", "pulsar", "accent", "dim", "good", "warn", "bad"
]

LEAST = 20
"""Cells into which sentences are wrapped, at least."""

Line: TypeAlias = Sequence[tuple[str, PanelTone]]
"""Pieces of text from left to right, each in its tone."""


class Panel(Looks):
    """Lines that are cut where they are too long."""

    LOOKS = "panel"
    DEFAULT_CSS = """
    Panel {
        height: auto;
        & > .panel--label { color: $text-muted; }
        & > .panel--strong { color: $foreground; text-style: bold; }
        & > .panel--nats { color: $primary; }
        & > .panel--pulsar { color: $secondary; }
        & > .panel--accent { color: $text-accent; }
        & > .panel--dim { color: $text-disabled; }
        & > .panel--good { color: $text-success; }
        & > .panel--warn { color: $text-warning; }
        & > .panel--bad { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()

    @property
    def inner_width(self) -> int:
        """Cells of a line, between the margins."""
        return max(0, self.size.width - 2)

    def show(self, lines: Sequence[Line]) -> None:
        """Replace the contents; paints only what differs."""
        if lines == self._lines:
            return
        before, self._lines = self._lines, lines
        if len(before) == len(lines):
            width = self.size.width
            pairs = enumerate(zip(before, lines, strict=True))
            self.refresh(*(Region(0, y, width, 1) for y, (old, new) in pairs if old != new))
        else:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line between its margins."""
        line = self._lines[y] if y < len(self._lines) else ()
        blank = Segment(" ", self.rich_style)
        fitted = _fitted(line, self.inner_width, self.style_of)
        return Strip([blank, *fitted, blank], self.size.width)


def wrapped(line: Line, width: int) -> list[Line]:
    """A line of one piece as several that fit into ``width`` cells; any other as it is.

    Sentences about what is missing are no use when they are cut.

    >>> wrapped([("earlier messages are gone", "warn")], 20)
    [[('earlier messages are', 'warn')], [('  gone', 'warn')]]
    """
    if len(line) != 1 or width < LEAST:
        return [line]
    text, tone = line[0]
    found = textwrap.wrap(printable(text), width, subsequent_indent="  ")
    return [[(each, tone)] for each in found]


def listed(facts: Iterable[str], width: int) -> list[str]:
    """Facts beside each other, in lines of at most ``width`` cells, each fact on one of them.

    >>> listed(["conns 36", "subs 87", "slow 0"], 20)
    ['conns 36   subs 87', 'slow 0']
    """
    whole = (fact.replace(" ", "\xa0") for fact in facts)
    lines = textwrap.wrap("   ".join(whole), max(LEAST, width), break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]


def _fitted(line: Line, width: int, style: Callable[[str], Style]) -> list[Segment]:
    """``line`` in exactly ``width`` cells."""
    segments, left = [], width
    for text, tone in line:
        text = printable(text)
        length = cell_len(text)
        if length > left:
            text, length = set_cell_size(text, max(0, left - 1)) + "…" * (left > 0), left
        segments.append(Segment(text, style(tone)))
        left -= length
        if left <= 0:
            break
    if left > 0:
        segments.append(Segment(" " * left, style("")))
    return segments
