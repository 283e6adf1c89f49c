"""What a tail is asked for, and what it brings: frames of messages, and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from .message import Message

Mode = Literal["auto", "full", "sampled"]
State = Literal["connecting", "following", "reconnecting", "failed"]

MOST_MESSAGES = 1_000
"""Messages of one frame, at most."""
MOST_BYTES = 1 << 20
"""Bytes of one frame's messages, at most; a larger message has a frame to itself."""


class Resumed(msgspec.Struct, frozen=True):
    """Where the following of an address was when the process that did it ended.

    Attributes:
        at: All that had arrived before was handed on, nanoseconds since the epoch.
        places: The id of the last message handed on, or of the last before following began, by
            the address of its stream, topic or partition; empty for one that had none.
    """

    at: int
    places: dict[str, str] = {}


class TailOptions(msgspec.Struct, frozen=True):
    """What to follow, and at what cost.

    Attributes:
        addresses: As people write them, patterns included; an empty one is left out, and only
            takes a number.
        mode: ``full`` sees every message whatever it costs the publishers; ``sampled`` takes
            short windows; ``auto`` is full for as long as that harms nobody.
        since: Where to begin, as people write times; empty is from now on.
        hidden: Also ``_INBOX``, ``$JS``, ``$KV`` and ``$SYS`` traffic that a pattern covers.
        requests: Also the replies to the requests seen, for pairing them; full mode alone.
        max_rate: Messages a second and address that servers are asked for at most.
        waiting: Messages that may wait to be taken; beyond, the oldest of core NATS are dropped.
        clock: What messages that come together are ordered by: when their servers dated them, as
            far as they did, or when they were here, by our own clock.
        resumed: Where to go on, by the number of the address.
    """

    addresses: tuple[str, ...] = ()
    mode: Mode = "auto"
    since: str = ""
    hidden: bool = False
    requests: bool = False
    max_rate: float | None = None
    waiting: int = 50_000
    clock: Literal["sent", "received"] = "sent"
    resumed: dict[int, Resumed] = {}


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """How one of the addresses asked for is doing.  Figures are totals since it was asked for.

    Attributes:
        address: As it was asked for.
        origin: Its number, which its messages carry; never given to another address.
        state: ``failed`` is final: it cannot be followed, and ``text`` is the reason.
        mode: What holds now: ``full`` or ``sampled``, never ``auto``.
        seen: Messages that arrived here, those dropped here included; exact.
        seen_bytes: Bytes of their bodies.
        dropped_here: Of those seen, how many were thrown away because nobody took them in time.
        sampled_away: Messages that were never asked for, an estimate; ``nan`` is not known.
        ratio: While sampled one message in so many is seen, an estimate; 1 while all are.
        gaps: How often the connection was lost, or messages may be missing for another reason.
        places: Subjects, topics or partitions followed; 0 where the server does not report it.
        since: When following began, nanoseconds since the epoch; None before.
        text: The state in words, for one line: an error, a gap, what sampling does.
        hint: What to try, where there is anything.
        waiting: Of those seen, how many are yet to be handed on.
    """

    address: str
    origin: int
    state: State = "connecting"
    mode: Mode = "full"
    seen: int = 0
    seen_bytes: int = 0
    dropped_here: int = 0
    sampled_away: float = 0.0
    ratio: float = 1.0
    gaps: int = 0
    places: int = 0
    since: int | None = None
    text: str = ""
    hint: str = ""
    waiting: int = 0


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """Messages in order of time, still encoded, so that they can be kept without being read.

    Attributes:
        messages: For :func:`decode_messages`; at most :data:`MOST_MESSAGES` of them.
        count: How many; 0 is a frame that brings counts alone.
        first_time: Of the first message, nanoseconds since the epoch; see :func:`time_of`.
        last_time: Of the last.
        counts: One for each address that is followed or has failed.
        places: Number of the address, address and id of the last message of each place that
            can be read again from there.
        at: All that arrived before was handed on with this frame, or earlier; nanoseconds since
            the epoch.  0 where that is not known.
    """

    messages: bytes
    count: int
    first_time: int
    last_time: int
    counts: tuple[Counts, ...]
    places: tuple[tuple[int, str, str], ...] = ()
    at: int = 0


_encoder = msgspec.msgpack.Encoder()
_messages = msgspec.msgpack.Decoder(list[Message])


def encode_messages(messages: Sequence[Message]) -> bytes:
    """Messages as they travel in a frame."""
    return _encoder.encode(messages)


def decode_messages(encoded: bytes) -> list[Message]:
    """The messages of a frame."""
    return _messages.decode(encoded)


def time_of(message: Message) -> int:
    """When a message was: its server's date where there is one, else its arrival here."""
    return message.publish_time or message.received_time


def framed(messages: Sequence[Message], counts: tuple[Counts, ...]) -> Iterator[Frame]:
    """Frames of all messages, each within the bounds; one without any where there is none."""
    part: list[Message] = []
    size = 0
    for message in messages:
        # names, times and the encoding itself come to well below this
        weight = message.size + 400
        if part and (len(part) >= MOST_MESSAGES or size + weight > MOST_BYTES):
            yield _frame(part, counts)
            part, size = [], 0
        part.append(message)
        size += weight
    if part or not messages:
        yield _frame(part, counts)


def _frame(messages: Sequence[Message], counts: tuple[Counts, ...]) -> Frame:
    first, last = (time_of(messages[0]), time_of(messages[-1])) if messages else (0, 0)
    places = {(one.origin, one.address): one.id for one in messages if one.id is not None}
    ends = tuple((origin, address, last) for (origin, address), last in places.items())
    return Frame(encode_messages(messages), len(messages), first, last, counts, ends)
