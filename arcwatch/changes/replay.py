"""Publish stored messages again: plan first, then publish at the chosen pace."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from arcwatch.actions.publishing import Publisher
from arcwatch.actions.replay_copy import FROM, copied, origin_of
from arcwatch.config.settings import Settings, load
from arcwatch.errors import NotThereError, UsageError
from arcwatch.filters.filter import Filter
from arcwatch.history.open import open_history
from arcwatch.history.search import Read, ScanProgress, Search
from arcwatch.model.history import Positions
from arcwatch.model.message import Message, Schema
from arcwatch.model.replay import Done, Plan, ReplayUpdate
from arcwatch.notation.address import Stream, Subject, Topic, parse_address

from .replay_log import remember, replays
from .replay_rate import Pace
from .replay_target import ReplayTarget

if TYPE_CHECKING:
    from arcwatch.sources.connections import Servers
    from arcwatch.sources.history import History


MOST = 1_000
"""Subjects or topics of one replay."""


class ReplayOptions(NamedTuple):
    """What to replay, where to, and how fast.

    Attributes:
        start: Where the window begins.
        end: Where it ends.
        keeps: Which messages of it to publish.
        limit: How many, at most; None is all.
        onto: Where they go.
        pace: How fast.
        context: Where the history was found.
        again: Whether also what an interrupted replay brought already.
        doubts: Which messages next to an end of the window are dated otherwise, a line each.
    """

    start: Positions
    end: Positions
    keeps: Filter
    limit: int | None
    onto: ReplayTarget
    pace: Pace
    context: str
    again: bool = False
    doubts: tuple[str, ...] = ()


class Replay(ScanProgress):
    """One replay: planned, then carried out.

    Attributes:
        plan: What is planned; None before.
        publishers: What publishes to each place, by its address and the version of the schema.
        skipped: Messages without a place to go to.
    """

    def __init__(
        self, settings: Settings, history: History, read: Read, options: ReplayOptions
    ) -> None:
        super().__init__()
        self._settings, self._history, self._read = settings, history, read
        self._options = options
        self.plan: Plan | None = None
        self.publishers: dict[tuple[str, int | None], Publisher] = {}
        self._latest: dict[str, Publisher] = {}
        self.skipped = 0
        self._there: set[str] = set()
        self._marks: dict[str, Positions] = {}
        self._started = 0

    async def planned(self) -> AsyncGenerator[None, None]:
        """Read the window, and sum up what there is: :attr:`plan` is there at the end.

        UsageError: There are too many places that it would go to.
        """
        async with _targets(self._settings) as targets:
            async for _ in self._planned(targets):
                yield

    async def _planned(self, targets: _Targets) -> AsyncGenerator[None, None]:
        counts: Counter[str] = Counter()
        lost = size = number = schemaless = 0
        first = last = None
        due, there = 0.0, 0
        if not self._options.again:
            async for _ in self._find_there():
                yield
        async for messages in self._messages():
            for message in messages:
                if self._is_there(message):
                    there += 1
                    continue
                target = self._options.onto.of(message)
                if target is None:
                    lost += 1
                    continue
                counts[str(target)] += 1
                if len(counts) > MOST:
                    why = f"more than {MOST:,} targets"
                    raise UsageError("too many targets", where=str(self._options.onto), why=why)
                size += message.size
                if message.schema_version is not None:
                    schemaless += await targets.schema(target, message) is None
                moment = message.publish_time or 0
                first = moment if first is None else first
                last = moment
                due = max(due, self._options.pace.due(number, moment, first))
                number += 1
            yield
        missing = await targets.missing(counts)
        self.plan = Plan(
            dict(counts),
            missing,
            lost,
            size,
            first,
            last,
            due,
            self._earlier(),
            schemaless,
            there,
            self._options.doubts,
        )

    async def carried_out(self) -> AsyncGenerator[None, None]:
        """Publish at the chosen pace; totals are exact however it ends.

        Raises:
            SourceError: The window cannot be read any more, or nothing be published.
        """
        assert self.plan is not None, "planned first"
        self._restart()
        finished = False
        async with _targets(self._settings) as targets:
            try:
                async for _ in self._published(targets):
                    yield
                finished = True
            finally:
                for publisher in self.publishers.values():
                    await asyncio.shield(publisher.finish())
                finished = finished and not self.total("unknown")
                if published := self.total("published"):
                    remember(self._done(published, finished=finished))

    def total(self, what: str) -> int:
        """A figure of all publishers' totals: ``published``, ``unknown`` and the like."""
        return sum(getattr(publisher.totals, what) for publisher in self.publishers.values())

    @property
    def first_failure(self) -> str:
        """Why the first message that failed did."""
        return next((p.totals.failure for p in self.publishers.values() if p.totals.failure), "")

    def summary(self, *, interrupted: bool = False, is_over: bool = False) -> ReplayUpdate:
        """The progress, or the totals at the end."""
        publishers = self.publishers.values()
        acknowledges = all(publisher.acknowledges for publisher in publishers)
        return ReplayUpdate(
            self.scanned,
            self.done,
            self.rate,
            self.left,
            self.plan,
            self.total("published"),
            self.total("acknowledged") if acknowledges else None,
            self.total("failed"),
            self.first_failure,
            self.total("dropped"),
            interrupted,
            is_over,
            self.total("unknown"),
            next((p.totals.first_unknown for p in publishers if p.totals.unknown), ""),
        )

    async def _published(self, targets: _Targets) -> AsyncGenerator[None, None]:
        plan = self.plan
        assert plan is not None, "planned first"
        first, number = plan.first or 0, 0
        async for messages in self._messages():
            for message in messages:
                if self._is_there(message):
                    continue
                target = self._options.onto.of(message)
                if target is None or str(target) in plan.missing:
                    self.skipped += 1
                    continue
                due = self._options.pace.due(number, message.publish_time or 0, first)
                async for _ in self._until(due):
                    yield
                publisher = await self._publisher(targets, target, message)
                await publisher.publish(copied(message))
                number += 1
                self.found += 1
                self.done = number / max(plan.messages, 1)
            yield

    async def _publisher(
        self, targets: _Targets, target: Subject | Topic, message: Message
    ) -> Publisher:
        schema = await targets.schema(target, message)
        key = (str(target), None if schema is None else schema.version)
        publisher = self.publishers.get(key)
        if publisher is None:
            await self._mark(targets, target)
            publisher = self.publishers[key] = await targets.publisher(target, schema)
        if (before := self._latest.get(key[0])) not in (None, publisher):
            # two producers know nothing of each other's order
            await before.settle()
        self._latest[key[0]] = publisher
        return publisher

    async def _until(self, due: float) -> AsyncGenerator[None, None]:
        """Wait until a message is due, time paused not counted, with progress now and then."""
        await self._going.wait()
        while (rest := due - self.elapsed) > 0:
            await asyncio.sleep(min(rest, 0.25))
            yield
            await self._going.wait()

    async def _messages(self) -> AsyncGenerator[list[Message], None]:
        options = self._options
        search = Search(
            self._history,
            options.keeps,
            self._read,
            options.start,
            options.end,
            limit=options.limit,
        )
        async with aclosing(search.hits()) as hits:
            async for found in hits:
                self.scanned, self.size, self.time = search.scanned, search.size, search.time
                self.failed, self.failure = search.failed, search.failure
                self.judged = search.judged
                if self.plan is None:
                    self.done = search.done
                yield [message for message, _ in found]

    async def _mark(self, targets: _Targets, target: Subject | Topic) -> None:
        """Record where a target ends before its first copy is published."""
        place = await targets.place(target)
        if place and place not in self._marks:
            async with open_history(self._settings, place) as history:
                self._marks[place] = await history.latest()
            remember(self._done(self.total("published"), finished=False))

    def _is_there(self, message: Message) -> bool:
        return bool(self._there) and origin_of(message) in self._there

    async def _find_there(self) -> AsyncGenerator[None, None]:
        """Look in the places that interrupted replays went to for what they brought."""
        for done in self._unfinished():
            for place, mark in done.marks.items():
                with contextlib.suppress(NotThereError):
                    async with open_history(self._settings, place) as history:
                        async for step in history.scan(mark, await history.latest()):
                            for message in step.messages:
                                self._there.add(dict(message.headers).get(FROM, ""))
                            yield
        self._there.discard("")

    def _unfinished(self) -> list[Done]:
        """Earlier replays that were interrupted, and that none after them made up for."""
        found: list[Done] = []
        for each in self._earlier():
            if each.finished:
                found = [other for other in found if not each.covers(other)]
            else:
                found.append(each)
        return found

    def _restart(self) -> None:
        self._started = time.time_ns()
        self._begun = time.monotonic()
        self.scanned = self.size = self.found = 0
        self.done = 0.0

    def _done(self, published: int, *, finished: bool = True) -> Done:
        options = self._options
        return Done(
            time.time_ns(),
            tuple(f"{options.context}::{place}" for place in self._history.places),
            options.start,
            options.end,
            str(options.onto),
            tuple(options.keeps.text.splitlines()),
            published,
            self._started,
            options.limit,
            finished,
            self._marks,
        )

    def _earlier(self) -> tuple[Done, ...]:
        mine = self._done(0)
        return tuple(each for each in replays() if each.overlaps(mine))


