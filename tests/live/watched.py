"""A store that an engine fills from one NATS server, and that can be waited for."""

import asyncio
import contextlib
from collections import Counter

from arcwatch.config.settings import Settings
from arcwatch.engine.engine import Engine
from arcwatch.store.store import Store

LONGEST = 30.0
"""Seconds after which what is awaited will not come."""


class Counting(Store):
    """A store that knows how often each part has told it something."""

    def __init__(self):
        super().__init__()
        self.told = Counter()
        self.changed = asyncio.Event()

    def apply(self, reading):
        super().apply(reading)
        self.told[reading.part] += 1
        self.changed.set()

    async def until(self, happened):
        """What ``happened`` returns, once it is anything."""
        async with asyncio.timeout(LONGEST):
            while not (found := happened()):
                self.changed.clear()
                await self.changed.wait()
            return found


@contextlib.asynccontextmanager
async def watched(url, monitor):
    """A :class:`Counting` of a server, and the engine that fills it."""
    settings = Settings(
        context="test",
        nats=url,
        nats_monitors=(monitor,),
        pulsar=None,
        pulsar_admin=None,
        origins={"pulsar": "the test", "pulsar_admin": "the test"},
    )
    store = Counting()
    engine = Engine(settings, store, refresh=0.2)
    task = asyncio.create_task(engine.run())
    yield store, engine
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
