"""Replay stored messages after a preview."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import aclosing
from typing import ClassVar

from msgspec.structs import replace
from textual.binding import Binding, BindingType

from arcwatch.changes.replay_rate import parse_pace
from arcwatch.changes.replay_target import parse_target
from arcwatch.changes.summary import plan_lines, resume_hint, total_parts, warnings
from arcwatch.errors import ArcwatchError
from arcwatch.model.replay import Plan, ReplayRequest, ReplayUpdate
from arcwatch.processes.changes_protocol import PlanReplay, PublishReplay
from arcwatch.processes.client import Task
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.key_hints import Hint
from arcwatch.ui.widgets.panel import Line, PanelTone

from .change import LOCKED, ChangeScreen

PLACES: Sequence[Line] = (
    [("nats:SUBJECT", "strong"), ("        one subject", "label")],
    [("nats:PREFIX.>", "strong"), ("       each message's own subject appended", "label")],
    [("pulsar:T/NS/TOPIC", "strong"), ("   a topic that exists", "label")],
    [
        ("origin", "strong"),
        ("              where each came from, for example a dead letter's topic", "label"),
    ],
)
"""Where messages may go."""

PUBLISHING = "publishing"

MOST_TARGETS = 8
"""Lines of a plan that are shown."""


class ReplayScreen(ChangeScreen):
    """Asks for the target, shows a preview, and publishes the messages."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "target", "Other target", id="replay.target"),
        Binding("enter", "publish", "Publish", id="replay.publish"),
        Binding("p", "pause", "Pause", id="replay.pause"),
    ]

    def __init__(self, showing: ViewContext, request: ReplayRequest, what: str) -> None:
        super().__init__(showing, f"Replay {what} of {request.address}")
        self._request = request
        self._looked = ReplayUpdate(0, 0.0, 0.0, math.nan)
        self._is_held = False
        self._publishing: Task[ReplayUpdate] | None = None
        self.ended: ReplayUpdate | None = None

    def on_mount(self) -> None:
        """Ask where they are to go."""
        super().on_mount()
        self.draw()
        self.action_target()

    @property
    def plan(self) -> Plan | None:
        """What would be published, once that is known."""
        return self._looked.plan

    # -- what can be done ---------------------------------------------------------------------

    def action_target(self) -> None:
        """Ask where messages are to go, and then how fast."""
        if not self.doing:
            self.prompt.ask("publish to", self._request.onto, self._aim)

    def _aim(self, text: str) -> None:
        if not text:
            return
        self._request = replace(self._request, onto=text)
        parse_target(text)
        self.failure = None
        self.prompt.ask("rate: original, x10, 500/s", self._request.pace, self._go)

    def _go(self, text: str) -> None:
        self._request = replace(self._request, pace=text or "original")
        parse_pace(self._request.pace)
        self.ended = None
        self._looked = ReplayUpdate(0, 0.0, 0.0, math.nan)
        self.do("reading what would be published", self._prepare())

    async def _prepare(self) -> None:
        async with aclosing(self.changer.task(PlanReplay(self._request)).steps()) as steps:
            async for step in steps:
                self._take(step)

    def action_publish(self) -> None:
        """Ask whether it is meant."""
        if self._can_publish and self.plan:
            what = f"publish {units.things(self.plan.messages, 'message')}"
            self.confirm(str(self.plan.messages), what, self._carry_out)

    def _carry_out(self) -> None:
        self._is_held = False
        self.do(PUBLISHING, self._publish())

    async def _publish(self) -> None:
        self._publishing = self.changer.task(PublishReplay())
        try:
            async with aclosing(self._publishing.steps()) as steps:
                async for step in steps:
                    self._take(step)
                    if step.is_over:
                        self.ended = step
        except ArcwatchError:
            # whatever ended it, copies may be there
            self.ended = replace(self._looked, interrupted=True, is_cut_off=True)
            raise

    def action_pause(self) -> None:
        """Let it pause, or go on."""
        if self.doing == PUBLISHING and self._publishing:
            self._is_held = not self._is_held
            self._publishing.hold(self._is_held)
            self.draw()

    def stop(self) -> bool:
        """See :meth:`ChangeScreen.stop`: of what is published the totals come yet."""
        if self.doing == PUBLISHING and self._publishing:
            self._publishing.finish()
            return True
        return super().stop()

    def settled(self) -> None:
        """See :meth:`ChangeScreen.settled`: keys are the screen's."""
        if self.failure and self.plan is None and not self.prompt.has_class("-open"):
            self.action_target()

    @property
    def _can_publish(self) -> bool:
        allowed = self.showing.changes_allowed and not self.doing and self.ended is None
        return bool(allowed and self.plan and self.plan.messages)

    def _take(self, step: ReplayUpdate) -> None:
        self._looked = step
        left = "" if math.isnan(step.left) else f"≈ {units.duration(max(step.left, 1.0))} left"
        done = "" if math.isnan(step.done) else f"{step.done:.0%}"
        count = f"{step.published or step.scanned:,}"
        values = (count, done, f"{units.rate(step.rate)}/s", left)
        self.progress = "  ".join(filter(None, values))

    # -- drawing ------------------------------------------------------------------------------

    def keys(self) -> Sequence[Hint]:
        if self.prompt.has_class("-open"):
            return ()
        if self.doing == PUBLISHING:
            return [Hint("p", "resume" if self._is_held else "pause")]
        if self.doing:
            return ()
        hints = [Hint("enter", "publish…")] * self._can_publish
        return [*hints, Hint("tab", "other target")]

    def summary_lines(self) -> Sequence[Line]:
        plan = self.plan
        if plan is None:
            return PLACES if not self.doing else []
        lines: list[Line] = []
        if len(plan.targets) != 1:
            lines.append([(printable(self._request.onto, 200), "strong")])
        planned = plan_lines(plan, self._request.pace)
        # the last line sums up
        lines += [[(each, "")] for each in planned[:-1][:MOST_TARGETS]]
        if len(planned) - 1 > MOST_TARGETS:
            lines.append([(f"and {len(planned) - 1 - MOST_TARGETS:,} more targets", "label")])
        lines += [[(each, "label")] for each in planned[-1:]]
        lines += [[(each, "warn")] for each in warnings(plan)]
        if self.ended:
            ended = self.ended
            is_short = ended.failed or ended.unknown or ended.interrupted
            tone: PanelTone = "warn" if is_short else "good"
            lines.append([(", ".join(total_parts(ended)), tone)])
            if how := resume_hint(ended):
                lines.append([(how, "dim")])
        elif self._is_held and self.doing:
            lines.append([("paused", "warn")])
        elif not self.showing.changes_allowed:
            lines.append([(LOCKED, "dim")])
        return lines
