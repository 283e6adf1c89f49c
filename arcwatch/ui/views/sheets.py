"""The parts of a view of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arcwatch.ui.widgets.row_table import RowTable


@dataclass(frozen=True)
class Sheet:
    """One of the tables."""

    title: str
    table: RowTable[Any]
    empty: str
    """What the table says when there is nothing of its kind."""
    totals: bool = False
    """Whether its rates can be told as totals, too."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of columns to sort by, and the column's key."""
    opens: bool = True
    """Whether its rows open, where it is one of the tables that a view begins with."""

    @property
    def id(self) -> str:
        """The table's id; of the tables a view begins with, the title in lower case."""
        return str(self.table.id)
