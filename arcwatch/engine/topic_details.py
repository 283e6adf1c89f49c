"""Poll individual Pulsar topics, a few at a time, only those on screen."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from arcwatch.errors import ArcwatchError, NotThereError, UnreadableError
from arcwatch.model.pulsar import PulsarTopic, PulsarTopics
from arcwatch.model.pulsar_opened import Quota
from arcwatch.model.reading import Failure
from arcwatch.notation.topic_names import is_internal
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.cancellation import cancellable
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.pulsar.offload_rows import offload_rows
from arcwatch.store.store import Store

from .questions import failure_of

if TYPE_CHECKING:
    from arcwatch.sources.pulsar.cluster import PulsarCluster

EVERY = 2.0
LONGEST = 10.0
"""Seconds between two askings, while there are answers, and at most while there are none."""
AT_ONCE = 8
"""Topics in one asking."""
AGE = 30.0
"""Seconds before the same topic is asked about again."""
IN_A_LOOK = 200
"""Topics that one look asks about, those with the most waiting first."""
SELDOM = 60.0
"""Seconds before the policies of the same topic are asked about again."""
RANKED = 20
"""Backlogs whose topics are always polled: the overview shows them."""
MOST_CONSUMERS = 500
"""Consumers of a topic beyond which they are not read one by one."""


class TopicDetails:
    """Polls what only a topic's owner reports: subscription types, messages per entry.

    Args:
        context: Of the cluster's readings.
        report: Takes each answer, and the seconds it took.
    """

    def __init__(
        self,
        cluster: PulsarCluster,
        store: Store,
        context: str,
        *,
        report: Callable[[PulsarTopics | Failure, float], object],
        steady: Callable[[], float],
    ) -> None:
        self._cluster, self._store, self._context = cluster, store, context
        self._record, self._steady = report, steady
        self._asked: dict[str, float] = {}
        self._limits: dict[str, tuple[float, int | None, tuple[Quota, ...]]] = {}

    async def run(self, on_screen: Callable[[], Iterable[str]]) -> None:
        """Poll the topics ``on_screen`` and those with the worst backlogs until cancelled."""
        wait, answered = EVERY, True
        while True:
            await asyncio.sleep(wait)
            due = self._due({*on_screen(), *self._ranked(), *self._offloading()})
            if due or not answered:
                answered = await self._ask(due)
            wait = EVERY if answered else min(wait * 2, LONGEST)

    async def ask_once(self) -> None:
        """Poll the loaded topics once; give up if nothing answers."""
        rows = (row for state in self._states for row in state.topics)
        loaded = {row.topic for row in rows if not is_internal(row.topic)}
        names = self._details_due(loaded)[:IN_A_LOOK]
        for start in range(0, len(names), AT_ONCE):
            if not await self._ask(names[start : start + AT_ONCE]):
                break

    def _due(self, topics: Collection[str]) -> list[str]:
        """The topics to poll next, least recently polled first."""
        now, details_due = self._steady(), self._details_due(topics)
        old = {name for name, at in self._asked.items() if now - at >= AGE}
        due = [name for name in details_due if name in old or name not in self._asked]
        # more may be due than half a minute has room for: each gets its turn
        due.sort(key=lambda name: self._asked.get(name, -math.inf))
        for name in old.difference(details_due):
            del self._asked[name]
        return due[:AT_ONCE]

    def _ranked(self) -> Iterable[str]:
        names = {state.name for state in self._states}
        ranked = (row for row in self._store.backlogs()[:RANKED])
        return (row.place for row in ranked if row.system == "pulsar" and row.cluster in names)

    @property
    def _states(self) -> list[PulsarClusterState]:
        return self._store.pulsar_of(self._context)

    def _offloading(self) -> Iterable[str]:
        """Topics to poll for offloads that fail: no metric shows these."""
        rows = (row for state in self._states for row in offload_rows(state))
        return [row.topic for row in islice(rows, RANKED)]

    def _consumers(self, name: str) -> float:
        parts = [p for state in self._states for p in state.parts_of(state.topic_of(name))]
        return sum(part.topic.consumers for part in parts if part.topic.name == name)

    def _topic_of(self, name: str) -> str:
        return next((state.topic_of(name) for state in self._states), name)

    def _details_due(self, topics: Collection[str]) -> list[str]:
        return [name for state in self._states for name in state.details_due(topics)]

    async def _ask(self, names: Sequence[str]) -> bool:
        """Poll and report these topics; return whether there was an answer."""
        begun = self._steady()
        self._asked |= dict.fromkeys(names, begun)
        ranked = set(self._ranked())
        answers = await asyncio.gather(
            *(self._topic_stats(name, self._topic_of(name) in ranked) for name in names)
        )
        failures = [answer for answer in answers if isinstance(answer, ArcwatchError)]
        bugs = [failure for failure in failures if isinstance(failure, UnreadableError)]
        # one topic that does not answer is nobody's trouble; when none does it is
        failed = bool(names) and len(failures) == len(names)
        reported = PulsarTopics(tuple(a for a in answers if isinstance(a, PulsarTopic)))
        took = self._steady() - begun
        if not failed:
            self._record(reported, took)
        if failed or bugs:
            self._record(failure_of((bugs or failures)[0]), took)
        return not failed

    async def _topic_stats(self, name: str, limited: bool) -> PulsarTopic | ArcwatchError | None:
        """The statistics of one topic; None if it was deleted since it was listed."""
        try:
            with boundary("the statistics of a topic could not be read", name):
                few = self._consumers(name) <= MOST_CONSUMERS
                reported = await cancellable(self._cluster.topic(name, consumers=few))
                return await self._with_limits(reported) if limited else reported
        except NotThereError:
            return None
        except ArcwatchError as error:
            return error

    async def _with_limits(self, reported: PulsarTopic) -> PulsarTopic:
        from arcwatch.sources.pulsar.open_topic import limits

        base = self._topic_of(reported.name)
        at, ttl, quotas = self._limits.get(base, (-math.inf, None, ()))
        if self._steady() - at >= SELDOM:
            ttl, quotas = await cancellable(limits(self._cluster, base))
            self._limits[base] = (self._steady(), ttl, quotas)
        return replace(reported, ttl=ttl, quotas=quotas)
