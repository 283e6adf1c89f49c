"""The context of every view: the store, and how the user wants figures displayed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from arcwatch.charts.figure import Glyphs
from arcwatch.engine.questions import DetailTarget
from arcwatch.errors import UsageError
from arcwatch.model.pulsar import ExactBacklog
from arcwatch.model.reading import System
from arcwatch.processes.changes_client import ChangesProcess
from arcwatch.processes.probe_client import LiveProbe
from arcwatch.session.history import HistorySession
from arcwatch.session.tail import Tailing, no_feed
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.store import Store

from .check_up import CheckUp
from .chosen_fields import ChosenFields
from .saved_places import SavedPlaces
from .trail import Trail


def no_changer() -> ChangesProcess:
    """For a screen that has none."""
    raise UsageError("nothing can be changed here")


class Watcher(Protocol):
    """What the screen asks of the engine."""

    async def run(self) -> None:
        """Ask until cancelled."""

    def refresh(self) -> None:
        """Ask everything now."""

    def focus(self, topics: Iterable[str]) -> None:
        """Name the topics on screen."""

    def watch_details(self, at: Iterable[DetailTarget]) -> None:
        """Name what is open, or on screen, of what is asked only then."""

    def list_names(self, places: Iterable[str]) -> None:
        """Name the tenants and namespaces on screen."""

    def show_parts(self, parts: Iterable[str]) -> None:
        """Name the parts on screen of which more is asked than otherwise."""

    def watch_advisories(self) -> None:
        """Start following JetStream's advisories."""

    def open_topic(self, topic: str, cluster: str = "") -> None:
        """Set the topic whose details are polled, and its cluster; or none."""


@dataclass
class ViewContext:
    """Shared by the app, which changes it, and its views, which read it."""

    store: Store
    watcher: Watcher
    glyphs: Glyphs = "braille"
    utc: bool = False
    """Whether times are shown in UTC, rather than in local time."""
    totals: bool = False
    """Whether totals are shown, rather than rates."""
    bell: bool = False
    """Whether the terminal's bell rings when an alert begins to fire."""
    tailing: Tailing = field(default_factory=lambda: Tailing(no_feed))
    browsing: HistorySession = field(default_factory=HistorySession)
    probe: LiveProbe = field(default_factory=lambda: LiveProbe(None, lambda reading: None))
    """Measures latency with messages of our own, once the user asks for it."""
    count: Callable[[str], Awaitable[ExactBacklog]] | None = None
    """Counts what waits at an address, at a cost to the broker."""
    open_changer: Callable[[], ChangesProcess] = no_changer
    """Begins to move a subscription, or to publish messages again."""
    check_up: CheckUp = field(default_factory=CheckUp)
    """The last check-up, if the user has run one."""
    fields: ChosenFields = field(default_factory=ChosenFields)
    """Which fields of messages have columns of their own."""
    saved: SavedPlaces = field(default_factory=SavedPlaces)
    """What was saved by name."""
    changes_allowed: bool = False
    """Whether that may be carried out, rather than only looked at."""
    layouts: dict[str, str] = field(default_factory=dict)
    """The layouts that were chosen, by :func:`~arcwatch.ui.views.view.key_of`."""
    tip: str = ""
    """What to try first, until something was tried."""
    trail: Trail = field(default_factory=Trail)
    """Where escape goes back to."""
    _live: Store | None = None

    @property
    def held(self) -> bool:
        """Whether ``store`` is frozen, while the engine continues to fill the live one."""
        return self._live is not None

    @property
    def alerts(self) -> tuple[Alerts, ...]:
        """What an alert is acknowledged in: those that go on, and while held those on show."""
        stores = [self.store, self._live] if self._live else [self.store]
        return tuple(store.alerts for store in stores)

    def hold(self, held: bool) -> None:
        """Freeze the store, or resume."""
        if held == self.held:
            return
        live = self._live or self.store
        self.store, self._live = (live.freeze(), live) if held else (live, None)

    @property
    def version(self) -> object:
        """Changes whenever what a view draws may have changed."""
        return self.store.version, self.store.alerts.version, self.utc, self.totals

    def version_of(self, system: System) -> object:
        """The same for a view of one system alone."""
        return self.store.versions[system], self.store.alerts.version, self.utc, self.totals
