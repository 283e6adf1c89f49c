"""Find a moment in a topic whose messages have wrong clocks.

Pulsar dates a message by its producer's clock, and finds a moment by a binary search over those
dates: where clocks disagree they are not in order, and it may end anywhere.  The rule here is:

1. What lies in a ledger that the broker had closed before the moment was stored before it,
   whatever it is dated.
2. Otherwise the broker's search holds, if what is stored right before and after the place that it
   finds is dated accordingly.
3. If it is not, the moment is where most producers' clocks put it: the search is made again, by
   which date most of some entries in a row have, without those that are dated in the future.
4. What is stored on one side and dated on the other is counted, among the :data:`AROUND` messages
   on each side, and so are dates in the future among the last messages: :attr:`Placed.doubt`.
5. So is a message that begins a ledger and is dated before the broker created that: the sign of a
   clock that is behind and has no other beside it.  It looks the same as messages that were
   dated long before they were stored, as geo-replication and migrations keep the dates of
   elsewhere, so the doubt names both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from arcwatch.errors import SourceError
from arcwatch.model.history import Position
from arcwatch.sources.paging import step_back
from arcwatch.text import units

from .merged_read import together
from .stored_topic import EARLIEST, Found, StoredTopic

AROUND = 100
"""Messages on each side of a place that are looked at."""
ENTRIES = 16
"""Entries in a row whose dates are compared."""
MOST = 1_000
"""Messages that are read for them at most."""
LATE = 0.6
"""The part of dates in a row that may be early: of two clocks, the one that is behind is wrong.

Of two that are used alike, and neither dates anything in the future, that is the likelier one.
"""
SLACK = 1_000
"""Milliseconds that clocks may disagree without a word."""
PENDING = 60_000
"""Milliseconds that a message may be dated before its ledger was created.

