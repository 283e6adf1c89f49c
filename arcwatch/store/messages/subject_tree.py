"""The subjects of a tail as a tree, with message counts, rates and the last message.

No server reports what is published; only a subscriber knows, and only of its own subjects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import nan

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.model.message import Message

MOST = 20_000
"""Subjects counted separately; the messages of more are counted together."""
LARGEST = 4 * 1024
"""Bytes of a body that are kept as a subject's last value; a larger one is cut."""
MOST_PARTS = 64
"""Parts of a subject that are distinguished; a tree as deep as that is still walked quickly."""
SPAN = 5.0
"""Seconds that a rate is over, about."""


class SubjectRow(Struct, frozen=True):
    """One subject, or a common prefix of several.

    Attributes:
        path: The subject, as far as it is shown here: ``orders`` of ``orders.eu``.
        name: Its last part.
        depth: Parts before that.
        subjects: Subjects in it, itself included if it is one.
        messages: Messages seen.
        bytes: Of their bodies.
        rate: Messages a second; ``nan`` before it is known.
        last: The last message, its body cut to :data:`LARGEST`; None where no subject is so named.
        last_time: When the last message in it came, nanoseconds since the epoch.
        children: Whether there is more below.
    """

    path: str
    name: str
    depth: int
    subjects: int
    messages: int
    bytes: int
    rate: float
    last: Message | None
    last_time: int
    children: bool


class _Leaf:
    """The figures of one subject."""

    __slots__ = ("bytes", "counted", "last", "messages", "rate")

    def __init__(self) -> None:
        self.messages = self.bytes = self.counted = 0
        self.rate = nan
        self.last: Message | None = None


class _Node:
    """One token of a subject, with the tokens below it."""

    __slots__ = ("children", "leaf", "name", "path")

    def __init__(self, path: str, name: str) -> None:
        self.path, self.name = path, name
        self.children: dict[str, _Node] = {}
        self.leaf: _Leaf | None = None


class SubjectTree:
    """Counts messages by subject.

    Attributes:
        beyond: Messages of subjects that were too many to be counted separately.
    """

    def __init__(self) -> None:
        self._root = _Node("", "")
        self._leaves: dict[str, _Leaf] = {}
        self._at: float | None = None
        self.beyond = 0

    def __len__(self) -> int:
        return len(self._leaves)

    def update(self, messages: Iterable[Message]) -> None:
        """Count messages."""
        leaves = self._leaves
        for message in messages:
            place = message.subject or message.address
            leaf = leaves.get(place) or self._added(place)
            if leaf is None:
                self.beyond += 1
                continue
            leaf.messages += 1
            leaf.bytes += message.size
            leaf.last = message if message.size <= LARGEST else _cut(message)

    def update_rates(self, now: float) -> None:
        """Update the rates; ``now`` is on a steady clock.  Call every second or so."""
        before, self._at = self._at, now
        if before is None or now <= before:
            for leaf in self._leaves.values():
                leaf.counted = leaf.messages
            return
        elapsed = now - before
        part = min(1.0, elapsed / SPAN)
        for leaf in self._leaves.values():
            rate = (leaf.messages - leaf.counted) / elapsed
            leaf.counted = leaf.messages
            leaf.rate = rate if leaf.rate != leaf.rate else leaf.rate + (rate - leaf.rate) * part

    def rows(
        self, *, depth: int | None = None, folded: frozenset[str] = frozenset()
    ) -> list[SubjectRow]:
        """The tree from the top, each token before those below it, by name.

        Args:
            depth: How many parts are distinguished; None is all.
            folded: Paths whose inside is left out.
        """
        return list(self._below(self._root, 0, depth, folded))

    def subjects(self) -> list[SubjectRow]:
        """Every subject, busiest first."""
        found = [_row(_Node(path, path), 0, leaf, (leaf,)) for path, leaf in self._leaves.items()]
        return sorted(found, key=lambda row: (-row.messages, row.path))

    def _below(
        self, node: _Node, level: int, depth: int | None, folded: frozenset[str]
    ) -> Iterator[SubjectRow]:
        for name in sorted(node.children):
            child = node.children[name]
            yield _row(child, level, child.leaf, _leaves(child))
            if child.path not in folded and (depth is None or level + 1 < depth):
                yield from self._below(child, level + 1, depth, folded)

    def _added(self, place: str) -> _Leaf | None:
        if len(self._leaves) >= MOST:
            return None
        node = self._root
        for part, path in _parts(place):
            if part not in node.children:
                node.children[part] = _Node(path, part)
            node = node.children[part]
        node.leaf = self._leaves[place] = _Leaf()
        return node.leaf


def _row(node: _Node, level: int, leaf: _Leaf | None, leaves: Iterable[_Leaf]) -> SubjectRow:
    messages = size = subjects = last_time = 0
    rates = []
    for one in leaves:
        subjects += 1
        messages += one.messages
        size += one.bytes
        rates.append(one.rate)
        last_time = max(last_time, one.last.received_time if one.last else 0)
    known = [rate for rate in rates if rate == rate]
    return SubjectRow(
        path=node.path,
        name=node.name,
        depth=level,
        subjects=subjects,
        messages=messages,
        bytes=size,
        rate=sum(known) if known else nan,
        last=leaf.last if leaf else None,
        last_time=last_time,
        children=bool(node.children),
    )


def _leaves(node: _Node) -> Iterator[_Leaf]:
    if node.leaf:
        yield node.leaf
    for child in node.children.values():
        yield from _leaves(child)


def _parts(place: str) -> Iterator[tuple[str, str]]:
    """The tokens of a subject, or of a Pulsar address, each with its path.

    >>> list(_parts("a.b")), list(_parts("pulsar:t/n/x.y"))
    ([('a', 'a'), ('b', 'a.b')], [('pulsar:t', 'pulsar:t'), ('n', 'pulsar:t/n'), \
('x.y', 'pulsar:t/n/x.y')])
    """
    mark = "/" if place.startswith(("pulsar:", "non-persistent:")) else "."
    path = ""
    # a subject can have thousands of parts: those beyond are one
    for part in place.split(mark, MOST_PARTS):
        path = f"{path}{mark}{part}" if path else part
        yield part, path


def _cut(message: Message) -> Message:
    return replace(message, body=message.body[:LARGEST])
