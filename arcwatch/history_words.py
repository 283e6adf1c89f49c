"""What a history may be asked for, as people write it."""

from __future__ import annotations

from msgspec.structs import replace

from arcwatch.address import Stream, Subject, Topic, parse_address
from arcwatch.errors import UsageError


def browsable(address: str) -> str:
    """The address of the history that an address is about, in its canonical spelling.

    Raises:
        UsageError: It is none, or nothing is stored there.
    """
    place = parse_address(address)
    match place:
        case Topic() if place.persistent:
            return str(replace(place, subscription=""))
        case Stream():
            return str(replace(place, consumer=""))
        case Topic():
            why, hint = "a non-persistent topic stores nothing", "t tails it"
        case Subject():
            why = "core NATS stores nothing"
            hint = "of a stream that keeps it: js:STREAM/SUBJECT"
    raise UsageError("no history", where=str(place), why=why, hint=hint)


def as_window(text: str) -> str:
    """Two times with an ellipsis between them as a window is written.

    >>> as_window("10:00 … 11:00"), as_window("10:00..11:00"), as_window("10:00")
    ('10:00 to 11:00', '10:00 to 11:00', '10:00')
    """
    first, mark, second = text.replace("...", "…").replace("..", "…").partition("…")
    return f"{first.strip()} to {second.strip()}" if mark else text


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
