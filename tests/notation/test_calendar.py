"""Where clocks are put forward or back, and figures that no calendar has."""

import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest

from arcwatch.notation.calendar import (
    CALENDAR,
    LAST,
    SECOND,
    TIME_OF_DAY,
    CalendarError,
    latest_of_day,
    on_date,
)
from arcwatch.notation.times import (
    Instant,
    format_time,
    parse_time,
)
from tests.notation.test_times import BERLIN, NOW, ns

SPRING, AUTUMN = "2025-03-30", "2025-10-26"
"""Berlin skips 02:00 to 03:00, and has it twice."""


def test_a_date_and_time_that_clocks_skip_is_read_as_if_they_had_not():
    shown = parse_time(f"{SPRING} 02:30", NOW, BERLIN)
    assert format_time(shown.ns, 0, BERLIN) == "2025-03-30T03:30:00+02:00"


@pytest.mark.parametrize("now", ["2025-03-30T12:00:00+02:00", "2025-03-31T01:00:00+02:00"])
def test_a_time_of_day_that_clocks_skip_is_the_day_before(now):
    assert parse_time("02:30", ns(now), BERLIN) == Instant(ns("2025-03-29T02:30:00+01:00"))


def gaps(zone, year):
    """``(last second before, offset before it)`` of each time that clocks are put forward."""
    for weeks in range(52):
        low = datetime(year, 1, 1, tzinfo=UTC) + timedelta(weeks=weeks)
        high = low + timedelta(weeks=1)
        offset = low.astimezone(zone).utcoffset()
        if high.astimezone(zone).utcoffset() <= offset:
            continue
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            late = middle.astimezone(zone).utcoffset() > offset
            low, high = (low, middle) if late else (middle, high)
        yield low.replace(microsecond=0), offset


@pytest.fixture
def machine_zone(monkeypatch):
    """Makes a zone the machine's own, until the test ends."""

    def choose(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield choose
    monkeypatch.undo()
    time.tzset()


def test_what_clocks_skip_resolves_forward_in_every_zone_also_at_midnight(machine_zone):
    seen = 0
    for name in sorted(available_timezones() - {"localtime", "posixrules", "Factory"}):
        machine_zone(name)
        for before, offset in gaps(ZoneInfo(name), 2018):
            skipped = (before + timedelta(minutes=2)).astimezone(timezone(offset))
            text = skipped.strftime("%Y-%m-%d %H:%M")
            right = Instant(ns(skipped.replace(second=0).isoformat()))
            assert parse_time(text, NOW, None) == right, (name, text)
            assert parse_time(text, NOW, ZoneInfo(name)) == right, (name, text)
            seen += 1
    assert seen > 100


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_moment(machine_zone):
    machine_zone("America/Sao_Paulo")
    assert parse_time("2018-11-04", NOW) == Instant(ns("2018-11-04T03:00:00Z"))


def test_a_date_and_time_that_comes_twice_is_the_first_and_an_offset_gives_the_second():
    first, second = ns("2025-10-26T02:30:00+02:00"), ns("2025-10-26T02:30:00+01:00")
    assert parse_time(f"{AUTUMN} 02:30", NOW, BERLIN) == Instant(first)
    assert parse_time(f"{AUTUMN} 02:30+01:00", NOW, BERLIN) == Instant(second)


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        ("2025-10-26T02:40:00+02:00", "2025-10-26T02:30:00+02:00"),
        ("2025-10-26T02:20:00+01:00", "2025-10-26T02:30:00+02:00"),
        ("2025-10-26T02:40:00+01:00", "2025-10-26T02:30:00+01:00"),
        ("2025-10-26T12:00:00+01:00", "2025-10-26T02:30:00+01:00"),
    ],
)
def test_a_time_of_day_that_comes_twice_is_the_latest_that_has_been(now, latest):
    assert parse_time("02:30", ns(now), BERLIN) == Instant(ns(latest))


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        ("2025-13-01", 5, "months run from 01 to 12"),
        ("2025-02-29", 8, "the days of 2025-02 run from 01 to 28"),
        ("2024-02-30", 8, "the days of 2024-02 run from 01 to 29"),
        ("2025-01-00", 8, "the days of 2025-01 run from 01 to 31"),
        ("1968-12-31", 0, "years run from 1970 to 9999"),
        ("1969-12-31T23:59:59Z", 0, "before 1970 or after 9999"),
        ("9999-12-31T23:59:59-01:00", 0, "before 1970 or after 9999"),
        ("today 24:00", 6, "hours run from 00 to 23"),
        ("today 10:60", 9, "minutes run from 00 to 59"),
        ("today 10:00:61", 12, "seconds run from 00 to 59"),
        ("today 10:00+24:00", 12, "an offset is less than a day"),
        ("today 10:00+01:60", 15, "minutes run from 00 to 59"),
    ],
)
def test_the_figure_that_is_wrong_is_pointed_at(text, at, why):
    with pytest.raises(CalendarError, match=why) as caught:
        on_date(CALENDAR.fullmatch(text), NOW, UTC)
    assert caught.value.at == at


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1969-12-31T23:00-01:00", 0),
        ("9999-12-31T23:59:59.999999999Z", LAST),
        ("20240229T1020", ns("2024-02-29T10:20:00Z")),
        ("2016-12-31T23:59:60Z", ns("2017-01-01T00:00:00Z")),
        ("2025-01-01T00:00:00,5Z", ns("2025-01-01T00:00:00Z") + SECOND // 2),
        ("2025-01-01T00:00:00.1234567899Z", ns("2025-01-01T00:00:00Z") + 123_456_789),
        ("YESTERDAY 10:00 utc", ns("2025-11-08T10:00:00Z")),
        ("today +05:45", ns("2025-11-09T00:00:00+05:45")),
    ],
)
def test_the_edges_of_the_calendar_and_of_its_notation(text, moment):
    assert on_date(CALENDAR.fullmatch(text), NOW, UTC) == moment


def test_today_is_the_day_of_the_zone_that_the_text_names():
    late = ns("2025-11-09T23:30:00Z")
    assert on_date(CALENDAR.fullmatch("today+01:00"), late, UTC) == ns("2025-11-10T00:00:00+01:00")
    assert on_date(CALENDAR.fullmatch("today"), late, UTC) == ns("2025-11-09T00:00:00Z")


def test_a_time_of_day_that_is_still_to_come_was_yesterday():
    noon = TIME_OF_DAY.fullmatch("12:00:01")
    assert latest_of_day(noon, NOW, UTC) == NOW - 86_399 * SECOND
    assert latest_of_day(noon, NOW + SECOND, UTC) == NOW + SECOND
    with pytest.raises(CalendarError, match="hours run"):
        latest_of_day(TIME_OF_DAY.fullmatch("25:00"), NOW, UTC)
    assert TIME_OF_DAY.fullmatch("12") is None
