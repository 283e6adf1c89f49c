"""Live charts as text: one line or a few, drawn with braille, blocks or plain ASCII.

Everything here is pure and exact: a gap (NaN) stays blank, zero draws the lowest mark so that
nothing and unknown never look alike, and a larger value never draws lower than a smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from arcwatch.charts.figure import Glyphs
from arcwatch.charts.reduce import folded, peak, slots

_LEFT = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
# a blank rather than U+2800, which copies as a character
_PAIRS = [[chr(0x2800 + a + b) if a or b else " " for b in _RIGHT] for a in _LEFT]
_LEFT_DOWN = (0x00, 0x01, 0x03, 0x07, 0x47)
_RIGHT_DOWN = (0x00, 0x08, 0x18, 0x38, 0xB8)
_PAIRS_DOWN = [[chr(0x2800 + a + b) if a or b else " " for b in _RIGHT_DOWN] for a in _LEFT_DOWN]
_BLOCK = " ▁▂▃▄▅▆▇█"
_BLOCK_DOWN = " ▔▔▔▀▀▀██"
_ASCII = " .:-=+*#"


def strip(
    values: Sequence[float], width: int, top: float | None = None, glyphs: Glyphs = "braille"
) -> str:
    """A chart of exactly ``width`` cells on one line.

    Args:
        values: Oldest first, any unit; NaN is a gap.  See :func:`folded` for too few or many.
        top: The value that fills a cell; larger ones do too.  None takes the largest shown.

    >>> strip([0, 1, 2, 3, 4, 5, 6, 8], 4)
    '⣀⣠⣴⣾'
    >>> strip([0, 1, float("nan"), 8], 4, glyphs="block")
    '▁▁ █'
    """
    return area(values, width, 1, top, glyphs)[0]


def area(
    values: Sequence[float],
    width: int,
    height: int,
    top: float | None = None,
    glyphs: Glyphs = "braille",
) -> list[str]:
    """A filled chart on ``height`` lines of ``width`` cells, the top line first.

    Arguments are those of :func:`strip`.
    """
    return _area(values, width, height, top, glyphs, down=False)


def hanging(
    values: Sequence[float],
    width: int,
    height: int,
    top: float | None = None,
    glyphs: Glyphs = "braille",
) -> list[str]:
    """The same chart hanging down from its upper edge.

    >>> hanging([0, 1, 2, 3, 4, 5, 6, 8], 4, 1)
    ['⠉⠙⠻⢿']
    """
    return _area(values, width, height, top, glyphs, down=True)[::-1]


def trace(values: Sequence[float], width: int, height: int, top: float) -> list[str]:
    """A line in braille, unfilled, through the heights that :func:`area` would fill up to.

    Neighbours are joined by an upright stroke, across a gap they are not.
    """
    cells = [[0] * width for _ in range(height)]
    before = 0
    for x, value in enumerate(folded(values, slots(width))):
        level = _level(value, top, 4 * height)
        for dot in _stroke(before, level):
            line, column = height - 1 - (dot - 1) // 4, (_RIGHT if x % 2 else _LEFT)
            step = (dot - 1) % 4
            cells[line][x // 2] |= column[step + 1] ^ column[step]
        before = level
    return ["".join(chr(0x2800 + cell) if cell else " " for cell in line) for line in cells]


def _stroke(before: int, level: int) -> range:
    """The dots of one column: its own, and those that lead there from the one before."""
    if not level:
        return range(0)
    if not before or before == level:
        return range(level, level + 1)
    return range(before + 1, level + 1) if before < level else range(level, before)


def _area(
    values: Sequence[float],
    width: int,
    height: int,
    top: float | None,
    glyphs: Glyphs,
    *,
    down: bool,
) -> list[str]:
    steps = {"braille": 4, "block": 8, "ascii": 7}[glyphs]
    shown = folded(values, slots(width, glyphs))
    top = peak(shown) if top is None else top
    levels = [_level(value, top, steps * height) for value in shown]
    lines = []
    for below in range(steps * (height - 1), -1, -steps):
        above = steps * height - below - steps
        # what each level fills of this line: nothing up to its lower edge, all from its upper
        filled = (0,) * below + tuple(range(steps + 1)) + (steps,) * above
        lines.append(_line([filled[level] for level in levels], glyphs, down=down))
    return lines


def _level(value: float, top: float, levels: int) -> int:
    """How many of ``levels`` a value fills: 0 is a gap, 1 the least that is drawn."""
    if math.isnan(value):
        return 0
    if not (value > 0 and top > 0):
        return 1
    return max(1, math.ceil(min(1.0, value / top) * levels))


def _line(filled: Sequence[int], glyphs: Glyphs, *, down: bool) -> str:
    """One line of a chart, from how many of its levels each value fills."""
    if glyphs == "braille":
        pairs = _PAIRS_DOWN if down else _PAIRS
        return "".join([pairs[a][b] for a, b in zip(filled[::2], filled[1::2], strict=True)])
    marks = (_BLOCK_DOWN if down else _BLOCK) if glyphs == "block" else _ASCII
    return "".join([marks[level] for level in filled])
