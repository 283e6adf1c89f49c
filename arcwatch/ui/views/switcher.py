"""The numbered views: the visible one is created first, each of the others mounted when chosen."""

from __future__ import annotations

from importlib import import_module

from textual.widget import AwaitMount
from textual.widgets import ContentSwitcher

from arcwatch.text import units
from arcwatch.ui.header import RUNS, Status
from arcwatch.ui.problems import troubles_of
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.problems_line import Trouble

from .numbered import FIRST, VIEWS, Numbered
from .things import Thing, thing_at
from .view import View


class Views(ContentSwitcher):
    """One view at a time.

    Args:
        first: The id of the view to begin with; the first of all where there is none of that id.
    """

    def __init__(self, showing: ViewContext, first: str) -> None:
        begun = next((view for view in VIEWS if view.id == first), VIEWS[0])
        self._every = {begun.id: _made(begun, showing)}
        super().__init__(*self._every.values(), id="views", initial=begun.id)
        self._showing = showing
        self._rung = 0
        self._status: tuple[object, Status] = (None, Status())

    def fill(self) -> None:
        """Make the views that were not needed for the first picture."""
        begun = self._every
        self._every = {v.id: begun.get(v.id) or _made(v, self._showing) for v in VIEWS}

    async def mount_named(self, id: str) -> None:
        """Mount a view that is to be shown, unless it is mounted already."""
        view = self.named(id)
        if not view.is_mounted:
            view.display = False
            await (AwaitMount(self, [view]) if view.is_attached else self.mount(view))

    def problems(self) -> list[Trouble]:
        """What needs attention, whichever view is on show."""
        return troubles_of(self._showing)

    def things_of_problems(self) -> list[Thing | None]:
        """The row that each is about; for a backlog that of the overview, with the cause."""
        store = self._showing.store
        ranked = {row.address: row for row in store.backlogs()}
        return [
            Thing(FIRST, ranked[where]) if where in ranked else thing_at(store, where)
            for where in (problem.where for problem in store.problems())
        ]

    def status(self) -> Status:
        """The state that the header shows, except for the clock."""
        store = self._showing.store
        version = (store.version, store.alerts.version)
        if version != self._status[0]:
            firing = [row for row in store.alerts.firing() if not row.quiet]
            silent = tuple(s for s in ("nats", "pulsar") if store.half(s) == "down")
            critical = any(row.severity == "critical" for row in firing)
            status = Status(alerts=len(firing), critical=critical, silent=silent)
            self._status = (version, status)
        return self._status[1]._replace(tail=_tailed(self._showing))

    def ring(self) -> None:
        """Ring the terminal's bell when an alert starts firing, if enabled."""
        fired = self._showing.alerts[-1].fired
        if fired > self._rung and self._showing.bell:
            self.app.bell()
        self._rung = fired

    @property
    def every(self) -> list[View]:
        """All views, in the order of their numbers."""
        return [*self._every.values()]

    @property
    def shown(self) -> View:
        """The view on screen."""
        return self.named(self.current or FIRST)

    def named(self, id: str) -> View:
        """The view with an id."""
        return self._every[id]


def _tailed(showing: ViewContext) -> str:
    """How much the running tail brings; empty where none runs."""
    rate = showing.tailing.total_rate
    if rate is None:
        return ""
    return f"{units.rate(rate)}/s" if rate == rate else RUNS


def _made(view: Numbered, showing: ViewContext) -> View:
    made: View = getattr(import_module(f".{view.module}.view", __package__), view.type)(showing)
    return made
