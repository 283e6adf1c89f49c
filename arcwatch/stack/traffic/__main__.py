"""``python -m arcwatch.stack.traffic``: generate traffic on local brokers until stopped.

Ends on SIGTERM, SIGINT and, with ``--tied``, when stdin closes: then its parent is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from .nats_side import play as play_nats
from .transactions import publish as publish_invoices

CLOSE_WITHIN = 8.0
"""Real seconds that closing may take; then the process ends with 1 whatever still hangs."""


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line, checked; ends the process with 2 when it cannot be used."""
    parser = argparse.ArgumentParser("arcwatch.stack.traffic", description=__doc__)
    parser.add_argument("--nats", required=True, metavar="URL", help="nats://host:port")
    parser.add_argument("--pulsar", metavar="URL", help="pulsar://host:port")
    parser.add_argument("--pulsar-admin", metavar="URL", help="http://host:port of the same broker")
    parser.add_argument("--seed", type=int, default=7, help="decides everything that is said")
    parser.add_argument("--pace", type=float, default=1.0, help="how much faster than real time")
    parser.add_argument("--functions", type=Path, metavar="JAR", help="create those of this jar")
    parser.add_argument("--transactions", action="store_true", help="publish some in transactions")
    parser.add_argument("--tied", action="store_true", help="end when stdin closes")
    given = parser.parse_args(argv)
    if bool(given.pulsar) != bool(given.pulsar_admin):
        parser.error("--pulsar and --pulsar-admin go together")
    if not 0.1 <= given.pace <= 100:
        parser.error("--pace must be between 0.1 and 100")
    return given


async def run(given: argparse.Namespace) -> None:
    """Generate the traffic of both systems until stopped."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if given.tied:
        threading.Thread(target=_wait_for_eof, args=(loop, stop), daemon=True).start()
    async with asyncio.TaskGroup() as group:
        halves = [group.create_task(play_nats(given.nats, seed=given.seed, pace=given.pace))]
        if given.pulsar:
            halves.append(group.create_task(_play_pulsar(given)))
        if given.pulsar and given.functions:
            halves.append(group.create_task(_create_functions(given)))
        if given.pulsar and given.transactions:
            halves.append(group.create_task(publish_invoices(given.pulsar, given.pace)))
        await stop.wait()
        _exit_after(CLOSE_WITHIN)
        while not all(half.done() for half in halves):
            for half in halves:
                half.cancel()
            # a client that connects just then may have swallowed it
            await asyncio.wait(halves, timeout=0.5)


async def _play_pulsar(given: argparse.Namespace) -> None:
    # the client's native library takes longer to load than NATS to connect
    from .pulsar_side import PulsarSide

    side = PulsarSide(
        given.pulsar,
        given.pulsar_admin,
        seed=given.seed,
        pace=given.pace,
        functions=bool(given.functions),
        transactions=given.transactions,
    )
    side.start()
    try:
        await asyncio.Event().wait()
    finally:
        side.stop()
        await asyncio.to_thread(side.join)


async def _create_functions(given: argparse.Namespace) -> None:
    # as above, for the HTTP client
    from .functions import create

    await create(given.pulsar_admin, given.functions)


def _wait_for_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # not sys.stdin, whose lock a thread still reading at exit would hold
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: it was stopped already
        loop.call_soon_threadsafe(stop.set)


def _exit_after(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, args=(1,))
    timer.daemon = True
    timer.start()


def main() -> None:
    """The command."""
    asyncio.run(run(arguments()))


if __name__ == "__main__":
    main()
