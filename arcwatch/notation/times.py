"""Parse every way to write a time, and format moments.

===============================================  ================================================
``now``, ``earliest``, ``latest``                now; the first message stored; after the last
``15m``, ``-15m``, ``15m ago``, ``1h 30m ago``   that long before now: ms s m h d w, or words
``14:05``, ``14:05:30.25``                       its latest past occurrence
``today``, ``yesterday``, ``yesterday 14:00``    that day's midnight, or that time on that day
``2025-11-09``, ``2025-11-09T10:00:00.5Z``       ISO 8601, to any precision, with any offset
``1762682400``; also 13, 16 or 19 digits         seconds, ms, µs or ns since 1970
``id:LEDGER:ENTRY[:PARTITION[:BATCH]]``          a place in a Pulsar topic, as Pulsar prints it
``#4711``                                        a JetStream sequence number
===============================================  ================================================

The ``id`` of a message record is a time as well: ``LEDGER:ENTRY:PARTITION:BATCH`` or ``#4711``.
Three numbers as a clock shows them are a time of day.

Without ``Z``, ``UTC`` or an offset a time is local.  Where clocks are put back and an hour comes
twice, a date and time is the first of the two, and a time of day the latest that has been; an
offset distinguishes them.  Where they are put forward, a date and time that they skip is what they
would have shown had nobody touched them (02:30 is then 03:30), and as a time of day it is another
day's.  A day is 24 hours, and a leap second the second after it, as in Unix time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from arcwatch.errors import NotationError
from arcwatch.text.units import at_least

from .calendar import CALENDAR, LAST, SECOND, TIME_OF_DAY, CalendarError, latest_of_day, on_date

_FORMS = (
    "write now, earliest, latest, 15m, 14:05:30, yesterday 14:00, 2025-11-09T10:00:00Z,"
    " 1762682400, id:LEDGER:ENTRY or #SEQUENCE"
)
_UNITS = {
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3_600 * SECOND,
    "d": 86_400 * SECOND,
    "w": 604_800 * SECOND,
}
_UNIT = (
    r"(?:(?P<ms>ms|milliseconds?)|(?P<s>s|secs?|seconds?)|(?P<m>m|mins?|minutes?)"
    r"|(?P<h>h|hrs?|hours?)|(?P<d>d|days?)|(?P<w>w|weeks?))(?![a-z])"
)
_STEP = re.compile(rf"\s*(?P<whole>\d{{1,12}})(?:\.(?P<part>\d{{1,9}}))?\s*{_UNIT}", re.ASCII)
_AGO = re.compile(r"(?:\s+ago)?$")
_SINCE_EPOCH = re.compile(r"(?P<whole>\d+)(?:\.(?P<part>\d+))?", re.ASCII)
_SCALES = {10: SECOND, 13: 1_000_000, 16: 1_000, 19: 1}
_SEQUENCE = re.compile(r"#(?P<seq>[1-9]\d{0,19})", re.ASCII)
_ID = re.compile(
    r"(?P<id>id:)?(?P<ledger>\d{1,19}):(?P<entry>\d{1,19})"
    r"(?::(?P<partition>-1|\d{1,9})(?::(?P<batch>-1|\d{1,9}))?)?",
    re.ASCII,
)
_LIKE_A_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?", re.ASCII)
_WINDOW = re.compile(
    r"\s*(?:from\s+(?P<from>.+?)|(?P<bare>(?!to\s).+?(?=\s+to\s)))?(?:(?:^|\s+)to\s+(?P<to>.+?))?\s*",
    re.IGNORECASE | re.DOTALL,
)


class TimeError(NotationError):
    """A text is no time; see :class:`~arcwatch.errors.NotationError` for what it knows."""

    def __init__(self, text: str, at: int, why: str, hint: str = _FORMS) -> None:
        super().__init__("not a time", text=text, at=at, why=why, hint=hint)


class Instant(Struct, frozen=True):
    """A moment (``ns``: nanoseconds since 1970, from 0 to the end of the year 9999)."""

    ns: int


class Earliest(Struct, frozen=True):
    """The first message that is still stored."""


class Latest(Struct, frozen=True):
    """The place after the last message."""


class PulsarPosition(Struct, frozen=True):
    """A place in a Pulsar topic.

    Attributes:
        ledger: The ledger's id.
        entry: Which of its entries, counted from 0.
        partition: The partition it lies in; -1 for none.
        batch: Which message of the entry, counted from 0; -1 for all of it.
    """

    ledger: int
    entry: int
    partition: int = -1
    batch: int = -1


class StreamSequence(Struct, frozen=True):
    """A message of a JetStream stream (``seq``: its sequence number, from 1)."""

    seq: int


Moment: TypeAlias = Instant | Earliest | Latest | PulsarPosition | StreamSequence


class Window(Struct, frozen=True):
    """A stretch of messages, with its start and without its end.

    Attributes:
        start: The first moment in it.
        end: The first moment behind it.
    """

    start: Moment
    end: Moment


def parse_time(text: str, now: int, zone: tzinfo | None = None) -> Moment:
    """Read a time as a person or a program wrote it.

    Args:
        now: The present moment, in nanoseconds since 1970.
        zone: The zone of a text that has none; None is the machine's own.

    >>> parse_time("15m", now=1_762_682_400 * SECOND)
    Instant(ns=1762681500000000000)
    >>> parse_time("2025-11-09T10:00:00Z", now=0)
    Instant(ns=1762682400000000000)
    """
    start = len(text) - len(text.lstrip())
    written = text.strip().lower()
    if not written:
        raise TimeError(text, 0, "it is empty")
    words: dict[str, Moment] = {"now": Instant(now), "earliest": Earliest(), "latest": Latest()}
    if word := words.get(written):
        return word
    try:
        moment = _place(written) or _instant(written, now, zone)
    except CalendarError as error:
        raise TimeError(text, start + error.at, error.why) from error
    if moment is None:
        raise TimeError(text, start + _understood(written), "this cannot be read as a time")
    return moment


def parse_window(text: str, now: int, zone: tzinfo | None = None) -> Window:
    """Read ``from TIME to TIME``; either half, and ``from``, may be left out.

    Without a start a window begins at the earliest message, without an end it has none.

    Args:
        text: Two times, or one, as :func:`parse_time` reads them.
        now: The present moment, in nanoseconds since 1970.
        zone: The zone of times that have none; None is the machine's own.

    Raises:
        TimeError: It is no window, one of its times is none, or it ends before it begins.

    >>> parse_window("from #10 to #20", now=0)
    Window(start=StreamSequence(seq=10), end=StreamSequence(seq=20))
    """
    found = _WINDOW.fullmatch(text)
    first = "from" if found and found["from"] else "bare"
    if not found or not (found[first] or found["to"]):
        raise TimeError(text, 0, "this is not a time window", "write from 10:00 to 10:15")
    begin = _within(text, found.span(first), now, zone) if found[first] else Earliest()
    end = _within(text, found.span("to"), now, zone) if found["to"] else Latest()
    if not may_precede(begin, end):
        why = "the window ends before it begins"
        raise TimeError(text, max(found.start("to"), 0), why, "give the earlier time first")
    return Window(begin, end)


def stored_by(moment: Moment, now: int) -> Moment:
    """A moment of a history: from the present on it is behind all that is stored.

    What is stored by now was stored before now, also where the clock of who published it is ahead.

    Args:
        now: The present, nanoseconds since 1970.

    >>> stored_by(Instant(5), now=5), stored_by(Instant(4), now=5)
    (Latest(), Instant(ns=4))
    """
    return Latest() if isinstance(moment, Instant) and moment.ns >= now else moment


def format_time(ns: int, digits: int = 9, zone: tzinfo | None = UTC) -> str:
    """A moment as RFC 3339, cut (never rounded) to so many digits of a second.

    Args:
        ns: Nanoseconds since 1970.  A year that RFC 3339 cannot write becomes the nearest.
        digits: 0 to 9: as precise as the clock that gave it.
        zone: Where clocks are read; None is the machine's own zone.

    >>> format_time(1_762_682_400_012_345_678, 3)
    '2025-11-09T10:00:00.012Z'
    """
    seconds, part = divmod(max(-62_135_596_800 * SECOND, min(ns, LAST)), SECOND)
    shown, offset = _second(seconds) if zone is UTC else _shown(seconds, zone)
    return f"{shown}.{part:09d}"[: 20 + digits if digits else 19] + offset


def format_message_time(ns: int, digits: int) -> str:
    """When a message is dated, or due, in UTC as :func:`format_time` writes it.

    >>> format_message_time(1_762_682_400_012_345_678, 3), format_message_time(2**63 - 1, 3)
    ('2025-11-09T10:00:00.012Z', '>2262-04-11T23:47:16.854Z')
    """
    return at_least(ns) + format_time(ns, digits)


def moment_text(moment: Moment) -> str:
    """A moment as a text that :func:`parse_time` reads the same wherever and whenever it does.

    >>> moment_text(parse_time("#12", now=0)), moment_text(Instant(5))
    ('#12', '1970-01-01T00:00:00.000000005Z')
    """
    match moment:
        case Instant(ns):
            return format_time(ns)
        case Earliest():
            return "earliest"
        case Latest():
            return "latest"
        case StreamSequence(seq):
            return f"#{seq}"
        case PulsarPosition(ledger, entry, partition, batch):
            return f"id:{ledger}:{entry}:{partition}:{batch}"


def _place(text: str) -> Moment | None:
    """A place that a server counts, if ``text`` is one."""
    # JetStream counts with 64 bits
    if (found := _SEQUENCE.fullmatch(text)) and int(found["seq"]) < 1 << 64:
        return StreamSequence(int(found["seq"]))
    found = _ID.fullmatch(text)
    if not found or _LIKE_A_CLOCK.fullmatch(text) or not (found["id"] or found["partition"]):
        return None
    ledger, entry = int(found["ledger"]), int(found["entry"])
    return PulsarPosition(ledger, entry, int(found["partition"] or -1), int(found["batch"] or -1))


def _instant(text: str, now: int, zone: tzinfo | None) -> Instant | None:
    if found := CALENDAR.fullmatch(text):
        return Instant(on_date(found, now, zone))
    if found := TIME_OF_DAY.fullmatch(text):
        return Instant(latest_of_day(found, now, zone))
    if found := _SINCE_EPOCH.fullmatch(text):
        return Instant(_since_epoch(found))
    at, span = _span(text)
    if not _AGO.match(text, at) or not at:
        return None
    if span > now:
        raise CalendarError(0, "it is before 1970")
    return Instant(now - span)


def _since_epoch(found: re.Match[str]) -> int:
    whole, part = found["whole"], found["part"] or ""
    scale = _SCALES.get(len(whole))
    if scale is None:
        why = f"{len(whole)} digits: a time since 1970 has 10, 13, 16 or 19"
        raise CalendarError(found.end("whole"), why)
    if part and scale != SECOND:
        raise CalendarError(found.end("whole"), "only seconds have a fraction")
    return int(whole) * scale + int(part[:9].ljust(9, "0") if part else 0)


def _span(text: str) -> tuple[int, int]:
    """How far ``text`` is a span of time, and its nanoseconds."""
    at, total = int(text.startswith("-")), 0
    while step := _STEP.match(text, at):
        unit = next(name for name in _UNITS if step[name])
        total += int(step["whole"]) * _UNITS[unit]
        total += int((step["part"] or "").ljust(9, "0")) * _UNITS[unit] // SECOND
        at = step.end()
    return (at, total) if at > 1 else (0, 0)


def _understood(text: str) -> int:
    found = [
        pattern.match(text) for pattern in (CALENDAR, TIME_OF_DAY, _SINCE_EPOCH, _ID, _SEQUENCE)
    ]
    return max(_span(text)[0], *(match.end() for match in found if match), 0)


def _within(text: str, span: tuple[int, int], now: int, zone: tzinfo | None) -> Moment:
    """The time in a part of a text; a mistake is reported at its place in the whole."""
    try:
        return parse_time(text[slice(*span)], now, zone)
    except TimeError as error:
        raise TimeError(text, span[0] + error.at, error.why, error.hint) from error


def may_precede(start: Moment, end: Moment) -> bool:
    """False where it is certain that nothing lies between the two."""
    match start, end:
        case (Latest(), _) | (_, Earliest()):
            return False
        case Instant(), Instant():
            return start.ns < end.ns
        case StreamSequence(), StreamSequence():
            return start.seq < end.seq
        case PulsarPosition(), PulsarPosition() if start.partition == end.partition:
            first, last = (start.ledger, start.entry), (end.ledger, end.entry)
            return (*first, start.batch) < (*last, end.batch)
    return True


@lru_cache(maxsize=4096)
def _second(seconds: int) -> tuple[str, str]:
    """A second in UTC, cached: thousands of messages share one."""
    return _shown(seconds, UTC)


def _shown(seconds: int, zone: tzinfo | None) -> tuple[str, str]:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    try:
        moment = moment.astimezone(zone)
    except (ValueError, OverflowError, OSError):
        moment = moment.astimezone(UTC)
    offset = "Z" if zone is UTC else moment.isoformat()[19:25]
    return moment.isoformat()[:19], offset
