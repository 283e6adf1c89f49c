"""When some messages are due and where they are from: a broker is asked about each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from arcwatch.model.message import Message

from .key_state import Change, Kept

if TYPE_CHECKING:
    from arcwatch.sources.history import History

MOST_LOOKUPS = 200
"""Messages of which it is asked when they are due: as many as take within a second."""
FILTERED = 5_000
"""The same where a filter depends on it."""
AT_ONCE = 50
"""Keys of a state that are asked about together."""


class DueTimes:
    """Looks up delivery times, and clusters that messages were replicated from."""

    def __init__(self, history: History, most: int | None = None) -> None:
        self._history = history
        self._most = self._left = MOST_LOOKUPS if most is None else most
        self._found = self._passed = self._foreign = 0

    async def with_due_times(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The same messages with both, as long as there are any left to ask."""
        unknown = [at for at, message in enumerate(messages) if message.needs_lookup]
        some = unknown[: self._left]
        self._left -= len(some)
        self._passed += len(unknown) - len(some)
        dated = list(messages)
        asked = await self._history.with_due_times([messages[at] for at in some])
        for at, message in zip(some, asked, strict=True):
            dated[at] = message
        self._found += sum(bool(message.deliver_at) for message in dated)
        self._foreign += sum(message.replicated_from is None for message in dated)
        return dated

    async def of_changes(
        self, changes: AsyncGenerator[Change, None]
    ) -> AsyncGenerator[Change, None]:
        """The same changes with the delivery times of their messages."""
        batch = list[Change]()
        async with aclosing(changes):
            async for change in changes:
                batch.append(change)
                if len(batch) == AT_ONCE:
                    for dated in await self._of_changes(batch):
                        yield dated
                    batch = []
        for dated in await self._of_changes(batch):
            yield dated

    async def _of_changes(self, changes: Sequence[Change]) -> list[Change]:
        pairs = [kept for change in changes for kept in (change.before, change.after)]
        messages = iter(await self.with_due_times([kept.message for kept in pairs if kept]))
        dated = [kept and Kept(next(messages), kept.decoded) for kept in pairs]
        return [
            change._replace(before=before, after=after)
            for change, before, after in zip(changes, dated[::2], dated[1::2], strict=True)
        ]

    @property
    def summary(self) -> str:
        """How many were not looked up, if some are delayed or replicated; usually empty."""
        first = f"after the first {self._most}"
        parts = []
        if self._found and self._passed:
            parts.append(f"due times are unknown for {self._passed:,} messages {first}")
        if self._foreign:
            parts.append(f"the cluster of origin of {self._foreign:,} messages is unknown")
        return "; ".join(parts)
