"""The state that a log leads to: the last message of each key or subject as of a moment.

A Pulsar message without a body removes its key, as compaction takes it; in JetStream the markers of
key-value stores and of message TTLs remove a subject.  Of change events (Debezium) it is the row
that counts.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from arcwatch.address import Topic, parse_address
from arcwatch.decode.difference import Difference, differences
from arcwatch.decode.envelope import GONE, row_of
from arcwatch.errors import ArcwatchError
from arcwatch.model.decoded import Decoded
from arcwatch.model.history import Scanned
from arcwatch.model.message import Message

MOST = 1_000_000
"""Keys of one state."""

MOST_SIZE = 1 << 30
"""Bytes of their messages."""

Identity: TypeAlias = tuple[str, str]
"""A topic or stream as an address, and a key or subject of it."""

Read = Callable[[Message], Awaitable[Callable[[], Decoded]]]


class Kept(NamedTuple):
    """One key of a state."""

    message: Message
    decoded: Decoded
    """With the row for a value, where the message is a change event."""


class Change(NamedTuple):
    """What became of one key."""

    identity: Identity
    kind: Literal["added", "changed", "removed"]
    before: Kept | None
    after: Kept | None
    differences: list[Difference]
    """Of the two values; empty where there is only one."""


class State:
    """The last messages so far.

    Attributes:
        last: By key; those that remove theirs included.
        keyless: Messages without a key, which belong to no state.
        scanned: Messages looked at.
        size: Bytes of the messages kept.
    """

    def __init__(self) -> None:
        self.last: dict[Identity, Message] = {}
        self.keyless = self.scanned = self.size = 0
        self._wholes: dict[str, str] = {}

    def copy(self) -> State:
        """The same, to be led on."""
        other = State()
        other.last, other.keyless = dict(self.last), self.keyless
        other.scanned, other.size = self.scanned, self.size
        return other

    def saw(self, messages: tuple[Message, ...]) -> None:
        """Take in what follows.

        Raises:
            ArcwatchError: There are too many keys to be kept.
        """
        last = self.last
        for message in messages:
            key = message.subject if message.source == "js" else message.key
            if key is None:
                self.keyless += 1
                continue
            identity = (self._whole(message.address), key)
            if (old := last.get(identity)) is not None:
                self.size -= old.size
            self.size += message.size
            last[identity] = message
        if len(last) > MOST or self.size > MOST_SIZE:
            why = f"more than {MOST:,} keys" if len(last) > MOST else "more than 1 GiB of messages"
            hint = "look at one partition, or at fewer subjects"
            raise ArcwatchError("the state is too large", why=why, hint=hint)

    async def follow(self, steps: AsyncGenerator[Scanned, None]) -> AsyncGenerator[Scanned, None]:
        """Take in a scan, handing its steps on for whoever tells of its progress.

        Raises:
            ArcwatchError: There are too many keys to be kept.
            SourceError: The server does not answer.
        """
        async with aclosing(steps):
            async for step in steps:
                self.scanned += step.scanned
                self.saw(step.messages)
                yield step

    async def entries(self, read: Read) -> AsyncGenerator[tuple[Identity, Kept], None]:
        """What it consists of, by address and key."""
        for identity, message in sorted(self.last.items()):
            kept = await _kept(message, read)
            if kept is not None:
                yield identity, kept

    def _whole(self, address: str) -> str:
        """A partition's topic: keys are the topic's."""
        if address not in self._wholes:
            place = parse_address(address)
            if isinstance(place, Topic):
                place = replace(place, partition=None)
            self._wholes[address] = str(place)
        return self._wholes[address]


async def changes(before: State, after: State, read: Read) -> AsyncGenerator[Change, None]:
    """What became of each key from one state to a later one, by address and key."""
    for identity in sorted(before.last.keys() | after.last.keys()):
        old, new = before.last.get(identity), after.last.get(identity)
        if old is not None and new is not None and old.id == new.id:
            continue
        was = await _kept(old, read) if old is not None else None
        now = await _kept(new, read) if new is not None else None
        if was is None and now is None:
            continue
        if was is None or now is None:
            yield Change(identity, "added" if was is None else "removed", was, now, [])
        elif found := differences(was.decoded.value, now.decoded.value):
            yield Change(identity, "changed", was, now, found)


async def _kept(message: Message, read: Read) -> Kept | None:
    """A message as a part of a state; None where it removes its key."""
    if _removes(message):
        return None
    decoded = as_row((await read(message))())
    return None if decoded is None else Kept(message, decoded)


def as_row(decoded: Decoded) -> Decoded | None:
    """What a message says of its key: of a change event the row, None where that is gone."""
    row = row_of(decoded.value)
    if row is GONE:
        return None
    return decoded if row is decoded.value else replace(decoded, value=row, body=b"")


def _removes(message: Message) -> bool:
    if message.source == "pulsar":
        return not message.body
    told: Mapping[str, str] = dict(message.headers)
    return told.get("KV-Operation") in ("DEL", "PURGE") or "Nats-Marker-Reason" in told
