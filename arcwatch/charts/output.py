"""Pictures for terminals, pipes and files: text with or without colour, HTML, SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import chain
from typing import NamedTuple

from arcwatch.text.control_characters import printable

from .figure import Picture, Run


class Paint(NamedTuple):
    """How one look is painted."""

    sgr: str
    """Parameters of the terminal's escape sequence, as ``COLOURED`` lets them through."""
    dark: str
    """Colour on a dark page."""
    light: str
    """Colour on a light one."""
    bold: bool = False


_PLAIN = Paint("", "#dbe3ec", "#1f2933")
_SIDE = Paint("", "#a3b1c0", "#4a5866")

PAINTS: Mapping[str, Paint] = {
    "": _PLAIN,
    "title": Paint("1", "#dbe3ec", "#1f2933", bold=True),
    "value": _PLAIN,
    "axis": _SIDE,
    "event": _SIDE,
    "gap": _SIDE,
    "far": Paint("33", "#e6a23c", "#8a5200"),
    "peak": Paint("33", "#e6a23c", "#8a5200", bold=True),
    "heat": Paint("36", "#4fc3e8", "#0b6e8a"),
    "series-1": Paint("36", "#4fc3e8", "#0b6e8a"),
    "series-2": Paint("", "#dbe3ec", "#1f2933"),
    "series-3": Paint("35", "#b59cf5", "#6247c2"),
    "series-4": Paint("", "#8fb3d9", "#2f5d8a"),
    "series-5": _SIDE,
}
"""By the name of the look."""

CELL = (8.4, 17.0)
"""Width and height of a cell in an SVG, for a font of 14 units."""

_FONT = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
_BOLD = "font-weight:bold;"


def text(lines: Iterable[list[Run]], *, colour: bool) -> str:
    """As a terminal shows it, or a file without colours."""
    return "".join(f"{''.join(_painted(line, colour=colour)).rstrip()}\n" for line in lines)


def html(lines: Picture, title: str) -> str:
    """A page of its own, dark or light as the reader's system is."""
    body = "\n".join("".join(map(_span, line)).rstrip() for line in lines)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        f"<title>{escape(printable(title))}</title>\n<style>\n{_css('pre .')}\n"
        f"pre {{ font: 14px/1.2 {_FONT}; }}\n</style>\n</head>\n"
        f"<body>\n<pre>{body}</pre>\n</body>\n</html>\n"
    )


def svg(lines: Picture, title: str) -> str:
    """A picture in which every run keeps the cells that it has on a terminal."""
    width, height = CELL
    columns = max((sum(len(chars) for chars, _ in line) for line in lines), default=0)
    size = f"{columns * width + 16:.0f} {len(lines) * height + 16:.0f}"
    runs = chain.from_iterable(_texts(line, row) for row, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}">\n'
        f"<title>{escape(printable(title))}</title>\n<style>\n"
        f"text {{ font: 14px {_FONT}; white-space: pre; }}\n{_css('.', fill=True)}\n</style>\n"
        f'<rect class="page" width="100%" height="100%"/>\n{"".join(runs)}</svg>\n'
    )


def _painted(line: Iterable[Run], *, colour: bool) -> Iterable[str]:
    for chars, look in line:
        sgr = PAINTS[look].sgr if colour else ""
        yield f"\x1b[{sgr}m{chars}\x1b[0m" if sgr and chars.strip() else chars


def _class(look: str) -> str:
    return f"c-{look or 'plain'}"


def _span(run: Run) -> str:
    chars, look = run
    return f'<span class="{_class(look)}">{escape(chars)}</span>' if chars.strip() else chars


def _texts(line: Iterable[Run], row: int) -> Iterable[str]:
    (width, height), column = CELL, 0
    for chars, look in line:
        if chars.strip():
            x, y = 8 + column * width, 8 + (row + 0.8) * height
            yield (
                f'<text class="{_class(look)}" x="{x:.1f}" y="{y:.1f}" '
                f'textLength="{len(chars) * width:.1f}" lengthAdjust="spacingAndGlyphs">'
                f"{escape(chars)}</text>\n"
            )
        column += len(chars)


def _css(prefix: str, *, fill: bool = False) -> str:
    """The colours of all looks on a light page, and on a dark one where the reader prefers it."""
    kind = "fill" if fill else "color"
    page = ("#fbfcfd", "#0d1117")

    def rules(dark: int) -> str:
        styles = "\n".join(
            f"{prefix}{_class(look)} {{ {kind}: {paint[1 + (not dark)]};"
            f"{_BOLD if paint.bold else ''} }}"
            for look, paint in PAINTS.items()
        )
        ground = ".page { fill:" if fill else "body { background:"
        return f"{ground} {page[dark]}; }}\n{styles}"

    return f"{rules(0)}\n@media (prefers-color-scheme: dark) {{\n{rules(1)}\n}}"
