"""Follow any mix of addresses, NATS, JetStream and Pulsar, as one stream in order of time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec.structs import replace

from arcwatch.config.settings import Settings, load
from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.model.tail import Counts, Frame, Mode, Resumed, TailOptions, framed
from arcwatch.notation.address import Stream, Subject, Topic, parse_address
from arcwatch.runtime.boundary import boundary
from arcwatch.sources.jetstream.tail import stream_tail
from arcwatch.sources.nats.tail import core_tail

from .connections import Servers
from .encodable import encodable
from .intake import Intake, Lane
from .tail_start import start_of

ALIVE = 1.0
"""Seconds after which a frame is made, whether or not there is anything in it."""
BEAT = 0.05
"""Seconds between two frames, at least, so that messages travel together."""


class Follower(Protocol):
    """Delivers the messages of one address."""

    async def follow(self) -> None:
        """Deliver messages until cancelled.

        Raises:
            ArcwatchError: It cannot be followed; final.
        """

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Change the mode from now on, with or without replies to requests."""


class Tail:
    """Messages of any number of addresses as they are sent.

    ::

        async with Tail(settings, TailOptions(("orders.>",))) as tail:
            async for frame in tail.frames():
                ...

    Nothing is left behind on the servers.  An address that cannot be followed says so in its
    counts, and the others go on.
    """

    def __init__(self, settings: Settings, options: TailOptions) -> None:
        self._settings, self._options = settings, options
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None], Follower | None]] = {}
        self._origins = 0
        self._servers: dict[str, Servers] = {}

    async def __aenter__(self) -> Tail:
        self._intake = Intake(self._options.waiting, self._options.clock)
        for number, address in enumerate(self._options.addresses):
            if address:
                self._add(address, number, self._options.resumed.get(number))
        self._origins = len(self._options.addresses)
        return self

    async def __aexit__(self, *raised: object) -> None:
        tasks = [task for _, task, _ in self._lanes.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for servers in self._servers.values():
            await servers.close()

    def add(self, address: str) -> int:
        """Follow one more address; return its number, which its messages and counts carry."""
        origin, self._origins = self._origins, self._origins + 1
        self._add(address, origin, None)
        return origin

    def _add(self, address: str, origin: int, resumed: Resumed | None) -> None:
        lane = Lane(self._intake, address, origin, resumed)
        self._lanes[origin] = (lane, asyncio.create_task(self._follow(lane)), None)
        self._intake.wake()

    def remove(self, address: str) -> None:
        """Stop following an address; earlier messages may still be in a frame."""
        for origin, (lane, task, _) in tuple(self._lanes.items()):
            if lane.address == address:
                task.cancel()
                del self._lanes[origin]
        self._intake.wake()

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Change the mode of all addresses from now on."""
        self._options = replace(self._options, mode=mode, requests=requests)
        for _, _, follower in self._lanes.values():
            if follower:
                follower.set_mode(mode, requests=requests)
        self._intake.wake()

    def counts(self) -> tuple[Counts, ...]:
        """The state of each address."""
        return tuple(lane.counts() for lane, _, _ in self._lanes.values())

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield messages as they arrive, and counts whenever they change; never ends by itself.

        Without either there is an empty frame now and then, which means that all is handed on.
        A caller that does not ask for the next frame loses the oldest messages, which are counted.
        """
        answer: tuple[Counts, ...] = ()
        while True:
            idle = not await self._intake.wait(ALIVE)
            begun = [mark for lane, *_ in self._lanes.values() for mark in lane.begun()]
            at = time.time_ns()
            messages, counts = self._intake.take(), self.counts()
            if not self._intake.is_empty:
                at = messages[-1].received_time if messages else 0
            if messages or begun or counts != answer or idle:
                answer = counts
                *frames, last = _framed(messages, counts)
                for frame in frames:
                    yield frame
                yield replace(last, places=(*begun, *last.places), at=at)
            await asyncio.sleep(BEAT)

    async def _follow(self, lane: Lane) -> None:
        try:
            with boundary("it cannot be tailed", lane.address):
                follower = await self._follower(lane)
                if lane.origin in self._lanes:
                    self._lanes[lane.origin] = (*self._lanes[lane.origin][:2], follower)
                await follower.follow()
        except ArcwatchError as error:
            lane.fail(error)
        finally:
            self._intake.wake()

    async def _follower(self, lane: Lane) -> Follower:
        address, start = parse_address(lane.address), start_of(self._options.since)
        servers = self._servers_of(address.context)
        match address:
            case Subject():
                return core_tail(servers, lane, address, start, self._options)
            case Stream():
                return stream_tail(servers, lane, address, start, self._options)
            case Topic():
                address.check_readable()
                # loads the client library, which a tail of NATS does without
                from arcwatch.sources.pulsar.tail import topic_tail

                return topic_tail(servers, lane, address, start, self._options)

    def _servers_of(self, context: str) -> Servers:
        if context not in self._servers:
            settings = load({}, context=context) if context else self._settings
            self._servers[context] = Servers(settings)
        return self._servers[context]


def _framed(messages: Sequence[Message], counts: tuple[Counts, ...]) -> Sequence[Frame]:
    """Frames of all messages; what cannot be encoded is left out of its message."""
    try:
        with boundary("messages could not be passed on"):
            return list(framed(messages, counts))
    except ArcwatchError:
        return list(framed(encodable(messages), counts))
