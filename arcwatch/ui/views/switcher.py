"""The numbered views: the visible one is created first, the others afterwards."""

from __future__ import annotations

from importlib import import_module

from textual.widgets import ContentSwitcher

from arcwatch.ui.problems import lines_of
from arcwatch.ui.view_context import ViewContext

from .numbered import FIRST, VIEWS, Numbered
from .view import View


class Views(ContentSwitcher):
    """One view at a time.

    Args:
        showing: Where to look, and how figures are told.
        first: The id of the view to begin with; the first of all where there is none of that id.
    """

    def __init__(self, showing: ViewContext, first: str) -> None:
        begun = next((view for view in VIEWS if view.id == first), VIEWS[0])
        super().__init__(_made(begun, showing), id="views", initial=begun.id)
        self._showing = showing
        self._rung = 0

    async def fill(self) -> None:
        """Add the views that were not needed for the first picture."""
        others = [_made(view, self._showing) for view in VIEWS if view.id != self.current]
        for view in others:
            view.display = False
        await self.mount(*others)

    def problems(self) -> list[str]:
        """What needs attention, whichever view is on show."""
        return lines_of(self._showing)

    def ring(self) -> None:
        """Ring the terminal's bell when an alert starts firing, if enabled."""
        fired = self._showing.alerts[-1].fired
        if fired > self._rung and self._showing.bell:
            self.app.bell()
        self._rung = fired

    @property
    def every(self) -> list[View]:
        """All views, in the order of their numbers."""
        return [self.get_child_by_id(view.id, View) for view in VIEWS]

    @property
    def shown(self) -> View:
        """The view on screen."""
        return self.get_child_by_id(self.current or FIRST, View)


def _made(view: Numbered, showing: ViewContext) -> View:
    made: View = getattr(import_module(f".{view.module}.view", __package__), view.type)(showing)
    return made
