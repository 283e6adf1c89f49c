"""Figures as people read them: three digits that matter, and a unit.

``nan`` and None are unknown and read ``–``; zero reads ``0``.  Counts and sizes are decimal:
1 k is 1,000 and 1 MB is 1,000,000 bytes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import inf

UNKNOWN = "–"

LONGEST = 10_000 * 365 * 86_400.0
"""Seconds; no clock shows more."""

_COUNTS = ("", "k", "M", "G", "T", "P")
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "": 1.0}


def count(value: float | None) -> str:
    """A number of things.

    >>> count(0), count(947), count(12_431), count(8_200_000), count(None)
    ('0', '947', '12.4k', '8.20M', '–')
    """
    number, unit = _scaled(value, _COUNTS)
    return f"{number}{unit}"


def rate(value: float | None) -> str:
    """Things per second, without saying so; small ones keep a decimal.

    >>> rate(0.0), rate(0.001), rate(0.04), rate(3.26), rate(812.0), rate(48_911)
    ('0', '<0.01', '0.04', '3.3', '812', '48.9k')
    """
    if value is None or value != value:
        return UNKNOWN
    if value == 0:
        return "0"
    if abs(value) < 0.005:
        # what moves at all is not to read as what stands still
        return "<0.01" if value > 0 else ">-0.01"
    if abs(value) < 0.095:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 99.95 else count(value)


def size(value: float | None) -> str:
    """Bytes.

    >>> size(0), size(214), size(3_110_000), size(1_200_000_000_000)
    ('0 B', '214 B', '3.11 MB', '1.20 TB')
    """
    number, unit = _scaled(value, _SIZES)
    return f"{number} {unit}".rstrip()


def whole(value: float | None) -> str:
    """A number of things, every digit of it.

    >>> whole(48_911), whole(None)
    ('48,911', '–')
    """
    return UNKNOWN if value is None or value != value else "∞" if value == inf else f"{value:,.0f}"


def things(count: float | None, noun: str, plural: str = "") -> str:
    """A number with all its digits, and the noun it counts.

    >>> things(1, "connection"), things(48_911, "entry"), things(None, "topic")
    ('1 connection', '48,911 entries', '– topics')
    >>> things(1, "message was", "messages were")
    '1 message was'
    """
    if count == 1:
        return f"1 {noun}"
    usual = f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return f"{whole(count)} {plural or usual}"


def duration(seconds: float | None) -> str:
    """A span of time, in its two largest units; below a minute with the precision it has.

    >>> duration(0.00038), duration(0.0042), duration(1.5), duration(92), duration(842)
    ('380 µs', '4.20 ms', '1.5s', '1m 32s', '14m 02s')
    >>> duration(7_400), duration(1_050_000), duration(inf)
    ('2h 03m', '12d 03h', 'never')
    """
    if seconds is None or seconds != seconds:
        return UNKNOWN
    if seconds == inf:
        return "never"
    if abs(seconds) > LONGEST:
        return UNKNOWN
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 0.9995:
        return _subsecond(seconds)
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    total = round(seconds)
    for unit, lower, width in ((86_400, 3_600, "dh"), (3_600, 60, "hm"), (60, 1, "ms")):
        if total >= unit:
            return f"{total // unit}{width[0]} {total % unit // lower:02}{width[1]}"
    return f"{total}s"


def parse_duration(text: str) -> float | None:
    """Seconds of a duration such as ``1s``, ``500ms`` or ``2m``; None when it is none.

    >>> [parse_duration(text) for text in ("1s", "500ms", "1.5h", "3", "soon")]
    [1.0, 0.5, 5400.0, 3.0, None]
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h|d|)", text.strip(), re.ASCII)
    return float(found[1]) * _SECONDS[found[2]] if found else None


