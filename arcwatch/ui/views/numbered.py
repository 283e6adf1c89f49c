"""The list of views, which alone is needed to name them."""

from __future__ import annotations

from typing import NamedTuple


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
