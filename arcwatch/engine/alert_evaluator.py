"""Evaluate the alert rules once a second, record what fired and have it delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from arcwatch.config.alert_settings import AlertSettings
from arcwatch.errors import ArcwatchError
from arcwatch.runtime.boundary import boundary
from arcwatch.store.alerts.alerts import REMEMBERED, Alerts
from arcwatch.store.alerts.notes import Key, Note
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.rules import Rule
from arcwatch.store.rows import Problem
from arcwatch.store.store import Store

from .alert_files import AlertHistoryFile, AlertNotesFile
from .alertmanager_body import bodies
from .schedule import Clock

if TYPE_CHECKING:
    from arcwatch.actions.delivery import Delivery

BEAT = 1.0
"""Seconds between two judgements."""
SETTLED = 15.0
"""Grace period before reporting rules that match nothing, in seconds."""


class AlertEvaluator:
    """Evaluates the alert rules of one context.

    Args:
        store: What is judged, and where failures are reported.
        deliveries: Instead of those that ``settings`` name.
    """

    def __init__(
        self,
        store: Store,
        settings: AlertSettings,
        context: str,
        *,
        history: AlertHistoryFile | None = None,
        notes: AlertNotesFile | None = None,
        clock: Clock | None = None,
        deliveries: Sequence[Delivery] | None = None,
        on_change: Callable[[Sequence[AlertRow]], None] = lambda rows: None,
    ) -> None:
        self._store, self._settings, self._context = store, settings, context
        self._history, self._clock = history or AlertHistoryFile(), clock or Clock()
        self._notes = notes or AlertNotesFile(context)
        self._deliveries, self._on_change = deliveries, on_change
        self._lost: tuple[Problem, ...] = ()
        self._since: dict[str, float] = {}
        self._begun = self._judged_at = -1.0
        self._bug: ArcwatchError | None = None
        self._unkept: list[AlertRow] = []
        self._fired = asyncio.Event()
        store.alerts = Alerts(settings.rules)

    async def run(self) -> None:
        """Evaluate, record and deliver until cancelled."""
        history = self._history
        self._store.alerts.restore(await asyncio.to_thread(history.load))
        self._store.alerts.notes.restore(await asyncio.to_thread(self._notes.load))
        deliveries = _deliveries(self._settings) if self._deliveries is None else self._deliveries
        try:
            async with asyncio.TaskGroup() as group:
                for delivery in deliveries:
                    group.create_task(delivery.run())
                group.create_task(self._keep_history())
                await self._judge_on(deliveries)
        finally:
            # written in the last second before leaving
            self._notes.save(self._note_changes())

    async def _keep_history(self) -> None:
        """Write down what fires, on a thread: a disk that hangs lets nothing else wait."""
        while True:
            await self._fired.wait()
            self._fired.clear()
            rows, self._unkept = self._unkept, []
            await asyncio.to_thread(self._history.append, rows)
            await asyncio.to_thread(self._notes.save, self._note_changes())

    def _note_changes(self) -> dict[Key, Note | None]:
        notes = self._store.alerts.notes
        changed, notes.changed = notes.changed, {}
        return changed

    async def _judge_on(self, deliveries: Sequence[Delivery]) -> None:
        self._begun, self._judged_at = self._clock.steady(), -1.0
        while True:
            try:
                with boundary("the alert rules could not be evaluated"):
                    self._judge(deliveries)
                self._bug = None
            except ArcwatchError as error:
                self._bug = error
            self._store.alerts.troubles = (*self._lost, *self._troubles(deliveries))
            await asyncio.sleep(BEAT)

    def _judge(self, deliveries: Sequence[Delivery]) -> None:
        rows = self._store.judge(self._clock.now(), self._clock.steady())
        if rows:
            self._on_change(rows)
            report = [row for row in rows if not row.quiet]
            for delivery in deliveries:
                delivery.put(bodies(report, self._context))
            self._unkept = [*self._unkept, *rows][-REMEMBERED:]
        if rows or self._store.alerts.notes.changed:
            self._fired.set()
        passed = self._clock.steady() - self._begun
        if passed >= SETTLED and (
            self._judged_at < 0 or (self._lost and passed - self._judged_at > SETTLED)
        ):
            # a server that does not answer may have the places that seem to be missing
            doubt = self._store.scope.anyone_silent
            self._judged_at, self._lost = -1.0 if doubt else passed, self._unmatched(doubt=doubt)

    def _unmatched(self, *, doubt: bool) -> tuple[Problem, ...]:
        alerts, now = self._store.alerts, self._clock.now()
        return tuple(
            Problem(
                None,
                "",
                f"rule {rule.name} matches no address",
                glob,
                "",
                f"did you mean {near}?" if near else "check `at` of the rule",
                now,
                rule=rule.name,
            )
            for rule, glob, near in alerts.unmatched(self._store.scope.places)
            if rule.kind == "source" or not doubt
        )

    def _troubles(self, deliveries: Sequence[Delivery]) -> list[Problem]:
        report = [
            (error.what, error.where, error.why, f"check the receiver; {each.lost} lost so far")
            for each in deliveries
            if (error := each.failure)
        ]
        if bug := self._bug:
            report.append((bug.what, bug.where, bug.why, bug.hint))
        if why := self._history.trouble:
            report.append(("fired alerts are not saved", "", why, "free space in the state folder"))
        if why := self._notes.trouble:
            report.append(
                ("acknowledgements and silences are not saved", "", why, "free space there")
            )
        now = self._clock.now()
        self._since = {what: self._since.get(what, now) for what, *_ in report}
        return [Problem(None, "", *words, self._since[words[0]]) for words in report]


def judge_now(store: Store, rules: Iterable[Rule], clock: Clock, *, goes_on: bool = False) -> None:
    """Evaluate once; a rule that matches fires at once, since its duration cannot be observed.

    Args:
        goes_on: Whether servers are still asked, so that what they owe makes figures doubtful.
    """
    store.alerts = Alerts([replace(rule, lasts=0.0) for rule in rules])
    # of servers that were asked and are not any more no answer is overdue
    answered = (one.answered_steady for one in store.contacts.values() if one.answers)
    steady = clock.steady()
    store.judge(clock.now(), steady if goes_on else min(answered, default=steady))


def _deliveries(settings: AlertSettings) -> list[Delivery]:
    """The configured receivers, imported here because most contexts have none."""
    from arcwatch.actions.alert_command import AlertCommand
    from arcwatch.actions.delivery import Delivery

    found = []
    if settings.on_alert:
        found.append(Delivery(AlertCommand(settings.on_alert).send))
    if settings.webhook:
        from arcwatch.actions.webhook import Webhook

        found.append(Delivery(Webhook(settings.webhook).send))
    return found
