"""A search through a history on the screen: what is looked for, how far it is, what was found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Literal, NamedTuple

from arcwatch.errors import ArcwatchError
from arcwatch.history_reader import Reader, Task
from arcwatch.model.browse import Looked
from arcwatch.model.history import Positions
from arcwatch.silence import Silence
from arcwatch.store.hits import Hits

MOST = 10_000
"""Messages that a search finds at most."""

PAUSE = 0.5
"""Seconds without another key after which what was typed is looked for."""

State = Literal[
    "", "announced", "waiting", "looking", "paused", "done", "limited", "stopped", "failed"
]


class Stretch(NamedTuple):
    """A window: the messages between two positions, and the words that gave it."""

    start: Positions
    end: Positions
    words: str


class Hunt:
    """Looks for messages in the window, or in all that is stored, while other things go on.

    Args:
        reader: Answers questions about the history that is open.
        window: Where to look; None is everywhere.
        announces: Whether looking there is to be wanted twice, for what it costs.
        pause: Seconds to wait for another key.
    """

    def __init__(
        self,
        reader: Callable[[], Reader],
        window: Callable[[], Stretch | None],
        *,
        announces: Callable[[], bool] = lambda: False,
        pause: float = PAUSE,
    ) -> None:
        self._reader, self._window, self._pause = reader, window, pause
        self._announces = announces
        self.text = ""
        """What is looked for, as it was written."""
        self.by_event_time = False
        """Whether what is found is ordered by what the application says of time."""
        self.state: State = ""
        self.looked = Looked()
        self.hits: Hits | None = None
        self.failure: ArcwatchError | None = None
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
        return self._silence.seconds if self.state == "looking" else 0

    @property
    def is_wanted(self) -> bool:
        """Whether hits are listed rather than pages."""
        return bool(self.text.strip()) or self.by_event_time

    @property
    def is_running(self) -> bool:
        """Whether it is looking, or would be but for a pause."""
        return self.state in ("waiting", "looking", "paused")

    def look_for(self, text: str) -> None:
        """Look for what these words, or this expression, keep; for nothing where it is empty."""
        self.text = text
        self.again()

    def order(self, *, by_event_time: bool) -> None:
        """Order what is found by event time, or as it is stored."""
        self.by_event_time = by_event_time
        self.again()

    def again(self) -> None:
        """Look once more, if anything is looked for: the window is another."""
        self._leave()
        self.looked, self.failure = Looked(), None
        self.state, self.hits = "", None
        if self.is_wanted:
            self.state = "announced" if self._announces() else "waiting"
            self.hits = Hits(MOST, by_event_time=self.by_event_time)
        self._turn.set()
        self._changes += 1

    def end(self) -> None:
        """Look for nothing."""
        self.text, self.by_event_time = "", False
        self.again()

    def hold(self) -> None:
        """Pause, or go on."""
        if self._task and self.state in ("looking", "paused"):
            held = self.state == "looking"
            self._task.hold(held)
            self._silence.hear()
            self.state = "paused" if held else "looking"
            self._changes += 1

    def stop(self) -> bool:
        """Look no further, and keep what was found; whether it was looking."""
        if not self.is_running:
            return False
        self._leave()
        self.state = "stopped"
        self._changes += 1
        return True

    async def run(self) -> None:
        """Look for what is wanted until cancelled."""
        while True:
            await self._turn.wait()
            self._turn.clear()
            if self.state != "waiting":
                continue
            self._running = asyncio.create_task(self._look(self.hits or Hits(MOST)))
            try:
                await asyncio.wait({self._running})
            finally:
                self._running.cancel()
            if not self._running.cancelled():
                self._running.result()

    def _leave(self) -> None:
        if self._running:
            self._running.cancel()
        self._task = None

    async def _look(self, hits: Hits) -> None:
        await asyncio.sleep(self._pause if self.text else 0)
        window, text = self._window(), self.text.strip()
        start, end = (window.start, window.end) if window else (None, None)
        try:
            task = self._reader().find(start, end, (text,) if text else (), MOST)
            self._task, self.state = task, "looking"
            self._silence.hear()
            async with aclosing(task.steps()) as steps:
                async for looked in steps:
                    self._take(hits, looked)
                    if hits.is_full:
                        break
        except ArcwatchError as error:
            self.failure, self.state = error, "failed"
        else:
            self.state = "limited" if self.looked.is_limited or hits.is_full else "done"
        self._changes += 1

    def _take(self, hits: Hits, looked: Looked) -> None:
        self._silence.hear()
        hits.add(looked.messages, looked.count)
        self.looked = looked
        self._changes += 1