class _Targets:
    """The places of one or more contexts that messages are published to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._servers: dict[str, Servers] = {}
        self._schemas: dict[tuple[str, str, int], Schema | None] = {}
        self._streams: dict[Subject, str] = {}

    async def missing(self, counts: Counter[str]) -> dict[str, str]:
        """Topics among some addresses that do not exist, and why they are none.

        Publishing would create them.
        """
        from arcwatch.sources.pulsar.topics import ensure_there

        found = {}
        for address in counts:
            target = parse_address(address)
            if not isinstance(target, Topic):
                self._of(target.context).settings.check_one("nats")
            else:
                cluster = self._of(target.context).pulsar_admin()
                try:
                    await ensure_there(cluster, target.full_name)
                except NotThereError as error:
                    found[address] = error.headline
        return found

    async def schema(self, target: Subject | Topic, message: Message) -> Schema | None:
        """The schema of a message as a target has it; None where it has none, or not that one."""
        if message.schema_version is None or not isinstance(target, Topic):
            return None
        key = (str(target), message.address, message.schema_version)
        if key not in self._schemas:
            self._schemas[key] = await self._same_schema(target, message)
        return self._schemas[key]

    async def _same_schema(self, target: Topic, message: Message) -> Schema | None:
        from arcwatch.actions.publish_pulsar import KEPT
        from arcwatch.sources.pulsar.schemas import Schemas, versions

        source = parse_address(message.address)
        assert isinstance(source, Topic), "what has a schema is a topic's"
        ours = message.context in ("", self._settings.context)
        asked = self._of("" if ours else message.context).pulsar_admin()
        theirs = await Schemas(asked).of(source.full_name, message.schema_version)
        if theirs is None or theirs.type not in KEPT:
            return None
        there = await versions(self._of(target.context).pulsar_admin(), target.full_name)
        alike = (s for s in there if (s.type, s.definition) == (theirs.type, theirs.definition))
        return next(alike, None)

    async def place(self, target: Subject | Topic) -> str:
        """The address of the store behind a target; empty where nothing stores it."""
        if isinstance(target, Topic):
            return str(target) if target.persistent else ""
        stream = await self._stream_of(target)
        return str(Stream(stream, context=target.context)) if stream else ""

    async def _stream_of(self, target: Subject) -> str:
        from arcwatch.sources.jetstream.history import connected
        from arcwatch.sources.pulsar.publish_targets import stream_of

        if target not in self._streams:
            connection = self._of(target.context).nats()
            if not connection.is_connected:
                await connected(connection)
            self._streams[target] = await stream_of(connection, target.subject)
        return self._streams[target]

    async def publisher(self, target: Subject | Topic, schema: Schema | None) -> Publisher:
        """What publishes to one place."""
        servers = self._of(target.context)
        if isinstance(target, Topic):
            from arcwatch.actions.publish_pulsar import PulsarPublisher

            client, _ = await servers.pulsar()
            return PulsarPublisher(client, target.full_name, schema)
        from arcwatch.actions.publish_nats import NatsPublisher

        acknowledges = bool(await self._stream_of(target))
        return NatsPublisher(servers.nats(), target.subject, acknowledges=acknowledges)

    async def close(self) -> None:
        """End all connections."""
        for servers in self._servers.values():
            await servers.close()

    def _of(self, context: str) -> Servers:
        from arcwatch.sources.connections import Servers

        if context not in self._servers:
            settings = load({}, context=context) if context else self._settings
            self._servers[context] = Servers(settings)
        return self._servers[context]


@asynccontextmanager
async def _targets(settings: Settings) -> AsyncIterator[_Targets]:
    targets = _Targets(settings)
    try:
        yield targets
    finally:
        await targets.close()
