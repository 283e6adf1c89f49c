"""Which queue groups serve the subjects of requests, asked for as they turn up."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from arcwatch.errors import ArcwatchError

MOST_SUBJECTS = 200
"""Subjects whose groups are remembered, those seen last."""
AGAIN_AFTER = 30.0
"""Seconds until a subject that still has requests is asked about again."""
PAUSE = 0.5
"""Seconds between two questions."""

Ask = Callable[[str], Awaitable[Mapping[str, int]]]
"""Finds the queue groups of a subject, each with its members."""

OpenAsk = Callable[[], AbstractAsyncContextManager[Ask]]


class QueueGroups:
    """Names the queue groups of subjects (``ask``: opens whom to ask; None names none)."""

    def __init__(
        self,
        ask: OpenAsk | None = None,
        *,
        steady: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._open, self._steady, self._pause = ask, steady, pause
        self._known: OrderedDict[str, tuple[float, Mapping[str, int]]] = OrderedDict()
        self._asked: set[str] = set()
        self._to_ask: asyncio.Queue[str] = asyncio.Queue(MOST_SUBJECTS)
        self.version = 0
        """Changes when something else is known than before."""

    def of(self, subject: str) -> Mapping[str, int] | None:
        """The groups with their members; None as long as that is not known, or cannot be."""
        known = self._known.get(subject)
        if known is None or self._steady() - known[0] > AGAIN_AFTER:
            self._enqueue(subject)
        return known[1] if known else None

    async def learn(self) -> None:
        """Ask about subjects as they turn up, one after the other, until cancelled."""
        if self._open is None:
            return
        subject = await self._to_ask.get()
        async with self._open() as ask:
            while True:
                await self._learn(ask, subject)
                await self._pause(PAUSE)
                subject = await self._to_ask.get()

    def _enqueue(self, subject: str) -> None:
        if self._open and subject not in self._asked and not self._to_ask.full():
            self._asked.add(subject)
            self._to_ask.put_nowait(subject)

    async def _learn(self, ask: Ask, subject: str) -> None:
        try:
            groups = await ask(subject)
        except ArcwatchError:
            # nothing is known of a server that does not report; its problems are shown elsewhere
            groups = {}
        before = self._known.pop(subject, None)
        self._known[subject] = (self._steady(), groups)
        self._asked.discard(subject)
        if len(self._known) > MOST_SUBJECTS:
            self._known.popitem(last=False)
        if before is None or before[1] != groups:
            self.version += 1


def named(groups: Mapping[str, int] | None) -> str:
    """Queue groups in words, the largest first.

    >>> named({"audit": 1, "workers": 3})
    'workers ×3, audit'
    """
    ranked = sorted((groups or {}).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ×{members}" if members > 1 else name for name, members in ranked)
