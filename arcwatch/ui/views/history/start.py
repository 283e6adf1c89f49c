"""The start page of the history view: instructions and recent addresses."""

from __future__ import annotations

from collections.abc import Sequence

from arcwatch.ui.views.tail.start import MOST_RECENT
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.panel import Line
from arcwatch.ui.widgets.row_table import RowTable

HOW = "No history is open: press `b` on a row of views 1 to 4, or enter `:history ADDRESS`."
"""What to do where nothing is browsed."""

HOW_LINES: Sequence[Line] = (
    [("All messages stored by a topic or stream, from any time, in either direction.", "")],
    [
        ("b", "strong"),
        (" on a row of views 1 to 4 opens it   ", "label"),
        (":history ADDRESS [TIME]", "strong"),
        (" anything else:", "label"),
    ],
    [
        ("  pulsar:arc/agents/task-events        ", "strong"),
        ("a topic, its partitions as one", "label"),
    ],
    [("  pulsar:arc/agents/* yesterday 14:00  ", "strong"), ("every topic that matches", "label")],
    [
        ("  js:ORDERS/orders.eu.* -15m           ", "strong"),
        ("a stream, or some of its subjects", "label"),
    ],
    [],
)
"""The same where there is room for examples."""


class HistoryStart(RowTable[str]):
    """Addresses whose histories can be opened again."""

    def __init__(self) -> None:
        super().__init__(
            (Column("address", "RECENTLY OPENED", 20, flex=1, elide="middle"),),
            key=str,
            cells=lambda row: [row],
            id="history-start",
        )
        self.empty = HOW

    def offer(self, recent: Sequence[str]) -> None:
        """Show those of some addresses, the last first, that store anything."""
        self.show([each for each in recent if "nats:" not in each][:MOST_RECENT])
