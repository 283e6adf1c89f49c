"""What is looked for in a history while other things go on: begun, paused, left, begun again."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import aclosing
from typing import Literal

from arcwatch.errors import ArcwatchError
from arcwatch.model.browse import Looked
from arcwatch.processes.client import Task

QUIET = 3.0
"""Seconds from which on it is worth a word: a server is away, or slow."""

PAUSE = 0.5
"""Seconds without another key after which what was typed is looked for."""


class Silence:
    """Seconds since something was last heard.

    Args:
        steady: Seconds on a clock that never jumps.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._heard = steady()

    def hear(self) -> None:
        """Something was heard."""
        self._heard = self._steady()

    @property
    def seconds(self) -> int:
        """How long that is ago, in whole seconds; 0 while it is not worth a word."""
        passed = self._steady() - self._heard
        return int(passed) if passed >= QUIET else 0


State = Literal[
    "", "announced", "waiting", "looking", "paused", "done", "limited", "stopped", "failed"
]


class Errand(ABC):
    """Looks for one thing at a time, and starts over when another is wanted.

    Args:
        pause: Seconds to wait for another key of what is typed.
    """

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self.text = ""
        """The filter, as it was written."""
        self.state: State = ""
        self.looked = Looked()
        self.failure: ArcwatchError | None = None
        self._silence = Silence()
        self._task: Task[Looked] | None = None
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
    def is_running(self) -> bool:
        """Whether it is looking, or would be but for a pause."""
        return self.state in ("waiting", "looking", "paused")

    def look_for(self, text: str) -> None:
        """Use another filter; none where it is empty."""
        self.text = text
        self.again()

    def again(self) -> None:
        """Look once more, if anything is wanted."""
        self._leave()
        self.looked, self.failure = Looked(), None
        self.state = self._begun()
        self._turn.set()
        self._changes += 1

    def hold(self) -> None:
        """Pause, or go on."""
        if self._task and self.state in ("looking", "paused"):
            held = self.state == "looking"
            self._task.hold(held)
            self._silence.hear()
            self.state = "paused" if held else "looking"
            self._changes += 1

    async def run(self) -> None:
        """Look for what is wanted until cancelled."""
        while True:
            await self._turn.wait()
            self._turn.clear()
            if self.state != "waiting":
                continue
            self._running = asyncio.create_task(self._look())
            try:
                await asyncio.wait({self._running})
            finally:
                self._running.cancel()
            if not self._running.cancelled():
                self._running.result()

    @abstractmethod
    def _begun(self) -> State:
        """Forget what was found; ``waiting`` where something is wanted."""

    @abstractmethod
    async def _asked(self) -> Task[Looked]:
        """Ask for what is wanted.

        Raises:
            ArcwatchError: It cannot be done.
        """

    @abstractmethod
    def _take(self, looked: Looked) -> bool:
        """Keep what was found; whether that is as much as is wanted."""

    @property
    def _filters(self) -> tuple[str, ...]:
        text = self.text.strip()
        return (text,) if text else ()

    def _leave(self) -> None:
        if self._running:
            self._running.cancel()
        self._task = None

    async def _look(self) -> None:
        await asyncio.sleep(self._pause if self.text else 0)
        is_full = False
        try:
            task = await self._asked()
            self._task, self.state = task, "looking"
            self._silence.hear()
            async with aclosing(task.steps()) as steps:
                async for looked in steps:
                    self._silence.hear()
                    self.looked, is_full = looked, self._take(looked)
                    self._changes += 1
                    if is_full:
                        break
        except ArcwatchError as error:
            self.failure, self.state = error, "failed"
        else:
            self.state = "limited" if self.looked.is_limited or is_full else "done"
        self._changes += 1
