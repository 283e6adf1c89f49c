"""Durations and moments the way Go writes them, as NATS puts them into its JSON.

Two writers of durations share one grammar here: ``time.Duration.String`` (``1.2ms``, ``386µs``,
``1h2m3.5s``) and ``myUptime`` of ``server/monitor.go`` (``1y2d3h4m5s``: whole seconds, years of
365 days).
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from arcwatch.errors import WireError
from arcwatch.text.control_characters import printable

_DURATION = re.compile(
    r"(?P<sign>-?)"
    r"(?:(?P<y>\d{1,9})y)?(?:(?P<d>\d{1,9})d)?(?:(?P<h>\d{1,9})h)?(?:(?P<m>\d{1,9})m)?"
    r"(?:(?P<rest>\d{1,9}(?:\.\d{1,9})?)(?P<unit>s|ms|µs|μs|us|ns))?",
    re.ASCII,
)
_UNIT = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "μs": 1e-6, "us": 1e-6, "ns": 1e-9}

_FIRST, _BEYOND = -62_135_596_800.0, 253_402_300_800.0
"""The years 1 to 9999, in Unix seconds."""

_ZERO_TIME = "0001-01-01T00:00:00"
"""How Go writes a moment that was never set."""


def seconds(text: str) -> float | None:
    """The length of ``text`` in seconds; None for an empty text, which Go omits.

    A ``0s`` is 0.0, also where the server means "not measured": only the caller knows.

    >>> seconds("1d2h3m4s"), seconds("1.5ms"), seconds("")
    (93784.0, 0.0015, None)
    """
    if not text:
        return None
    match = _DURATION.fullmatch(text)
    if match is None or text == "-":
        raise _unreadable("duration", text)
    sign, years, days, hours, minutes, rest, unit = match.groups()
    days_in_all = int(years or 0) * 365 + int(days or 0)
    whole = (days_in_all * 24 + int(hours or 0)) * 3600 + int(minutes or 0) * 60
    length = whole + float(rest or 0) * _UNIT.get(unit, 0.0)
    return -length if sign else length


def unix(text: str) -> float | None:
    """The moment ``text``, RFC 3339, in Unix seconds; None for Go's zero time.

    Digits beyond the microsecond are rounded: a float of this size holds no more.

    Raises:
        WireError: Not a moment, or one without a zone.

    >>> unix("2026-11-23T17:17:53.5+01:00"), unix("0001-01-01T00:00:00Z")
    (1795450673.5, None)
    """
    if text.startswith(_ZERO_TIME):
        return None
    try:
        moment = msgspec.convert(text, datetime)
    except (msgspec.ValidationError, ValueError) as error:
        raise _unreadable("moment", text) from error
    if moment.tzinfo is None:
        raise _unreadable("moment", text)
    at = moment.timestamp()
    # an offset, or rounding, takes it out of what a calendar has
    if not _FIRST <= at < _BEYOND:
        raise _unreadable("moment", text)
    return at


def _unreadable(kind: str, text: str) -> WireError:
    return WireError(f"not a {kind}", why=printable(text, limit=60))
