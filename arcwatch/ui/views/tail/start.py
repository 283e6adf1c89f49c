"""The start page where nothing is tailed or open: saved and recent addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.row_table import RowTable

MOST_RECENT = 8
"""Addresses that were tailed, or opened, before."""

View: TypeAlias = Literal["tail", "history"]


class Offer(NamedTuple):
    """Something that can be tailed, or opened, again."""

    view: View
    name: str
    """What it was saved as; empty for an address."""
    target: str

    @property
    def command(self) -> str:
        """The command that opens it."""
        return f"open {self.name}" if self.name else f"{self.view} {self.target}"

    def forget(self, showing: ViewContext) -> None:
        """Offer it no longer.

        Raises:
            UsageError: The file of what was saved cannot be used.
        """
        if self.name:
            showing.saved.delete(self.name)
        elif self.target in (recent := _recent(showing, self.view)):
            recent.remove(self.target)


def start_table(view: View) -> RowTable[Offer]:
    """A row for each offer of a view."""
    title = "RECENTLY TAILED" if view == "tail" else "RECENTLY OPENED"
    table: RowTable[Offer] = RowTable(
        (
            Column("name", "SAVED", 16, elide="middle", drop=1),
            Column("address", title, 20, flex=1, elide="middle"),
        ),
        key=lambda row: f"{row.name}\n{row.target}",
        cells=lambda row: [(row.name, "accent"), row.target],
        id=f"{view}-start",
    )
    table.arrangeable = False
    return table


def offered(showing: ViewContext, view: View) -> Sequence[Offer]:
    """What was saved of a view, then the addresses that it showed last."""
    saved = [
        Offer(view, name, str(place))
        for name, place in showing.saved.known.items()
        if place.view == view
    ]
    # core NATS stores nothing
    recent = [each for each in _recent(showing, view) if view == "tail" or "nats:" not in each]
    return [*saved, *(Offer(view, "", each) for each in recent[:MOST_RECENT])]


def _recent(showing: ViewContext, view: View) -> list[str]:
    return showing.tailing.recent if view == "tail" else showing.browsing.recent
