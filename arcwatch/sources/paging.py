"""Paging arithmetic: steps back across ledgers, and many places merged into one order.

Messages are merged by publish time, then by place.  What is stored in one place always keeps its
order, even where the clocks of its producers disagree: then a message is as late as the one before
it in its place allows.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

Ledgers = Sequence[tuple[int, int]]
"""Ids of a topic's ledgers in their order, and how many entries each has."""


class Merged(NamedTuple):
    """Some messages of several places in one order.

    Attributes:
        order: The place of each, in the order of the page.
        counts: How many of each place.
        missing: The place of which more must be known before another can be taken; -1 for none.
    """

    order: list[int]
    counts: list[int]
    missing: int


def merged_forward(times: Sequence[Sequence[int]], whole: Sequence[bool], limit: int) -> Merged:
    """The first ``limit`` messages of several places.

    Args:
        times: What is known of each place: its next messages' times, in stored order.

    >>> merged_forward([[1, 4], [2, 3]], [True, True], 3)
    Merged(order=[0, 1, 1], counts=[1, 2], missing=-1)
    """
    order: list[int] = []
    counts = [0] * len(times)
    heads: list[tuple[int, int]] = []
    for place, known in enumerate(times):
        if known:
            heads.append((known[0], place))
        elif not whole[place]:
            return Merged(order, counts, place if limit else -1)
    heapq.heapify(heads)
    while heads and len(order) < limit:
        _, place = heads[0]
        order.append(place)
        counts[place] += 1
        if counts[place] < len(times[place]):
            heapq.heapreplace(heads, (times[place][counts[place]], place))
        elif whole[place]:
            heapq.heappop(heads)
        else:
            return Merged(order, counts, place if len(order) < limit else -1)
    return Merged(order, counts, -1)


def merged_backward(times: Sequence[Sequence[int]], whole: Sequence[bool], limit: int) -> Merged:
    """The last ``limit`` messages of several places, in the order of :func:`merged_forward`.

    Args:
        times: What is known of each place: its previous messages' times, in stored order.

    >>> merged_backward([[1, 4], [2, 3]], [True, True], 3)
    Merged(order=[1, 1, 0], counts=[1, 2], missing=-1)
    """
    last = len(times) - 1
    # what comes last is what comes first when time and places run the other way
    mirrored = [[-time for time in reversed(known)] for known in reversed(times)]
    found = merged_forward(mirrored, list(reversed(whole)), limit)
    counts = list(reversed(found.counts))
    missing = last - found.missing if found.missing >= 0 else -1
    if missing >= 0:
        return Merged([last - place for place in reversed(found.order)], counts, missing)
    # where clocks disagree the way back is another one: the page is in order as it reads
    tails = [known[len(known) - count :] for known, count in zip(times, counts, strict=True)]
    return Merged(merged_forward(tails, [True] * len(times), limit).order, counts, -1)


def step_back(ledgers: Ledgers, position: tuple[int, int], entries: int) -> tuple[int, int]:
    """The position a number of entries before another.

    Returns:
        A ledger and an entry; the very first where there are not as many.

    >>> step_back([(3, 10), (5, 0), (9, 10)], (9, 2), 4)
    (3, 8)
    """
    at = bisect_left(ledgers, position[0], key=lambda ledger: ledger[0])
    entry = position[1] if at < len(ledgers) and ledgers[at][0] == position[0] else 0
    while entries > entry:
        entries -= entry
        at -= 1
        if at < 0:
            return (ledgers[0][0], 0) if ledgers else (0, 0)
        entry = ledgers[at][1]
    return (ledgers[at][0], entry - entries) if at < len(ledgers) else position


def entries_between(ledgers: Ledgers, start: tuple[int, int], end: tuple[int, int]) -> int:
    """The number of entries stored between two positions.

    >>> entries_between([(3, 10), (5, 0), (9, 10)], (3, 8), (9, 2))
    4
    """
    total = 0
    for ledger, count in ledgers:
        first = start[1] if ledger == start[0] else 0
        behind = min(end[1], count) if ledger == end[0] else count
        if start[0] <= ledger <= end[0]:
            total += max(behind - first, 0)
    return total
