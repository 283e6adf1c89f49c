"""The child's side of questions: each is answered by a task of its own, until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec

from .tail_wire import encode


class Answers:
    """The tasks that answer questions, and the pipe that their answers go to.

    Attributes:
        bug: What nothing of this should ever raise, once it was.

    Args:
        out: Takes answers.
    """

    def __init__(self, out: asyncio.StreamWriter) -> None:
        self._out = out
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.bug: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def begin(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        """Answer a question."""
        task = asyncio.create_task(work)
        self._tasks[number] = task
        task.add_done_callback(lambda done: self._ended(number, done))

    def stop(self, number: int) -> None:
        """Answer it no more."""
        if task := self._tasks.get(number):
            task.cancel()

    async def say(self, answer: msgspec.Struct) -> None:
        """Say an answer; this waits while nobody takes them."""
        self._out.write(encode(answer))
        await self._out.drain()

    async def close(self) -> None:
        """Answer nothing any more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(number, None)
        if not task.cancelled() and (bug := task.exception()) and not self.bug.done():
            self.bug.set_result(bug)
