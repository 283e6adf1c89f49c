"""What a history may be asked for, as people write it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from msgspec.structs import replace

from arcwatch.errors import UsageError

from .address import Stream, Subject, Topic, parse_address
from .subjects import overlap
from .times import Earliest, Instant, parse_time, parse_window


def browsable(address: str) -> str:
    """The address of the history that an address is about, in its canonical spelling.

    Raises:
        UsageError: It is none, or nothing is stored there.
    """
    place = parse_address(address)
    match place:
        case Topic() if place.persistent:
            place.check_readable()
            return str(replace(place, subscription=""))
        case Stream():
            return str(replace(place, consumer=""))
        case Topic():
            why, hint = "a non-persistent topic stores nothing", "press t to tail it"
        case Subject():
            why = "core NATS stores nothing"
            hint = "use a stream that stores it: js:STREAM/SUBJECT"
    raise UsageError("no history", where=str(place), why=why, hint=hint)


def as_window(text: str) -> str:
    """Two times with an ellipsis between them as a window is written.

    >>> as_window("10:00 … 11:00"), as_window("10:00..11:00"), as_window("10:00")
    ('10:00 to 11:00', '10:00 to 11:00', '10:00')
    """
    first, mark, second = text.replace("...", "…").replace("..", "…").partition("…")
    return f"{first.strip()} to {second.strip()}" if mark else text


def begins(text: str, now: int, zone: tzinfo | None) -> int:
    """When what is asked for begins, nanoseconds since the epoch; of a message's id, now."""
    text = as_window(text)
    asked = parse_window(text, now, zone).start if is_window(text) else parse_time(text, now, zone)
    return asked.ns if isinstance(asked, Instant) else 0 if isinstance(asked, Earliest) else now


def stream_of(subject: Subject, streams: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The address of what a stream stores of a core NATS subject.

    Raises:
        UsageError: None stores it, or several do.

    >>> stream_of(Subject("orders.eu.7"), [("ORDERS", ("orders.>",)), ("LOGS", ("logs.*",))])
    'js:ORDERS/orders.eu.7'
    """
    found = [
        str(Stream(name, subject.subject, context=subject.context))
        for name, takes in streams
        if any(overlap(subject.subject, each) for each in takes)
    ]
    if len(found) == 1:
        return found[0]
    why = "core NATS stores nothing, and no known stream captures this subject"
    hint = "use a stream that mirrors it: js:STREAM/SUBJECT"
    if found:
        why, hint = f"{len(found)} streams store it", f":history {', or '.join(sorted(found)[:4])}"
    raise UsageError("no history", where=str(subject), why=why, hint=hint)


def subscription_of(address: str) -> str:
    """The subscription that an address names; empty where it names none."""
    place = parse_address(address)
    return place.subscription if isinstance(place, Topic) else ""


def is_window(text: str) -> bool:
    """Whether a text is meant to be two times, rather than one.

    >>> is_window("from 10:00"), is_window("10:00 to 11:00"), is_window("today")
    (True, True, False)
    """
    words = text.casefold().split()
    return "to" in words or words[:1] == ["from"]