def age(seconds: float | None, *, at_least: bool = False, exact: bool = False) -> str:
    """How long the oldest has waited: ``≈`` is an estimate, ``≥`` the least that it can be.

    >>> age(842.0), age(842.0, at_least=True), age(842.0, exact=True), age(0.0), age(None)
    ('≈14m 02s', '≥14m 02s', '14m 02s', '0s', '–')
    """
    text = duration(seconds)
    if exact or not seconds or seconds != seconds:
        return text
    return f"{'≥' if at_least else '≈'}{text}"


def estimate(value: float | None, *, exact: bool = False) -> str:
    """A number of things that may be an estimate; nothing is known to be nothing.

    >>> estimate(48_911.0), estimate(48_911.0, exact=True), estimate(0.0), estimate(None)
    ('≈ 48,911', '48,911', '0', '–')
    """
    text = whole(value)
    return text if exact or not value or value != value else f"≈ {text}"


def signed_rate(value: float | None) -> str:
    """Growth per second, with its sign.

    >>> signed_rate(3.26), signed_rate(-812.0), signed_rate(0.0), signed_rate(None)
    ('+3.3', '−812', '0', '–')
    """
    if value is None or value != value:
        return UNKNOWN
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{rate(abs(value))}"


LATEST_NS = (2**63 - 1) // 10**6 * 10**6
"""The last millisecond that nanoseconds in 63 bits can hold, in April 2262: that, or any later one.

A producer may write any 64 bits of milliseconds into a message, as when it takes them for others.
"""


def at_least(ns: int) -> str:
    """A mark before a time that may be any later one; mostly empty."""
    return ">" if ns >= LATEST_NS else ""


def clock(at: float, *, utc: bool) -> str:
    """The time of day of a moment in Unix seconds, in local time or UTC.

    >>> clock(1_700_000_000.0, utc=True), clock(1e20, utc=True)
    ('22:13:20', '–')
    """
    try:
        return _moment(at, utc=utc).strftime("%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        # unknown, or a year that no calendar has: servers may send anything
        return UNKNOWN


def when(at: float, now: float, *, utc: bool) -> str:
    """A moment in Unix seconds: the time of day, or the date where that is another day's.

    >>> when(1_700_000_000.0, 1_700_000_060.0, utc=True)
    '22:13:20'
    >>> when(1_700_000_000.0, 1_700_100_000.0, utc=True)
    '2023-11-14'
    """
    try:
        moment, today = _moment(at, utc=utc), _moment(now, utc=utc)
        return moment.strftime("%H:%M:%S" if moment.date() == today.date() else "%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return UNKNOWN


def zone(at: float, *, utc: bool) -> str:
    """The name of the zone that :func:`clock` uses.

    >>> zone(1_700_000_000.0, utc=True), zone(1e20, utc=True)
    ('UTC', '–')
    """
    try:
        return _moment(at, utc=utc).strftime("%Z")
    except (ValueError, OverflowError, OSError):
        return UNKNOWN


def rfc3339(at: float) -> str:
    """A moment in Unix seconds as RFC 3339 in UTC, to the millisecond; ``–`` beyond year 9999.

    >>> rfc3339(1_700_000_000.5)
    '2023-11-14T22:13:20.500Z'
    """
    try:
        moment = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return UNKNOWN
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _moment(at: float, *, utc: bool) -> datetime:
    moment = datetime.fromtimestamp(at, UTC)
    return moment if utc else moment.astimezone()


def _subsecond(seconds: float) -> str:
    if seconds == 0:
        return "0s"
    value, unit = (seconds * 1e3, "ms") if seconds >= 0.9995e-3 else (seconds * 1e6, "µs")
    return f"{_digits(value)} {unit}"


def _scaled(value: float | None, units: tuple[str, ...]) -> tuple[str, str]:
    if value is None or value != value:
        return UNKNOWN, ""
    if value == inf:
        return "∞", ""
    step, magnitude = 0, abs(value)
    while magnitude >= 999.5 and step < len(units) - 1:
        magnitude /= 1000
        step += 1
    sign = "-" if value < 0 else ""
    number = f"{magnitude:.0f}" if step == 0 else _digits(magnitude)
    return f"{sign}{number}", units[step]


def _digits(value: float) -> str:
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
