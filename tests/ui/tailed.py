"""Messages made by hand, and a feed that brings them when it is told to."""

import asyncio
import json
import math
from contextlib import asynccontextmanager
from unittest.mock import patch

from arcwatch.model.message import Message
from arcwatch.model.tail import Counts, framed
from arcwatch.session.tail import Tailing
from tests.session.feed import Feed
from tests.ui.filled import START, Platform, words_on

NOW = int(START) * 10**9
BEATS, EVENTS = "nats:arc.agents.*.heartbeat", "pulsar:arc/agents/*"


def beat(number, body=None, **more):
    """A heartbeat of one of five agents."""
    said = {"seq": number, "cpu": round(math.sin(number), 3), "state": "well"}
    body = json.dumps(said).encode() if body is None else body
    subject = f"arc.agents.a{number % 5}.heartbeat"
    fields = {"subject": subject, "headers": (("Nats-Msg-Id", str(number)),)} | more
    return Message("nats", f"nats:{subject}", NOW + number * 7_000_000, len(body), body, **fields)


def event(number, body=None, **more):
    """What one of nine agents did, in one of four partitions."""
    state = ("started", "done", "failed")[number % 7 % 3]
    said = {"task": f"t-{number}", "state": state, "agent": {"tools": ["search", "browse"]}}
    body = json.dumps(said).encode() if body is None else body
    fields = {
        "origin": 1,
        "partition": number % 4,
        "key": f"agent-{number % 9:02}",
        "id": f"12:{number}:{number % 4}",
        "publish_time": NOW + number * 7_000_000,
        "producer": "arc-1-22",
    } | more
    address = f"pulsar:arc/agents/task-events-partition-{number % 4}"
    return Message("pulsar", address, NOW + number * 7_000_000, len(body), body, **fields)


def beats(count, start=0):
    return [beat(number) for number in range(start, start + count)]


def mixed(count, start=0):
    """Two heartbeats for each event."""
    numbers = range(start, start + count)
    return [event(number) if number % 3 == 2 else beat(number) for number in numbers]


class Tailed:
    """An app on a small platform, and what it tails.

    Args:
        addresses: Tailed from the start.
        recent: Tailed before.
        settings: More of the :class:`~arcwatch.session.tail.Tailing`.
    """

    def __init__(self, *addresses, recent=(), glyphs="braille", **settings):
        self.feed, self.platform = Feed(), Platform(lasting=0)
        self.addresses, self.seen = addresses, {}
        self.now, self.seconds = NOW, 0.0
        self.tailing = Tailing(
            self.feed.opened,
            recent=recent,
            steady=lambda: self.seconds,
            now=lambda: self.now,
            **settings,
        )
        self.app = self.platform.app(glyphs=glyphs, tailing=self.tailing)

    @asynccontextmanager
    async def running(self, size=(130, 36)):
        async with self.app.run_test(size=size, notifications=True) as pilot:
            self.pilot = pilot
            await pilot.press("4")
            self.tail(*self.addresses)
            await self.drawn()
            yield self

    def tail(self, *addresses):
        """Tail addresses, without the word on what that does to others."""
        with patch.object(self.app, "notify"):
            for address in addresses:
                self.view.tail(address)

    @property
    def view(self):
        return self.app.view

    def bring(self, messages, **changed):
        """Let messages come, all at once, and be counted for their addresses."""
        for message in messages:
            self.seen[message.origin] = self.seen.get(message.origin, 0) + 1
        counts = tuple(
            Counts(address, origin, "following", seen=self.seen.get(origin, 0), **changed)
            for origin, address in enumerate(self.tailing.addresses)
        )
        for frame in framed(messages, counts):
            self.tailing.take(frame)

    async def drawn(self):
        """The screen, once the filter has seen everything."""
        for _ in range(2):
            while self.tailing.is_looking:  # noqa: ASYNC110 - nothing tells of it but this
                await asyncio.sleep(0.001)
            self.app.frame()
            await self.pilot.pause()
        return words_on(self.app)

    async def heard(self):
        """Let everything be counted, and look at it a second later."""
        await self.pilot.pause()
        self.seconds += 1.0

    async def written(self):
        """The screen, once a file has been written."""
        for worker in [worker for worker in self.app.workers if worker.group == "write"]:
            await worker.wait()
        return await self.drawn()

    async def press(self, *keys):
        await self.pilot.press(*keys)
        return await self.drawn()

    def rows(self):
        """The last word of every message that is listed on screen."""
        listed = self.view.list
        lines = [listed.render_line(y).text[:-1].split() for y in range(1, listed.size.height)]
        return [line for line in lines if line]
