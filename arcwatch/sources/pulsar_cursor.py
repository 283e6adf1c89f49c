"""Where one subscription stands, and what moving it would bring again or leave out.

``internalStats`` costs a broker more than most questions, so that it is asked once for each
partition, when a user wants to move a subscription.
"""

from __future__ import annotations

from typing import NamedTuple

from arcwatch.errors import NotThereError, UsageError, WireError
from arcwatch.model.history import Position
from arcwatch.model.pulsar_opened import OpenedSubscription
from arcwatch.model.rewind import Direction, PartRewind
from arcwatch.paging import entries_between
from arcwatch.wire.pulsar_cursors import Held, parse_cursors
from arcwatch.wire.pulsar_opened import parse_opened

from .pulsar import PulsarCluster, topic_path
from .pulsar_extent import counted
from .pulsar_stored import StoredTopic


class Cursor(NamedTuple):
    """One subscription of one topic or partition."""

    next: tuple[int, int]
    """Ledger and entry behind what is acknowledged without a gap."""
    ledgers: tuple[Held, ...]
    told: OpenedSubscription


async def cursor(cluster: PulsarCluster, name: str, subscription: str) -> Cursor:
    """Where it stands.

    Raises:
        NotThereError: There is no such subscription; the error names those there are.
        UsageError: It is a reader's, which nobody moves.
        SourceError: No answer.
    """
    path = topic_path(name)
    # exact, where counters would do for a figure that is only looked at
    stats = f"{path}/stats?getPreciseBacklog=true"
    opened = parse_opened(name, await cluster.ask(stats, about=name), cluster.place(stats))
    found = {one.name: one for one in opened.parts[0].subscriptions}
    if subscription not in found:
        names = ", ".join(sorted(name for name, one in found.items() if one.durable)[:5])
        hint = f"there are {names}" if names else "it has none"
        raise NotThereError("no such subscription", where=f"{name}#{subscription}", hint=hint)
    if not found[subscription].durable:
        why = "it is a reader's, and ends with it"
        raise UsageError("not a durable subscription", where=f"{name}#{subscription}", why=why)
    internal = f"{path}/internalStats"
    told = parse_cursors(await cluster.ask(internal, about=name), cluster.place(internal))
    if subscription not in told.marks:
        why = "it was removed meanwhile"
        raise NotThereError("no such subscription", where=f"{name}#{subscription}", why=why)
    if not found[subscription].backlog_entries >= 0:
        why = "the broker gives a backlog that cannot be"
        raise WireError("not how many entries wait", where=f"{name}#{subscription}", why=why)
    ledger, entry = told.marks[subscription]
    return Cursor((ledger, entry + 1), told.ledgers, found[subscription])


async def part_rewind(topic: StoredTopic, at: Cursor, to: Position) -> PartRewind:
    """What moving a subscription within one topic or partition would do.

    Args:
        topic: The place.
        at: Where the subscription stands.
        to: Where to.

    Raises:
        SourceError: No answer.
    """
    await topic.ledgers()
    latest = await topic.latest()
    ledgers = [(held.ledger, held.entries) for held in at.ledgers]
    end = (latest[0], latest[1] + (latest[2] > 0))
    # all that is stored, where that is wanted
    then = (to[0], to[1]) if to[0] >= 0 else (ledgers[0][0] if ledgers else end[0], 0)
    then = end if to >= latest else then
    back, forth = (entries_between(ledgers, *pair) for pair in ((then, at.next), (at.next, then)))
    direction: Direction = "back" if back else "forward" if forth else "none"
    stretch = (then, at.next) if back else (at.next, then)
    messages, exact = await counted(topic, (*stretch[0], 0), (*stretch[1], 0), latest)
    return PartRewind(
        address=topic.address,
        name=topic.name,
        now=at.next,
        then=then,
        direction=direction,
        entries=back or forth,
        messages=messages,
        exact=exact,
        size=_size(at.ledgers, *stretch),
        out_of_order=max(entries_between(ledgers, at.next, end) - int(at.told.backlog_entries), 0),
        backlog=int(at.told.backlog_entries),
        backlog_then=entries_between(ledgers, then, end),
        consumers=at.told.consumers,
    )


def _size(ledgers: tuple[Held, ...], start: tuple[int, int], end: tuple[int, int]) -> int:
    """Bytes between two places, as if all entries of a ledger were of one size."""
    return round(
        sum(
            entries_between([(held.ledger, held.entries)], start, end) * held.size / held.entries
            for held in ledgers
            if held.entries
        )
    )
