"""Preview and carry out moving a subscription to another moment."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec.structs import replace

from arcwatch.config.settings import Settings, flags_of, load
from arcwatch.errors import SourceError, UsageError
from arcwatch.model.history import Position, Positions, Scanned
from arcwatch.model.message import Message
from arcwatch.model.rewind import Moved, PartRewind, Rewind
from arcwatch.notation.address import Stream, Topic, parse_address
from arcwatch.notation.times import Latest, Moment, PulsarPosition

if TYPE_CHECKING:
    from arcwatch.sources.connections import Servers
    from arcwatch.sources.pulsar.cursor import Acknowledged
    from arcwatch.sources.pulsar.history import PulsarHistory


REPLICATED = (
    "a replicated subscription is moved in this cluster alone: what it skips may be skipped in"
    " others later, and what it repeats is not repeated there"
)
"""Warning for a subscription whose position is replicated."""


class Rewinding:
    """One subscription of one topic."""

    def __init__(self, servers: Servers, history: PulsarHistory, address: Topic) -> None:
        self._servers, self._history, self._address = servers, history, address
        self._subscription = address.subscription
        self._cluster = history.cluster
        self._acknowledged: dict[str, Acknowledged] = {}

    async def preview(self, to: Moment) -> Rewind:
        """What moving it would do, with estimates; changes nothing.

        Raises:
            UsageError: It is no moment of this topic.
            NotThereError: There is no such subscription, or the message is not stored.
        """
        from arcwatch.sources.pulsar.cursor import cursor, part_rewind
        from arcwatch.sources.pulsar.merged_read import together

        topics = self._history.topics
        positions = await self._positions(to)
        # afterwards: nothing that came in between lies behind the end that it reports
        cursors = await together(
            cursor(self._cluster, topic.name, self._subscription) for topic in topics
        )
        self._acknowledged = {
            topic.address: at.acknowledged for topic, at in zip(topics, cursors, strict=True)
        }
        parts = await together(
            part_rewind(topic, at, position)
            for topic, at, position in zip(topics, cursors, positions, strict=True)
        )
        flags = flags_of(self._servers.settings)
        doubts = [self._history.doubt(to)]
        if any(at.is_replicated for at in cursors):
            doubts.append(REPLICATED)
        doubt = "; ".join(filter(None, doubts))
        return Rewind(str(self._address), self._subscription, tuple(parts), flags, doubt)

    def count(self, rewind: Rewind) -> Counting:
        """Counts the messages of the last preview, by reading them."""
        return Counting(self._history, rewind, self._acknowledged)

    async def carry_out(self, rewind: Rewind, moved: list[Moved]) -> None:
        """Move it as previewed, partition by partition.

        Args:
            moved: Takes what became of each part, also where some could not be moved.
        """
        for part in rewind.parts:
            # one by one: who is interrupted wants to know how far it came
            moved.append(await self._move(part))  # noqa: PERF401 - as above

    async def _positions(self, to: Moment) -> Positions:
        topics = self._history.topics
        if isinstance(to, PulsarPosition) and len(topics) == 1:
            ledgers = await topics[0].ledgers()
            if any(ledger.id == to.ledger for ledger in ledgers):
                # may be the place where no message is yet
                return (await topics[0].start_of((to.ledger, to.entry, 0)),)
        found = await self._history.at(to)
        if isinstance(to, Latest):
            # behind the last batch, of which the position is within
            return tuple((ledger, entry + (batch > 0), 0) for ledger, entry, batch in found)
        return found

    async def _move(self, part: PartRewind) -> Moved:
        from arcwatch.actions.reset_cursor import ResetPosition, UncertainError, reset_cursor
        from arcwatch.sources.pulsar.cluster import topic_path

        if not part.moves:
            return Moved(part, part.now, part.backlog)
        path = f"{topic_path(part.name)}/subscription/{quote(self._subscription, safe='')}"
        try:
            await reset_cursor(
                self._servers.web(),
                f"{self._cluster.url}/admin/v2/{path}/resetcursor",
                ResetPosition(part.then[0], part.then[1]),
                where=f"{part.address}#{self._subscription}",
                follow=self._cluster.listed,
            )
        except UncertainError as error:
            moved = await self._current_position(part)
            if moved.next == part.then:
                return moved
            # the broker may yet do it
            return replace(moved, error=error.headline, unsure=True)
        except SourceError as error:
            return Moved(part, None, None, error.headline)
        return await self._current_position(part)

    async def _current_position(self, part: PartRewind) -> Moved:
        """The current position of a partition, as far as it can be known."""
        from arcwatch.sources.pulsar.cursor import cursor

        try:
            at = await cursor(self._cluster, part.name, self._subscription)
        except SourceError:
            return Moved(part, None, None)
        return Moved(part, at.next, at.backlog)


class Counting:
    """Reads what lies between now and then, so that it is known and not estimated.

    Args:
        acknowledged: What was acknowledged beyond a gap when it was made, by address.

    Attributes:
        rewind: The same, exact once all :meth:`steps` were taken.
    """

    def __init__(
        self, history: PulsarHistory, rewind: Rewind, acknowledged: Mapping[str, Acknowledged]
    ) -> None:
        self._history, self.rewind, self._acknowledged = history, rewind, acknowledged

    async def steps(self) -> AsyncGenerator[Scanned, None]:
        """The steps of the scan, to report its progress."""
        tallies = {part.address: _Tally(part, self._known(part)) for part in self.rewind.parts}
        starts, ends = zip(*(tally.stretch for tally in tallies.values()), strict=True)
        async with aclosing(self._history.scan(starts, ends)) as steps:
            async for step in steps:
                for message in step.messages:
                    tallies[message.address].count(message)
                yield step
        parts = tuple(tallies[part.address].counted() for part in self.rewind.parts)
        self.rewind = replace(self.rewind, parts=parts)

    def _known(self, part: PartRewind) -> Acknowledged:
        return self._acknowledged[part.address]


class _Tally:
    """Counts the messages of one part by what moving it does to them."""

    def __init__(self, part: PartRewind, acknowledged: Acknowledged) -> None:
        self._part, self._acknowledged = part, acknowledged
        self._low, self._high = sorted((part.now, part.then))
        self._passed = self._redelivered = self._skipped = 0

    @property
    def stretch(self) -> tuple[Position, Position]:
        """What has to be read."""
        end = max(self._high, self._acknowledged.end)
        return (*self._low[:2], 0), (*end[:2], 0)

    def count(self, message: Message) -> None:
        """Take one message of it."""
        ledger, entry, *_ = (message.id or "").split(":")
        place = (int(ledger), int(entry))
        passed, acknowledged = place < self._high, place in self._acknowledged
        self._passed += passed
        if passed and self._part.direction == "forward":
            self._skipped += not acknowledged
        else:
            self._redelivered += passed or acknowledged

    def counted(self) -> PartRewind:
        """The part with what was counted."""
        part = self._part
        return replace(
            part,
            passed=replace(part.passed, messages=self._passed),
            redelivered=replace(part.redelivered, messages=self._redelivered),
            skipped=replace(part.skipped, messages=self._skipped),
            exact=True,
        )


@asynccontextmanager
async def open_rewinding(settings: Settings, text: str) -> AsyncIterator[Rewinding]:
    """One subscription to be moved.

    Args:
        settings: Where to look, unless the address names another context.
        text: The address, with ``#SUBSCRIPTION``.

    Raises:
        UsageError: It is no subscription's.
    """
    from arcwatch.sources.connections import Servers
    from arcwatch.sources.pulsar.history import pulsar_history

    address = rewindable(text)
    if address.context:
        settings = load({}, context=address.context)
    servers = Servers(settings)
    try:
        history = await pulsar_history(servers, replace(address, subscription=""))
        yield Rewinding(servers, history, address)
    finally:
        await servers.close()


def rewindable(text: str) -> Topic:
    """The subscription that an address names, which can be moved."""
    address = parse_address(text)
    where = str(address)
    if isinstance(address, Stream):
        why = "arcwatch cannot move JetStream consumers"
        reset = "`nats request '$JS.API.CONSUMER.RESET.STREAM.CONSUMER' '{\"seq\":N}'` does"
        hint = f"with nats-server 2.14 or later {reset}; before, create one that starts then"
        raise UsageError("not a Pulsar subscription", where=where, why=why, hint=hint)
    if not isinstance(address, Topic) or not address.subscription or address.pattern:
        hint = "write 'pulsar:TENANT/NAMESPACE/TOPIC#SUBSCRIPTION'"
        raise UsageError("not one subscription", where=where, hint=hint)
    address.check_readable()
    return address
