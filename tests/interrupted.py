"""Cancels work at each step that its event loop takes."""

import asyncio
import contextlib

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


async def ends_when_cancelled(work, step):
    """Whether ``work`` ends when it is cancelled at this step, or had ended before."""
    task = asyncio.ensure_future(work)
    cancelled = asyncio.Event()

    def cancel():
        task.cancel()
        cancelled.set()

    task.add_done_callback(lambda _: cancelled.set())
    with at_step(step, cancel):
        await cancelled.wait()
    done, _ = await asyncio.wait([task], timeout=ENDS)
    if done and not task.cancelled() and (error := task.exception()):
        raise error
    return bool(done)
