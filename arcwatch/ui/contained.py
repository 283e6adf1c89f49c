"""What keeps a bug in one widget or screen from ending the app.

Textual ends the app after an exception in a handler of a widget, and paints nothing more after one
in what draws it.  A widget that is :class:`Contained` says what failed, and goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rich.segment import Segment
from textual import events
from textual.dom import DOMNode
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from arcwatch.boundary import boundary, salvaged
from arcwatch.errors import ArcwatchError
from arcwatch.text import printable

if TYPE_CHECKING:
    _Base = Widget
else:
    # Textual takes default CSS from the first base that is a node: this must not be one
    _Base = object


@runtime_checkable
class Telling(Protocol):
    """An app that says what failed while everything else goes on."""

    def stumbled(self, error: ArcwatchError) -> None:
        """Say it, once for each kind."""


def tell(node: DOMNode, error: ArcwatchError) -> None:
    """Have the app of a node say what failed."""
    if isinstance(node.app, Telling):
        node.app.stumbled(error)


def words(error: ArcwatchError) -> str:
    """What failed and what to do about it, on one line."""
    return printable(f"{error.headline}.  {error.hint}" if error.hint else error.headline, 600)


class Contained(_Base):
    """Mixed into a widget, before its base class: a bug in it costs one message or one line.

    Textual has no public place for this: every message passes ``MessagePump._dispatch_message``,
    and everything that is painted ``Widget.render_lines``.
    """

    _unmade = False
    """Whether a part of it is missing, because it could not be composed."""

    async def _dispatch_message(self, message: Message) -> None:
        made = isinstance(message, events.Compose | events.Mount)
        if made and self._unmade:
            # the handler would look for what is missing
            return
        what = "a part of the screen could not be opened" if made else _EVENT
        try:
            with boundary(what):
                await super()._dispatch_message(message)
        except ArcwatchError as error:
            tell(self, error)
            if isinstance(message, events.Key):
                self._pass_up(message)
            if made:
                self._unmade = True
                await self.give_way(error, composed=isinstance(message, events.Mount))

    def _pass_up(self, key: events.Key) -> None:
        """Let a key go on to the app, whose bindings come last: ``q`` quits whatever fails."""
        if self._parent is not None and self.is_attached and not key._stop_propagation:
            key._bubble_to(self._parent)

    async def give_way(self, error: ArcwatchError, *, composed: bool) -> None:
        """Say in its place why a widget could not be opened, where that leaves room."""
        if not composed:
            await self.mount(Static(words(error), markup=False))

    def render_lines(self, crop: Region) -> list[Strip]:
        """What Textual paints; a line that cannot be drawn says so."""
        paint = super().render_lines

        def lines(ys: Sequence[int]) -> Sequence[Strip]:
            return paint(Region(crop.x, ys[0], crop.width, len(ys)))

        return [*salvaged(crop.line_range, lines, partial(self.not_drawn, crop.width), LINE)]

    def not_drawn(self, width: int, y: int, error: ArcwatchError) -> Strip:
        """What stands in for a line that cannot be drawn, ``width`` cells wide."""
        tell(self, error)
        style = self.rich_style
        strip = Strip([Segment(words(error), style)]).adjust_cell_length(width, style)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip


_EVENT = "a key or an event could not be dealt with"

LINE = "this line could not be drawn"


class ContainedScreen(Contained):
    """Mixed into a screen: one that cannot be opened is left at once."""

    async def give_way(self, error: ArcwatchError, *, composed: bool) -> None:
        """Go back to the screen below, where there is one."""
        screens: list[Widget] = [*self.app.screen_stack]
        if len(screens) > 1 and screens[-1] is self:
            self.app.pop_screen()


class MainScreen(ContainedScreen, Screen[None]):
    """The screen that everything else is on."""
