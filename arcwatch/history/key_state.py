"""The state that a log leads to: the last message of each key or subject as of a moment.

A Pulsar message without a body removes its key, as compaction takes it; in JetStream the markers of
key-value stores, object stores and message TTLs remove a subject.  Of change events it is the row
that counts: an event that carries only some of its fields is laid over those before it, and one
that empties a table removes every row of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from arcwatch.decode.change_event import (
    PACKED_PLACEHOLDER,
    PLACEHOLDER,
    ChangeEvent,
    merged,
    read_change,
)
from arcwatch.decode.difference import Difference, differences
from arcwatch.decode.record import field_json
from arcwatch.errors import ArcwatchError
from arcwatch.model.history import Scanned
from arcwatch.model.message import Decoded, Message
from arcwatch.notation.address import Topic, parse_address

_PLACEHOLDER, _PACKED_PLACEHOLDER = PLACEHOLDER.encode(), PACKED_PLACEHOLDER.encode()

_OBJECT = re.compile(r"\$O\.[^.]+\.M\.")
"""Subjects of an object store's metadata, by ADR-20 of NATS."""
MOST = 1_000_000
"""Keys of one state."""
MOST_SIZE = 1 << 30
"""Bytes of their messages."""
MOST_EARLIER = 100
"""Events of one key that carry only a part of its row, kept until one that carries all of it."""
MOST_EMPTIED = 1_000
"""Messages of one state that may have emptied a table."""
LARGEST_EMPTIED = 64 * 1024
"""Bytes of such a message, at most: it has no rows in it."""


class _Object(msgspec.Struct):
    deleted: bool = False


_object = msgspec.json.Decoder(_Object)


class Emptied:
    """Takes a key's place for a message that may have emptied a table."""


Identity: TypeAlias = tuple[str, str]
"""A topic or stream as an address, and a key or subject of it."""

Read = Callable[[Message], Awaitable[Callable[[], Decoded]]]


class Kept(NamedTuple):
    """One key of a state."""

    message: Message
    """The last; where its row was put together of several events, with that row for a body."""
    decoded: Decoded
    """With the row for a value, where the message is a change event."""


class Change(NamedTuple):
    """What became of one key."""

    identity: Identity
    kind: Literal["added", "changed", "removed", "unknown"]
    """``unknown``: it is there later, and whether it was before is not stored any more."""
    before: Kept | None
    after: Kept | None
    differences: list[Difference]
    """Of the two values; empty where there is only one."""
    marker: Message | None = None
    """What removed the key, where the message before that is not stored any more."""
    note: str = ""
    """What is not known of it, and why."""


