"""Where the user has been: escape goes back there."""

from __future__ import annotations

from typing import NamedTuple

MOST = 100
"""Places remembered."""


class Whereabouts(NamedTuple):
    """A view as it was left."""

    view: str
    """Its id."""
    spot: object
    """What the view needs to show the same again."""
    name: str
    """What it is called in ``‹ Connections``."""


class Trail:
    """The places that were left, the last one first to be gone back to."""

    def __init__(self) -> None:
        self._places: list[Whereabouts] = []

    @property
    def last(self) -> Whereabouts | None:
        """Where escape would go."""
        return self._places[-1] if self._places else None

    def leave(self, place: Whereabouts) -> None:
        """Remember a place; the same twice in a row is one."""
        if place != self.last:
            self._places = [*self._places, place][-MOST:]

    def back(self) -> Whereabouts | None:
        """Take the last one."""
        return self._places.pop() if self._places else None
