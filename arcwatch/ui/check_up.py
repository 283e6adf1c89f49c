"""The check-up of view 7: it runs on request, and costs nothing before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from arcwatch.config import silences
from arcwatch.doctor.examine import Report, examine_each
from arcwatch.doctor.picture import Picture
from arcwatch.doctor.rows import CheckRow, check_rows
from arcwatch.doctor.table import BY_ID, CHECKS
from arcwatch.engine.check_up import Looked
from arcwatch.errors import ArcwatchError
from arcwatch.model.silence import Silence
from arcwatch.store.store import Store

Ask: TypeAlias = Callable[[Store, Callable[[int, int], None]], Awaitable[Sequence[Looked]]]
"""Asks what is not polled, and reports how many of how many questions were answered."""


class CheckUp:
    """What was found last.

    Args:
        ask: Asks beyond what is polled; None where nobody can be asked.
    """

    def __init__(self, ask: Ask | None = None, context: str = "") -> None:
        self._ask, self._context = ask, context
        self._pictures: list[Picture] = []
        self.report: Report | None = None
        """None before the first."""
        self.is_running = False
        self.message = ""
        """The progress, or why it failed."""
        self.everything = False
        """Whether passed checks are listed, too."""
        self.version = 0
        """Changes with what is on show."""

    async def run(self, store: Store) -> None:
        """Ask, and look at what a store knows by then; nothing while it is running already."""
        if self.is_running or self._ask is None:
            return
        self.is_running, begun = True, time.monotonic()
        self._set_message("asking")
        try:
            looked = await self._ask(store, self._show_progress)
            self._pictures = [
                Picture(one.store, store.now, one.settings, one.cluster, one.prefix)
                for one in looked
            ]
            # the frames go on meanwhile
            await asyncio.to_thread(self._examine, time.monotonic() - begun)
            self._set_message("")
        except ArcwatchError as error:
            self._set_message(error.headline)
        finally:
            self.is_running = False

    def silence(self, row: CheckRow, reason: str, until: float) -> None:
        """Silence what a row found at its place, until a moment, Unix seconds."""
        silences.keep(self._context, Silence(row.id, reason, row.place, until))
        if self.report:
            self._examine(self.report.took)

    def rows(self) -> list[CheckRow]:
        """The rows on screen."""
        return check_rows(self.report, everything=self.everything) if self.report else []

    def show_everything(self, everything: bool) -> None:
        """List passed checks, too, or findings only."""
        self.everything = everything
        self.version += 1

    def _examine(self, took: float) -> None:
        if self._pictures:
            kept = silences.load(self._context, tuple(BY_ID))
            found = examine_each(self._pictures, CHECKS, kept)
            self.report = Report(found.results, found.notes, took)
            self.version += 1

    def _show_progress(self, done: int, total: int) -> None:
        self._set_message(f"{done:,} of {total:,} questions answered")

    def _set_message(self, text: str) -> None:
        self.message = text
        self.version += 1
