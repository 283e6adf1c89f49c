"""Layouts of views, which are remembered for each view and each size of the screen."""

from __future__ import annotations

from textual.geometry import Size

WIDTHS = (60, 100, 132, 160, 220)
HEIGHTS = (14, 20, 30, 44, 56)
"""Cells and lines from which on there is room for something more."""

ZOOM = "zoom "
"""What the name of a layout begins with that is one pane alone; its id follows."""


def key_of(view: str, size: Size) -> str:
    """What a layout is remembered by.

    >>> key_of("overview", Size(161, 49)), key_of("overview", Size(80, 24))
    ('overview 160x44', 'overview 60x20')
    """
    width = max((each for each in WIDTHS if size.width >= each), default=0)
    height = max((each for each in HEIGHTS if size.height >= each), default=0)
    return f"{view} {width}x{height}"
