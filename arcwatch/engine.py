"""Asks every source on its beat, and puts what it says into the store.

One task per question: a slow, dead or restarted server delays nothing but its own answers.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from arcwatch.config import Settings
from arcwatch.errors import SourceError
from arcwatch.model.pulsar import PulsarBroker
from arcwatch.model.reading import Body, Failure, Reading, Stage, System
from arcwatch.server_url import shown
from arcwatch.store.store import Store

if TYPE_CHECKING:
    from arcwatch.sources.nats import NatsMonitor
    from arcwatch.sources.pulsar import PulsarCluster

MAX_BACKOFF = 10.0
"""Seconds: the longest a server that has come back has to wait until it is noticed."""

SCRAPE_SHARE = 20
"""A metrics page is asked for at most every this many times as long as it takes."""

DETAIL_EVERY = 2.0
DETAIL_AGE = 30.0
DETAILS_AT_ONCE = 8
"""Topics are asked about one by one: so many each two seconds, each every half minute."""


class Clock:
    """Both of the machine's clocks; tests hand in their own."""

    def now(self) -> float:
        """Unix seconds, which may jump."""
        return time.time()

    def steady(self) -> float:
        """Seconds since an unknown moment, which never jump."""
        return time.monotonic()


class Stages(Protocol):
    """Something that knows what a local stack waits for."""

    def read(self) -> dict[System, Stage]:
        """The stage of each half, now."""


