"""Look up when messages are due, and where they are from: the admin API knows it of each entry.

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

from .cluster import EntryFacts, PulsarCluster
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
    """Asks a broker for delivery times, and clusters that messages were replicated from."""

    def __init__(self, cluster: PulsarCluster) -> None:
        self._cluster = cluster
        self._not_before = 0.0

    async def with_due_times(
        self, messages: Sequence[Message], names: Mapping[str, str]
    ) -> Sequence[Message]:
        """The same messages with both, as far as they are reported."""
        entries = [
            _entry(each, names) if each.needs_lookup and each.address in names else None
            for each in messages
        ]
        gate = asyncio.Semaphore(AT_ONCE)

        async def asked(entry: tuple[str, int, int]) -> EntryFacts | None:
            async with gate:
                return await self._asked(*entry)

        # a batch is one entry
        unknown = dict.fromkeys(entry for entry in entries if entry)
        found = dict(zip(unknown, await together(map(asked, unknown)), strict=True))
        return [
            replace(message, **facts._asdict()) if entry and (facts := found[entry]) else message
            for message, entry in zip(messages, entries, strict=True)
        ]

    async def _asked(self, name: str, ledger: int, entry: int) -> EntryFacts | None:
        if asyncio.get_running_loop().time() < self._not_before:
            return None
        try:
            return await self._cluster.entry_facts(name, ledger, entry)
        except NotThereError:
            return None
        except SourceError:
            self.pause()
            return None

    def pause(self) -> None:
        """Ask nothing for :data:`REFUSED` seconds."""
        self._not_before = asyncio.get_running_loop().time() + REFUSED


def _entry(message: Message, names: Mapping[str, str]) -> tuple[str, int, int]:
    ledger, entry, *_ = map(int, str(message.id).split(":"))
    return names[message.address], ledger, entry


class PacedDeliveryTimes:
    """The same for messages that do not end: of so many a second."""

    def __init__(self, cluster: PulsarCluster) -> None:
        self._times = DeliveryTimes(cluster)
        self._loop = asyncio.get_running_loop()
        self._left, self._at = float(BURST), self._loop.time()
        self._has_passed = False
        self._found: dict[str, None] = {}
        """What of some message was found, by name."""

    @property
    def note(self) -> str:
        """That of some messages they are not known, where some have any; mostly empty."""
        found = " and ".join(self._found)
        if self._found and self._has_passed:
            return f"{found} are looked up for at most {RATE} messages a second"
        return ""

    def with_due_times_in_thread(
        self, messages: Sequence[Message], names: Mapping[str, str], *, is_alone: bool
    ) -> Sequence[Message]:
        """What :meth:`DeliveryTimes.with_due_times` does; blocks, and never for long.

        Args:
            is_alone: Whether no other messages wait for these.
        """
        if not any(message.needs_lookup for message in messages):
            return messages
        most, patience = (BURST, PATIENCE) if is_alone else (AT_ONCE, SHORT)
        work = self._with_due_times(messages, names, most, patience)
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * PATIENCE)
        except RuntimeError:
            # the loop has gone
            work.close()
        except (TimeoutError, CancelledError, ArcwatchError):
            pass
        return messages

    async def _with_due_times(
        self, messages: Sequence[Message], names: Mapping[str, str], most: int, patience: float
    ) -> Sequence[Message]:
        now = self._loop.time()
        self._left, self._at = min(BURST, self._left + RATE * (now - self._at)), now
        unknown = [at for at, message in enumerate(messages) if message.needs_lookup]
        some = unknown[: min(most, int(self._left))]
        self._left -= len(some)
        self._has_passed |= len(some) < len(unknown)
        dated = list(messages)
        try:
            async with asyncio.timeout(patience):
                asked = await self._times.with_due_times([messages[at] for at in some], names)
        except TimeoutError:
            self._times.pause()
            return messages
        for at, message in zip(some, asked, strict=True):
            dated[at] = message
            if message.deliver_at:
                self._found["due times"] = None
            if message.replicated_from:
                self._found["clusters of origin"] = None
        return dated
