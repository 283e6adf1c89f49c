"""Numbers and moments for JSON: moments as RFC 3339 text, NaN and infinities by name.

A count that is no calendar date stays a number: some producers write the largest ``long`` for
"never".
"""

from __future__ import annotations

import datetime
import math
import struct

_EPOCH = datetime.date(1970, 1, 1).toordinal()
_LAST = datetime.date.max.toordinal()
_DAY = 86_400


def day(count: int) -> str | int:
    """Days since the epoch.

    >>> day(20_454), day(2**40)
    ('2026-01-01', 1099511627776)
    """
    ordinal = count + _EPOCH
    return datetime.date.fromordinal(ordinal).isoformat() if 1 <= ordinal <= _LAST else count


def time_of_day(count: int, digits: int) -> str | int:
    """Time since midnight in units of ``10**-digits`` seconds.

    >>> time_of_day(37_230_500, 3), time_of_day(-1, 3)
    ('10:20:30.500', -1)
    """
    seconds, fraction = divmod(count, 10**digits)
    if not 0 <= seconds < _DAY:
        return count
    hours, rest = divmod(seconds, 3600)
    text = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return f"{text}.{fraction:0{digits}}" if digits else text


def timestamp(count: int, digits: int, zone: str = "Z") -> str | int:
    """Time since the epoch in units of ``10**-digits`` seconds, with as many digits.

    Args:
        count: Units; negative before the epoch.
        digits: Of the fraction: 3 for milliseconds.
        zone: What follows; nothing where the zone is not known.

    >>> timestamp(1_767_225_600_005, 3), timestamp(-1, 9, zone="")
    ('2026-01-01T00:00:00.005Z', '1969-12-31T23:59:59.999999999')
    """
    days, rest = divmod(count, _DAY * 10**digits)
    date = day(days)
    return f"{date}T{time_of_day(rest, digits)}{zone}" if isinstance(date, str) else count


_single = struct.Struct(">f")


def real(number: float) -> float | str:
    """A number that JSON has, or the name of one that it lacks, as Protobuf's JSON has it.

    >>> real(0.5), real(float("-inf")), real(float("nan"))
    (0.5, '-Infinity', 'NaN')
    """
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def single(number: float) -> float | str:
    """A single-precision number with as few digits as identify it, by :func:`real`.

    >>> single(0.10000000149011612), single(16777216.0), single(float("inf"))
    (0.1, 16777216.0, 'Infinity')
    """
    bits = _single.pack(number)
    for digits in (6, 7, 8):
        short = float(f"{number:.{digits}g}")
        if _single.pack(short) == bits:
            return real(short)
    return real(float(f"{number:.9g}"))
