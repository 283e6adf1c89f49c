"""The numbered views: the one on show is there for the first picture, the others come after it."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from textual.widgets import ContentSwitcher

from arcwatch.ui.showing import Showing

from .view import View


class Numbered(NamedTuple):
    """A view, and where it is: what is not on show is not imported for the first picture."""

    name: str
    module: str
    """In this package."""
    type: str

    @property
    def id(self) -> str:
        """The widget's id, and what the view is called in ``:`` and in actions."""
        return self.name.lower()


VIEWS = (
    Numbered("Overview", "overview", "Overview"),
    Numbered("NATS", "nats", "NatsView"),
    Numbered("Pulsar", "pulsar", "PulsarView"),
    Numbered("Tail", "tail", "TailView"),
)
"""In the order of their numbers."""

FIRST = VIEWS[0].id


class Views(ContentSwitcher):
    """One view at a time.

    Args:
        showing: Where to look, and how figures are told.
        first: The id of the view to begin with; the first of all where there is none of that id.
    """

    def __init__(self, showing: Showing, first: str) -> None:
        begun = next((view for view in VIEWS if view.id == first), VIEWS[0])
        super().__init__(_made(begun, showing), id="views", initial=begun.id)
        self._showing = showing

    async def fill(self) -> None:
        """Add the views that were not needed for the first picture."""
        others = [_made(view, self._showing) for view in VIEWS if view.id != self.current]
        for view in others:
            view.display = False
        await self.mount(*others)

    @property
    def every(self) -> list[View]:
        """All views, in the order of their numbers."""
        return [self.get_child_by_id(view.id, View) for view in VIEWS]

    @property
    def shown(self) -> View:
        """The view on screen."""
        return self.get_child_by_id(self.current or FIRST, View)


def _made(view: Numbered, showing: Showing) -> View:
    made: View = getattr(import_module(f".{view.module}", __package__), view.type)(showing)
    return made
