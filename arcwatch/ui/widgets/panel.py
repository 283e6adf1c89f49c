"""A framed box of a few lines, with a title that may contain foreign text."""

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
    """A frame with a title in its upper edge, and lines that are cut where they are too long."""

    LOOKS = "panel"
    DEFAULT_CSS = """
    Panel {
        height: auto;
        & > .panel--frame { color: $border-blurred; }
        & > .panel--title { color: $text-muted; }
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
        self._title: Line = ()
        self._lines: Sequence[Line] = ()
        self._framed = True

    @property
    def inner_width(self) -> int:
        """Cells of a line, between the frame's sides if there is one."""
        return max(0, self.size.width - (4 if self._framed else 2))

    @property
    def framed(self) -> bool:
        """Whether there is a frame, and a title in it; without, a small screen has more room."""
        return self._framed

    @framed.setter
    def framed(self, framed: bool) -> None:
        if framed != self._framed:
            self._framed = framed
            self.refresh()

    def show(self, title: Line, lines: Sequence[Line]) -> None:
        """Replace the contents; paints only what differs, and lines of a frame all together."""
        if (title, lines) == (self._title, self._lines):
            return
        before = () if self._framed else self._lines
        self._title, self._lines = title, lines
        if len(before) == len(lines):
            width = self.size.width
            pairs = enumerate(zip(before, lines, strict=True))
            self.refresh(*(Region(0, y, width, 1) for y, (old, new) in pairs if old != new))
        else:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The frame's edges, and the lines between them."""
        width = self.size.width
        if not self._framed:
            line = self._lines[y] if y < len(self._lines) else ()
            blank = Segment(" ", self.rich_style)
            return Strip([blank, *_fitted(line, self.inner_width, self.style_of), blank], width)
        frame = self.style_of("frame")
        if y == 0:
            return self._top(width)
        if y == self.size.height - 1:
            return Strip([Segment(f"╰{'─' * max(0, width - 2)}╯", frame)], width)
        line = self._lines[y - 1] if y - 1 < len(self._lines) else ()
        body = _fitted(line, self.inner_width, self.style_of)
        return Strip([Segment("│ ", frame), *body, Segment(" │", frame)], width)

    def _top(self, width: int) -> Strip:
        frame = self.style_of("frame")
        title = self._title or (("", ""),)
        taken = min(sum(cell_len(printable(text)) for text, _ in title), max(0, width - 6))
        shown = _fitted(title, taken, self.style_of, plain="title")
        rest = Segment(f" {'─' * max(0, width - taken - 5)}╮", frame)
        return Strip([Segment("╭─ ", frame), *shown, rest], width)


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


def _fitted(
    line: Line, width: int, style: Callable[[str], Style], *, plain: str = ""
) -> list[Segment]:
    """``line`` in exactly ``width`` cells."""
    segments, left = [], width
    for text, tone in line:
        text = printable(text)
        length = cell_len(text)
        if length > left:
            text, length = set_cell_size(text, max(0, left - 1)) + "…" * (left > 0), left
        segments.append(Segment(text, style(tone or plain)))
        left -= length
        if left <= 0:
            break
    if left > 0:
        segments.append(Segment(" " * left, style("")))
    return segments
