"""Dates and times of day as people write them, in any zone, to nanoseconds since 1970."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

SECOND = 1_000_000_000
"""Nanoseconds."""
LAST = 253_402_300_800 * SECOND - 1
"""The year 9999 ends; no calendar of ours goes on."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = (
    r"(?P<word>today|yesterday)"
    r"|(?P<year>\d{4})(?P<dash>-?)(?P<month>\d{2})(?P=dash)(?P<day>\d{2})"
)
_CLOCK = r"(?P<hour>\d{1,2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?)?"
_ZONE = r"(?P<utc>z|utc)|(?P<sign>[+-])(?P<east>\d{2})(?::?(?P<quarter>\d{2}))?"
CALENDAR = re.compile(
    rf"(?:{_DATE})(?:(?:t|\s+){_CLOCK})?(?:\s*(?:{_ZONE}))?", re.ASCII | re.IGNORECASE
)
"""A date, perhaps with a time of day: ISO 8601 in full or short form, or a word."""

TIME_OF_DAY = re.compile(rf"(?=\d+:){_CLOCK}(?:\s*(?:{_ZONE}))?", re.ASCII | re.IGNORECASE)
"""A time of day alone; hours by themselves are none."""

_LIMITS = {
    "month": (1, 12, "months run from 01 to 12"),
    "hour": (0, 23, "hours run from 00 to 23"),
    "minute": (0, 59, "minutes run from 00 to 59"),
    "second": (0, 60, "seconds run from 00 to 59"),
    "east": (0, 23, "an offset is less than a day"),
    "quarter": (0, 59, "minutes run from 00 to 59"),
}


class CalendarError(ValueError):
    """No calendar or clock shows this.

    Attributes:
        at: The offset of the figure that is wrong.
        why: What is wrong with it.
    """

    def __init__(self, at: int, why: str) -> None:
        self.at, self.why = at, why
        super().__init__(why)


def on_date(found: re.Match[str], now: int, zone: tzinfo | None) -> int:
    """The moment that a match of :data:`CALENDAR` names.

    Args:
        now: Nanoseconds; decides which day is today.
        zone: What is meant where the text has no zone; None is the machine's own.

    Returns:
        Nanoseconds since 1970; the first of two where clocks were put back.

    Raises:
        CalendarError: A figure is out of its range, or the year is.
    """
    _check(found)
    zone = _zone(found) or zone
    if found["word"]:
        day = _reading(now, zone).date()
        if found["word"].lower() == "yesterday":
            day -= timedelta(days=1)
    else:
        day = _date(found)
    return _moment(found, day, zone)


def latest_of_day(found: re.Match[str], now: int, zone: tzinfo | None) -> int:
    """When clocks last showed a match of :data:`TIME_OF_DAY`; see :func:`on_date`."""
    _check(found)
    zone = _zone(found) or zone
    today = _reading(now, zone).date()
    # a day may lack the hour, and two never do
    for day in (today - timedelta(days=ago) for ago in range(3)):
        for fold in (1, 0):
            at = _moment(found, day, zone, fold)
            shown = _reading(at, zone)
            if at <= now and (shown.hour, shown.minute) == (_figure(found, "hour"), _minute(found)):
                return at
    raise CalendarError(found.start(), "clocks never showed it in the last two days")


def since_epoch(moment: datetime) -> int:
    """Whole microseconds of an aware datetime, as nanoseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def _check(found: re.Match[str]) -> None:
    for name, (least, most, why) in _LIMITS.items():
        text = found.groupdict().get(name)
        if text is not None and not least <= int(text) <= most:
            raise CalendarError(found.start(name), why)


def _date(found: re.Match[str]) -> date:
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if year < 1969:
        # its last hours are in 1970 elsewhere
        raise CalendarError(found.start("year"), "years run from 1970 to 9999")
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        why = f"the days of {year}-{month:02} run from 01 to {days}"
        raise CalendarError(found.start("day"), why)
    return date(year, month, day)


def _zone(found: re.Match[str]) -> tzinfo | None:
    if found["utc"]:
        return UTC
    if not found["sign"]:
        return None
    east = timedelta(hours=int(found["east"]), minutes=int(found["quarter"] or 0))
    return timezone(-east if found["sign"] == "-" else east)


def _moment(found: re.Match[str], day: date, zone: tzinfo | None, fold: int = 0) -> int:
    hour, second = _figure(found, "hour"), _figure(found, "second")
    # no datetime holds a leap second; added afterwards it is the second after it
    shown = datetime(day.year, day.month, day.day, hour, _minute(found), fold=fold)  # noqa: DTZ001 - the zone follows
    part = int((found["part"] or "")[:9].ljust(9, "0"))
    try:
        # naive: `astimezone` takes the offset that comes after a gap, `timestamp` the one before it
        seconds = (shown.replace(tzinfo=zone) if zone else shown).timestamp()
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        moment = datetime.min.replace(tzinfo=UTC)
    at = since_epoch(moment) + second * SECOND + part
    if not 0 <= at <= LAST:
        raise CalendarError(found.start(), "it is before 1970 or after 9999")
    return at


def _reading(at: int, zone: tzinfo | None) -> datetime:
    """What calendars and clocks show at a moment."""
    return (_EPOCH + timedelta(microseconds=at // 1_000)).astimezone(zone)


def _figure(found: re.Match[str], name: str) -> int:
    return int(found[name] or 0)


def _minute(found: re.Match[str]) -> int:
    return _figure(found, "minute")
