"""Follows any mix of addresses, NATS, JetStream and Pulsar, as one stream in order of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Protocol

from arcwatch.address import Stream, Subject, Topic, parse_address
from arcwatch.boundary import boundary
from arcwatch.config import Settings, load
from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.model.tail import Counts, Frame, Mode, TailOptions, framed

from .intake import Intake, Lane
from .jetstream_tail import stream_tail
from .nats_tail import core_tail
from .stand_ins import encodable
from .tail_servers import Servers
from .tail_start import start_of

BEAT = 0.05
"""Seconds between two frames, at least, so that messages travel together."""


class Follower(Protocol):
    """What brings an address's messages."""

    async def follow(self) -> None:
        """Bring them until cancelled.

        Raises:
            ArcwatchError: It cannot be followed; final.
        """

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Follow it another way from now on, with the replies to its requests or without."""


class Tail:
    """Messages as they are sent, from any number of addresses.

    ::

        async with Tail(settings, TailOptions(("orders.>",))) as tail:
            async for frame in tail.frames():
                ...

    Nothing is left behind on the servers.  An address that cannot be followed says so in its
    counts, and the others go on.

    Args:
        settings: Where to look; addresses that name a context look there instead.
        options: What to follow, and at what cost.
    """

    def __init__(self, settings: Settings, options: TailOptions) -> None:
        self._settings, self._options = settings, options
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None], Follower | None]] = {}
        self._origins = 0
        self._servers: dict[str, Servers] = {}

    async def __aenter__(self) -> Tail:
        self._intake = Intake(self._options.waiting)
        for address in self._options.addresses:
            self.add(address)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = [task for _, task, _ in self._lanes.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for servers in self._servers.values():
            await servers.close()

    def add(self, address: str) -> int:
        """Follow one more address.

        Returns:
            Its number, which its messages and counts carry.
        """
        origin, self._origins = self._origins, self._origins + 1
        lane = Lane(self._intake, address, origin)
        self._lanes[origin] = (lane, asyncio.create_task(self._follow(lane)), None)
        self._intake.wake()
        return origin

    def remove(self, address: str) -> None:
        """Follow an address no longer; messages that came before may still be in a frame."""
        for origin, (lane, task, _) in tuple(self._lanes.items()):
            if lane.address == address:
                task.cancel()
                del self._lanes[origin]
        self._intake.wake()

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Follow all addresses another way from now on."""
        from msgspec.structs import replace

        self._options = replace(self._options, mode=mode, requests=requests)
        for _, _, follower in self._lanes.values():
            if follower:
                follower.set_mode(mode, requests=requests)
        self._intake.wake()

    def counts(self) -> tuple[Counts, ...]:
        """How each address is doing."""
        return tuple(lane.counts() for lane, _, _ in self._lanes.values())

    async def frames(self) -> AsyncIterator[Frame]:
        """Messages as they come, and counts whenever they change; it does not end by itself.

        Whoever does not ask for the next frame loses messages, the oldest first; they are counted.
        """
        told: tuple[Counts, ...] = ()
        while True:
            await self._intake.wait()
            messages, counts = self._intake.take(), self.counts()
            if messages or counts != told:
                told = counts
                for frame in _framed(messages, counts):
                    yield frame
            await asyncio.sleep(BEAT)

    async def _follow(self, lane: Lane) -> None:
        try:
            with boundary("it cannot be followed", lane.address):
                follower = await self._follower(lane)
                if lane.origin in self._lanes:
                    self._lanes[lane.origin] = (*self._lanes[lane.origin][:2], follower)
                await follower.follow()
        except ArcwatchError as error:
            lane.fail(error)
        finally:
            self._intake.wake()

    async def _follower(self, lane: Lane) -> Follower:
        """Whoever follows the lane's address.

        Raises:
            ArcwatchError: It names nothing that can be followed.
        """
        address, start = parse_address(lane.address), start_of(self._options.since)
        servers = self._servers_of(address.context)
        match address:
            case Subject():
                return core_tail(servers, lane, address, start, self._options)
            case Stream():
                return stream_tail(servers, lane, address, start, self._options)
            case Topic():
                # loads the client library, which a tail of NATS does without
                from .pulsar_tail import topic_tail

                return topic_tail(servers, lane, address, start, self._options)

    def _servers_of(self, context: str) -> Servers:
        if context not in self._servers:
            settings = load({}, context=context) if context else self._settings
            self._servers[context] = Servers(settings)
        return self._servers[context]


def _framed(messages: Sequence[Message], counts: tuple[Counts, ...]) -> Sequence[Frame]:
    """Frames of all messages; what cannot be encoded of one is left out of that one."""
    try:
        with boundary("messages could not be handed on"):
            return list(framed(messages, counts))
    except ArcwatchError:
        return list(framed(encodable(messages), counts))