class State:
    """The last messages so far.

    Attributes:
        last: By key, in the order they were stored in; those that remove theirs included.
        keyless: Messages without a key, which belong to no state.
        truncates: How many of these emptied a table; known once the keys were looked at.
        asides: Messages that are no row, by what they are: schema changes, transactions ….
        scanned: Messages looked at.
        size: Bytes of the messages kept.
    """

    def __init__(self) -> None:
        self.last: dict[tuple[str, str | Emptied], Message] = {}
        self.keyless = self.truncates = self.scanned = self.size = 0
        self.asides = Counter[str]()
        self._earlier: dict[Identity, list[Message]] = {}
        self._emptied = 0
        self._wholes: dict[str, str] = {}

    def copy(self) -> State:
        """The same, to be led on."""
        other = State()
        other.last, other.keyless = dict(self.last), self.keyless
        other.scanned, other.size = self.scanned, self.size
        other._earlier = {identity: list(some) for identity, some in self._earlier.items()}
        other._emptied = self._emptied
        return other

    def update(self, messages: tuple[Message, ...]) -> None:
        """Take in what follows.

        Raises:
            ArcwatchError: There are too many keys to be kept.
        """
        last = self.last
        for message in messages:
            key = message.subject if message.source == "js" else message.key
            if key is None:
                self._take_keyless(message)
                continue
            identity = (self._whole(message.address), key)
            # taken out first, so that it goes to the end: what emptied a table has its place, too
            if (old := last.pop(identity, None)) is not None:
                self._replace(identity, old, message)
            self.size += message.size
            last[identity] = message
        if len(last) > MOST or self.size > MOST_SIZE:
            why = f"more than {MOST:,} keys" if len(last) > MOST else "more than 1 GiB of messages"
            hint = "read one partition, or fewer subjects"
            raise ArcwatchError("the state is too large", why=why, hint=hint)

    async def follow(self, steps: AsyncGenerator[Scanned, None]) -> AsyncGenerator[Scanned, None]:
        """Take in a scan, yielding its steps to report progress.

        Raises:
            ArcwatchError: There are too many keys to be kept.
        """
        async with aclosing(steps):
            async for step in steps:
                self.scanned += step.scanned
                self.update(step.messages)
                yield step

    async def entries(self, read: Read) -> AsyncGenerator[tuple[Identity, Kept], None]:
        """What it consists of, by address and key."""
        self.asides.clear()
        emptied = await self.emptied(read)
        for identity in sorted(self.identities()):
            if identity not in emptied and (kept := await self.kept(identity, read)):
                yield identity, kept

    def identities(self) -> Iterator[Identity]:
        """Every key that was seen, in the order of its last message."""
        return ((address, key) for address, key in self.last if isinstance(key, str))

    async def kept(self, identity: Identity, read: Read) -> Kept | None:
        """The value of a key; None if its last message removed it, or has no row."""
        message = self.last.get(identity)
        if message is None or _removes(message):
            return None
        decoded = (await read(message))()
        event = read_change(decoded.value, message.key)
        if event is None:
            return Kept(message, decoded)
        if event.kind == "aside":
            self.asides[event.what] += 1
        if event.kind not in ("row", "patch"):
            return None
        earlier = self._earlier.get(identity)
        if not earlier:
            return Kept(message, _with_row(decoded, Before(), event))
        decoded = _with_row(decoded, await _before(earlier, read), event)
        body = field_json(decoded.value)
        return Kept(replace(message, body=body, schema_version=None), decoded)

    async def emptied(self, read: Read) -> set[Identity]:
        """Keys whose last message is older than one that emptied their table."""
        found, self.truncates = set[Identity](), 0
        tables: dict[str, set[str]] = {}
        for (address, key), message in reversed(self.last.items()) if self._emptied else ():
            if isinstance(key, str):
                if address in tables and await _is_of(message, tables[address], read):
                    found.add((address, key))
                continue
            event = read_change((await read(message))().value)
            if event is not None and event.kind == "truncated":
                tables.setdefault(address, set()).add(event.table)
                self.truncates += 1
        return found

    def _take_keyless(self, message: Message) -> None:
        self.keyless += 1
        if self._emptied < MOST_EMPTIED and _may_empty(message):
            self._emptied += 1
            self.last[self._whole(message.address), Emptied()] = message

    def _replace(self, identity: Identity, old: Message, new: Message) -> None:
        """Keep what was there where the new message may carry only a part of the row."""
        self.size -= old.size
        if _may_be_a_part(new.body):
            earlier = self._earlier.setdefault(identity, [])
            earlier.append(old)
            self.size += old.size
            if len(earlier) > MOST_EARLIER:
                self.size -= earlier.pop(0).size
        elif identity in self._earlier:
            self.size -= sum(message.size for message in self._earlier.pop(identity))

    def _whole(self, address: str) -> str:
        if address not in self._wholes:
            place = parse_address(address)
            if isinstance(place, Topic):
                place = replace(place, partition=None)
            self._wholes[address] = str(place)
        return self._wholes[address]


GONE = "earlier messages are no longer stored"
"""Why it is not known what a key was before."""
MAYBE_GONE = "earlier messages may have been removed"
"""The same where servers do not report whether any were."""


