"""What is offered where nothing is tailed: what was saved by name, and what was tailed before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.row_table import RowTable

MOST_RECENT = 8
"""Addresses that were tailed before."""


class Offer(NamedTuple):
    """Something that can be tailed again."""

    name: str
    """What it was saved as; empty for an address."""
    told: str

    @property
    def command(self) -> str:
        """The command that opens it."""
        return f"open {self.name}" if self.name else f"tail {self.told}"

    def forget(self, showing: ViewContext) -> None:
        """Offer it no longer.

        Raises:
            UsageError: The file of what was saved cannot be used.
        """
        if self.name:
            showing.saved.delete(self.name)
        elif self.told in showing.tailing.recent:
            showing.tailing.recent.remove(self.told)


def start_table() -> RowTable[Offer]:
    """A row for each offer."""
    return RowTable(
        (
            Column("name", "SAVED", 16, elide="middle", drop=1),
            Column("address", "TAILED BEFORE", 20, flex=1, elide="middle"),
        ),
        key=lambda row: f"{row.name}\n{row.told}",
        cells=lambda row: [(row.name, "accent"), row.told],
        id="tail-start",
    )


def offered(showing: ViewContext) -> Sequence[Offer]:
    """The saved tails, then the addresses tailed last."""
    saved = [
        Offer(name, str(place))
        for name, place in showing.saved.known.items()
        if place.view == "tail"
    ]
    return [*saved, *(Offer("", each) for each in showing.tailing.recent[:MOST_RECENT])]
