"""Cancels work at each step that its event loop takes, and finds what it leaves behind."""

import asyncio
import contextlib
import threading
import time

import psutil

ENDS = 5.0
"""Seconds in which what was cancelled has to end."""


@contextlib.contextmanager
def at_step(number, act):
    """Call ``act`` after the loop has run so many callbacks more."""
    run, left = asyncio.events.Handle._run, number

    def counted(handle):
        nonlocal left
        run(handle)
        left -= 1
        if left == 0:
            act()

    asyncio.events.Handle._run = counted
    try:
        yield
    finally:
        asyncio.events.Handle._run = run


async def ends_when_cancelled(work, step, within=60.0):
    """Whether ``work`` ends when it is cancelled at this step, or had ended before.

    One that has nothing to do takes no steps, and is cancelled after so many seconds.
    """
    task = asyncio.ensure_future(work)
    cancelled = asyncio.Event()

    def cancel():
        # once: another would end what has swallowed the first
        if not cancelled.is_set():
            cancelled.set()
            task.cancel()

    task.add_done_callback(lambda _: cancelled.set())
    late = asyncio.get_running_loop().call_later(within, cancel)
    with at_step(step, cancel):
        await cancelled.wait()
    late.cancel()
    done, _ = await asyncio.wait([task], timeout=ENDS)
    if done and not task.cancelled() and (error := task.exception()):
        raise error
    return bool(done)


def opened():
    """What this process has that somebody must close or end: tasks, connections, processes."""
    process = psutil.Process()
    connections = process.net_connections("tcp")
    threads = (thread.name for thread in threading.enumerate())
    return {
        *(task for task in asyncio.all_tasks() if task is not asyncio.current_task()),
        *(("connection", each.fd, each.laddr, each.raddr) for each in connections),
        *(("process", child.pid) for child in process.children(recursive=True)),
        *(("thread", name) for name in threads if not name.startswith("asyncio_")),
    }


async def left(before, seconds=ENDS):
    """What there is besides what there was before, once that ends no more."""
    end = time.monotonic() + seconds
    while (found := opened() - before) and time.monotonic() < end:  # noqa: ASYNC110 - what ends tells nobody
        await asyncio.sleep(0.02)
    return found