async def changes(
    before: State, after: State, read: Read, *, lost: bool | None = False
) -> AsyncGenerator[Change, None]:
    """What became of each key from one state to a later one, by address and key.

    Args:
        lost: Whether something that was stored at the earlier moment no longer is, so that a key
            that is not in that state may have been there; None where that is not known.
    """
    why = MAYBE_GONE if lost is None else GONE
    after.asides.clear()
    emptied_before, emptied = await before.emptied(read), await after.emptied(read)
    for identity in sorted({*before.identities(), *after.identities()}):
        old, new = before.last.get(identity), after.last.get(identity)
        is_same = old is not None and new is not None and old.id == new.id
        if is_same and (identity in emptied_before) == (identity in emptied):
            continue
        was = None if identity in emptied_before else await before.kept(identity, read)
        now = None if identity in emptied else await after.kept(identity, read)
        if was is None and now is None:
            if lost is not False and old is None and new is not None and _removes(new):
                note = f"{why}: its earlier value, if it had one, is not known"
                yield Change(identity, "removed", None, None, [], new, note)
        elif was is None and old is None and lost is not False:
            note = f"{why}: it is not known whether it was added or changed"
            yield Change(identity, "unknown" if lost else "added", None, now, [], None, note)
        elif was is None or now is None:
            yield Change(identity, "added" if was is None else "removed", was, now, [])
        elif found := differences(was.decoded.value, now.decoded.value):
            yield Change(identity, "changed", was, now, found)


def as_row(decoded: Decoded) -> Decoded | None:
    """The row of a key by a message: of a change event its row, None where that is deleted."""
    event = read_change(decoded.value)
    if event is None or event.kind == "aside":
        return decoded
    return _with_row(decoded, Before(), event) if event.kind in ("row", "patch") else None


class Before(NamedTuple):
    """A row before an event."""

    row: Any = None
    is_whole: bool = False


def _with_row(decoded: Decoded, before: Before, event: ChangeEvent) -> Decoded:
    """The row after an event; an error names what of it is unknown."""
    row, unknown = merged(before.row, event)
    missing = [f"unchanged and not stored: {', '.join(unknown)}"] if unknown else []
    if event.kind == "patch":
        missing += [] if before.is_whole else ["only the fields of its last updates are stored"]
        missing += [event.what] if event.what else []
    return replace(decoded, value=row, body=b"", error="; ".join(missing) or decoded.error)


async def _before(messages: list[Message], read: Read) -> Before:
    before = Before()
    for message in messages:
        value = None if _removes(message) else (await read(message))().value
        event = read_change(value, message.key)
        if event is None:
            before = Before(value, is_whole=value is not None)
        elif event.kind in ("row", "patch"):
            row, unknown = merged(before.row, event)
            is_whole = before.is_whole if event.kind == "patch" else not unknown
            before = Before(row, is_whole=is_whole and not event.what)
        elif event.kind != "aside":
            before = Before()
    return before


async def _is_of(message: Message, tables: set[str], read: Read) -> bool:
    """Whether a message is of one of some tables; one that names none is of its topic's."""
    if "" in tables:
        return True
    event = read_change((await read(message))().value)
    return event is None or event.table in tables or not event.table


def _may_be_a_part(body: bytes) -> bool:
    """Whether an event may leave fields of its row out; decoding each message would take long."""
    return (
        _PLACEHOLDER in body
        or _PACKED_PLACEHOLDER in body
        or b"updateDescription" in body
        or b'"patch"' in body
    )


def _may_empty(message: Message) -> bool:
    """Whether a message may have emptied a table; in Avro the operation is one letter long."""
    body = message.body
    if len(body) > LARGEST_EMPTIED:
        return False
    return b'"t"' in body or b"TRUNCATE" in body or b"\x02t" in body


def _removes(message: Message) -> bool:
    if message.source == "pulsar":
        return not message.body
    headers: Mapping[str, str] = dict(message.headers)
    if headers.get("KV-Operation") in ("DEL", "PURGE") or "Nats-Marker-Reason" in headers:
        return True
    return _OBJECT.match(message.subject or "") is not None and _is_deleted(message.body)


def _is_deleted(body: bytes) -> bool:
    try:
        return _object.decode(body).deleted
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
