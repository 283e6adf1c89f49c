"""View 7: current and past alerts, what happened, rules, and dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from arcwatch.errors import UsageError
from arcwatch.model.reading import System
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.rule_rows import rule_rows
from arcwatch.store.charted import Charted
from arcwatch.store.events.event import Event
from arcwatch.store.messages.dead_letters import DeadLetterRow
from arcwatch.text.control_characters import printable
from arcwatch.text.units import parse_duration
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.views.tables import TablesView
from arcwatch.ui.views.things import Thing, thing_at
from arcwatch.ui.widgets.prompt_line import PromptLine

from . import dead_letters, tables
from .dead_letters import DeadLetterDetail, DeadMessage
from .detail import AlertDetail, charted

USUAL = "1h"
"""For how long something is silenced where nobody says otherwise."""

NO_DEAD = (
    "None: no topic is named …-DLQ or …-RETRY, and JetStream has reported no failed deliveries."
)


NO_EVENTS = "Nothing has happened since arcwatch began to look."


SYSTEMS: tuple[tuple[System, str], ...] = (("nats", "NATS"), ("pulsar", "Pulsar"))


class AlertsView(TablesView):
    """Alerts that need attention, acknowledgements, and past alerts."""

    NAME: ClassVar[str] = "Alerts"
    SYSTEM: ClassVar[System] = "nats"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "Acknowledge", id="alerts.acknowledge"),
        Binding("s", "silence", "Silence", id="alerts.silence"),
        Binding("u", "tell_again", "Unsilence", show=False, id="alerts.tell-again"),
        Binding("x", "whole", "In full", id="alerts.in-full"),
    ]

    def __init__(self, showing: ViewContext) -> None:
        self._alert = AlertDetail(showing)
        super().__init__(
            showing,
            [
                Sheet("Now", tables.current(showing), "No alerts firing."),
                Sheet("Past", tables.past(showing), "Nothing has fired yet."),
                Sheet("Events", tables.events(showing), NO_EVENTS),
                Sheet("Rules", tables.rules(), "There are no rules.", opens=False),
                Sheet("Dead letters", dead_letters.dead_letters(showing), NO_DEAD),
            ],
            [self._alert, DeadLetterDetail(showing)],
        )
        self._prompt = PromptLine()

    def compose(self) -> ComposeResult:
        """As every view of tables, and a line that asks for how long."""
        yield from super().compose()
        yield self._prompt

    @property
    def version(self) -> object:
        """See :attr:`TablesView.version`."""
        # figures of what fires move with every reading, and time with every beat
        return self.showing.version, self.showing.store.alerts.at

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        """See :meth:`TablesView.rows`."""
        alerts = self.showing.store.alerts
        match sheet.id:
            case "now":
                return alerts.rows()
            case "past":
                return list(alerts.past)
            case "events":
                return self.showing.store.events.newest()
            case "dead-letters":
                # JetStream says it once, to whoever listens: from the first look at it on
                self.showing.watcher.watch_advisories()
                return self.showing.store.dead_letters()
        return rule_rows(alerts)

    def why_empty(self, sheet: Sheet) -> str:
        """See :meth:`TablesView.why_empty`: of what does not answer nobody knows whether it is."""
        if sheet.id != "now":
            return ""
        half = self.showing.store.half
        silent = [name for system, name in SYSTEMS if half(system) not in ("up", "off")]
        names = " and ".join(silent)
        return f"No alerts firing as far as known: {names} not fully answering." if names else ""

    def charted(self, row: Any) -> Charted | None:
        """See :meth:`TablesView.charted`."""
        if isinstance(row, DeadLetterRow):
            return dead_letters.charted(self.showing, row)
        return charted(self.showing, row) if isinstance(row, AlertRow) else None

    def count(self, sheet: Sheet) -> str:
        """See :meth:`TablesView.count`; of dead letters also what is heard, while on show."""
        if sheet.id != "dead-letters":
            return super().count(sheet)
        # rows() would begin to listen
        count = f"{len(self.showing.store.dead_letters()):,}"
        heard = dead_letters.heard(self.showing) if sheet is self.sheet else ""
        return f"{count}  {heard}".rstrip()

    @property
    def browsed(self) -> tuple[str, str]:
        """See :attr:`View.browsed`: a dead letter leads to the message."""
        match self.table.cursor_item:
            case DeadMessage() as message:
                return message.place, f"#{message.told.sequence}"
            case DeadLetterRow() as row:
                return row.place, row.last_id
        return super().browsed

    def go_to(self, row: Any, *, walks: bool = False) -> None:
        """Put the cursor on an alert that fires."""
        self.turn_to("now")
        self.select_shown(lambda each: each.address == row.address)

    def thing_of(self, row: Any) -> Thing | None:
        """See :meth:`View.thing_of`: what an alert or a dead letter is about."""
        match row:
            case AlertRow():
                address = row.address
            case Event():
                address = row.place
            case DeadLetterRow():
                address = row.source or row.place
            case _:
                return None
        return thing_at(self.showing.store, address, row.cluster)

    # -- what people say ------------------------------------------------------------------------

    def action_acknowledge(self) -> None:
        """Acknowledge the alert under the cursor."""
        if row := self._chosen:
            for alerts in self.showing.alerts:
                alerts.acknowledge(row, alerts.at)
            self.draw()

    def action_silence(self) -> None:
        """Ask for how long to silence the alert under the cursor."""
        if row := self._chosen:
            question = f"silence {row.rule} here for"
            self._prompt.ask(question, USUAL, lambda answer: self._silence(row, answer))

    def action_tell_again(self) -> None:
        """Take back both."""
        if row := self._chosen:
            for alerts in self.showing.alerts:
                alerts.clear_notes(row)
            self.draw()

    def action_whole(self) -> None:
        """Open the alert or the dead letters themselves, not what they are about."""
        place = self.whereabouts
        if self.open(self.table.cursor_item):
            self.showing.trail.leave(place)
            self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done about the row under the cursor."""
        if action in ("acknowledge", "silence", "tell_again"):
            is_there = self.opened is self._alert or self.sheet.id == "now"
            return is_there and self._chosen is not None
        if action == "whole":
            is_there = self.table.cursor_item is not None and not self.opened
            return is_there and self.sheet.id not in ("rules", "events")
        return super().check_action(action, parameters)

    def _silence(self, row: AlertRow, answer: str) -> None:
        seconds = parse_duration(answer)
        if seconds is None:
            said = printable(answer, 40)
            raise UsageError(f"{said!r} is not a duration", hint="write 30m, 1h, 2d")
        for alerts in self.showing.alerts:
            alerts.silence(row, seconds, alerts.at)
        self.draw()

    @property
    def _chosen(self) -> AlertRow | None:
        """What a key is about: what is open, or under the cursor."""
        row = self._alert.row if self.opened is self._alert else self.table.cursor_item
        return row if isinstance(row, AlertRow) and row.state != "resolved" else None

    def _why_empty(self) -> str:
        return ""
