"""Moves a subscription to another moment, once it has said what that would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec.structs import replace

from arcwatch.address import Stream, Topic, parse_address
from arcwatch.config import Settings, load
from arcwatch.errors import SourceError, UsageError
from arcwatch.model.history import Positions, Scanned
from arcwatch.model.rewind import Moved, PartRewind, Rewind
from arcwatch.times import Moment, PulsarPosition

if TYPE_CHECKING:
    from arcwatch.sources.pulsar_history import PulsarHistory
    from arcwatch.sources.tail_servers import Servers


class Rewinding:
    """One subscription of one topic.

    Args:
        servers: Its cluster.
        history: What the topic stores.
        address: The topic's, with the subscription.
    """

    def __init__(self, servers: Servers, history: PulsarHistory, address: Topic) -> None:
        self._servers, self._history, self._address = servers, history, address
        self._subscription = address.subscription
        self._cluster = history.cluster

    async def preview(self, to: Moment) -> Rewind:
        """What moving it would do, with estimates; changes nothing.

        Raises:
            UsageError: It is no moment of this topic.
            NotThereError: There is no such subscription, or the message is not stored.
            SourceError: No answer.
        """
        from arcwatch.sources.pulsar_cursor import cursor, part_rewind
        from arcwatch.sources.pulsar_reach import together

        topics = self._history.topics
        cursors = await together(
            cursor(self._cluster, topic.name, self._subscription) for topic in topics
        )
        positions = await self._positions(to)
        parts = await together(
            part_rewind(topic, at, position)
            for topic, at, position in zip(topics, cursors, positions, strict=True)
        )
        return Rewind(str(self._address), self._subscription, tuple(parts))

    def count(self, rewind: Rewind) -> Counting:
        """Counts the messages of a preview, by reading them."""
        return Counting(self._history, rewind)

    async def carry_out(self, rewind: Rewind) -> list[Moved]:
        """Move it as the preview said, partition by partition.

        Returns:
            What became of each part, also where some could not be moved.
        """
        return [await self._move(part) for part in rewind.parts]

    async def _positions(self, to: Moment) -> Positions:
        topics = self._history.topics
        if isinstance(to, PulsarPosition) and len(topics) == 1:
            ledgers = await topics[0].ledgers()
            if any(ledger.id == to.ledger for ledger in ledgers):
                # may be the place where no message is yet
                return ((to.ledger, to.entry, 0),)
        return await self._history.at(to)

    async def _move(self, part: PartRewind) -> Moved:
        from arcwatch.actions.reset_cursor import Place, reset_cursor
        from arcwatch.sources.pulsar import topic_path
        from arcwatch.sources.pulsar_cursor import cursor

        if not part.moves:
            return Moved(part, part.now, part.backlog)
        path = f"{topic_path(part.name)}/subscription/{quote(self._subscription, safe='')}"
        try:
            await reset_cursor(
                self._servers.web(),
                f"{self._cluster.url}/admin/v2/{path}/resetcursor",
                Place(part.then[0], part.then[1]),
                where=f"{part.address}#{self._subscription}",
                follow=self._cluster.listed,
            )
        except SourceError as error:
            return Moved(part, None, None, error.headline)
        try:
            at = await cursor(self._cluster, part.name, self._subscription)
        except SourceError:
            return Moved(part, None, None)
        return Moved(part, at.next, int(at.told.backlog_entries))


class Counting:
    """Reads what lies between now and then, so that it is known and not estimated.

    Args:
        history: Of the topic.
        rewind: The preview.

    Attributes:
        rewind: The same, exact once all :meth:`steps` were taken.
    """

    def __init__(self, history: PulsarHistory, rewind: Rewind) -> None:
        self._history, self.rewind = history, rewind

    async def steps(self) -> AsyncGenerator[Scanned, None]:
        """The steps of the scan, for whoever tells of its progress.

        Raises:
            SourceError: The broker does not answer, nor again after a while.
        """
        counts: Counter[str] = Counter()
        stretches = [sorted((part.now, part.then)) for part in self.rewind.parts]
        starts, ends = (tuple((*stretch[end][:2], 0) for stretch in stretches) for end in (0, 1))
        async with aclosing(self._history.scan(starts, ends)) as steps:
            async for step in steps:
                counts.update(message.address for message in step.messages)
                yield step
        parts = [
            replace(part, messages=counts[part.address], exact=True) for part in self.rewind.parts
        ]
        self.rewind = replace(self.rewind, parts=tuple(parts))


@asynccontextmanager
async def open_rewinding(settings: Settings, text: str) -> AsyncIterator[Rewinding]:
    """One subscription to be moved.

    Args:
        settings: Where to look, unless the address names another context.
        text: The address, with ``#SUBSCRIPTION``.

    Raises:
        UsageError: It is no subscription's.
        NotThereError: There is no such topic.
        SourceError: No answer.
    """
    from arcwatch.sources.pulsar_history import pulsar_history
    from arcwatch.sources.tail_servers import Servers

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
    """The subscription that an address names, which can be moved.

    Raises:
        UsageError: It names none.
    """
    address = parse_address(text)
    where = str(address)
    if isinstance(address, Stream):
        why = "arcwatch cannot move a consumer of JetStream"
        reset = "`nats request '$JS.API.CONSUMER.RESET.STREAM.CONSUMER' '{\"seq\":N}'` does"
        hint = f"from nats-server 2.14 on {reset}; before it, make one that begins at the time"
        raise UsageError("not a Pulsar subscription", where=where, why=why, hint=hint)
    if not isinstance(address, Topic) or not address.subscription or address.pattern:
        hint = "write 'pulsar:TENANT/NAMESPACE/TOPIC#SUBSCRIPTION'"
        raise UsageError("not one subscription", where=where, hint=hint)
    return address
