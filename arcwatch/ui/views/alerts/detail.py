"""An opened alert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.charted import Charted, of_backlog
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.widgets.panel import PanelTone

from . import tables


class AlertDetail(Detail[AlertRow]):
    """The rule, the current state and the history of an alert."""

    KIND = AlertRow

    def __init__(self, showing: ViewContext) -> None:
        super().__init__(
            showing,
            [
                Sheet(
                    "History of this place",
                    tables.past(showing, "alert-past"),
                    "It has not fired here before.",
                )
            ],
        )

    @property
    def row(self) -> AlertRow | None:
        """What is open, as it is now."""
        opened = self._row
        if opened is None or opened.state == "resolved":
            return opened
        alerts = self._showing.store.alerts
        same = (row for row in (*alerts.rows(), *reversed(alerts.past)) if _is(row, opened))
        return next(same, opened)

    @property
    def title(self) -> str:
        return f"{self._row.rule}  {self._row.address}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        row = self.row
        if row is None:
            return ()
        fires = row.state == "firing" and not row.quiet
        state: tuple[str, PanelTone] = tables.firing(row.severity) if fires else (row.state, "")
        facts = [
            Fact("state", *state),
            *([Fact("", row.calming, "good")] if row.calming else []),
            *([Fact("unknown since", self.when(row.unknown_since), "warn")] if row.doubt else []),
            Fact("severity", row.severity),
            Fact("value", row.doubt or row.shown, state[1]),
            Fact("rule", row.when),
            Fact("since", self.when(row.since)),
            Fact("fired", self.when(row.fired)),
            Fact("resolved", self.when(row.ended)),
            Fact("cluster", row.cluster or units.UNKNOWN),
            Fact("acknowledged", self.when(row.acknowledged)),
            Fact("silenced until", self.when(row.silenced)),
        ]
        return [*facts, Fact("suggestion", row.hint or units.UNKNOWN)]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        opened = self._row
        if opened is None:
            return ()
        return [
            row
            for row in self._showing.store.alerts.past
            if (row.rule, row.cluster, row.address) == (opened.rule, opened.cluster, opened.address)
        ]

    def charted(self, row: Any | None) -> Charted | None:
        alert = self._row
        return charted(self._showing, alert.cluster, alert.address) if alert else None


def charted(showing: ViewContext, cluster: str, address: str) -> Charted | None:
    """The backlog at an address; None where another thing is there."""
    store = showing.store
    for row in store.backlogs():
        if (row.cluster, row.address) == (cluster, address):
            return of_backlog(store, row)
    return None


def _is(row: AlertRow, opened: AlertRow) -> bool:
    return (row.rule, row.cluster, row.address, row.since) == (
        opened.rule,
        opened.cluster,
        opened.address,
        opened.since,
    )
