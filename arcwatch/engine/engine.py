"""Poll every source on its schedule and apply the answers to the store.

One task per question: a slow, dead or restarted server delays nothing but its own answers.
"""

from __future__ import annotations

import asyncio
import random
from asyncio import TaskGroup
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError
from arcwatch.model.nats import NatsListed
from arcwatch.model.reading import Body, Failure, Paused, Reading, Stage, System
from arcwatch.notation.server_url import shown
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.cancellation import cancellable
from arcwatch.store.problems import FIGURES
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.pulsar.transaction_rows import coordinator_rows
from arcwatch.store.store import OURSELVES, Store

from . import questions
from .catalog import NameLists
from .listeners import follow_advisories, follow_heartbeats, follow_reports
from .open_topic import OpenedTopicQuestions
from .questions import DetailTarget, Question, failure_of, open_sources
from .schedule import Clock, PollSchedule, SleepDetector, woken
from .topic_details import TopicDetails

if TYPE_CHECKING:
    from arcwatch.sources.nats.monitor import NatsMonitor
    from arcwatch.sources.pulsar.cluster import PulsarCluster

    from .questions import NatsServers, Sources


ANEW, LONGEST_ANEW = 1.0, 60.0
"""Seconds before what a bug ended begins again: the first time, and at most."""


LATE = 6.0
"""Seconds without an answer after which a source counts as silent, while it is waited for.

With the beat of what is asked a frozen broker is shown within 10 s.
"""


class Stages(Protocol):
    """Reports what a starting local stack is waiting for."""

    def read(self) -> dict[System, Stage]:
        """The current stage of each system."""


