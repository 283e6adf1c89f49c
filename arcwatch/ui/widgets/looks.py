"""Styles of parts of a widget, worked out when they are first drawn."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.style import Style
from textual.color import Color
from textual.dom import DOMNode
from textual.widget import Widget

from .cells import FOUND

LEGIBLE = 4.5
"""The least contrast between text and its background."""


class Looks(Widget):
    """A widget with parts that CSS styles by the class ``LOOKS--name``.

    They are Textual's component classes in all but one thing: ``COMPONENT_CLASSES`` styles every
    part whenever its widget is styled, which is seven nodes a widget, and half of a start.  Here
    only those parts are styled that are drawn.
    """

    LOOKS: ClassVar[str]
    """What the names of the widget's parts begin with in CSS: ``row-table``."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._looks: dict[str, Style] = {}

    def style_of(self, name: str) -> Style:
        """The style of a part by the end of its class, or the widget's own.

        Of two, as in ``cursor warn``, the first has the background, and the second its colour
        where that can be read on it.
        """
        if name not in self._looks:
            self._looks[name] = self._looked_up(name)
        return self._looks[name]

    def _looked_up(self, name: str) -> Style:
        if name.startswith(FOUND):
            plain = self.style_of(name.removeprefix(FOUND))
            # distinguished from what is reversed already, as a cursor is where there are no colours
            return plain + Style(reverse=not plain.reverse, bold=True, underline=plain.reverse)
        behind, _, tone = name.partition(" ")
        if tone:
            return on(self.style_of(behind), self.style_of(tone))
        return self._styled(name) if name else self.rich_style

    def _styled(self, name: str) -> Style:
        component = f"{self.LOOKS}--{name}"
        if component not in self._component_styles:
            # as Stylesheet._process_component_classes of Textual 8 does for all of them
            part = DOMNode(classes=component)
            part._attach(self)
            self.app.stylesheet.apply(part, animate=False)
            self._component_styles[component] = part.styles
        return self.get_component_rich_style(component)

    def notify_style_update(self) -> None:
        """Drop the styles of the old theme, or of a focus that was lost."""
        super().notify_style_update()
        self._component_styles.clear()
        if self._looks:
            self._looks.clear()
            self.refresh()


def on(behind: Style, tone: Style) -> Style:
    """``tone`` on the background of ``behind``, or ``behind`` alone where that is illegible."""
    if behind.reverse or behind.bgcolor is None or tone.color is None:
        return behind
    if contrast(Color.from_rich_color(tone.color), Color.from_rich_color(behind.bgcolor)) < LEGIBLE:
        return behind
    return behind + Style(color=tone.color, bold=tone.bold)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21.

    >>> contrast(Color.parse("#000"), Color.parse("#fff"))
    21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
