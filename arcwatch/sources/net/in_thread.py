"""Run blocking calls in threads that may be abandoned when a broker hangs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from arcwatch.errors import SourceError

T = TypeVar("T")

_left: set[threading.Thread] = set()
"""Threads that nobody waits for, which end soon."""
_lock = threading.Lock()


def leave(thread: threading.Thread) -> None:
    """Record an abandoned thread that will end soon."""
    with _lock:
        _left.difference_update([each for each in _left if not each.is_alive()])
        _left.add(thread)


def join_left(seconds: float) -> None:
    """Wait up to a timeout for abandoned threads; blocks.

    What they use must not be ended before: a client library may then never return to them.
    """
    end = time.monotonic() + seconds
    with _lock:
        threads = tuple(_left)
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


async def in_thread(work: Callable[[threading.Event], T], *, timeout: float, where: str) -> T:
    """Run ``work`` in a thread and return its result.

    Args:
        work: Runs in a thread of its own.  It is given an event, which is set when its result is
            no longer wanted, and should then end soon.
        timeout: Seconds.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    unwanted = threading.Event()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # None only beside an error

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work(unwanted)
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is waited for
            error = raised
        with contextlib.suppress(RuntimeError):
            # the loop may have gone meanwhile
            loop.call_soon_threadsafe(deliver, result, error)

    thread = threading.Thread(target=run, name=f"reading {where}", daemon=True)
    thread.start()
    try:
        async with asyncio.timeout(timeout):
            return await done
    except TimeoutError as error:
        raise SourceError("no answer in time", where=where, why=f"waited {timeout:g} s") from error
    finally:
        unwanted.set()
        if not done.done() or done.cancelled():
            leave(thread)