class Engine:
    """Runs the poll schedules of all sources of one context.

    Args:
        store: Takes every answer; only ever touched on the loop that runs the engine.
        refresh: Seconds between two looks at the cheapest figures; the rest follow from it.
        chance: A number from 0 to 1 at a time, by which servers that are down are asked sooner.
        sources: Instead of :func:`open_sources`.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: Clock | None = None,
        refresh: float = 1.0,
        stages: Stages | None = None,
        chance: Callable[[], float] = random.random,
        beside: Mapping[str, Callable[[], Coroutine[None, None, None]]] = MappingProxyType({}),
        sources: Callable[[Settings], AbstractAsyncContextManager[Sources]] = open_sources,
        heartbeats: Sequence[str] = (),
    ) -> None:
        self.settings, self.store = settings, store
        self._clock = clock or Clock()
        self._refresh, self._stages, self._sources = refresh, stages, sources
        self.beside, self._heartbeats, self._chance = beside, heartbeats, chance
        self._sleep_detector = SleepDetector(self._clock.steady, self._paused)
        self._questions: list[Question] = []
        self._focus: frozenset[str] = frozenset()
        self._places: tuple[str, ...] = ()
        self._open, self._open_changed = "", asyncio.Event()
        self._detail_targets: frozenset[DetailTarget] = frozenset()
        self._shown_parts: frozenset[str] = frozenset()
        self._details_changed = asyncio.Event()
        self._advisories_requested, self._reports_requested = asyncio.Event(), asyncio.Event()
        self._servers: dict[str, NatsMonitor] = {}
        self._greetings: Question | None = None
        self._clusters = [self._of_cluster(one) for one in settings.clusters]
        if settings.cluster:
            store.call(settings.context, settings.cluster)
        else:
            self._record_disabled()

    def _of_cluster(self, settings: Settings) -> Engine:
        """The engine of one of several clusters, with the same clocks and into the same store."""
        options: dict[str, Any] = {"chance": self._chance, "sources": self._sources}
        options |= {"refresh": self._refresh, "heartbeats": self._heartbeats}
        engine = Engine(settings, self.store, clock=self._clock, **options)
        engine._sleep_detector = self._sleep_detector
        return engine

    @property
    def unheard(self) -> set[str]:
        """Servers that are being asked for their figures, and have not yet answered or failed."""
        contacts, of = self.store.contacts.values(), self.settings.context
        heard = {(each.source, each.part) for each in contacts if each.context == of}
        parts = (*FIGURES, "brokers")
        asked = {(each.source, each.part) for each in self._questions if each.part in parts}
        here = {source for source, _ in asked - heard}
        return here.union(*(one.unheard for one in self._clusters))

    # -- what the screen wants ------------------------------------------------------------------

    def focus(self, topics: Iterable[str]) -> None:
        """Set the topics on screen; only these are polled individually."""
        self._focus = frozenset(topics)
        for one in self._clusters:
            one.focus(self._focus)

    def list_names(self, places: Iterable[str]) -> None:
        """Set the tenants and namespaces on screen; nothing is listed while there are none.

        Of a namespace among them, what is in it is listed too.
        """
        self._places = tuple(places)
        for one in self._clusters:
            one.list_names(self._places)

    def watch_details(self, at: Iterable[DetailTarget]) -> None:
        """Set the details on screen that are polled only on demand."""
        self._detail_targets = frozenset(at)
        self._details_changed.set()
        for one in self._clusters:
            one.watch_details(self._detail_targets)

    def show_parts(self, parts: Iterable[str]) -> None:
        """Set the parts on screen of which more is asked than otherwise: ``transactions``."""
        before, self._shown_parts = self._shown_parts, frozenset(parts)
        for question in self._questions:
            if question.part in self._shown_parts - before:
                question.wake.set()
        if "topic-schemas" in self._shown_parts - before:
            self._open_changed.set()
        for one in self._clusters:
            one.show_parts(self._shown_parts)

    def open_topic(self, topic: str, cluster: str = "") -> None:
        """Set the one topic whose details are polled, or none.

        This loads the topic, if no broker has.

        Args:
            cluster: Which of several it is open in; in others, where it is replicated, too.
        """
        for one in self._clusters:
            rows = (row for state in one._known() for row in state.replicators)
            is_open = cluster == one.settings.cluster or any(row.topic == topic for row in rows)
            one.open_topic(topic if is_open else "")
        if topic != self._open:
            self._open = topic
            self._open_changed.set()

    def watch_advisories(self) -> None:
        """Start following JetStream's advisories about undeliverable messages."""
        self._advisories_requested.set()
        for one in self._clusters:
            one.watch_advisories()

    def watch_reports(self) -> None:
        """Start following what NATS servers publish of themselves and their clients."""
        self._reports_requested.set()
        for one in self._clusters:
            one.watch_reports()

    def refresh(self) -> None:
        """Poll everything now, including sources that are backing off."""
        for question in self._questions:
            question.wake.set()
        for one in self._clusters:
            one.refresh()

    # -- running --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Poll until cancelled.

        A bug in any part of it is a problem of that part, which begins again; see
        :mod:`arcwatch.runtime.boundary`.
        """
        async with self._sources(self.settings) as (servers, cluster), TaskGroup() as group:
            if not self.settings.cluster:
                group.create_task(self._sleep_detector.run())
            for question in self._expiries("nats", "pulsar"):
                group.create_task(self._poll(question))
            group.create_task(self._poll_nats(servers, group))
            group.create_task(self._poll_details(group))
            self._supervise(group, "nats", "advisories", self._follow_advisories)
            self._supervise(group, "nats", "heartbeats", self._follow_heartbeats)
            self._supervise(group, "nats", "reports", self._follow_reports)
            if cluster:
                self._start_cluster(cluster, group)
            if stages := self._stages:
                self._supervise(group, "nats", "the stack", lambda: self._poll_stages(stages))
            for name, work in self.beside.items():
                self._supervise(group, "nats", name, work)
            for one in self._clusters:
                group.create_task(one.unless_it_cannot_begin(one.run()))

    async def unless_it_cannot_begin(self, work: Coroutine[None, None, None]) -> None:
        """Run one of several clusters; one that cannot be opened does not stop the others."""
        try:
            await work
        except ArcwatchError as error:
            parts: tuple[tuple[System, str], ...] = (("nats", "varz"), ("pulsar", "brokers"))
            for system, part in parts:
                if found := self.settings.addresses(system):
                    self._record(system, shown(found[-1]), part, failure_of(error), 0.0)

    def _start_cluster(self, cluster: PulsarCluster, group: TaskGroup) -> None:
        group.create_task(self._poll_pulsar(cluster, group))
        group.create_task(self._poll(self._bookies(cluster)))
        group.create_task(self._poll(self._transactions(cluster)))
        group.create_task(self._poll(self._functions(cluster)))
        group.create_task(self._poll(self._resource_groups(cluster)))
        if port := questions.of_pulsar_port(self.settings):
            group.create_task(self._poll(port))
        details, opened = self._details(cluster), self._opened_topic(cluster)
        names = self._name_lists(cluster)
        self._supervise(group, "pulsar", "topic", lambda: details.run(lambda: self._focus))
        self._supervise(
            group, "pulsar", "opened", lambda: opened.run(lambda: self._open, self._open_changed)
        )
        self._supervise(group, "pulsar", "names", lambda: names.run(self._listed_places))

    def _supervise(
        self,
        group: TaskGroup,
        system: System,
        part: str,
        work: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        """Run a task and restart it, with a growing delay, when a bug ends it."""

        async def kept() -> None:
            wait = ANEW
            while True:
                try:
                    with boundary(f"the {part} poll was interrupted by a bug and is restarted"):
                        return await work()
                except ArcwatchError as error:
                    self._record(system, OURSELVES, part, failure_of(error), 0.0)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_ANEW)

        group.create_task(kept())

    async def _follow_advisories(self) -> None:
        await follow_advisories(
            self.settings, self._advisories_requested, partial(self._record_event, "advisories")
        )

    async def _follow_reports(self) -> None:
        report = partial(self._record_event, "reports")
        await follow_reports(self.settings, self._reports_requested, report)

    async def _follow_heartbeats(self) -> None:
        report = partial(self._record_event, "heartbeats")
        await follow_heartbeats(self.settings, self._heartbeats, report)

    async def sample_twice(
        self,
        interval: float,
        *,
        topic: str = "",
        names: bool = False,
        details: Iterable[int | None] = (),
    ) -> None:
        """Poll everything twice, ``interval`` seconds apart, so that there are rates.

        Args:
            interval: Seconds.
            details: NATS connections to ask about alone; None is those that closed.

        Raises:
            ExceptionGroup: As :meth:`run`.
        """
        async with self._sources(self.settings) as (servers, cluster), TaskGroup() as group:
            group.create_task(self._sample_nats(servers, interval, tuple(details), group))
            for question in self._expiries("nats"):
                group.create_task(self._sample(question, interval))
            if cluster:
                group.create_task(self._sample_pulsar(cluster, interval, names=names))
            if cluster and topic:
                group.create_task(self._opened_topic(cluster).sample_twice(topic, interval))
            for one in self._clusters:
                sampled = one.sample_twice(interval, topic=topic, names=names, details=details)
                group.create_task(one.unless_it_cannot_begin(sampled))

    async def _sample_nats(
        self, servers: NatsServers, interval: float, cids: Sequence[int | None], group: TaskGroup
    ) -> None:
        found = await self._listed_servers(servers) or ()
        if greetings := questions.of_greetings(self.settings, found):
            # between two answers of the servers
            group.create_task(self._sample(greetings, interval, delay=interval / 2))
        for server in found:
            asked = questions.of_server(server, self._refresh)
            at = [DetailTarget(shown(server.url), cid) for cid in cids]
            asked += [questions.details(server, one, self._refresh) for one in at]
            for question in asked:
                group.create_task(self._sample(question, interval))

    async def _sample_pulsar(self, cluster: PulsarCluster, interval: float, *, names: bool) -> None:
        async with TaskGroup() as group:
            group.create_task(self._ask(self._bookies(cluster)))
            if port := questions.of_pulsar_port(self.settings):
                group.create_task(self._ask(port))
            await self._ask(questions.of_cluster(cluster, cluster.brokers))
            for broker in self._brokers():
                for question in questions.of_broker(cluster, broker, self.page_interval):
                    group.create_task(self._sample(question, interval))
            for question in self._expiries("pulsar"):
                group.create_task(self._sample(question, interval))
        await self._ask(self._transactions(cluster))
        await self._ask(self._functions(cluster))
        if "resource-groups" in self._shown_parts:
            await self._ask(self._resource_groups(cluster))
        if names:
            await self._name_lists(cluster).ask_once()
        else:
            await self._name_lists(cluster).list_ambiguous()
        await self._details(cluster).ask_once()

    async def _sample(self, question: Question, interval: float, delay: float = 0.0) -> None:
        await asyncio.sleep(delay)
        begun = self._clock.steady()
        answered, _ = await self._ask(question)
        if answered and question.counts:
            await asyncio.sleep(max(0.0, begun + interval - self._clock.steady()))
            await self._ask(question)

    def _expiries(self, *systems: System) -> list[Question]:
        return questions.of_expiries(self.settings, systems, self._brokers)

    def _listed_places(self) -> Iterable[str]:
        """The tenants and namespaces on screen that are in this cluster."""
        if not self.settings.cluster or not self._places:
            return self._places
        known = {place for state in self._known() for place in state.namespaces()}
        return [place for place in self._places if place in known or not place]

    def _known(self) -> list[PulsarClusterState]:
        return self.store.pulsar_of(self.settings.context)

    def _brokers(self) -> list[str]:
        return [broker for state in self._known() for broker in state.listed or ()]

    @property
    def page_interval(self) -> float:
        """Seconds between two pages of metrics of a broker."""
        return max(2.0, 2 * self._refresh)

    def _details(self, cluster: PulsarCluster) -> TopicDetails:
        report = partial(self._record, "pulsar", shown(cluster.url), "topic")
        context = self.settings.context
        return TopicDetails(cluster, self.store, context, report=report, steady=self._clock.steady)

    def _name_lists(self, cluster: PulsarCluster) -> NameLists:
        report = partial(self._record, "pulsar", shown(cluster.url))
        context = self.settings.context
        return NameLists(cluster, self.store, context, report=report, steady=self._clock.steady)

    def _transactions(self, cluster: PulsarCluster) -> Question:
        def any_open() -> bool:
            rows = (row for state in self._known() for row in coordinator_rows(state))
            # what a page does not count may be there
            return any(not row.open <= 0 for row in rows)

        return questions.of_transactions(
            cluster, any_open, lambda: "transactions" in self._shown_parts
        )

    def _bookies(self, cluster: PulsarCluster) -> Question:
        who = self.settings.pulsar_credentials
        return questions.of_bookies(cluster, who, lambda: "bookies" in self._shown_parts)

    def _resource_groups(self, cluster: PulsarCluster) -> Question:
        return questions.of_resource_groups(cluster, lambda: "resource-groups" in self._shown_parts)

    def _functions(self, cluster: PulsarCluster) -> Question:
        return questions.of_functions(
            cluster,
            self.settings.pulsar_credentials.functions_worker,
            lambda: any(state.has_functions for state in self._known()),
            lambda: "functions" in self._shown_parts,
        )

    def _opened_topic(self, cluster: PulsarCluster) -> OpenedTopicQuestions:
        report = partial(self._record, "pulsar", shown(cluster.url), "opened")
        return OpenedTopicQuestions(
            cluster,
            report=report,
            steady=self._clock.steady,
            shows_schemas=lambda: "topic-schemas" in self._shown_parts,
        )

    def _record_event(self, part: str, body: Body) -> None:
        self._record("nats", shown(self.settings.nats or ""), part, body, 0.0)

    # -- asking ---------------------------------------------------------------------------------

    async def _ask(self, question: Question) -> tuple[bool, float]:
        """Poll once and apply the answer; return whether there was one, and the seconds it took."""
        begun = self._clock.steady()
        try:
            with boundary(f"{question.part} could not be read", question.source):
                body = await self._ask_in_time(question)
        except ArcwatchError as error:
            body = failure_of(error)
        took = self._clock.steady() - begun
        taken = self._record(question.system, question.source, question.part, body, took)
        return taken and not isinstance(body, Failure), took

    async def _ask_in_time(self, question: Question) -> Body:
        patience = max(LATE, 3 * question.took)
        loop = asyncio.get_running_loop()
        late = loop.call_later(patience, self._report_late, question, patience)
        try:
            async with asyncio.timeout(question.timeout):
                return await cancellable(question.ask())
        except TimeoutError:
            why = f"waited {question.timeout:g} s"
            return Failure("no answer in time", question.source, why, "")
        finally:
            late.cancel()

    def _report_late(self, question: Question, waited: float) -> None:
        """Record that there is no answer yet; a frozen broker may still send it."""
        # what reports no counters is not what rows and forecasts are about
        if question.counts:
            failure = Failure("no answer yet", question.source, f"waited {waited:g} s", "")
            self._record(question.system, question.source, question.part, failure, waited)

    def _paused(self, seconds: float) -> None:
        self._record("nats", "clock", "clock", Paused(seconds), 0.0)
        self.refresh()

    def _record(self, system: System, source: str, part: str, body: Body, took: float) -> bool:
        """Apply an answer to the store; return whether it was accepted."""
        self._sleep_detector.check()
        reading = Reading(
            context=self.settings.context,
            system=system,
            source=source,
            part=part,
            at=self._clock.now() - took / 2,
            steady=self._clock.steady() - took / 2,
            took=took,
            body=body,
        )
        taken = self._put(reading)
        is_new = part == "varz" and self.store.has_new_servers(self.settings.context)
        if is_new and self._greetings:
            self._greetings.wake.set()
        if part in ("varz", "closed"):
            # a slow consumer was counted, or found
            self._details_changed.set()
        return taken

    def _put(self, reading: Reading) -> bool:
        what = f"{reading.part} could not be processed"
        try:
            with boundary(what, reading.source):
                self.store.apply(reading)
        except ArcwatchError as error:
            failed = replace(reading, body=failure_of(error))
            try:
                with boundary(what, reading.source):
                    self.store.apply(failed)
            except ArcwatchError:
                self.store.note_failure(failed)
            return False
        return True

    async def _poll(self, question: Question) -> None:
        """Poll on a fixed grid, with exponential backoff while there is no answer."""
        self._questions.append(question)
        try:
            beat = PollSchedule(question.every, self._clock.steady(), self._chance)
            while True:
                answered, took = await self._ask(question)
                back = answered and not question.answers
                question.answers = answered
                if back:
                    self._ask_failing_again(question.system)
                if answered:
                    beat.answered(question.share * min(took, question.took))
                    question.took = took
                else:
                    beat.failed()
                left = beat.seconds_left(self._clock.steady(), failing=not answered)
                if await woken(question.wake, left):
                    beat.restart(self._clock.steady())
        finally:
            self._questions.remove(question)

    def _begin_greetings(self, group: TaskGroup) -> None:
        """Read the ``INFO`` at the client port, rarely and whenever a new server appears."""
        question = questions.of_greetings(self.settings, self._servers.values())
        if self._greetings is None and question:
            self._greetings = question
            group.create_task(self._poll(question))

    async def _poll_nats(self, servers: NatsServers, group: TaskGroup) -> None:
        kept: dict[str, list[asyncio.Task[None]]] = {}
        while True:
            if (listed := await self._listed_servers(servers)) is not None:
                self._servers = {shown(server.url): server for server in listed}
            for url in self._servers.keys() - kept.keys():
                kept[url] = [
                    group.create_task(self._poll(question))
                    for question in questions.of_server(self._servers[url], self._refresh)
                ]
            self._begin_greetings(group)
            gone = kept.keys() - self._servers.keys()
            for url in gone:
                for task in kept.pop(url):
                    task.cancel()
            if gone:
                self._record("nats", "settings", "servers", NatsListed(tuple(self._servers)), 0.0)
            if not kept:
                return
            self._details_changed.set()
            await asyncio.sleep(questions.RARELY)

    async def _listed_servers(self, servers: NatsServers) -> Sequence[NatsMonitor] | None:
        """The current NATS servers; None if they cannot be determined now."""
        try:
            with boundary("the list of NATS servers could not be read"):
                return await cancellable(servers())
        except ArcwatchError as error:
            self._record("nats", OURSELVES, "servers", failure_of(error), 0.0)
            return None

    async def _poll_details(self, group: TaskGroup) -> None:
        kept: dict[DetailTarget, asyncio.Task[None]] = {}
        while True:
            by_url = self._servers
            slow = {DetailTarget(s.url, None) for s in self.store.nats if s.closed.tries}
            found = self._detail_targets | slow
            targets = {one for one in found if self._is_ours(one)}
            for one in targets - set(kept):
                if not one.server:
                    kept[one] = group.create_task(self._poll_client_port(one))
                    continue
                question = questions.details(by_url[one.server], one, self._refresh)
                kept[one] = group.create_task(self._poll(question))
            for one in set(kept) - targets:
                kept.pop(one).cancel()
            await self._details_changed.wait()
            self._details_changed.clear()

    def _is_ours(self, target: DetailTarget) -> bool:
        """Whether a detail is of these servers, rather than of another of several clusters."""
        settings = self.settings
        if target.server:
            return target.server in self._servers and target.cluster in ("", settings.cluster)
        is_alone = not settings.cluster and not settings.several("nats")
        is_named = target.cluster in ("", settings.cluster)
        return is_alone or (settings.nats is not None and is_named)

    async def _poll_client_port(self, target: DetailTarget) -> None:
        asked = questions.over_client_port(self.settings, target, self._refresh)
        async with asked as question:
            await self._poll(question)

    def _ask_failing_again(self, system: System) -> None:
        for question in self._questions:
            if question.system == system and not question.answers:
                question.wake.set()

    async def _poll_pulsar(self, cluster: PulsarCluster, group: TaskGroup) -> None:
        kept: dict[str, list[asyncio.Task[None]]] = {}

        async def listed() -> Body:
            answer = await cluster.brokers()
            for broker in set(answer.brokers) - set(kept):
                kept[broker] = [
                    group.create_task(self._poll(question))
                    for question in questions.of_broker(cluster, broker, self.page_interval)
                ]
            for broker in set(kept) - set(answer.brokers):
                for task in kept.pop(broker):
                    task.cancel()
            return answer

        await self._poll(questions.of_cluster(cluster, listed))

    # -- a local stack that is being started ----------------------------------------------------

    async def _poll_stages(self, stages: Stages) -> None:
        shown_last: dict[System, Stage] = {}
        while True:
            for system, stage in stages.read().items():
                if shown_last.get(system) == stage:
                    continue
                shown_last[system] = stage
                self._record(system, "stack", "stage", stage, 0.0)
                if not stage.text:
                    # it has just come up: ask now, whatever the back-off had in mind
                    self.refresh()
            await asyncio.sleep(0.25)

    def _record_disabled(self) -> None:
        every = (self.settings, *self.settings.clusters)
        halves: tuple[tuple[System, bool, str], ...] = (
            ("nats", any(one.nats_monitors for one in every), "nats_monitor"),
            ("pulsar", any(one.pulsar_admin for one in every), "pulsar_admin"),
        )
        for system, is_enabled, place in halves:
            if not is_enabled:
                text = f"disabled by {self.settings.origins[place]}"
                self._record(system, "settings", "stage", Stage(text, off=True), 0.0)