Clients wait for a broker for 30 s by default, with messages that have their date.
"""


class Placed(NamedTuple):
    """The position of a moment in one place."""

    position: Position
    doubt: str
    """Which messages about it are dated otherwise, a line; empty where none is."""


class _Around(NamedTuple):
    """How wrong the times on either side of a position are, milliseconds each."""

    ahead: list[int]
    """Of what is stored before it."""
    behind: list[int]
    """Of what is stored after it."""


async def placed(topic: StoredTopic, ms: int, now: int) -> Placed:
    """The position before the first message stored at or after a moment; see the rule above.

    Args:
        ms: The moment, milliseconds since the epoch.
    """
    found = await topic.at(ms)
    ledgers = await topic.ledgers()
    if found <= EARLIEST or not ledgers or topic.is_offloaded(found[0]):
        # reading from tiered storage is slow, and billed
        return Placed(found, "")
    end = await topic.latest()
    closed = [n for n, each in enumerate(ledgers) if each.closed and each.closed < _ns(ms - SLACK)]
    first: Position = (ledgers[min(closed[-1] + 1, len(ledgers) - 1)].id if closed else -1, -1, 0)
    # an empty ledger behind the last message, which a topic has that was loaded again, is its end
    found = min(max(found, first), end)
    around = await _around(topic, found, ms)
    if around.ahead or around.behind:
        found = await _searched(topic, (first, end), ms, now)
        around = await _around(topic, found, ms)
    last = (await topic.before(end, ENTRIES)).messages
    future = [each.time - now for each in last if each.time > now + SLACK]
    doubts = (_doubt(around, future), await too_early(topic, found[0]))
    return Placed(found, "; ".join(filter(None, doubts)))


async def too_early(topic: StoredTopic, ledger: int) -> str:
    """How long before its ledger's creation its first message is dated; empty if it is not.

    Args:
        ledger: One of them; that of a position behind the last message may be none.
    """
    try:
        begun = await topic.begun(ledger)
        first = (await topic.after((ledger, 0, 0), 1)).messages if begun else []
    except SourceError:
        # who may read a topic may not ask about its ledgers everywhere
        return ""
    early = begun - first[0].time if begun and first and first[0].start[0] == ledger else 0
    if early <= PENDING:
        return ""
    return (
        f"the first message of ledger {ledger} is dated {_far([early])} before that was created: "
        "its producer's clock is slow, or it was copied from elsewhere"
    )


def disagreement(times: Sequence[int], now: int) -> str:
    """What is implausible in the times of stored messages, a line; usually empty.

    Args:
        times: When they were published, milliseconds since the epoch.
    """
    back = [one - other for one, other in pairwise(times) if one - other > SLACK]
    future = [each - now for each in times if each > now + SLACK]
    parts = []
    if back:
        are = "is" if len(back) == 1 else "are"
        parts.append(f"{len(back):,} {are} dated up to {_far(back)} before what was stored before")
    if future:
        are = "is" if len(future) == 1 else "are"
        parts.append(f"{len(future):,} {are} up to {_far(future)} ahead of this machine's clock")
    if not parts:
        return ""
    examined = f"of {units.things(len(times), 'message')} looked at {' and '.join(parts)}"
    return f"{examined}: some producer's clock is wrong"


async def _around(topic: StoredTopic, position: Position, ms: int) -> _Around:
    before, after = await together([topic.before(position, AROUND), topic.after(position, AROUND)])
    return _Around(
        [each.time - ms for each in before.messages if each.time > ms + SLACK],
        [ms - each.time for each in after.messages if each.time < ms - SLACK],
    )


async def _searched(
    topic: StoredTopic, bounds: tuple[Position, Position], ms: int, now: int
) -> Position:
    """The position between two others by the times of most entries."""
    first, end = bounds
    known, behind = topic.known(end), (end[0], end[1] + (end[2] > 0))
    total = topic.passed(first, end)
    low, high = 0, total

    async def run(number: int) -> list[Found]:
        at: Position = (*step_back(known, behind, total - number), 0)
        return (await topic.after(at, min(ENTRIES * max(int(topic.batch), 1), MOST))).messages

    while low < high:
        middle = (low + high) // 2
        if _date(await run(middle), now) < ms:
            low = middle + 1
        else:
            high = middle
    return _parted(await run(low), ms, now, end)


def _date(messages: Sequence[Found], now: int) -> int:
    """When some messages were stored, by the times of most entries."""
    dates = sorted({each.start[:2]: each.time for each in _sound(messages, now)}.values())
    return dates[int(len(dates) * LATE)] if dates else now


def _parted(messages: Sequence[Found], ms: int, now: int, end: Position) -> Position:
    """The position among some messages with the fewest times on the wrong side."""
    found = messages[0].start if messages else end
    wrong = least = 0.0
    for each in _sound(messages, now):
        wrong += LATE if each.time >= ms else LATE - 1
        if wrong < least:
            least, found = wrong, each.end
    return found


def _sound(messages: Sequence[Found], now: int) -> Sequence[Found]:
    """Messages not dated in the future, or all if all are."""
    return [each for each in messages if each.time <= now + SLACK] or messages


def _doubt(around: _Around, future: Sequence[int]) -> str:
    parts = []
    if around.ahead:
        parts.append(f"{_count(around.ahead)} before it dated up to {_far(around.ahead)} later")
    if around.behind:
        parts.append(f"{_count(around.behind)} after it dated up to {_far(around.behind)} earlier")
    about = f"among the messages next to it {' and '.join(parts)}" if parts else ""
    if future:
        ahead = f"the last messages are dated up to {_far(future)} ahead of this machine's clock"
        about = f"{about}; {ahead}" if about else ahead
    return f"{about}: some producer's clock is wrong" if about else ""


def _count(some: Sequence[int]) -> str:
    return f"{len(some):,} stored"


def _far(some: Iterable[int]) -> str:
    return units.duration(max(some) / 1_000)


def _ns(ms: int) -> int:
    return ms * 1_000_000
