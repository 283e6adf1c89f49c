"""Read several topics as one, as far in one direction as a page needs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from arcwatch.model.history import Position, Positions
from arcwatch.sources.paging import Merged, merged_backward, merged_forward

from .stored_topic import Found, MessageRun, StoredTopic

T = TypeVar("T")

LEAST = 10
"""Messages that are read of a place at least: what one batch brings is rarely less."""


class Reach:
    """What was read of each place beyond some positions.

    Attributes:
        runs: Of each place the messages nearest to its position, in stored order.

    Args:
        until: Where to end in each; None is the end of what is stored.
    """

    def __init__(
        self,
        topics: Sequence[StoredTopic],
        positions: Positions,
        until: Positions | None,
        *,
        forward: bool,
    ) -> None:
        self._topics, self._until, self._forward = topics, until, forward
        self.runs: list[list[Found]] = [[] for _ in topics]
        self._ends = list(positions)
        self._whole = [self._is_beyond(place, end) for place, end in enumerate(positions)]

    async def some(self, limit: int) -> list[tuple[int, Found]]:
        """The ``limit`` messages nearest to the positions in the page's order, with places."""
        missing = [place for place, whole in enumerate(self._whole) if not whole]
        count = min(limit, max(2 * limit // max(len(missing), 1), LEAST))
        while True:
            await self._read(missing, count)
            merged = self._merged(limit)
            if merged.missing < 0:
                return self._taken(merged)
            missing, count = [merged.missing], limit

    def is_all(self, taken: Iterable[tuple[int, Found]]) -> bool:
        """Whether nothing is left in this direction."""
        return all(self._whole) and sum(map(len, self.runs)) == len(list(taken))

    def _is_beyond(self, place: int, position: Position) -> bool:
        if self._until is None:
            return False
        stop = self._until[place]
        return position >= stop if self._forward else position <= stop

    def _is_within(self, place: int, found: Found) -> bool:
        stop = self._until[place] if self._until else ()
        return found.end <= stop if self._forward else found.start >= stop

    async def _read(self, places: Sequence[int], count: int) -> None:
        for place, run in zip(
            places, await together(self._step(place, count) for place in places), strict=True
        ):
            self._add(place, run)

    def _step(self, place: int, count: int) -> Coroutine[Any, Any, MessageRun]:
        topic, end = self._topics[place], self._ends[place]
        return topic.after(end, count) if self._forward else topic.before(end, count)

    def _add(self, place: int, run: MessageRun) -> None:
        messages, whole = run
        edge = messages[-1].end if messages and self._forward else None
        edge = messages[0].start if messages and not self._forward else edge
        if edge is not None and self._is_beyond(place, edge):
            messages = [each for each in messages if self._is_within(place, each)]
            whole = True
        self._whole[place] = whole
        if not messages:
            return
        if self._forward:
            self.runs[place] += messages
            self._ends[place] = messages[-1].end
        else:
            self.runs[place] = messages + self.runs[place]
            self._ends[place] = messages[0].start

    def _merged(self, limit: int) -> Merged:
        times = [[each.time for each in run] for run in self.runs]
        merge = merged_forward if self._forward else merged_backward
        return merge(times, self._whole, limit)

    def _taken(self, merged: Merged) -> list[tuple[int, Found]]:
        next_of = [
            0 if self._forward else len(run) - count
            for run, count in zip(self.runs, merged.counts, strict=True)
        ]
        taken = []
        for place in merged.order:
            taken.append((place, self.runs[place][next_of[place]]))
            next_of[place] += 1
        return taken


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of all tasks, or the first error, with the others cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
