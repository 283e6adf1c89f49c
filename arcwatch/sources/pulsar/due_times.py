"""Look up when delayed messages are due: of each the admin API knows it, and no client library.

Source: ``PersistentTopicsBase`` of Pulsar 4.0, ``…/ledger/{ledger}/entry/{entry}``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError

from msgspec.structs import replace

from arcwatch.errors import ArcwatchError, NotThereError, SourceError
from arcwatch.model.message import Message
from arcwatch.sources.intake import WINDOW

from .cluster import PulsarCluster
from .merged_read import together

AT_ONCE = 8
"""Entries that are asked about at a time."""

REFUSED = 30.0
"""Seconds in which nothing is asked after a question without an answer.

Who may read messages may not look at entries everywhere.
"""

RATE, BURST = 20, 100
"""Messages of a tail that are asked about: a second, and at first."""

PATIENCE = 1.0
"""Seconds that a tail waits for answers."""

SHORT = WINDOW / 2e9
"""The same where other addresses are tailed, too: their messages are put into one order."""


class DeliveryTimes:
    """Asks a broker for delivery times."""

    def __init__(self, cluster: PulsarCluster) -> None:
        self._cluster = cluster
        self._not_before = 0.0

    async def looked_up(
        self, messages: Sequence[Message], names: Mapping[str, str]
    ) -> Sequence[Message]:
        """The same messages with their delivery times, as far as they are told.

        Args:
            messages: Any; those that cannot be delayed are not asked about.
        """
        if not any(message.may_be_delayed for message in messages):
            return messages
        gate = asyncio.Semaphore(AT_ONCE)

        async def asked(message: Message) -> Message:
            if not message.may_be_delayed or message.address not in names:
                return message
            async with gate:
                return await self._asked(message, names[message.address])

        return await together(map(asked, messages))

    async def _asked(self, message: Message, name: str) -> Message:
        if asyncio.get_running_loop().time() < self._not_before:
            return message
        ledger, entry, _ = map(int, str(message.id).split(":"))
        try:
            due = await self._cluster.deliver_at(name, ledger, entry)
        except NotThereError:
            return message
        except SourceError:
            self.pause()
            return message
        return replace(message, deliver_at=due or 0)

    def pause(self) -> None:
        """Ask nothing for :data:`REFUSED` seconds."""
        self._not_before = asyncio.get_running_loop().time() + REFUSED


class PacedDeliveryTimes:
    """The same for messages that do not end: of so many a second."""

    def __init__(self, cluster: PulsarCluster) -> None:
        self._times = DeliveryTimes(cluster)
        self._loop = asyncio.get_running_loop()
        self._left, self._at = float(BURST), self._loop.time()
        self._has_found = self._has_passed = False

    @property
    def note(self) -> str:
        """That of some messages it is not known, where some are delayed; mostly empty."""
        if self._has_found and self._has_passed:
            return f"due times are looked up for at most {RATE} messages a second"
        return ""

    def looked_up_in_thread(
        self, messages: Sequence[Message], names: Mapping[str, str], *, is_alone: bool
    ) -> Sequence[Message]:
        """What :meth:`DeliveryTimes.looked_up` does; blocks, and never for long.

        Args:
            is_alone: Whether no other messages wait for these.
        """
        if not any(message.may_be_delayed for message in messages):
            return messages
        most, patience = (BURST, PATIENCE) if is_alone else (AT_ONCE, SHORT)
        work = self._looked_up(messages, names, most, patience)
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * PATIENCE)
        except RuntimeError:
            # the loop has gone
            work.close()
        except (TimeoutError, CancelledError, ArcwatchError):
            pass
        return messages

    async def _looked_up(
        self, messages: Sequence[Message], names: Mapping[str, str], most: int, patience: float
    ) -> Sequence[Message]:
        now = self._loop.time()
        self._left, self._at = min(BURST, self._left + RATE * (now - self._at)), now
        wanted = [at for at, message in enumerate(messages) if message.may_be_delayed]
        some = wanted[: min(most, int(self._left))]
        self._left -= len(some)
        self._has_passed |= len(some) < len(wanted)
        dated = list(messages)
        try:
            async with asyncio.timeout(patience):
                asked = await self._times.looked_up([messages[at] for at in some], names)
        except TimeoutError:
            self._times.pause()
            return messages
        for at, message in zip(some, asked, strict=True):
            dated[at] = message
            self._has_found |= bool(message.deliver_at)
        return dated
