"""Poll all details of the one topic that is open."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from arcwatch.errors import ArcwatchError
from arcwatch.model.pulsar_opened import (
    OpenedTopic,
    TopicAbout,
    TopicClosed,
    TopicGone,
    TopicSchemas,
)
from arcwatch.model.reading import Failure
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.cancellation import cancellable

from .questions import failure_of

if TYPE_CHECKING:
    from arcwatch.sources.pulsar.cluster import PulsarCluster

EVERY = 2.0
LONGEST = 10.0
"""Seconds between two askings for its figures, at least, and at most while there is no answer."""
SHARE = 20
"""It is asked at most every this many times as long as an answer takes."""
RARELY = 30.0
"""Seconds between two askings for what seldom changes: policies, schema, ledgers."""

ProbeUpdate: TypeAlias = OpenedTopic | TopicAbout | TopicSchemas | TopicGone | TopicClosed | Failure


class OpenedTopicQuestions:
    """Polls one topic's statistics, policies, schema and ledgers."""

    def __init__(
        self,
        cluster: PulsarCluster,
        *,
        report: Callable[[ProbeUpdate, float], object],
        steady: Callable[[], float],
        shows_schemas: Callable[[], bool],
    ) -> None:
        self._cluster, self._record, self._steady = cluster, report, steady
        self._shows_schemas = shows_schemas

    async def run(self, selected: Callable[[], str], changed: asyncio.Event) -> None:
        """Poll the topic ``selected``, while there is one, until cancelled.

        Args:
            changed: Set whenever that has changed.
        """
        while True:
            if topic := selected():
                await self._follow(topic, selected, changed)
                # also clears a failure that would be shown for ever
                self._record(TopicClosed(), 0.0)
            else:
                changed.clear()
                await changed.wait()

    async def sample_twice(self, topic: str, interval: float) -> None:
        """Fetch its statistics twice, ``interval`` seconds apart, and the rest once."""
        from arcwatch.sources.pulsar.open_topic import about, opened

        if await self._ask(opened(self._cluster, topic)):
            await self._ask(about(self._cluster, topic))
            await asyncio.sleep(interval)
            await self._ask(opened(self._cluster, topic))

    async def _follow(
        self, topic: str, selected: Callable[[], str], changed: asyncio.Event
    ) -> None:
        from arcwatch.sources.pulsar.open_topic import about, opened
        from arcwatch.sources.pulsar.schemas import schemas

        wait, about_due, schemas_due = EVERY, -math.inf, -math.inf
        while selected() == topic:
            changed.clear()
            begun = self._steady()
            answered = await self._ask(opened(self._cluster, topic))
            if answered and begun >= about_due and selected() == topic:
                about_due = begun + RARELY
                await self._ask(about(self._cluster, topic))
            if answered and begun >= schemas_due and self._shows_schemas():
                schemas_due = begun + RARELY
                await self._ask(schemas(self._cluster, topic))
            took = self._steady() - begun
            wait = max(EVERY, SHARE * took) if answered else min(wait * 2, LONGEST)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, wait - took)):
                    await changed.wait()

    async def _ask(self, asking: Awaitable[ProbeUpdate]) -> bool:
        """Fetch and report once; return whether there was an answer."""
        begun = self._steady()
        try:
            with boundary("the details of the topic could not be read"):
                body = await cancellable(asking)
        except ArcwatchError as error:
            body = failure_of(error)
        self._record(body, self._steady() - begun)
        return not isinstance(body, Failure)