@dataclass
class Question:
    """One thing that is asked again and again."""

    system: System
    source: str
    part: str
    ask: Callable[[], Awaitable[Body]]
    every: float
    """Seconds from one asking to the next, while it answers."""
    timeout: float = 10.0
    share: int = 0
    """Where above 0, ``every`` grows to this many times the time that the answer took."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Engine:
    """The beats of all sources of one context.

    Args:
        settings: Where to look.
        store: Takes every answer; only ever touched on the loop that runs the engine.
        clock: Instead of the machine's.
        refresh: Seconds between two looks at the cheapest figures; the rest follow from it.
        stages: A local stack that is being started, if there is one.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: Clock | None = None,
        refresh: float = 1.0,
        stages: Stages | None = None,
    ) -> None:
        self.settings, self.store = settings, store
        self._clock = clock or Clock()
        self._refresh, self._stages = refresh, stages
        self._questions: list[Question] = []
        self._focus: frozenset[str] = frozenset()
        self._asked: dict[str, float] = {}
        self._say_what_is_off()

    # -- what the screen wants ------------------------------------------------------------------

    def focus(self, topics: Iterable[str]) -> None:
        """Name the topics on screen: only they are asked about one by one."""
        self._focus = frozenset(topics)

    def refresh(self) -> None:
        """Ask everything now, also what is waiting to be tried again."""
        for question in self._questions:
            question.wake.set()

    # -- running --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Ask until cancelled."""
        async with self._sources() as (servers, cluster), asyncio.TaskGroup() as group:
            for server in servers:
                for question in self._nats_questions(server):
                    group.create_task(self._keep(question))
            if cluster:
                group.create_task(self._keep_pulsar(cluster, group))
                group.create_task(self._keep_details(cluster))
            if self._stages:
                group.create_task(self._keep_stages(self._stages))

    async def look(self, interval: float) -> None:
        """Ask everything twice, ``interval`` seconds apart, so that there are rates; then end."""
        async with self._sources() as (servers, cluster):
            once = [q for server in servers for q in self._nats_questions(server)]
            twice = [q for q in once if q.part != "healthz"]
            begun = self._clock.steady()
            brokers = await self._brokers(cluster) if cluster else []
            pages = [self._metrics_question(cluster, b) for b in brokers] if cluster else []
            ready = [self._ready_question(cluster, b) for b in brokers] if cluster else []
            await asyncio.gather(*(self._ask(q) for q in [*once, *pages, *ready]))
            await asyncio.sleep(max(0.0, begun + interval - self._clock.steady()))
            await asyncio.gather(*(self._ask(q) for q in [*twice, *pages]))
            if cluster:
                await self._look_at_topics(cluster)

    @asynccontextmanager
    async def _sources(self) -> AsyncIterator[tuple[Sequence[NatsMonitor], PulsarCluster | None]]:
        # imported here because together they cost more than the first paint
        from arcwatch.sources.http import new_client
        from arcwatch.sources.nats import NatsMonitor
        from arcwatch.sources.pulsar import PulsarCluster

        async with new_client() as client:
            admin = self.settings.pulsar_admin
            yield (
                [NatsMonitor(url, client) for url in self.settings.nats_monitors],
                PulsarCluster(admin, client) if admin else None,
            )

    def _nats_questions(self, server: NatsMonitor) -> list[Question]:
        where, beat = shown(server.url), self._refresh
        return [
            Question("nats", where, "varz", server.varz, beat),
            Question("nats", where, "connz", server.connections, 2 * beat, share=SCRAPE_SHARE),
            Question("nats", where, "jsz", server.jetstream, 2 * beat, share=SCRAPE_SHARE),
            # each failing /healthz is a warning in the server's log
            Question("nats", where, "healthz", server.healthz, 10.0),
        ]

    def _metrics_question(self, cluster: PulsarCluster, broker: str) -> Question:
        return Question(
            "pulsar",
            broker,
            "metrics",
            lambda: cluster.metrics(broker),
            max(2.0, 2 * self._refresh),
            timeout=60.0,
            share=SCRAPE_SHARE,
        )  # fmt: skip - one question

    def _ready_question(self, cluster: PulsarCluster, broker: str) -> Question:
        return Question("pulsar", broker, "ready", lambda: cluster.ready(broker), 10.0)

    # -- asking ---------------------------------------------------------------------------------

    async def _ask(self, question: Question) -> tuple[bool, float]:
        """Ask once and tell the store; whether it answered, and the seconds it took."""
        begun = self._clock.steady()
        try:
            async with asyncio.timeout(question.timeout):
                body = await question.ask()
        except TimeoutError:
            body = Failure(
                "no answer in time", question.source, f"waited {question.timeout:g} s", ""
            )
        except SourceError as error:
            body = Failure(error.what, error.where, error.why, error.hint)
        took = self._clock.steady() - begun
        self._tell(question.system, question.source, question.part, body, took)
        return not isinstance(body, Failure), took

    def _tell(self, system: System, source: str, part: str, body: Body, took: float) -> None:
        waited = body.waited if isinstance(body, PulsarBroker) else None
        ago = took / 2 if waited is None else took - waited
        self.store.apply(
            Reading(
                context=self.settings.context,
                system=system,
                source=source,
                part=part,
                at=self._clock.now() - ago,
                steady=self._clock.steady() - ago,
                took=took,
                body=body,
            )
        )

    async def _keep(self, question: Question) -> None:
        """Ask on a fixed grid; while there is no answer, ever more rarely."""
        self._questions.append(question)
        try:
            due, wait = self._clock.steady(), question.every
            while True:
                answered, took = await self._ask(question)
                wait = (
                    max(question.every, question.share * took)
                    if answered
                    else min(max(wait, question.every) * 2, MAX_BACKOFF)
                )
                now = self._clock.steady()
                # a slow answer skips beats and never bunches them
                due += wait * max(1, math.ceil((now - due) / wait))
                if await _woken(question.wake, due - now):
                    due, wait = self._clock.steady(), question.every
        finally:
            self._questions.remove(question)

    async def _brokers(self, cluster: PulsarCluster) -> list[str]:
        """The live brokers; those already known when the list cannot be had."""
        await self._ask(Question("pulsar", shown(cluster.url), "brokers", cluster.brokers, 10.0))
        return [broker for state in self.store.pulsar for broker in state.listed or ()]

    async def _keep_pulsar(self, cluster: PulsarCluster, group: asyncio.TaskGroup) -> None:
        """Follow the list of brokers, asking each of them for as long as it is listed."""
        kept: dict[str, list[asyncio.Task[None]]] = {}

        async def listed() -> Body:
            answer = await cluster.brokers()
            for broker in set(answer.brokers) - set(kept):
                kept[broker] = [
                    group.create_task(self._keep(self._metrics_question(cluster, broker))),
                    group.create_task(self._keep(self._ready_question(cluster, broker))),
                ]
            for broker in set(kept) - set(answer.brokers):
                for task in kept.pop(broker):
                    task.cancel()
            return answer

        await self._keep(Question("pulsar", shown(cluster.url), "brokers", listed, 10.0))

    # -- topics, one by one ---------------------------------------------------------------------

    async def _keep_details(self, cluster: PulsarCluster) -> None:
        while True:
            await asyncio.sleep(DETAIL_EVERY)
            now = self._clock.steady()
            wanted = [
                name
                for name in self._wanted(self._focus | self._ranked())
                if now - self._asked.get(name, -math.inf) >= DETAIL_AGE
            ]
            await self._ask_topics(cluster, wanted[:DETAILS_AT_ONCE])

    async def _look_at_topics(self, cluster: PulsarCluster, most: int = 200) -> None:
        """Ask about the loaded topics, those with a backlog first."""
        names = self._wanted({row.topic for row in self.store.pulsar_topics()})[:most]
        for start in range(0, len(names), DETAILS_AT_ONCE):
            await self._ask_topics(cluster, names[start : start + DETAILS_AT_ONCE])

    def _ranked(self) -> frozenset[str]:
        """The topics of the worst backlogs, which the overview shows."""
        return frozenset(row.place for row in self.store.backlogs()[:20] if row.system == "pulsar")

    def _wanted(self, topics: Collection[str]) -> list[str]:
        return [name for cluster in self.store.pulsar for name in cluster.wanted_details(topics)]

    async def _ask_topics(self, cluster: PulsarCluster, names: Sequence[str]) -> None:
        if not names:
            return
        place = shown(cluster.url)
        answers = await asyncio.gather(*(self._ask_topic(cluster, name) for name in names))
        for name, (body, took) in zip(names, answers, strict=True):
            self._asked[name] = self._clock.steady()
            if not isinstance(body, Failure):
                self._tell("pulsar", place, "topic", body, took)
        # one topic that was just deleted is nobody's trouble; when none answers it is
        if all(isinstance(body, Failure) for body, _ in answers):
            self._tell("pulsar", place, "topic", *answers[0])

    async def _ask_topic(self, cluster: PulsarCluster, name: str) -> tuple[Body, float]:
        begun = self._clock.steady()
        try:
            body: Body = await cluster.topic(name)
        except SourceError as error:
            body = Failure(error.what, error.where, error.why, error.hint)
        return body, self._clock.steady() - begun

    # -- a local stack that is being started ----------------------------------------------------

    async def _keep_stages(self, stages: Stages) -> None:
        shown_last: dict[System, Stage] = {}
        while True:
            for system, stage in stages.read().items():
                if shown_last.get(system) == stage:
                    continue
                shown_last[system] = stage
                self._tell(system, "stack", "stage", stage, 0.0)
                if not stage.text:
                    # it has just come up: ask now, whatever the back-off had in mind
                    self.refresh()
            await asyncio.sleep(0.25)

    def _say_what_is_off(self) -> None:
        halves: tuple[tuple[System, bool, str], ...] = (
            ("nats", bool(self.settings.nats_monitors), "nats_monitor"),
            ("pulsar", bool(self.settings.pulsar_admin), "pulsar_admin"),
        )
        for system, wanted, place in halves:
            if not wanted:
                text = f"left out by {self.settings.origins[place]}"
                self._tell(system, "settings", "stage", Stage(text, off=True), 0.0)


async def _woken(event: asyncio.Event, seconds: float) -> bool:
    """Wait for ``event`` for so long; whether it came."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
