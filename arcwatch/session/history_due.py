"""When the messages on screen are due, and where they are from.

It is looked up behind the list, which does not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import LookUp

PAUSE = 0.3
"""Seconds that rows stay on screen before a broker is asked about each."""
MOST = 10_000
"""Messages whose delivery times are remembered."""


class DueTimesQuery:
    """Looks up what only brokers know of messages.

    Args:
        pause: Seconds to wait while the user scrolls.
    """

    def __init__(self, reader: Callable[[], HistoryProcess], pause: float = PAUSE) -> None:
        self._reader, self._pause = reader, pause
        self._known: dict[tuple[str, str | None], tuple[int | None, str | None]] = {}
        self._requested: list[Message] = []
        self._wake = asyncio.Event()
        self.version = 0
        """Changes whenever more is known."""

    def request(self, messages: Iterable[Message]) -> None:
        """Ask about those of some messages that may be delayed, in place of others."""
        self._requested = [each for each in messages if self._is_unknown(each)]
        if self._requested:
            self._wake.set()

    def known(self, message: Message) -> int | None:
        """A message's delivery time, as far as it is known; see :class:`.model.message.Message`."""
        return message.deliver_at if message.deliver_at is not None else self._facts(message)[0]

    async def look_up(self, message: Message) -> Message:
        """The same message with both, which are asked for now unless they are known."""
        if not message.needs_lookup:
            return message
        if None in self._facts(message):
            await self._ask([message])
        due, cluster = self._facts(message)
        return replace(message, deliver_at=due, replicated_from=cluster)

    async def run(self) -> None:
        """Look up requested times until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._pause)
            self._wake.clear()
            requested, self._requested = self._requested, []
            await self._ask([each for each in requested if self._is_unknown(each)])

    def _facts(self, message: Message) -> tuple[int | None, str | None]:
        return self._known.get((message.address, message.id), (None, None))

    def _is_unknown(self, message: Message) -> bool:
        return message.needs_lookup and (message.address, message.id) not in self._known

    async def _ask(self, messages: list[Message]) -> None:
        if not messages:
            return
        # it is asked by their places
        bare = tuple(replace(message, body=b"", headers=()) for message in messages)
        try:
            found = await self._reader().ask(LookUp(bare))
        except ArcwatchError:
            # opening the history reports why
            return
        if len(self._known) > MOST:
            self._known.clear()
        for message, facts in zip(messages, found, strict=True):
            self._known[message.address, message.id] = facts
        self.version += 1
