"""What moving a subscription to another moment would do, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .history import Position
from .pulsar_opened import Consumer

Direction = Literal["back", "forward", "none"]

_OPPOSITE: Mapping[Direction, Direction] = {"back": "forward", "forward": "back", "none": "none"}


class Amount(Struct, frozen=True):
    """Some of what a topic stores.

    Attributes:
        entries: How many; each may be a batch of messages.
        messages: In those, an estimate unless they were counted.
        size: Bytes of those as stored, an estimate.
    """

    entries: int = 0
    messages: float = 0.0
    size: int = 0


class PartRewind(Struct, frozen=True):
    """One topic without partitions, or one partition.

    A broker that moves a cursor forgets what was acknowledged out of order: afterwards everything
    from ``then`` on waits, whether it was acknowledged before or not.

    Attributes:
        address: Of it.
        name: Its full name.
        now: What would be sent next, were everything after it new: right behind what is
            acknowledged without a gap.
        then: What will be sent next.
        direction: Which way that is.
        passed: What lies between the two.
        redelivered: What was acknowledged, and is delivered again.
        skipped: What waits, and is not delivered: of what is passed going forward, the part that
            was not acknowledged.
        exact: Whether the messages were counted.
        backlog: Entries that wait now.
        backlog_then: Entries that will wait.
        consumers: Who is connected, and will be disconnected for a moment.
    """

    address: str
    name: str
    now: Position
    then: Position
    direction: Direction
    passed: Amount
    redelivered: Amount
    skipped: Amount
    exact: bool
    backlog: int
    backlog_then: int
    consumers: tuple[Consumer, ...]

    @property
    def moves(self) -> bool:
        """Whether anything is different afterwards."""
        return self.direction != "none" or self.out_of_order > 0

    @property
    def main(self) -> Amount:
        """What moving it that way is about."""
        return self.skipped if self.direction == "forward" else self.redelivered

    @property
    def out_of_order(self) -> int:
        """Entries that were acknowledged out of order, behind both places: redelivered."""
        return self.redelivered.entries - (self.passed.entries if self.direction == "back" else 0)


class Rewind(Struct, frozen=True):
    """A subscription on all partitions.

    Attributes:
        address: The topic's, with the subscription.
        subscription: Its name.
        parts: In the order of the partitions.
        flags: Words of a command line that lead to the same cluster.
        doubt: Which messages next to the moment are dated otherwise, and whether other clusters
            have the subscription, too; a line, mostly empty.
    """

    address: str
    subscription: str
    parts: tuple[PartRewind, ...]
    flags: tuple[str, ...] = ()
    doubt: str = ""


class Moved(Struct, frozen=True):
    """What became of one part.

    Attributes:
        part: What was asked for.
        next: Its position afterwards, as the broker reports it; None where that is not known.
        backlog: Entries that wait; None where that is not known.
        error: Why it was not moved, or nobody knows whether it was; empty where it was.
        unsure: Whether nobody knows.
    """

    part: PartRewind
    next: Position | None
    backlog: int | None
    error: str = ""
    unsure: bool = False

    @property
    def may_have_moved(self) -> bool:
        """Whether there may be something to undo."""
        return self.part.moves and (self.unsure or not self.error)


def way_back(moved: Sequence[Moved]) -> tuple[PartRewind, ...]:
    """What takes the parts that were moved to where they were.

    What was acknowledged out of order before does not become so again.
    """
    return tuple(
        replace(
            one.part,
            now=one.part.then,
            then=one.part.now,
            direction=_OPPOSITE[one.part.direction],
            redelivered=one.part.passed if one.part.direction == "forward" else Amount(),
            skipped=one.part.passed if one.part.direction == "back" else Amount(),
            backlog=one.part.backlog_then if one.backlog is None else one.backlog,
            backlog_then=_backlog_back(one.part),
        )
        for one in moved
        if one.may_have_moved
    )


def _backlog_back(part: PartRewind) -> int:
    """Entries from where a part was to the end: all of them wait once it is back there."""
    if part.direction == "forward":
        return part.backlog_then + part.passed.entries
    return part.backlog + part.out_of_order
