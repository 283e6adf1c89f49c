"""The child's side of questions: each is answered by a task of its own, until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from arcwatch.errors import ArcwatchError
from arcwatch.runtime.boundary import boundary

from .frames import encode


class Answers:
    """The tasks that answer questions, and the pipe that their answers go to.

    Args:
        out: Takes answers.
        failed: Makes the answer to a question that cannot be answered.
    """

    def __init__(
        self, out: asyncio.StreamWriter, failed: Callable[[int, ArcwatchError], msgspec.Struct]
    ) -> None:
        self._out, self._failed = out, failed
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def begin(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        """Answer a question; an error that this raises, a bug as well, is the answer."""
        task = asyncio.create_task(self._worked(number, work))
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

    async def _worked(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            with boundary("the request could not be answered"):
                await work
        except ArcwatchError as error:
            await self.say(self._failed(number, error))

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(number, None)
        if not task.cancelled():
            # a parent that has gone: the end of its commands ends this process
            task.exception()
