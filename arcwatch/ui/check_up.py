"""The check-up of view 7: it runs when the user says so, and costs nothing before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from arcwatch.config import silences
from arcwatch.doctor.examine import Report, examine
from arcwatch.doctor.picture import Picture
from arcwatch.doctor.rows import CheckRow, check_rows
from arcwatch.doctor.table import BY_ID, CHECKS
from arcwatch.errors import ArcwatchError
from arcwatch.model.pulsar_settings import PulsarSettings
from arcwatch.model.silence import Silence
from arcwatch.store.store import Store

Ask: TypeAlias = Callable[[Store, Callable[[int, int], None]], Awaitable[PulsarSettings | None]]
"""Asks what is not polled, and reports how many of how many questions were answered."""


class CheckUp:
    """What was found last.

    Args:
        ask: Asks beyond what is polled; None where nobody can be asked.
    """

    def __init__(self, ask: Ask | None = None, context: str = "") -> None:
        self._ask, self._context = ask, context
        self._picture: Picture | None = None
        self.report: Report | None = None
        """None before the first."""
        self.is_running = False
        self.said = ""
        """How far it is, or why it came to nothing."""
        self.everything = False
        """Whether what is well is on show, too."""
        self.version = 0
        """Changes with what is on show."""

    async def run(self, store: Store) -> None:
        """Ask, and look at what a store knows by then; nothing while it is running already."""
        if self.is_running or self._ask is None:
            return
        self.is_running, begun = True, time.monotonic()
        self._say("asking")
        try:
            settings = await self._ask(store, self._tell)
            self._picture = Picture(store.freeze(), store.now, settings)
            # the frames go on meanwhile
            await asyncio.to_thread(self._examine, time.monotonic() - begun)
            self._say("")
        except ArcwatchError as error:
            self._say(error.headline)
        finally:
            self.is_running = False

    def silence(self, row: CheckRow, reason: str, until: float) -> None:
        """Silence what a row found at its place, until a moment, Unix seconds."""
        silences.keep(self._context, Silence(row.id, reason, row.place, until))
        if self.report:
            self._examine(self.report.took)

    def rows(self) -> list[CheckRow]:
        """What is on show."""
        return check_rows(self.report, everything=self.everything) if self.report else []

    def show_everything(self, everything: bool) -> None:
        """Show what is well, too, or what was found alone."""
        self.everything = everything
        self.version += 1

    def _examine(self, took: float) -> None:
        if self._picture:
            kept = silences.load(self._context, tuple(BY_ID))
            found = examine(self._picture, CHECKS, kept)
            self.report = Report(found.results, found.notes, took)
            self.version += 1

    def _tell(self, done: int, total: int) -> None:
        self._say(f"{done:,} of {total:,} questions answered")

    def _say(self, text: str) -> None:
        self.said = text
        self.version += 1
