"""What of the overview there is room for: by width and by height, each for itself."""

from __future__ import annotations

from typing import NamedTuple

FIGURES = 46
"""Cells of the figures left of the charts, where there is room for all of them."""

FEW = 38
"""Cells of them where there is less."""


AXIS = 2
"""Lines under the charts: events and times."""

MOST_SELECTED, MOST_SYSTEM = 12, 9
"""Lines of a chart beyond which it shows no more."""


class Shape(NamedTuple):
    """Lines and cells of the parts of the overview."""

    left: int
    """Cells before the charts; 0 where the systems have no charts of their own."""
    systems: int
    """Lines of each system."""
    selected: int
    """Lines of the backlog under the cursor; 0 where its chart is below the ranking."""
    latency: int
    lower: int
    """Panes below the ranking."""

    @property
    def has_axis(self) -> bool:
        """Whether there are charts that need times under them."""
        return bool(self.left and self.selected)


def stretched(shape: Shape, height: int) -> Shape:
    """A shape whose charts take ``height`` lines, if nothing else has a use for them.

    >>> stretched(Shape(46, 5, 6, 2, 3), 30)
    Shape(left=46, systems=7, selected=12, latency=2, lower=3)
    """
    spare = height - (2 * shape.systems + shape.selected + shape.latency + AXIS)
    if spare <= 0:
        return shape
    taller = min(spare, MOST_SELECTED - min(MOST_SELECTED, shape.selected))
    systems = min(MOST_SYSTEM, shape.systems + (spare - taller) // 2)
    return shape._replace(selected=shape.selected + taller, systems=max(shape.systems, systems))


def shape_of(width: int, height: int) -> Shape:
    """The parts of a screen of this many cells and lines.

    >>> shape_of(160, 48), shape_of(80, 24).selected, shape_of(40, 10).systems
    (Shape(left=46, systems=5, selected=6, latency=2, lower=3), 0, 0)
    """
    lower = 0 if height < 20 or width < 60 else 1 if width < 100 else 2 if width < 132 else 3
    lower += width >= 200 and lower == 3
    if width < 100:
        systems = 0 if height < 14 else 1 if width < 60 or height < 20 else 2
        return Shape(0, systems, 0, 0, lower)
    left = FEW if width < 132 else FIGURES
    if height < 30:
        return Shape(left, 2 if height >= 14 else 0, 3 if height >= 24 else 0, 0, lower)
    if height < 34 or width < 132:
        return Shape(left, 2 if height < 40 else 3, 3 if height < 40 else 5, 0, lower)
    if height < 44:
        return Shape(left, 3, 5, 0, lower)
    return Shape(left, 5, 6 if height < 56 else 8, 2 if height < 56 else 3, lower)
