"""Waits for libraries without losing a cancellation that they swallow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def cancellable(work: Awaitable[T]) -> T:
    """The result of ``work``, unless this task was cancelled meanwhile.

    ``asyncio.wait_for`` of Python 3.11 returns its result where that arrives in the same step of
    the loop as a cancellation, and nats-py catches ``CancelledError`` around its own queue.  A
    task that repeats such calls would go on for ever, and its task group with it: the group
    cancels each of its tasks once.

    Raises:
        CancelledError: This task was cancelled, whatever became of ``work``.
    """
    task = asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"
    before = task.cancelling()
    try:
        result = await work
    except Exception as error:
        # whatever it is, a cancellation counts for more
        if task.cancelling() > before:
            raise asyncio.CancelledError from error
        raise
    if task.cancelling() > before:
        raise asyncio.CancelledError
    return result
