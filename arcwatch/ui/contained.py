"""Contain a bug in one widget or screen instead of ending the app.

Textual ends the app after an exception in a handler of a widget, and paints nothing more after one
in what draws it.  A widget that was given to :func:`contain` shows what failed, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, runtime_checkable

from rich.segment import Segment
from textual import events
from textual.dom import DOMNode
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from arcwatch.errors import ArcwatchError
from arcwatch.runtime.boundary import boundary, guarded, salvaged
from arcwatch.text.control_characters import printable

_EVENT = "a key or an event could not be handled"

LINE = "this line could not be drawn"


@runtime_checkable
class ErrorReporter(Protocol):
    """An app that reports a failure while everything else continues."""

    def report_error(self, error: ArcwatchError) -> None:
        """Show the failure, once for each kind."""


def report_error(node: DOMNode, error: ArcwatchError) -> None:
    """Have the app of a node report a failure."""
    if isinstance(node.app, ErrorReporter):
        node.app.report_error(error)


def words(error: ArcwatchError) -> str:
    """What failed and what to do about it, on one line."""
    return printable(f"{error.headline}.  {error.hint}" if error.hint else error.headline, 600)


def contain(widget: Widget) -> None:
    """Limit a bug in any widget to one message or one line of it.

    Textual has no public place for messages: each passes ``MessagePump._dispatch_message``.  All
    that is painted passes ``Widget.render_lines``, and a size that follows from what is drawn
    ``get_content_width`` and ``get_content_height``.
    """
    if is_contained(widget):
        return
    around = _Containment(widget)
    # of this widget alone: Textual mounts some by itself, whose classes cannot be chosen
    widget._dispatch_message = around.dispatch_message  # type: ignore[method-assign]
    widget.render_lines = around.render_lines  # type: ignore[method-assign]  # as above
    widget.get_content_width = around.get_content_width  # type: ignore[method-assign]  # as above
    widget.get_content_height = around.get_content_height  # type: ignore[method-assign]  # as above


def is_contained(node: object) -> bool:
    """Whether this is a widget that was contained."""
    return isinstance(node, Widget) and "_dispatch_message" in vars(node)


class _Containment:
    """Stands between Textual and one widget; its methods are named as the widget's."""

    def __init__(self, widget: Widget) -> None:
        self._widget, self._kind = widget, type(widget)
        self._unmade = False
        """Whether a part of it is missing, because it could not be composed."""

    async def dispatch_message(self, message: Message) -> None:
        made = isinstance(message, events.Compose | events.Mount)
        if made and self._unmade:
            # the handler would look for what is missing
            return
        what = "a part of the screen could not be opened" if made else _EVENT
        try:
            with boundary(what):
                await self._kind._dispatch_message(self._widget, message)
        except ArcwatchError as error:
            report_error(self._widget, error)
            if isinstance(message, events.Key):
                self._pass_up(message)
            if made:
                self._unmade = True
                await self._give_way(error, composed=isinstance(message, events.Mount))

    def _pass_up(self, key: events.Key) -> None:
        """Let a key go on to the app, whose bindings come last: ``q`` quits whatever fails."""
        parent = self._widget._parent
        if parent is not None and self._widget.is_attached and not key._stop_propagation:
            key._bubble_to(parent)

    async def _give_way(self, error: ArcwatchError, *, composed: bool) -> None:
        """Show in its place why a widget could not be opened, or leave such a screen."""
        if isinstance(self._widget, Screen):
            app = self._widget.app
            if len(app.screen_stack) > 1 and app.screen_stack[-1] is self._widget:
                app.pop_screen()
        elif not composed and not isinstance(self._widget, _Note):
            await self._widget.mount(_Note(words(error), markup=False))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Cells that the content takes; all that there are where it cannot be measured."""
        measure = partial(self._kind.get_content_width, self._widget, container, viewport)
        return self._measured(measure, container.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The content's height; one line, for the error, if it cannot be measured."""
        measure = partial(self._kind.get_content_height, self._widget, container, viewport, width)
        return self._measured(measure, 1)

    def _measured(self, measure: Callable[[], int], otherwise: int) -> int:
        def failed(error: ArcwatchError) -> int:
            report_error(self._widget, error)
            return otherwise

        return guarded(measure, failed, "a part of the screen could not be measured")

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual's rendering; a line that cannot be drawn shows an error."""

        def lines(ys: Sequence[int]) -> Sequence[Strip]:
            part = Region(crop.x, ys[0], crop.width, len(ys))
            return self._kind.render_lines(self._widget, part)

        stand_in = partial(not_drawn, self._widget, crop.width)
        return [*salvaged(crop.line_range, lines, stand_in, LINE)]


class _Note(Static):
    """Shows why part of the screen is missing."""


def not_drawn(widget: Widget, width: int, y: int, error: ArcwatchError) -> Strip:
    """The replacement for line ``y`` of a widget that cannot be drawn, ``width`` cells wide."""
    report_error(widget, error)
    style = widget.rich_style
    strip = Strip([Segment(words(error), style)]).adjust_cell_length(width, style)
    for line_filter in widget.get_line_filters():
        strip = strip.apply_filter(line_filter, widget.background_colors[1])
    return strip
