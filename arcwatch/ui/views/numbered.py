"""The list of views, sufficient to name them."""

from __future__ import annotations

from typing import NamedTuple


class Numbered(NamedTuple):
    """A view, and where it is: what is not on show is not imported for the first picture."""

    number: int
    """The key that shows it."""
    name: str
    module: str
    """In this package."""
    type: str

    @property
    def id(self) -> str:
        """The widget's id, and what the view is called in ``:`` and in actions."""
        return self.name.lower()


VIEWS = (
    Numbered(1, "Overview", "overview", "Overview"),
    Numbered(2, "NATS", "nats", "NatsView"),
    Numbered(3, "Pulsar", "pulsar", "PulsarView"),
    Numbered(4, "Tail", "tail", "TailView"),
    Numbered(5, "History", "history", "HistoryView"),
    Numbered(6, "Latency", "latency", "LatencyView"),
    Numbered(7, "Alerts", "alerts", "AlertsView"),
)
"""In the order of their numbers."""

FIRST = VIEWS[0].id
