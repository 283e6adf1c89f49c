"""View 7: current and past alerts, what happened, rules, and dead letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from arcwatch.doctor.check import SEVERITIES
from arcwatch.doctor.rows import CheckRow
from arcwatch.errors import UsageError
from arcwatch.model.reading import System
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.rule_rows import RuleRow, rule_rows
from arcwatch.store.charted import Charted
from arcwatch.store.events.event import Event
from arcwatch.store.messages.dead_letters import DeadLetterRow
from arcwatch.text.control_characters import printable
from arcwatch.text.units import parse_duration
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.happened import time_of
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.views.switcher import Views
from arcwatch.ui.views.tables import TablesView
from arcwatch.ui.views.things import Thing, thing_at
from arcwatch.ui.widgets.prompt_line import PromptLine

from . import check_up, dead_letters, tables
from .check_up import FindingDetail
from .dead_letters import DeadLetterDetail, DeadMessage
from .detail import AlertDetail, charted

USUAL = "1h"
"""For how long an alert is silenced by default."""

NO_DEAD = (
    "None: no topic is named …-DLQ or …-RETRY, and JetStream has reported no failed deliveries."
)


NO_EVENTS = "No events since arcwatch started."

CLIENT_EVENTS = {
    True: "clients as reported by servers",
    False: "clients from connection lists: short connections are missed",
    None: "",
}


SYSTEMS: tuple[tuple[System, str], ...] = (("nats", "NATS"), ("pulsar", "Pulsar"))


class AlertsView(TablesView):
    """Alerts that need attention, acknowledgements, and past alerts."""

    NAME: ClassVar[str] = "Alerts"
    SYSTEM: ClassVar[System] = "nats"
    HAPPENS: ClassVar[bool] = False
    HOMES: ClassVar[Mapping[type, str]] = {RuleRow: "rules", CheckRow: "check-up", Event: "events"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "Acknowledge", id="alerts.acknowledge"),
        Binding("s", "silence", "Silence", id="alerts.silence"),
        Binding("u", "clear_notes", "Unsilence", show=False, id="alerts.tell-again"),
        Binding("x", "whole", "In full", id="alerts.in-full"),
        Binding("r", "check_up", "Check up", id="alerts.check-up"),
        Binding("i", "everything", "All checks", id="alerts.everything"),
    ]

    def __init__(self, showing: ViewContext) -> None:
        self._alert, self._finding = AlertDetail(showing), FindingDetail(showing)
        super().__init__(
            showing,
            [
                Sheet("Now", tables.current(showing), "No alerts firing."),
                Sheet("Past", tables.past(showing), "Nothing has fired yet."),
                Sheet("Events", tables.events(showing), NO_EVENTS),
                Sheet("Rules", tables.rules(), "There are no rules.", opens=False),
                Sheet("Check-up", check_up.findings(), check_up.NOT_YET),
                Sheet("Dead letters", dead_letters.dead_letters(showing), NO_DEAD),
            ],
            [self._alert, self._finding, DeadLetterDetail(showing)],
        )
        for sheet in self._sheets:
            # there is a screen of their own for it
            sheet.table.opens_full_row = sheet.id in ("rules", "events")
        self._prompt = PromptLine()

    def compose(self) -> ComposeResult:
        """As every view of tables, and a line that asks for how long."""
        yield from super().compose()
        yield self._prompt

    @property
    def version(self) -> object:
        # figures of what fires move with every reading, and time with every beat
        showing = self.showing
        return showing.version, showing.store.alerts.at, showing.check_up.version

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        alerts = self.showing.store.alerts
        match sheet.id:
            case "now":
                return alerts.rows()
            case "past":
                return list(alerts.past)
            case "events":
                return self.showing.store.events.newest()
            case "check-up":
                return self.showing.check_up.rows()
            case "dead-letters":
                # JetStream sends advisories once, to current subscribers: from now on
                self.showing.watcher.watch_advisories()
                return self.showing.store.dead_letters()
        return rule_rows(alerts)

    def why_empty(self, sheet: Sheet) -> str:
        """See :meth:`TablesView.why_empty`: of what does not answer nobody knows whether it is."""
        if sheet.id == "check-up":
            return self._why_unchecked()
        if sheet.id != "now":
            return ""
        half = self.showing.store.half
        silent = [name for system, name in SYSTEMS if half(system) not in ("up", "off")]
        names = " and ".join(silent)
        return f"Not known: {names} not fully answering." if names else ""

    def charted(self, row: Any) -> Charted | None:
        if isinstance(row, DeadLetterRow):
            return dead_letters.charted(self.showing, row)
        if isinstance(row, Event):
            return charted(self.showing, row.cluster, row.place) or self._charted_at_home(row)
        if isinstance(row, AlertRow):
            return charted(self.showing, row.cluster, row.address)
        return None

    def _charted_at_home(self, event: Event) -> Charted | None:
        """The chart of the row that an event is about."""
        thing = self.thing_of(event)
        home = self.query_ancestor(Views).named(thing.view) if thing else None
        return home.charted(thing.row) if thing and isinstance(home, TablesView) else None

    def _deepen(self) -> None:
        # among events only the one under the cursor is looked up: a look for each takes too long
        if self.sheet.id != "events":
            super()._deepen()

    def count(self, sheet: Sheet) -> str:
        """See :meth:`TablesView.count`; of dead letters also since when advisories are followed."""
        if sheet.id == "check-up":
            found = self.showing.check_up.report
            if sheet is self.sheet:
                return check_up.counted(self.showing.check_up)
            return f"{len(found.findings):,}" if found else ""
        if sheet.id == "events" and sheet is self.sheet:
            source = CLIENT_EVENTS[self.showing.store.clients_reported]
            return f"{super().count(sheet)}  {source}".rstrip()
        if sheet.id != "dead-letters":
            return super().count(sheet)
        # rows() would begin to listen
        count = f"{len(self.showing.store.dead_letters()):,}"
        note = dead_letters.advisories_status(self.showing) if sheet is self.sheet else ""
        return f"{count}  {note}".rstrip()

    @property
    def browsed(self) -> tuple[str, str]:
        """See :attr:`View.browsed`: a dead letter leads to the message, an event to its time."""
        match self.table.cursor_item:
            case DeadMessage() as message:
                return message.place, f"#{message.advisory.sequence}"
            case DeadLetterRow() as row:
                return row.place, row.last_id
            case Event() as event:
                return event.place, time_of(event.at)
        return super().browsed

    def go_to(self, row: Any, *, walks: bool = False) -> None:
        """Put the cursor on a row, and open a finding; of alerts on that of an address."""
        if type(row) in self.HOMES:
            super().go_to(row, walks=walks)
            return
        self.show_sheet("now")
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
            case CheckRow() if row.place.startswith(("js:", "pulsar:")):
                return thing_at(self.showing.store, row.place)
            case _:
                return None
        return thing_at(self.showing.store, address, row.cluster)

    # -- acknowledging and silencing -------------------------------------------------------------

    def action_acknowledge(self) -> None:
        """Acknowledge the alert under the cursor."""
        if row := self._chosen:
            for alerts in self.showing.alerts:
                alerts.acknowledge(row, alerts.at)
            self.draw()

    def action_silence(self) -> None:
        """Ask for how long to silence the alert, or why the finding, under the cursor."""
        if found := self._found:
            question = f"silence {found.id} here, because"
            usual = check_up.usual_answer(self.showing.store.now)
            self._prompt.ask(question, usual, lambda answer: self._silence_finding(found, answer))
        elif row := self._chosen:
            question = f"silence {row.rule} here for"
            self._prompt.ask(question, USUAL, lambda answer: self._silence(row, answer))

    def action_clear_notes(self) -> None:
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
        checking = self.sheet.id == "check-up" or self.opened is self._finding
        if action in ("check_up", "everything"):
            return checking
        if action == "silence" and checking:
            return self._found is not None
        if action == "event" and self.sheet.id == "events":
            return True
        if action in ("acknowledge", "silence", "clear_notes"):
            is_there = self.opened is self._alert or self.sheet.id == "now"
            return is_there and self._chosen is not None
        if action == "whole":
            is_there = self.table.cursor_item is not None and not self.opened
            return is_there and self.sheet.id not in ("rules", "events")
        return super().check_action(action, parameters)

    def _silence(self, row: AlertRow, answer: str) -> None:
        seconds = parse_duration(answer)
        if seconds is None:
            message = printable(answer, 40)
            raise UsageError(f"{message!r} is not a duration", hint="write 30m, 1h, 2d")
        for alerts in self.showing.alerts:
            alerts.silence(row, seconds, alerts.at)
        self.draw()

    def action_event(self, step: int) -> None:
        """See :meth:`TablesView.action_event`; among events, which begin with the newest."""
        if self.sheet.id == "events":
            self.table.action_move(-step)
        else:
            super().action_event(step)

    def action_check_up(self) -> None:
        """Check up now, or again."""
        showing = self.showing
        self.run_worker(showing.check_up.run(showing.store), name="check-up")

    def action_everything(self) -> None:
        """Show what is well, too, or what was found alone."""
        found = self.showing.check_up
        found.show_everything(not found.everything)
        self.draw()

    def copied(self) -> str:
        """See :meth:`View.copied`: of a finding its fix."""
        row = self._row
        return printable(row.mend) if isinstance(row, CheckRow) else super().copied()

    def _silence_finding(self, row: CheckRow, answer: str) -> None:
        self.showing.check_up.silence(row, *check_up.parse_answer(answer))
        self.show_sheet("check-up")

    def _why_unchecked(self) -> str:
        found = self.showing.check_up
        if found.message or found.report is None:
            return found.message
        return "No findings: i shows all checks."

    @property
    def _row(self) -> object:
        for detail in (self._alert, self._finding):
            if self.opened is detail:
                return detail.row
        return self.table.cursor_item

    @property
    def _found(self) -> CheckRow | None:
        """The finding that a key is about, unless it is silenced."""
        row = self._row
        return row if isinstance(row, CheckRow) and row.word in SEVERITIES else None

    @property
    def _chosen(self) -> AlertRow | None:
        row = self._row
        return row if isinstance(row, AlertRow) and row.state != "resolved" else None

    def _why_empty(self) -> str:
        return ""
