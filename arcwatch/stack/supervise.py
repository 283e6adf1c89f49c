"""Keeps one program running until stopped, and reports its state."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable

from msgspec.structs import replace

from arcwatch.errors import StackError

from .process import Child
from .service import Service
from .state import Part

PAUSE = 2.0
"""Seconds between a death and the next start."""
SETTLED = 20.0
"""Seconds that a program must have been ready for its death to be one of a kind."""
GIVE_UP = 3
"""Deaths in a row without that, after which it is not started again."""
START_BOUND = 180.0
"""Seconds to become ready; Pulsar takes 6 on two cores, and a minute on busy ones."""
_ASK_EVERY = 0.05


async def keep_running(service: Service, report: Callable[[Part], None], grace: float) -> None:
    """Run ``service``, and again whenever it ends, until cancelled or it keeps ending.

    Args:
        grace: Seconds to end by itself when cancelled; 0 ends it at once.
    """
    deaths, part = 0, Part(log=str(service.log))
    while deaths < GIVE_UP:
        try:
            why, lived = await _run_once(service, report, grace)
        except StackError as error:
            report(replace(part, stage=error.headline, failed=True, hint=error.hint))
            return
        except OSError as error:
            report(replace(part, stage=f"cannot start {service.title}: {error}", failed=True))
            return
        deaths = deaths + 1 if lived < SETTLED else 0
        report(replace(part, stage=f"{service.title} ended, starting it again: {why}"))
        await asyncio.sleep(PAUSE)
    report(replace(part, stage=f"{service.title} keeps ending: {why}", failed=True))


async def _run_once(
    service: Service, report: Callable[[Part], None], grace: float
) -> tuple[str, float]:
    """Run it until it ends; returns why it did, and for how many seconds it was ready."""
    command = service.command()
    if service.log.exists():
        # What the last run printed is kept, and is not about this one.
        service.log.replace(service.log.with_name(f"{service.log.name}.1"))
    child = await Child.start(command)
    part = Part(stage=f"starting {service.title}", pid=child.pid, log=str(service.log))
    try:
        report(part)
        ended = asyncio.ensure_future(child.wait())
        if not await _ready(service, ended):
            why = _cause(service, ended.result()) if ended.done() else "it never became ready"
            return why, 0.0
        report(replace(part, stage="", ready=True))
        since = time.monotonic()
        return _cause(service, await ended), time.monotonic() - since
    finally:
        await child.stop(grace)


async def _ready(service: Service, ended: asyncio.Future[int]) -> bool:
    # Imported when the program is on its way already: that takes longer than a server's start.
    import httpx

    bound = time.monotonic() + START_BOUND
    # Loopback is asked directly, whatever proxy the environment names; without certificates to
    # read a client is made 20 ms sooner.
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=5.0) as http:
        while not ended.done() and time.monotonic() < bound:
            with contextlib.suppress(httpx.HTTPError):
                if await service.answers(http):
                    return True
            await asyncio.wait([ended], timeout=_ASK_EVERY)
    return False


def _cause(service: Service, code: int) -> str:
    if code < 0:
        return (signal.strsignal(-code) or f"signal {-code}").lower()
    return service.why() or f"exit code {code}"
