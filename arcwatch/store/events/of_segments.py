"""Splits and merges of a scalable topic, of Pulsar 5.0, from the names of its loaded segments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

_NAME = re.compile(r"segment://.*/([0-9a-f]{4})-([0-9a-f]{4})-(\d{1,18})", re.DOTALL)
NAMED = 8
"""Most segments that are named by number."""

Range: TypeAlias = tuple[int, int]
"""The first and last hash of a key."""


class SegmentChange(NamedTuple):
    """``2``, and ``3, split of 0``: how many are written to, before and after, and why."""

    before: str
    after: str


class Segments:
    """The segments of each topic that were last written to, by number."""

    def __init__(self) -> None:
        self._active: dict[str, dict[int, Range]] = {}
        self._highest: dict[str, int] = {}

    def update(self, loaded: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, SegmentChange]]:
        """Take the names of segments by topic; yield the topics with new ones.

        What was not loaded at the last look is not new, since numbers only grow.
        """
        for topic, names in loaded.items():
            now, was = _active(names), self._active.get(topic, {})
            highest = self._highest.get(topic, -1)
            new = {number: range_ for number, range_ in now.items() if number > highest}
            if why := ", ".join(_reasons(was, new)):
                yield topic, SegmentChange(f"{len(was):,}", f"{len(now):,}, {why}")
            self._active[topic] = now
            self._highest[topic] = max([highest, *now])
        for known in (self._active, self._highest):
            for gone in known.keys() - loaded.keys():
                del known[gone]


def _active(names: Iterable[str]) -> dict[int, Range]:
    """Those whose hashes no newer one covers: a segment that was split or merged is only read from.

    >>> _active(["segment://a/b/c/0000-7fff-0", "segment://a/b/c/0000-3fff-1"])
    {1: (0, 16383)}
    """
    found = filter(None, map(_NAME.fullmatch, names))
    ranges = {int(one[3]): (int(one[1], 16), int(one[2], 16)) for one in found}
    active: dict[int, Range] = {}
    for number in sorted(ranges, reverse=True):
        if not any(_meet(ranges[number], newer) for newer in active.values()):
            active[number] = ranges[number]
    return active


def _reasons(was: Mapping[int, Range], new: Mapping[int, Range]) -> Iterator[str]:
    children: dict[tuple[int, ...], int] = defaultdict(int)
    for range_ in new.values():
        children[tuple(sorted(n for n, before in was.items() if _meet(range_, before)))] += 1
    for parents, count in sorted(children.items()):
        numbers = " ".join(map(str, parents[:NAMED])) + " …" * (len(parents) > NAMED)
        if parents:
            merged = "merge" if len(parents) > 1 else "replacement"
            yield f"{'split' if count > len(parents) else merged} of {numbers}"


def _meet(one: Range, other: Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
