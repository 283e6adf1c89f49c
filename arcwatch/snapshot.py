"""The state at a moment on the screen, or what changed from one to another: what is found of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Literal, NamedTuple

from arcwatch.errors import ArcwatchError
from arcwatch.history_reader import Reader, Task
from arcwatch.model.browse import Looked
from arcwatch.model.history import Positions
from arcwatch.silence import Silence
from arcwatch.store.rebuilt import Rebuilt

MOST = 10_000
"""Keys that are listed at most."""

PAUSE = 0.5
"""Seconds without another key after which what was typed is looked for."""

Find = Callable[[], Awaitable[tuple[Positions | None, Positions]]]
"""Finds where the earlier state is, if two are compared, and where the state is."""

Stage = Literal["", "waiting", "reading", "paused", "done", "limited", "failed"]


class Asked(NamedTuple):
    """Which state is wanted."""

    words: str
    is_compared: bool
    find: Find


class Snapshot:
    """Finds a state while other things go on, and what a filter keeps of it.

    Args:
        reader: Answers questions about the history that is open.
        pause: Seconds to wait for another key of a filter.
    """

    def __init__(self, reader: Callable[[], Reader], *, pause: float = PAUSE) -> None:
        self._reader, self._pause = reader, pause
        self.asked: Asked | None = None
        self.text = ""
        """What it is filtered by, as it was written."""
        self.stage: Stage = ""
        self.looked = Looked()
        self.rows: Rebuilt | None = None
        self.failure: ArcwatchError | None = None
        self._places: tuple[Positions | None, Positions] | None = None
        self._silence = Silence()
        self._task: Task | None = None
        self._running: asyncio.Task[None] | None = None
        self._turn = asyncio.Event()
        self._changes = 0

    @property
    def version(self) -> object:
        """Changes with everything that is to be seen of this."""
        return self._changes, self.silence

    @property
    def silence(self) -> int:
        """Seconds for which nothing has come, once they are worth a word; 0 while it is held."""
        return self._silence.seconds if self.stage == "reading" else 0

    @property
    def is_running(self) -> bool:
        """Whether it is looking, or would be but for a pause."""
        return self.stage in ("waiting", "reading", "paused")

    def ask(self, words: str, find: Find, *, is_compared: bool) -> None:
        """Find a state.

        Args:
            words: What was asked for.
            find: Finds where it is.
            is_compared: Whether two are compared.
        """
        self.asked, self.text, self._places = Asked(words, is_compared, find), "", None
        self.again()

    def look_for(self, text: str) -> None:
        """Show what a filter keeps of it; all where it is empty."""
        self.text = text
        self.again()

    def again(self) -> None:
        """Look once more, if a state is wanted."""
        self._leave()
        self.looked, self.failure = Looked(), None
        self.stage, self.rows = "", None
        if self.asked:
            self.stage, self.rows = "waiting", Rebuilt(is_compared=self.asked.is_compared)
        self._turn.set()
        self._changes += 1

    def end(self) -> bool:
        """Want none any more; whether one was."""
        was, self.asked, self.text = self.asked is not None, None, ""
        self.again()
        return was

    def hold(self) -> None:
        """Pause, or go on."""
        if self._task and self.stage in ("reading", "paused"):
            held = self.stage == "reading"
            self._task.hold(held)
            self._silence.hear()
            self.stage = "paused" if held else "reading"
            self._changes += 1

    async def write(self, path: Path, *, replace: bool = False) -> AsyncGenerator[Looked, None]:
        """Write all that the filter keeps to a file; how far that is, until it is over.

        Raises:
            ArcwatchError: It cannot be written, or not read.
        """
        assert self._places is not None, "what is written"
        since, at = self._places
        task = self._reader().rebuild(at, since, self._filters, None, path, replace=replace)
        async with aclosing(task.steps()) as steps:
            async for looked in steps:
                yield looked

    async def run(self) -> None:
        """Look for what is wanted until cancelled."""
        while True:
            await self._turn.wait()
            self._turn.clear()
            if self.stage != "waiting" or self.asked is None or self.rows is None:
                continue
            self._running = asyncio.create_task(self._look(self.asked, self.rows))
            try:
                await asyncio.wait({self._running})
            finally:
                self._running.cancel()
            if not self._running.cancelled():
                self._running.result()

    @property
    def _filters(self) -> tuple[str, ...]:
        text = self.text.strip()
        return (text,) if text else ()

    def _leave(self) -> None:
        if self._running:
            self._running.cancel()
        self._task = None

    async def _look(self, asked: Asked, rows: Rebuilt) -> None:
        await asyncio.sleep(self._pause if self.text else 0)
        try:
            if self._places is None:
                self._places = await asked.find()
            since, at = self._places
            task = self._reader().rebuild(at, since, self._filters, MOST)
            self._task, self.stage = task, "reading"
            self._silence.hear()
            async with aclosing(task.steps()) as steps:
                async for looked in steps:
                    self._silence.hear()
                    rows.add(looked.messages, looked.kinds)
                    self.looked = looked
                    self._changes += 1
        except ArcwatchError as error:
            self.failure, self.stage = error, "failed"
        else:
            self.stage = "limited" if self.looked.is_limited else "done"
        self._changes += 1
