"""Instructions on the start page of the history view."""

from __future__ import annotations

from collections.abc import Sequence

from arcwatch.ui.widgets.panel import Line

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
